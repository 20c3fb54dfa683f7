//! The discipline group's own: keys, clues as far as they are sealed to whoever asks, their ledger, the standing rule, and the log
//! of who read what, which is the group's alone.

use axum::{
    Json as Answer,
    body::Bytes,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    clue::{
        ClueLogLine, GroupKeys, ListedClue, NOTE_BYTES_MAX, NewClueKey, NewNote, Recover, RecoveredWrap,
        Recusal, Rewrap, SetRecusal, Step, TAG_BYTES, key_name,
    },
    envelope::Hash,
    id::{AccountId, ClueId},
    problem::{Code, Problem},
    role::Action,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::{Json, Path, Query},
    office_key::is_key,
    store::{self, Connection, clues},
};

/// Parts that are read within this time of an opening belong to it, in milliseconds: one hour.
const OPENING_MS: i64 = 60 * 60 * 1_000;

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(group))
        .routes(routes!(new_key))
        .routes(routes!(recuse))
        .routes(routes!(recover))
        .routes(routes!(log))
        .routes(routes!(list))
        .routes(routes!(part))
        .routes(routes!(note))
        .routes(routes!(rewrap))
}

/// The group's keys, and this member's own.
#[utoipa::path(get, path = "/api/v1/clue-group", responses(
    (status = 200, body = GroupKeys),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn group(State(app): State<App>, who: Who) -> Result<Answer<GroupKeys>, Error> {
    who.may(Action::ReadClues)?;
    let mut db = app.db.read().await?;
    Ok(Answer(GroupKeys {
        own: clues::own_key(&mut db, who.0.id).await?,
        keys: clues::keys(&mut db, None).await?,
        without: clues::without_key(&mut db).await?,
        recusals: clues::recusals(&mut db).await?,
        units: store::units::list(&mut db).await?,
        on_paper: app.policy.clues_on_paper,
    }))
}

/// Takes a member's new key, and with the first one the recovery key.
#[utoipa::path(post, path = "/api/v1/clue-group/key", request_body = NewClueKey, responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden, or confirm_first"),
    (status = 409, body = Problem, description = "conflict: there is a recovery key already, or this key"),
    (status = 422, body = Problem, description = "no key, or the first one comes without the recovery key"),
))]
async fn new_key(State(app): State<App>, who: Who, Json(new): Json<NewClueKey>) -> Result<StatusCode, Error> {
    who.may(Action::ReadClues)?;
    if !is_key(&new.public) {
        return Err(Error::invalid("public"));
    }
    if !new.secret.is_one() {
        return Err(Error::invalid("secret"));
    }
    let is_proof = |it: &str| it.parse::<Hash>().is_ok();
    if new.recovery.as_ref().is_some_and(|it| !is_key(&it.public) || !is_proof(&it.proof_hash)) {
        return Err(Error::invalid("recovery"));
    }
    // Whoever finds a desk signed in must not become a recipient.
    who.confirmed(&app)?;
    let secret = serde_json::to_string(&new.secret).map_err(|_| Error::invalid("secret"))?;
    let (me, now) = (who.0.id, app.now());
    let mut db = app.db.write().await?;
    match (&new.recovery, clues::has_recovery(&mut db).await?) {
        (None, true) => {}
        (None, false) => return Err(Error::invalid("recovery")),
        (Some(_), true) => return Err(Code::Conflict.into()),
        (Some(recovery), false) => {
            if !clues::add_key(&mut db, &recovery.public, None, Some(&recovery.proof_hash), now).await? {
                return Err(Code::Conflict.into());
            }
        }
    }
    if !clues::add_key(&mut db, &new.public, Some(me), Some(&secret), now).await? {
        return Err(Code::Conflict.into());
    }
    clues::log(&mut db, now, me, "key", None).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives what is sealed to the recovery key to the key of whoever asks: for whom no other member can. It takes the paper from
/// the safe, and is on record. Without wraps it answers what there is.
#[utoipa::path(post, path = "/api/v1/clue-group/recovery", request_body = Recover, responses(
    (status = 200, body = Vec<RecoveredWrap>, description = "those that are sealed to the recovery key"),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden, or confirm_first"),
    (status = 422, body = Problem, description = "`proof`: not of this recovery key; or no key of one's own"),
))]
async fn recover(
    State(app): State<App>,
    who: Who,
    Json(recover): Json<Recover>,
) -> Result<Answer<Vec<RecoveredWrap>>, Error> {
    who.may(Action::ReadClues)?;
    who.confirmed(&app)?;
    let me = who.0.id;
    let mut db = app.db.write().await?;
    let known = clues::recovery_proof_hash(&mut db).await?;
    if known.is_none() || known != recover.proof.parse().ok().map(|it: Hash| Hash::of(&it.0).to_string()) {
        return Err(Error::invalid("proof"));
    }
    let own = clues::own_key(&mut db, me).await?.and_then(|it| key_name(&it.public));
    let own = own.ok_or_else(|| Error::invalid("key"))?;
    let all = clues::sealed_to_recovery(&mut db).await?;
    for new in &recover.wraps {
        let wrap = Rewrap { key: new.key.clone(), sealed: new.sealed.clone() }.wrap();
        let wrap = wrap.filter(|it| it.key == own && all.iter().any(|it| it.id == new.id));
        clues::add_wrap(&mut db, new.id, &wrap.ok_or_else(|| Error::invalid("wraps"))?).await?;
    }
    clues::log(&mut db, app.now(), me, "recover", None).await?;
    db.commit().await?;
    Ok(Answer(all))
}

/// Changes the standing rule: what comes from a unit is not sealed to a member. Nobody lifts what keeps themselves away.
#[utoipa::path(post, path = "/api/v1/clue-group/recusals", request_body = SetRecusal, responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 422, body = Problem, description = "no such member or unit, or it is oneself"),
))]
async fn recuse(State(app): State<App>, who: Who, Json(set): Json<SetRecusal>) -> Result<StatusCode, Error> {
    who.may(Action::ReadClues)?;
    let SetRecusal { account, unit, holds } = set;
    let mut db = app.db.write().await?;
    if (!holds && account == who.0.id) || !clues::is_member(&mut db, account).await? {
        return Err(Error::invalid("account"));
    }
    if store::units::get(&mut db, unit).await?.is_none() {
        return Err(Error::invalid("unit"));
    }
    clues::recuse(&mut db, &Recusal { account, unit }, holds).await?;
    clues::log(&mut db, app.now(), who.0.id, "recuse", None).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who of the group looked at or did what, the latest first, as far as this member sees the clues.
#[utoipa::path(get, path = "/api/v1/clue-group/log", responses(
    (status = 200, body = Vec<ClueLogLine>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn log(State(app): State<App>, who: Who) -> Result<Answer<Vec<ClueLogLine>>, Error> {
    who.may(Action::ReadClues)?;
    Ok(Answer(clues::read_log(&mut app.db.read().await?, who.0.id).await?))
}

/// The clues that are sealed to this member, the latest first, with their ledgers as they rest. It is on record.
#[utoipa::path(get, path = "/api/v1/clues", responses(
    (status = 200, body = Vec<ListedClue>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn list(State(app): State<App>, who: Who) -> Result<Answer<Vec<ListedClue>>, Error> {
    who.may(Action::ReadClues)?;
    let mut db = app.db.write().await?;
    let listed = clues::list(&mut db, who.0.id).await?;
    clues::log(&mut db, app.now(), who.0.id, "list", None).await?;
    db.commit().await?;
    Ok(Answer(listed))
}

#[derive(Deserialize, IntoParams)]
struct Which {
    /// The part, from 0.
    #[serde(default)]
    n: u32,
}

/// One sealed part of a clue. The opening is on record in the transaction that answers it.
#[utoipa::path(get, path = "/api/v1/clues/{id}/content", params(Which), responses(
    (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn part(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Query(which): Query<Which>,
) -> Result<Response, Error> {
    who.may(Action::ReadClues)?;
    let (id, me, now) = (ClueId(id), who.0.id, app.now());
    let mut db = app.db.write().await?;
    let bytes = clues::part(&mut db, me, id, which.n).await?.ok_or(Code::NotFound)?;
    if which.n == 0 || !clues::is_logged(&mut db, id, me, "open", now - OPENING_MS).await? {
        clues::log(&mut db, now, me, "open", Some(id)).await?;
    }
    db.commit().await?;
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    Ok(([kind], Bytes::from(bytes)).into_response())
}

/// Whether this member sees a clue; what they do not see is not there.
async fn check_seen(db: &mut Connection, me: AccountId, id: ClueId) -> Result<(), Error> {
    if clues::sees(db, me, id).await? { Ok(()) } else { Err(Code::NotFound.into()) }
}

/// Adds a line to a clue's ledger. A handover is proposed by one member and completed by another.
#[utoipa::path(post, path = "/api/v1/clues/{id}/notes", request_body = NewNote, responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "conflict: nothing waits for a second member, or something does already"),
    (status = 422, body = Problem, description = "a field does not keep its rule; `step`: oneself proposed it"),
))]
async fn note(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(note): Json<NewNote>,
) -> Result<StatusCode, Error> {
    who.may(Action::ReadClues)?;
    let (id, me, now) = (ClueId(id), who.0.id, app.now());
    let is_hex = note.sealed.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    let bytes_n = note.sealed.len() / 2;
    if !is_hex || note.sealed.len() % 2 != 0 || !(TAG_BYTES..=NOTE_BYTES_MAX).contains(&bytes_n) {
        // What is not there is told first, whatever else is wrong.
        check_seen(&mut *app.db.write().await?, me, id).await?;
        return Err(Error::invalid("sealed"));
    }
    let mut db = app.db.write().await?;
    check_seen(&mut db, me, id).await?;
    match clues::is_noted(&mut db, id, &note, me).await? {
        Some(true) => return Ok(StatusCode::NO_CONTENT),
        Some(false) => return Err(Code::Conflict.into()),
        None => {}
    }
    let waiting = clues::proposed_by(&mut db, id).await?;
    match (note.step, waiting) {
        (Step::Note, _) | (Step::Propose, None) => {}
        (Step::Propose, Some(_)) | (Step::Confirm, None) => return Err(Code::Conflict.into()),
        (Step::Confirm, Some(by)) if by == me => return Err(Error::invalid("step")),
        (Step::Confirm, Some(_)) => {}
    }
    clues::add_note(&mut db, id, &note, me, now).await?;
    clues::log(&mut db, now, me, note.step.as_str(), Some(id)).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a clue to one more key, by a member who can open it.
#[utoipa::path(post, path = "/api/v1/clues/{id}/wraps", request_body = Rewrap, responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 422, body = Problem, description = "no key of a member, or not sealed to it"),
))]
async fn rewrap(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(new): Json<Rewrap>,
) -> Result<StatusCode, Error> {
    who.may(Action::ReadClues)?;
    let (id, me) = (ClueId(id), who.0.id);
    let mut db = app.db.write().await?;
    check_seen(&mut db, me, id).await?;
    let keys = clues::keys(&mut db, None).await?;
    let wrap = new.wrap().ok_or_else(|| Error::invalid("sealed"))?;
    if !keys.iter().any(|it| key_name(&it.public) == Some(wrap.key)) {
        return Err(Error::invalid("key"));
    }
    clues::add_wrap(&mut db, id, &wrap).await?;
    clues::log(&mut db, app.now(), me, "rewrap", Some(id)).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
