//! Words of the visitor screens.

pub struct VisitorText {
    pub title: &'static str,
}

pub static ZH: VisitorText = VisitorText { title: "走访" };

pub static EN: VisitorText = VisitorText { title: "Visits" };
