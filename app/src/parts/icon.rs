//! The few drawings; words come before them.

use crate::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Back,
    Next,
    Settings,
    Play,
    Pause,
    Stop,
    Camera,
    Add,
    Check,
}

impl Shape {
    /// Strokes in a square of 24, as an SVG path.
    fn path(self) -> &'static str {
        match self {
            Self::Back => "M15 5l-7 7 7 7",
            Self::Next => "M9 5l7 7-7 7",
            Self::Settings => "M4 7h9m5 0h2M4 17h2m5 0h9M13 5v4M6 15v4",
            Self::Play => "M8 5l11 7-11 7z",
            Self::Pause => "M8 5v14M16 5v14",
            Self::Stop => "M7 7h10v10H7z",
            Self::Camera => "M4 8h4l2-3h4l2 3h4v11H4zM12 16a3 3 0 100-6 3 3 0 000 6z",
            Self::Add => "M12 5v14M5 12h14",
            Self::Check => "M5 13l4 4L19 7",
        }
    }
}

/// A drawing beside words; screen readers pass over it.
#[component]
pub fn Icon(shape: Shape) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d=shape.path()/>
        </svg>
    }
}
