//! New passwords: what is asked of them, and their hashes.

use domain::{
    id::AccountId,
    password::{Weakness, weakness},
};

use crate::{App, auth, error::Error, store};

/// A password that is found within so many guesses is one of those that everybody tries first.
const GUESSES_MIN: u64 = 1_000_000;

/// Checks a new password and hashes it. `field` names it where it is refused, `account` is absent for one that is yet to
/// be made.
///
/// # Errors
///
/// `invalid`, with the field and what is weak, see [`Weakness::field`].
pub async fn accept(
    app: &App,
    field: &str,
    login: &str,
    account: Option<AccountId>,
    password: String,
) -> Result<String, Error> {
    let strict = app.policy.rules.strict_passwords;
    let refused = |it: Weakness| Error::invalid(&it.field(field));
    if let Some(weak) = weakness(&password, login, strict) {
        return Err(refused(weak));
    }
    if auth::on_a_hashing_thread(app, is_well_known(password.clone(), login.to_owned())).await? {
        return Err(refused(Weakness::WellKnown));
    }
    if let Some(account) = account.filter(|_| strict) {
        for past in store::accounts::past_passwords(&mut app.db.read().await?, account).await? {
            if auth::verify_password(app, password.clone(), past).await? {
                return Err(refused(Weakness::UsedBefore));
            }
        }
    }
    auth::hash_password(app, password).await
}

/// Whether a password is one of those that everybody tries first.
fn is_well_known(password: String, login: String) -> impl FnOnce() -> Result<bool, Error> + Send {
    move || Ok(zxcvbn::zxcvbn(&password, &[&login]).guesses() < GUESSES_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_first_is_well_known() {
        let known = |it: &str| is_well_known(it.to_owned(), "wang".to_owned())().unwrap();
        for password in
            ["12345678", "password1", "qwertyuiop", "1q2w3e4r", "11111111", "88888888", "P@ssw0rd"]
        {
            assert!(known(password), "{password}");
        }
        for password in ["correct horse 1", "八个字的口令也行", "long enough 1", "zoufang-demo"] {
            assert!(!known(password), "{password}");
        }
    }
}
