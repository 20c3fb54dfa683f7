//! The second factor: codes of an authenticator app (TOTP, RFC 6238), and the recovery codes for when it is lost.

use serde::{Deserialize, Serialize};

/// How long a code counts, in seconds: what every authenticator app takes, and many take nothing else.
pub const STEP_S: u64 = 30;
/// A code has so many digits.
pub const DIGITS: u8 = 6;
/// A code of so many steps earlier or later is taken too, for clocks that are off.
pub const SKEW_STEPS: u16 = 1;
/// So many recovery codes are made at once.
pub const RECOVERY_CODES: usize = 10;
/// A recovery code has so many letters and digits, 60 bits, in groups of four.
pub const RECOVERY_CHARS: usize = 12;
/// How long a confirmation counts, in milliseconds: ten minutes.
pub const CONFIRMED_MS: i64 = 10 * 60 * 1_000;

/// Letters and digits that cannot be mistaken for each other.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789x";

/// Signing in where the account has a second factor. Without it, the password alone is answered with `confirm_first`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignInWithCode {
    pub login: String,
    pub password: String,
    /// Of the authenticator app, or a recovery code.
    pub code: String,
}

/// Whoever is signed in says once more that it is them: by a code where a second factor is set up, else by the password.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    #[serde(default)]
    pub password: String,
    #[serde(default)]
    pub code: String,
}

/// How the own second factor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactor {
    /// Codes are asked for at signing in.
    pub active: bool,
    /// This server wants one of this role.
    pub required: bool,
    /// Recovery codes that are left, at most [`RECOVERY_CODES`].
    pub recovery_codes_n: u32,
}

/// A secret to put into an authenticator app. It counts once a first code of it was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSecret {
    /// Base32, to be typed where no camera is.
    pub secret: String,
    /// `otpauth://totp/…`
    pub link: String,
}

/// A code of the authenticator app.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SecondFactorCode))]
#[serde(deny_unknown_fields)]
pub struct Code {
    pub code: String,
}

/// Recovery codes, shown once; each can be used once in the place of a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    pub codes: Vec<String>,
}

/// A recovery code of random bytes.
pub fn recovery_code(random: &[u8; RECOVERY_CHARS]) -> String {
    let letters: Vec<char> = random.iter().map(|it| char::from(LETTERS[usize::from(it % 32)])).collect();
    letters.chunks(4).map(|it| it.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// A code as it was typed, without what divides it and in lower case.
pub fn typed(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect()
}

/// Whether what was typed can only be a recovery code.
pub fn is_recovery(typed: &str) -> bool {
    typed.len() == RECOVERY_CHARS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_known_again_however_it_is_typed() {
        let code = recovery_code(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 255, 31, 30]);
        assert_eq!(code, "abcd-efgh-jxx9");
        assert_eq!(typed(&format!(" {} ", code.to_uppercase().replace('-', " "))), "abcdefghjxx9");
        assert!(is_recovery(&typed(&code)) && !is_recovery(&typed("123 456")));
    }
}
