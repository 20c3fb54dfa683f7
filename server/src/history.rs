//! Whether a phone has seen further than this database: then a backup was restored, and another epoch begins.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    App,
    error::Error,
    store::{self, Connection, Reach},
};

/// How far a history reached when an answer was given. Phones send the latest back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub epoch: String,
    /// The stretch of history in which it was made; nil when only the epoch is known.
    pub life: Uuid,
    /// The latest change then.
    pub sequence: i64,
    /// The latest revision then; 0 when only changes are spoken of.
    #[serde(default)]
    pub revision: i64,
}

impl Mark {
    /// The mark of a text of [`Self::text`], or of an epoch alone.
    pub fn read(text: &str) -> Option<Self> {
        if text.parse::<Uuid>().is_ok() {
            return Some(Self { epoch: text.to_owned(), life: Uuid::nil(), sequence: 0, revision: 0 });
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }

    /// As phones keep it.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}

/// The name of this database's history.
///
/// # Errors
///
/// The database's.
pub async fn epoch(db: &mut Connection) -> sqlx::Result<String> {
    Ok(store::meta::get(db, store::meta::EPOCH).await?.unwrap_or_default())
}

/// The epoch, another from now on when one of `known` speaks of what this history does not hold: then a backup
/// was restored, and every phone must offer again what it still has.
///
/// # Errors
///
/// The database's.
pub async fn epoch_for(app: &App, known: &[Mark]) -> Result<String, Error> {
    let mut db = app.db.read().await?;
    let epoch = epoch(&mut db).await?;
    let mut behind = false;
    for mark in known {
        behind |= !holds(&mut db, &epoch, mark).await?;
    }
    drop(db);
    if !behind {
        return Ok(epoch);
    }
    tracing::error!(
        "a phone knows more than this database: it was restored from a backup, and phones send again"
    );
    begin_epoch(app, &epoch, "a phone knows more than this database").await
}

async fn holds(db: &mut Connection, epoch: &str, mark: &Mark) -> sqlx::Result<bool> {
    let past = store::meta::get(db, store::meta::PAST_EPOCHS).await?.unwrap_or_default();
    let reach = store::lives::reaches(db, mark.life).await?;
    Ok(is_held(epoch, &past, reach, mark))
}

/// Whether the history `epoch` holds what a mark speaks of, or has left the mark's history behind itself. `past`
/// are the epochs before, with spaces between; `reach` is how far the mark's stretch went, if it is known.
pub fn is_held(epoch: &str, past: &str, reach: Option<Reach>, mark: &Mark) -> bool {
    if mark.epoch != epoch {
        return past.split(' ').any(|it| it == mark.epoch);
    }
    mark.life.is_nil() || reach.is_some_and(|it| mark.sequence <= it.change && mark.revision <= it.revision)
}

/// Begins another epoch unless `from` is past already; answers the one that holds now.
///
/// # Errors
///
/// The database's.
pub async fn begin_epoch(app: &App, from: &str, why: &str) -> Result<String, Error> {
    let mut db = app.db.write().await?;
    let current = epoch(&mut db).await?;
    if current != from {
        return Ok(current);
    }
    let another = app.new_public_id().to_string();
    let past = store::meta::get(&mut db, store::meta::PAST_EPOCHS).await?.unwrap_or_default();
    store::meta::set(&mut db, store::meta::PAST_EPOCHS, format!("{past} {from}").trim_start()).await?;
    store::meta::set(&mut db, store::meta::EPOCH, &another).await?;
    store::meta::set(&mut db, store::meta::EPOCH_BEGAN_AT, &app.now().to_string()).await?;
    store::audit::note(&mut db, app.now(), None, "begin_epoch", why, "").await?;
    db.commit().await?;
    Ok(another)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(known: &Mark, reach: Option<i64>, expected: bool) {
        let reach = reach.map(|change| Reach { change, revision: 8 });
        assert_eq!(is_held("c", "b a", reach, known), expected, "{known:?} {reach:?}");
    }

    #[test]
    fn only_what_this_history_does_not_hold_begins_another() {
        let mark = |epoch: &str, sequence| Mark {
            epoch: epoch.into(),
            life: Uuid::from_u128(1),
            sequence,
            revision: 8,
        };
        check(&mark("c", 5), Some(5), true);
        check(&mark("c", 6), Some(5), false);
        check(&Mark { revision: 9, ..mark("c", 5) }, Some(5), false);
        check(&mark("c", 1), None, false);
        check(&mark("a", 99), None, true);
        check(&mark("d", 1), Some(5), false);
        check(&Mark { life: Uuid::nil(), ..mark("c", 0) }, None, true);
        check(&Mark { life: Uuid::nil(), ..mark("d", 0) }, None, false);
    }

    #[test]
    fn a_mark_is_read_as_it_is_written_and_an_epoch_stands_for_itself() {
        let mark = Mark { epoch: "e".into(), life: Uuid::from_u128(7), sequence: 3, revision: 4 };
        assert_eq!(Mark::read(&mark.text()), Some(mark));
        let epoch = Uuid::from_u128(9).to_string();
        assert_eq!(Mark::read(&epoch).map(|it| (it.epoch, it.life)), Some((epoch, Uuid::nil())));
        assert_eq!(Mark::read("something else"), None);
    }
}
