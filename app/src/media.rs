//! Voice and photos: what the browser's devices give, as bytes.

pub mod photo;
pub mod recorder;
