//! Words of the office screens.

pub struct OfficeText {
    pub title: &'static str,
}

pub static ZH: OfficeText = OfficeText { title: "综合办公室" };

pub static EN: OfficeText = OfficeText { title: "Office" };
