//! Signing in by a provider of OpenID Connect, where an installation has one.

use serde::{Deserialize, Serialize};

/// Longest subject, in bytes of ASCII (OpenID Connect Core 1.0, section 2).
pub const SUBJECT_BYTES_MAX: usize = 255;

/// Where the way to the provider begins; `GET /api/v1/oidc` tells whether there is one.
pub const BEGIN: &str = "/api/v1/oidc/begin";

/// The end of a sign-in by the provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FinishSignIn {
    /// Of the second factor; without it an account that has one is answered with `confirm_first`.
    #[serde(default)]
    pub code: Option<String>,
}

/// Whom the provider means: binds an account to a subject of its.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BindSubject {
    /// As the provider writes it, case included.
    pub subject: String,
}

impl BindSubject {
    /// Whether a provider can have a subject like this.
    pub fn fits(&self) -> bool {
        let subject = &self.subject;
        !subject.is_empty()
            && subject.len() <= SUBJECT_BYTES_MAX
            && subject.is_ascii()
            && subject.trim() == subject
            && !subject.contains(char::is_control)
    }
}

/// Why a sign-in by the provider did not come to an end; stands behind `#` in the address of the screen that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The provider does not answer, or not as one.
    Down,
    /// It was given up, took too long, or does not fit together: another one may.
    Again,
    /// The provider knows the person, and no account that may sign in is bound to them.
    Unknown,
}

impl Trouble {
    pub const ALL: [Self; 3] = [Self::Down, Self::Again, Self::Unknown];

    /// As it stands in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Again => "again",
            Self::Unknown => "unknown",
        }
    }
}

/// Stands behind `#` in place of a trouble once the provider has said who it is.
pub const KNOWN: &str = "known";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line_of_ascii() {
        let fits = |it: &str| BindSubject { subject: it.to_owned() }.fits();
        assert!(fits("248289761001") && fits("auth0|Zhang.Min@example.org") && fits(&"a".repeat(255)));
        for wrong in ["", " a", "a ", "张敏", "a\nb", "a\u{0}", &"a".repeat(256)] {
            assert!(!fits(wrong), "{wrong:?}");
        }
    }
}
