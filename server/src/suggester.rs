//! What suggests now: a version or what ships, beside the rules and types in use, corrected by what was confirmed since.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use domain::{
    rules::Rules,
    suggesting::{Ruled, Suggester, confirmed::Confirmed, shipped},
    taxonomy::scheme::Scheme,
};

use crate::{
    App,
    error::Error,
    store::{self, Connection, confirmations::Confirmation},
    taxonomy,
};

/// The latest confirmations that are learned at once. The next version is due long before there are so many.
const CORRECTIONS_MAX: i64 = 500;
/// After so many what waits is suggested anew.
const RENEWED_EVERY: usize = 10;

/// What suggests, made ready once and again whenever something of it has changed.
#[derive(Clone, Default)]
pub struct Kept(Arc<tokio::sync::Mutex<Option<Arc<InUse>>>>);

/// By what it is known whether what suggests is still the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Marks {
    /// None: what ships.
    version: Option<i64>,
    /// The last decision before it was taken into use.
    after: i64,
    rules: i64,
    offered: i64,
    confirmed: store::confirmations::Mark,
}

/// What suggests.
pub struct InUse {
    marks: Marks,
    pub scheme: Arc<Scheme>,
    pub suggester: Suggester,
    /// Before what was confirmed since.
    base: Suggester,
    /// The decisions that it was corrected by, in their order.
    corrected: Vec<i64>,
    /// It was corrected often enough that what waits is worth another look.
    is_renewal_due: AtomicBool,
}

impl InUse {
    /// None: what ships.
    pub fn version(&self) -> Option<i64> {
        self.marks.version
    }

    /// Whether what waits is worth another look; once.
    pub fn takes_renewal(&self) -> bool {
        self.is_renewal_due.swap(false, Ordering::Relaxed)
    }

    /// Whether version, rules and types are still those in use, as of `db`'s transaction.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn is_still(&self, db: &mut Connection) -> sqlx::Result<bool> {
        Ok(store::suggester_versions::in_use(db).await?.version == self.marks.version
            && store::rules::latest(db).await? == self.marks.rules
            && store::taxonomy::latest(db).await? == self.marks.offered)
    }
}

/// What was read to make it of.
struct Read {
    /// None: what ships.
    bytes: Option<Vec<u8>>,
    rules: Rules,
    scheme: Arc<Scheme>,
    corrections: Vec<Confirmation>,
}

/// What suggests now. It is made ready off the serving threads.
///
/// # Errors
///
/// The database's.
pub async fn in_use(app: &App) -> Result<Arc<InUse>, Error> {
    let mut kept = app.suggester.0.lock().await;
    let mut db = app.db.read().await?;
    let used = store::suggester_versions::in_use(&mut db).await?;
    let (offered, scheme) = taxonomy::version_in_use(app, &mut db).await?;
    let marks = Marks {
        version: used.version,
        after: used.after,
        rules: store::rules::latest(&mut db).await?,
        offered,
        confirmed: store::confirmations::mark(&mut db, used.after).await?,
    };
    if let Some(known) = kept.as_ref().filter(|it| it.marks == marks) {
        return Ok(Arc::clone(known));
    }
    let before = kept.clone();
    let is_new = before.as_ref().is_none_or(|it| it.marks.version != marks.version);
    let bytes = match marks.version.filter(|_| is_new) {
        Some(number) => store::suggester_versions::bytes(&mut db, number).await?.flatten(),
        None => None,
    };
    let mut corrections = store::confirmations::latest(&mut db, marks.after, CORRECTIONS_MAX).await?;
    for it in &mut corrections {
        // What was merged speaks for its successor.
        it.category = it.category.take().map(|it| scheme.successor(&it).to_owned());
    }
    let rules = crate::rules::of_version(&mut db, marks.rules).await?;
    drop(db);
    let read = Read { bytes, rules, scheme, corrections };
    let made = tokio::task::spawn_blocking(move || Arc::new(make(before.as_deref(), marks, read)))
        .await
        .expect("making what suggests ready does not fail");
    *kept = Some(Arc::clone(&made));
    Ok(made)
}

fn make(before: Option<&InUse>, marks: Marks, read: Read) -> InUse {
    let Read { bytes, rules, scheme, corrections } = read;
    let same_version = before.filter(|it| it.marks.version == marks.version);
    let base = match (same_version, bytes.map(|it| Suggester::from_bytes(&it))) {
        (Some(known), _) => known.base.clone(),
        (None, Some(Ok(it))) => it,
        (None, Some(Err(cause))) => {
            tracing::warn!(%cause, version = marks.version, "what ships suggests, for a version cannot be used");
            shipped().clone()
        }
        (None, None) => shipped().clone(),
    };
    let confirmed: Vec<Confirmed> =
        corrections.iter().map(|it| Confirmed::of(&it.words, it.kind, it.category.as_deref())).collect();
    let corrected: Vec<i64> = corrections.iter().map(|it| it.sequence).collect();
    // What was taken back, decided anew or destroyed is learned no more: then all of it is learned once again.
    let same = same_version.filter(|it| {
        it.marks.after == marks.after
            && it.marks.offered == marks.offered
            && corrected.starts_with(&it.corrected)
    });
    let (mut suggester, known_n) =
        same.map_or_else(|| (base.clone(), 0), |it| (it.suggester.clone(), it.corrected.len()));
    for n in known_n..confirmed.len() {
        suggester.correct(&confirmed[n], &confirmed[..n]);
    }
    let same_rules = before.filter(|it| (it.marks.rules, it.marks.offered) == (marks.rules, marks.offered));
    let ready = match same_rules {
        Some(known) => known.suggester.rules(),
        None => ruled(&rules, &scheme),
    };
    let is_renewal_due = same.is_some_and(|it| {
        it.is_renewal_due.load(Ordering::Relaxed) || known_n / RENEWED_EVERY < corrected.len() / RENEWED_EVERY
    });
    InUse {
        marks,
        scheme,
        suggester: suggester.with_rules(ready),
        base,
        corrected,
        is_renewal_due: AtomicBool::new(is_renewal_due),
    }
}

/// Rules made ready; those that ship where they cannot be read, which only another program could have written.
fn ruled(rules: &Rules, scheme: &Scheme) -> Arc<Ruled> {
    match Ruled::new(rules, &scheme.with_past()) {
        Ok(it) => Arc::new(it),
        Err(cause) => {
            tracing::warn!(%cause, "the rules that ship are used, for those that are kept cannot be read");
            Ruled::shipped()
        }
    }
}
