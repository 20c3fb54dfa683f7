//! Learning from the office's confirmations: a version once there is enough to learn from, in use when it is no worse.

use std::{sync::Arc, time::Duration};

use domain::{
    id::AccountId,
    problem::Code,
    suggester_versions::Figures,
    suggesting::{
        Ruled, SUGGESTING_VERSION, Suggester,
        confirmed::{CONFIRMED_MAX, CONFIRMED_MIN, Confirmed, Learning, is_due, learn},
    },
};

use crate::{
    App,
    error::Error,
    store::{self, Connection, confirmations::Confirmation, suggester_versions::NewVersion},
    suggester,
};

/// Whether a version is due is looked at this often.
const LOOKS_EVERY: Duration = Duration::from_mins(10);
/// The work's name among those that one server does at a time.
const WORK: &str = "learn";

/// Which suggester made a suggestion: the program's version above, the learned one's below.
pub fn made_by(version: Option<i64>) -> i64 {
    (SUGGESTING_VERSION << 32) | version.unwrap_or(0)
}

/// Learns whenever it is due, until the database is closed.
pub async fn run(app: App) {
    loop {
        match learn_if_due(&app).await {
            Ok(_) => {}
            Err(Error::Database(sqlx::Error::PoolClosed)) => return,
            Err(cause) => tracing::warn!(%cause, "no version could be learned"),
        }
        tokio::time::sleep(LOOKS_EVERY).await;
    }
}

/// Learns a version when it is due; answers its number.
///
/// # Errors
///
/// The database's.
pub async fn learn_if_due(app: &App) -> Result<Option<i64>, Error> {
    let mut db = app.db.read().await?;
    let confirmed_n = store::confirmations::count(&mut db).await?;
    let last_n = store::suggester_versions::last_n(&mut db, SUGGESTING_VERSION).await?;
    drop(db);
    if !is_due(confirmed_n.min(CONFIRMED_MAX), last_n) {
        return Ok(None);
    }
    learn_now(app, None).await
}

/// Learns a version from all that was confirmed, and has it suggest when it is no worse than the one in use; `None` when
/// another server is at it.
///
/// # Errors
///
/// `invalid` when there is too little to learn from; the database's.
pub async fn learn_now(app: &App, by: Option<AccountId>) -> Result<Option<i64>, Error> {
    let Some(_turn) = app.db.turn(WORK).await? else { return Ok(None) };
    let now = suggester::in_use(app).await?;
    let (in_use, rules) = (now.version(), now.suggester.rules());
    let mut db = app.db.read().await?;
    let up_to = match in_use {
        Some(number) => store::suggester_versions::up_to(&mut db, number).await?,
        None => None,
    };
    let mut all =
        store::confirmations::latest(&mut db, 0, i64::try_from(CONFIRMED_MAX).unwrap_or(i64::MAX)).await?;
    for it in &mut all {
        // What was merged speaks for its successor.
        it.category = it.category.take().map(|it| now.scheme.successor(&it).to_owned());
    }
    drop(db);
    let Some(last) = all.last().map(|it| it.sequence).filter(|_| all.len() >= CONFIRMED_MIN) else {
        return Err(Error::invalid("confirmed"));
    };
    let confirmed_n = all.len();
    let (learning, bytes) = tokio::task::spawn_blocking(move || learn_all(&all, up_to, &rules))
        .await
        .expect("learning from what was read does not fail");
    let figures = Figures { before: learning.before, after: learning.after };
    let mut db = app.db.write().await?;
    let at = app.now();
    let new = NewVersion {
        at,
        by,
        program: SUGGESTING_VERSION,
        confirmed_n,
        up_to: last,
        figures: &figures,
        bytes: &bytes,
    };
    let number = store::suggester_versions::add(&mut db, &new).await?;
    let object = format!("suggester_version {number}");
    store::audit::note(&mut db, at, by, "learn_suggester", &object, "").await?;
    // Who went back meanwhile is not overruled.
    let same = store::suggester_versions::in_use(&mut db).await?.version == in_use;
    if same && learning.after.is_no_worse_than(learning.before) {
        take_into_use(&mut db, Some(number), None, at, last).await?;
    }
    db.commit().await?;
    app.arrived.notify_one();
    Ok(Some(number))
}

fn learn_all(all: &[Confirmation], up_to: Option<i64>, rules: &Arc<Ruled>) -> (Learning, Vec<u8>) {
    let confirmed: Vec<Confirmed> =
        all.iter().map(|it| Confirmed::of(&it.words, it.kind, it.category.as_deref())).collect();
    let in_use_n = up_to.map_or(0, |up_to| all.iter().take_while(|it| it.sequence <= up_to).count());
    let learning = learn(&confirmed, in_use_n, rules);
    let bytes = learning.suggester.to_bytes();
    (learning, bytes)
}

/// Has a version suggest because someone chose it.
///
/// # Errors
///
/// `not_found`; `gone` when it was let go or belongs to another program; the database's.
pub async fn choose(app: &App, version: Option<i64>, by: AccountId) -> Result<(), Error> {
    if let Some(number) = version {
        let bytes = store::suggester_versions::bytes(&mut app.db.read().await?, number).await?;
        let bytes = bytes.ok_or(Code::NotFound)?.ok_or(Code::Gone)?;
        let read = tokio::task::spawn_blocking(move || Suggester::from_bytes(&bytes).is_ok());
        if !read.await.expect("reading a version does not fail") {
            return Err(Code::Gone.into());
        }
    }
    let mut db = app.db.write().await?;
    let at = app.now();
    if store::suggester_versions::in_use(&mut db).await?.version != version {
        // What led away from it does not lead away from it again.
        let last = store::confirmations::mark(&mut db, 0).await?.last;
        take_into_use(&mut db, version, Some(by), at, last).await?;
    }
    db.commit().await?;
    app.arrived.notify_one();
    Ok(())
}

/// What nobody decided on yet is looked at once more. What is confirmed after the decision `after` corrects the version.
async fn take_into_use(
    db: &mut Connection,
    version: Option<i64>,
    by: Option<AccountId>,
    at: i64,
    after: i64,
) -> Result<(), Error> {
    store::suggester_versions::take_into_use(db, version, by, at, after).await?;
    let object = version
        .map_or_else(|| "suggester_version shipped".to_owned(), |it| format!("suggester_version {it}"));
    store::audit::note(db, at, by, "use_suggester", &object, "").await?;
    Ok(store::suggestions::look_at_undecided(db).await?)
}
