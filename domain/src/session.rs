//! Signing in, and who is signed in.

use serde::{Deserialize, Serialize};

use crate::{
    campaign::{Campaign, Unit},
    clue::Sealing,
    envelope::Hash,
    id::AccountId,
    role::Role,
};

/// Longest login, in characters.
pub const LOGIN_CHARS_MAX: usize = 60;

#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub login: String,
    pub password: String,
}

/// Who is signed in. The phone keeps it, so that the app opens without a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    pub account: Account,
    /// The campaign under way; absent until the office has set one up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Campaign>,
    /// The server's clock, in milliseconds since 1970, to show how far a device's clock is off.
    pub server_time: i64,
    /// A [`crate::receipt::PublicKey`]. By it the phone tells the server's receipts from anybody else's; it keeps the one of its signing in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_key: Option<String>,
    /// The office's public key, 65 bytes as hexadecimal digits: to it the phone seals its own key, see [`crate::phone_key`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office_key: Option<String>,
    /// What sealing a clue takes, for whoever seals any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealing: Option<Sealing>,
    /// The device that this session is bound to, see [`crate::device::BindDevice`]; pushes must bear its stamp then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Hash>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    pub id: AccountId,
    pub login: String,
    pub name: String,
    pub role: Role,
    /// Absent for roles outside the units, such as the three administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The password is too old, or someone else set it: it is changed before anything else.
    #[serde(default)]
    pub must_change_password: bool,
}

#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    pub current: String,
    pub new: String,
}

/// The first start: makes the first accounts by the one-time link.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FirstAccounts {
    /// From the link that the server printed.
    pub token: String,
    pub sysadmin: NewAccount,
    pub office: NewAccount,
    /// Name of the office's unit, e.g. 综合办公室.
    pub office_unit: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    pub login: String,
    pub name: String,
    pub password: String,
}

/// Whether a login can be typed on any phone: letters, digits, Chinese characters, `.`, `-`, `_`.
pub fn login_fits(login: &str) -> bool {
    !login.is_empty()
        && login.chars().count() <= LOGIN_CHARS_MAX
        && login.chars().all(|it| it.is_alphanumeric() || matches!(it, '.' | '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_a_word() {
        assert!(login_fits("zhang.min"));
        assert!(login_fits("张敏"));
        assert!(!login_fits("zhang min"));
        assert!(!login_fits(""));
    }
}
