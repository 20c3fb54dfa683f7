//! Looks at what gives a person away: a name, a voice, a photo. Each takes a reason, is on record with the act that
//! answers it, and a person has so many a day.

use domain::{
    problem::{Code, Problem},
    text::check_text,
};

use crate::{
    App,
    auth::Who,
    day,
    error::Error,
    store::{self, Connection},
};

/// How many names, voices and photos one person may open a day, unless the configuration says otherwise. Whose work it is to
/// call back opens some a day; whoever opens hundreds is collecting.
pub const A_DAY: u32 = 30;

/// The reason of a look, without blanks around it.
///
/// # Errors
///
/// `invalid` when there is none, or it is too long.
pub fn reason(text: &str) -> Result<&str, Error> {
    let reason = text.trim();
    if reason.is_empty() || check_text(reason).is_err() {
        return Err(Error::invalid("reason"));
    }
    Ok(reason)
}

/// Notes a look in the transaction that answers it. What was opened that day already is not counted again.
///
/// # Errors
///
/// `slow_down`, naming `reveals` and how many there are a day; then nothing may be shown.
pub async fn note(
    app: &App,
    db: &mut Connection,
    who: &Who,
    act: &str,
    object: &str,
    reason: &str,
) -> Result<(), Error> {
    let now = app.now();
    let limit = app.policy.reveals_a_day;
    if store::audit::others_opened_n(db, who.0.id, object, day::midnight(now)).await? >= limit {
        return Err(Error::Problem(Box::new(Problem {
            field: Some("reveals".to_owned()),
            limit: Some(u64::from(limit)),
            ..Problem::new(Code::SlowDown)
        })));
    }
    Ok(store::audit::note(db, now, Some(who.0.id), act, object, reason).await?)
}
