//! The key under which a phone's store rests: who holds it, and how the office's key brings it back when the PIN is forgotten.
//!
//! A phone makes 32 random bytes for each person who records on it. They rest there twice: wrapped by what Argon2id makes
//! of the PIN, and sealed to the office's public key (HPKE of RFC 9180 in base mode: DHKEM(P-256, HKDF-SHA256),
//! HKDF-SHA256, AES-256-GCM; [`INFO`], and the account's 16 bytes as associated data).

use serde::{Deserialize, Serialize};

/// What binds a sealed key to its use.
pub const INFO: &[u8] = b"zoufang phone key v1";
/// Fewest digits or letters of a PIN.
pub const PIN_CHARS_MIN: usize = 6;
/// Wrong PINs that cost no wait.
pub const FREE_TRIES: u32 = 5;
/// So many wrong PINs, and the PIN opens nothing any more; the office's key still does.
pub const TRIES_MAX: u32 = 10;
/// Longest wait between tries, in seconds.
const WAIT_S_MAX: u64 = 3_600;
/// The wait after the first try that is not free, in seconds; each further one waits four times as long.
const WAIT_S: u64 = 15;

/// Asks for a phone's key by the account's password.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenPhoneKey {
    pub password: String,
    /// The key as it was sealed to the office: 113 bytes as hexadecimal digits.
    pub sealed: String,
}

/// A phone's key, for a new PIN.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhoneKey {
    /// 32 bytes as hexadecimal digits.
    pub key: String,
}

/// What is wrong with a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPin {
    Short,
    /// One character again and again, or a run such as 123456.
    Plain,
}

/// Whether a PIN will do.
///
/// # Errors
///
/// What is wrong with it.
pub fn check_pin(pin: &str) -> Result<(), BadPin> {
    let chars: Vec<u32> = pin.chars().map(u32::from).collect();
    if chars.len() < PIN_CHARS_MIN {
        return Err(BadPin::Short);
    }
    let steps_by = |step: i64| chars.windows(2).all(|it| i64::from(it[1]) - i64::from(it[0]) == step);
    if [-1, 0, 1].into_iter().any(steps_by) { Err(BadPin::Plain) } else { Ok(()) }
}

/// How long the next try waits after so many wrong ones, in seconds.
pub fn wait_s(wrong_n: u32) -> u64 {
    if wrong_n < FREE_TRIES {
        return 0;
    }
    4_u64.saturating_pow(wrong_n - FREE_TRIES).saturating_mul(WAIT_S).min(WAIT_S_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_long_enough_and_no_run() {
        for good in ["246810", "901237", "春天去看望老人家", "112233"] {
            assert_eq!(check_pin(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", BadPin::Short),
            ("24681", BadPin::Short),
            ("000000", BadPin::Plain),
            ("123456", BadPin::Plain),
            ("987654", BadPin::Plain),
            ("abcdef", BadPin::Plain),
        ] {
            assert_eq!(check_pin(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn waits_grow_to_an_hour() {
        let waits: Vec<u64> = (0..12).map(wait_s).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 15, 60, 240, 960, 3_600, 3_600, 3_600]);
        assert_eq!(wait_s(u32::MAX), 3_600);
    }
}
