//! Parts that two or more screens share.

pub mod avatar;
#[cfg(feature = "desk")]
pub mod desk_frame;
pub mod dialog;
pub mod each;
pub mod empty;
pub mod field;
pub mod frame;
pub mod icon;
#[cfg(feature = "desk")]
pub mod lasting;
#[cfg(feature = "desk")]
pub mod live;
pub mod network_strip;
pub mod page_title;
pub mod pill;
#[cfg(feature = "desk")]
pub mod qr;
#[cfg(feature = "desk")]
pub mod remote;
pub mod segmented;
pub mod session_gate;
pub mod show;
pub mod steps;
pub mod toast;
pub mod update;
