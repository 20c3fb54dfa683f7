//! A text for the camera of a telephone.

use qrcode::{Color, QrCode};

use crate::prelude::*;

/// The light border that readers need, in modules (ISO/IEC 18004).
const BORDER: usize = 4;

/// A QR code; nothing where the text is too long for one (about 2,900 bytes).
#[component]
pub fn Qr(
    text: String,
    /// Says what it is to whoever does not see it.
    #[prop(into)]
    label: Signal<String>,
) -> impl IntoView {
    QrCode::new(text.as_bytes()).ok().map(|code| {
        let side = code.width() + 2 * BORDER;
        let path = dark(&code.to_colors(), code.width());
        view! {
            <svg class="qr" viewBox=format!("0 0 {side} {side}") role="img" aria-label=move || label.get()>
                <path d=path/>
            </svg>
        }
    })
}

/// The dark modules as an SVG path: each run of a line is a rectangle.
fn dark(modules: &[Color], width: usize) -> String {
    let mut path = String::new();
    for (y, line) in modules.chunks(width).enumerate() {
        let mut x = 0;
        for run in line.chunk_by(PartialEq::eq) {
            if run[0] == Color::Dark {
                let n = run.len();
                path += &format!("M{} {}h{n}v1h-{n}z", x + BORDER, y + BORDER);
            }
            x += run.len();
        }
    }
    path
}
