//! Problems: what a request is answered with when it cannot be done (RFC 9457).
//!
//! A person gets a code and details; the words live in the app.

use serde::{Deserialize, Serialize};

/// The body of every answer that is not a success; media type `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `/problems/` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// For developers; the app has its own words.
    pub title: String,
    pub status: u16,
    pub code: Code,
    /// The field or column that is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The item of a list or the line of a file that is meant, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u64>,
    /// The bound that was passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// To quote to whoever keeps the server; names a line of its log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// With `conflict`, where the address says so: the thing as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub current: Option<serde_json::Value>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $word:literal $title:literal),+ $(,)?) => {
        /// What went wrong, as a word that the app puts into a sentence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The HTTP status it travels with.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The word in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// One line for developers.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

codes! {
    /// The body is not the JSON that is expected here.
    Malformed = 400 "malformed" "the body is not what this address takes",
    /// A field is missing, too long or not one of its values.
    Invalid = 422 "invalid" "a field does not keep its rule",
    SignedOut = 401 "signed_out" "sign in first",
    /// Unknown login or wrong password; the two are told apart nowhere.
    WrongPassword = 401 "wrong_password" "login or password is wrong",
    /// It is done once `field`, `password` or `code`, has said again who it is; at signing in: the code as well.
    ConfirmFirst = 403 "confirm_first" "confirm first that it is you",
    /// Signed in, but this role does not do this. With the field `second_factor`: not before one is set up.
    Forbidden = 403 "forbidden" "not for this role",
    /// No such thing, or not yours to see.
    NotFound = 404 "not_found" "no such thing, or not yours to see",
    MethodNotAllowed = 405 "method_not_allowed" "this address does not take this method",
    /// Another change came first.
    Conflict = 409 "conflict" "another change came first",
    /// The name or login is taken.
    Taken = 409 "taken" "the name is taken",
    /// An upload goes on at another offset.
    WrongOffset = 409 "wrong_offset" "the upload goes on at another offset",
    /// The thing has ended, been used or expired.
    Gone = 410 "gone" "this has ended or been used",
    /// Too many bytes or items.
    TooLarge = 413 "too_large" "more than the limit",
    UnsupportedMedia = 415 "unsupported_media" "not a kind of content that is taken here",
    /// tus: the version is not 1.0.0.
    WrongTusVersion = 412 "wrong_tus_version" "tus 1.0.0 is spoken here",
    /// tus: the checksum of a part does not agree.
    WrongChecksum = 460 "wrong_checksum" "the bytes do not have their checksum",
    /// Too many tries; wait.
    SlowDown = 429 "slow_down" "too many tries",
    Internal = 500 "internal" "something went wrong on our side",
    Busy = 503 "busy" "busy; try again shortly",
    /// The server's disk is full; nothing was acknowledged.
    DiskFull = 507 "disk_full" "the server's disk is full",
}

impl Problem {
    /// A problem with no further details.
    pub fn new(code: Code) -> Self {
        Self {
            kind: format!("/problems/{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            field: None,
            item: None,
            limit: None,
            reference: None,
            current: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_the_word_that_json_has() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
