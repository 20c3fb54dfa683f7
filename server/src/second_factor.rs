//! Codes of authenticator apps (TOTP, RFC 6238), and recovery codes in their place.

use domain::{
    id::AccountId,
    second_factor::{
        DIGITS, NewSecret, RECOVERY_CHARS, RECOVERY_CODES, SKEW_STEPS, STEP_S, is_recovery, recovery_code,
        typed,
    },
};
use totp_rs::{Algorithm, Builder, Totp};

use crate::{
    App,
    error::Error,
    store::{self, second_factors},
};

/// Bytes of a secret: as many as SHA-1 gives, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
/// Under this name the account stands in the app.
const ISSUER: &str = "Zoufang";

fn totp(secret: &[u8], login: &str) -> Result<Totp, Error> {
    // SHA-1, for many authenticator apps pass over what a link says of the algorithm.
    let builder = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_skew(SKEW_STEPS)
        .with_step_duration(STEP_S)
        .with_secret(secret.to_vec())
        .with_account_name(login)
        .with_issuer(Some(ISSUER));
    builder.build().map_err(|_| Error::Damaged("secret of a second factor"))
}

/// A new secret: its bytes, and how it gets into the app.
///
/// # Errors
///
/// `internal` when there is no link for it.
pub fn new_secret(app: &App, login: &str) -> Result<([u8; SECRET_BYTES], NewSecret), Error> {
    let mut secret = [0; SECRET_BYTES];
    secret.copy_from_slice(&app.random()[..SECRET_BYTES]);
    let totp = totp(&secret, login)?;
    let link = totp.to_url().map_err(|_| Error::Damaged("link of a second factor"))?;
    Ok((secret, NewSecret { secret: totp.secret().to_base32(), link }))
}

/// Ten recovery codes, put in the place of those that there were.
///
/// # Errors
///
/// The database's.
pub async fn new_recovery_codes(
    app: &App,
    db: &mut store::Connection,
    account: AccountId,
) -> sqlx::Result<Vec<String>> {
    let code = |()| {
        let mut random = [0; RECOVERY_CHARS];
        random.copy_from_slice(&app.random()[..RECOVERY_CHARS]);
        recovery_code(&random)
    };
    let codes: Vec<String> = std::iter::repeat_n((), RECOVERY_CODES).map(code).collect();
    let kept: Vec<String> = codes.iter().map(|it| typed(it)).collect();
    second_factors::keep_recovery_codes(db, account, &kept).await?;
    Ok(codes)
}

/// Takes a code of the app; answers whether it is one of now that was not taken before.
///
/// # Errors
///
/// The database's, and `internal` when the secret does not open.
pub async fn take_code(
    db: &mut store::Connection,
    account: AccountId,
    now: i64,
    code: &str,
) -> Result<bool, Error> {
    let Some(factor) = second_factors::get(db, account).await? else { return Ok(false) };
    let seconds = u64::try_from(now / 1_000).unwrap_or(0);
    let Some(step) = totp(&factor.secret, "")?.check(&typed(code), seconds) else { return Ok(false) };
    Ok(second_factors::use_step(db, account, i64::try_from(step).unwrap_or(i64::MAX)).await?)
}

/// Takes a code of the app, or a recovery code in its place, which is noted.
///
/// # Errors
///
/// Those of [`take_code`].
pub async fn take(
    db: &mut store::Connection,
    account: AccountId,
    now: i64,
    code: &str,
) -> Result<bool, Error> {
    let code = typed(code);
    if !is_recovery(&code) {
        return take_code(db, account, now, &code).await;
    }
    let taken = second_factors::use_recovery_code(db, account, &code).await?;
    if taken {
        store::audit::note_of_account(db, now, account, "use_recovery_code", account).await?;
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last six digits of the table in RFC 6238, appendix B.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let totp = totp(b"12345678901234567890", "wang").unwrap();
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(totp.check(code, seconds), Some(seconds / STEP_S), "{seconds}");
            assert_eq!(totp.check(code, seconds + STEP_S), Some(seconds / STEP_S));
            assert_eq!(totp.check(code, seconds + 2 * STEP_S), None);
            assert_eq!(seconds.checked_sub(2 * STEP_S).and_then(|it| totp.check(code, it)), None);
        }
    }

    #[test]
    fn a_login_of_any_kind_has_a_link() {
        for login in ["wang", "张敏", "a.b-c_d"] {
            let totp = totp(&[7; SECRET_BYTES], login).unwrap();
            assert!(totp.to_url().unwrap().starts_with("otpauth://totp/Zoufang:"), "{login}");
        }
    }
}
