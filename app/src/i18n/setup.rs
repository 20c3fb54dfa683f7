//! Words of the setup screens.

pub struct SetupText {
    pub title: &'static str,
}

pub static ZH: SetupText = SetupText { title: "开始设置" };

pub static EN: SetupText = SetupText { title: "Set up" };
