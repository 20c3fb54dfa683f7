//! The door for ODK Collect and other clients of OpenRosa (docs.getodk.org/openrosa): what stands there, who may come in, and what
//! is taken in. It is closed until the office opens it, and takes passwords of its own, which open nothing else.

mod answer;
mod entering;
mod forms;
mod submission;
mod xml;

pub use answer::{Refusal, VERSION, accepted, document};
pub use entering::{AtDoor, check_password, new_password};
pub use forms::{Door, Standing};
pub use submission::{FILE_NAME_CHARS_MAX, SUBMISSION_BYTES_MAX, Sent, SentFile, take_in};
