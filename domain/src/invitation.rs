//! The one-time link by which a person sets the own password: nobody else ever knows it.

use serde::{Deserialize, Serialize};

use crate::{envelope::Hash, id::AccountId};

/// How long a link counts, in milliseconds: 72 hours.
pub const INVITATION_MS: i64 = 72 * 60 * 60 * 1_000;
/// The address of its screen; what opens it follows a `#`, which no browser sends to any server.
pub const PATH: &str = "/welcome";
/// So many hexadecimal digits of the fingerprint of the server's receipt key are in it: 128 bits.
const FINGERPRINT_DIGITS: usize = 32;

/// A link as it was made; it is shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invitation {
    pub account: AccountId,
    pub login: String,
    /// [`PATH`], `#`, the token, `.`, the [`fingerprint`]; to be put behind the site's own address.
    pub path: String,
    /// In milliseconds since 1970.
    pub expires_at: i64,
}

/// What opens a link.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Token {
    pub token: String,
}

/// Whose a link is, and the server's key, to be compared with the fingerprint that the link carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invited {
    pub login: String,
    pub name: String,
    /// A [`crate::receipt::PublicKey`].
    pub receipt_key: String,
}

/// Sets the password by a link.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    pub token: String,
    pub password: String,
}

/// What of a receipt key (as text) goes into a link: the first half of its SHA-256, in hexadecimal.
pub fn fingerprint(receipt_key: &str) -> String {
    let mut text = Hash::of(receipt_key.as_bytes()).to_string();
    text.truncate(FINGERPRINT_DIGITS);
    text
}

/// The path of a link.
pub fn path(token: &str, receipt_key: &str) -> String {
    format!("{PATH}#{token}.{}", fingerprint(receipt_key))
}

/// Token and fingerprint of what follows the `#`; `None` where it is no whole link.
pub fn parts(hash: &str) -> Option<(&str, &str)> {
    let (token, print) = hash.trim_start_matches('#').split_once('.')?;
    let whole = !token.is_empty() && print.len() == FINGERPRINT_DIGITS;
    whole.then_some((token, print))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_carries_the_fingerprint_of_the_key() {
        let path = path("token", "a key");
        let (_, hash) = path.split_once('#').unwrap();
        assert_eq!(parts(hash), Some(("token", &*fingerprint("a key"))));
        assert_ne!(fingerprint("a key"), fingerprint("another key"));
        for broken in ["", "#", "#token", "#token.", "#.0123456789abcdef0123456789abcdef", "#token.0123"] {
            assert_eq!(parts(broken), None, "{broken}");
        }
    }
}
