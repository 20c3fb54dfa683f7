//! Sealed clues in. What is sealed here nobody here can open; no audit entry, no change and no figure of others tells of it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json as Answer,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
};
use domain::{
    clue::{ClueReceipt, PART_BYTES_MAX, PARTS_MAX, PartsHere, Sealed, Sealing, TAG_BYTES, receipt_bytes},
    id::{AccountId, ClueId},
    problem::{Code, Problem},
    role::Action,
    session::Account,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::Who,
    day::{self, DAY_MS},
    error::Error,
    extract::{Json, Path, Query, Raw},
    store::{Connection, clues},
};

/// Clues that one person may seal a day; a visitor seals a few a year.
const CLUES_A_DAY: u32 = 20;
/// Parts that one person may send a day: two clues of the greatest length, and what is sent again.
const PARTS_A_DAY: u32 = 512;
/// Parts whose clue never came are forgotten after this long, in milliseconds: 60 days, for a phone may lie in a drawer.
const STALE_MS: i64 = 60 * DAY_MS;

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sealing))
        .routes(routes!(put_part, parts_here))
        .routes(routes!(complete))
        .layer(DefaultBodyLimit::max(PART_BYTES_MAX))
}

/// What each person sealed on the present day. Lost at a restart, which is no harm.
#[derive(Clone, Default)]
pub struct Shares(Arc<Mutex<(String, HashMap<AccountId, Share>)>>);

#[derive(Default)]
struct Share {
    clues: u32,
    parts: u32,
}

impl Shares {
    fn count(&self, who: AccountId, day: String, part: bool) -> Result<(), Error> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (today, shares) = &mut *guard;
        if *today != day {
            *today = day;
            shares.clear();
        }
        let share = shares.entry(who).or_default();
        let (n, max) = if part { (&mut share.parts, PARTS_A_DAY) } else { (&mut share.clues, CLUES_A_DAY) };
        if *n >= max {
            return Err(Error::SlowDown { retry_after_s: 3_600 });
        }
        *n += 1;
        Ok(())
    }
}

/// What a phone of this person needs to seal a clue without a network.
///
/// # Errors
///
/// The database's.
pub async fn sealing_of(app: &App, db: &mut Connection, account: &Account) -> Result<Sealing, Error> {
    let keys = clues::keys(db, account.unit.as_ref().map(|it| it.id)).await?;
    Ok(Sealing { keys, on_paper: app.policy.clues_on_paper })
}

/// The keys that this person seals clues to.
#[utoipa::path(get, path = "/api/v1/clue-keys", responses(
    (status = 200, body = Sealing),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn sealing(State(app): State<App>, who: Who) -> Result<Answer<Sealing>, Error> {
    who.may(Action::SealClue)?;
    Ok(Answer(sealing_of(&app, &mut app.db.read().await?, &who.0).await?))
}

#[derive(Deserialize, IntoParams)]
struct Which {
    /// The part, from 0.
    #[serde(default)]
    n: u32,
}

/// Keeps one part; sent again, it is kept once.
#[utoipa::path(put, path = "/api/v1/clues/{id}/parts", params(Which),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 409, body = Problem, description = "conflict: the clue is here, with another part"),
    (status = 413, body = Problem, description = "too_large"),
    (status = 422, body = Problem, description = "no part has this number, or so few bytes"),
    (status = 429, body = Problem, description = "slow_down: so many as one person may send a day"),
))]
async fn put_part(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Query(which): Query<Which>,
    Raw(bytes): Raw<PART_BYTES_MAX>,
) -> Result<StatusCode, Error> {
    who.may(Action::SealClue)?;
    if which.n as usize >= PARTS_MAX {
        return Err(Error::invalid("n"));
    }
    if bytes.len() <= TAG_BYTES {
        return Err(Error::invalid("bytes"));
    }
    app.check_room()?;
    let (id, now) = (ClueId(id), app.now());
    let here = clues::parts(&mut app.db.read().await?, id).await?;
    if here.contains(&(which.n, domain::envelope::Hash::of(&bytes))) {
        return Ok(StatusCode::NO_CONTENT);
    }
    app.sealing.count(who.0.id, day::of(now), true)?;
    let mut db = app.db.write().await?;
    if clues::hash(&mut db, id).await?.is_some() {
        return Err(Code::Conflict.into());
    }
    clues::forget_stale(&mut db, &day::of(now - STALE_MS)).await?;
    clues::put_part(&mut db, id, which.n, &day::of(now), &bytes).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which parts are here, so that sending goes on from there.
#[utoipa::path(get, path = "/api/v1/clues/{id}/parts", responses(
    (status = 200, body = PartsHere),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn parts_here(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
) -> Result<Answer<PartsHere>, Error> {
    who.may(Action::SealClue)?;
    let here = clues::parts(&mut app.db.read().await?, ClueId(id)).await?;
    Ok(Answer(PartsHere { parts: here.into_iter().map(|it| it.0).collect() }))
}

/// Says that all parts are here. What was answered already is answered again.
#[utoipa::path(post, path = "/api/v1/clues/{id}", request_body = Sealed, responses(
    (status = 200, body = ClueReceipt),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 409, body = Problem, description = "conflict: another clue has this id"),
    (status = 422, body = Problem, description = "a field does not keep its rule; `parts`: they are not all here"),
    (status = 429, body = Problem, description = "slow_down: so many as one person may seal a day"),
))]
async fn complete(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(sealed): Json<Sealed>,
) -> Result<Answer<ClueReceipt>, Error> {
    who.may(Action::SealClue)?;
    sealed.check().map_err(Error::invalid)?;
    let (id, hash) = (ClueId(id), sealed.hash(ClueId(id)));
    let mut db = app.db.write().await?;
    match clues::hash(&mut db, id).await? {
        Some(known) if known == hash => {}
        Some(_) => return Err(Code::Conflict.into()),
        None => {
            let here = clues::parts(&mut db, id).await?;
            let wanted = (0..).zip(sealed.parts.iter().copied());
            if !wanted.into_iter().all(|it| here.contains(&it)) {
                return Err(Error::invalid("parts"));
            }
            app.sealing.count(who.0.id, day::of(app.now()), false)?;
            clues::add(&mut db, id, &sealed, &day::of(app.now())).await?;
            db.commit().await?;
        }
    }
    let signature = app.receipt_key.sign(&receipt_bytes(id, hash)).to_string();
    Ok(Answer(ClueReceipt { signature }))
}
