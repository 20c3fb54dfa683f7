//! One person's data, by the law on personal information: found, handed out, destroyed once a second person signed it off.

use axum::{
    Json as Answer,
    body::Body,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    id::{RecordId, RespondentId},
    person::{LETTERS_MIN, NewErasure, PersonAsked, PersonChosen, PersonErasure, PersonFound},
    problem::{Code, Problem},
    role::{Action, Scope, scope},
    sign_off::{Decision, SignOffState},
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
    looks, persons, retention,
    store::{self, persons::Proposed},
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(find))
        .routes(routes!(copy))
        .routes(routes!(propose, list))
        .routes(routes!(decide))
}

/// Everything that may be a person's, in every campaign: with a reason, and on record.
#[utoipa::path(post, path = "/api/v1/persons/search", request_body = PersonAsked, responses(
    (status = 200, body = PersonFound),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden, or confirm_first"),
    (status = 422, body = Problem, description = "the text is too short, or a reason is needed"),
))]
async fn find(
    State(app): State<App>,
    who: Who,
    Json(asked): Json<PersonAsked>,
) -> Result<Answer<PersonFound>, Error> {
    who.may(Action::KeepPersons)?;
    who.confirmed(&app)?;
    let reason = looks::reason(&asked.reason)?;
    if asked.text.trim().chars().count() < LETTERS_MIN {
        return Err(Error::invalid("text"));
    }
    let mut db = app.db.write().await?;
    store::audit::note(&mut db, app.now(), Some(who.0.id), "find_person", "person", reason).await?;
    db.commit().await?;
    Ok(Answer(persons::find(&mut app.db.read().await?, &asked).await?))
}

#[derive(Deserialize, IntoParams)]
struct Chosen {
    /// Ids in the directory, with commas between; with every visit to them.
    #[serde(default)]
    respondents: String,
    /// Ids of visits, with commas between.
    #[serde(default)]
    visits: String,
    #[serde(default)]
    reason: String,
}

/// The ids in a text with commas between.
fn ids(text: &str, field: &str) -> Result<Vec<Uuid>, Error> {
    let words = text.split(',').map(str::trim).filter(|it| !it.is_empty());
    words.map(|it| it.parse().map_err(|_| Error::invalid(field))).collect()
}

/// Everything of whom the office chose, as a ZIP: with a reason, and on record.
#[utoipa::path(get, path = "/api/v1/persons/copy", params(Chosen), responses(
    (status = 200, content_type = "application/zip", body = Vec<u8>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden, or confirm_first"),
    (status = 422, body = Problem, description = "nobody or too many are chosen, or a reason is needed"),
))]
async fn copy(State(app): State<App>, who: Who, Query(chosen): Query<Chosen>) -> Result<Response, Error> {
    who.may(Action::KeepPersons)?;
    who.confirmed(&app)?;
    let chosen = PersonChosen {
        respondents: ids(&chosen.respondents, "respondents")?.into_iter().map(RespondentId).collect(),
        visits: ids(&chosen.visits, "visits")?.into_iter().map(RecordId).collect(),
        reason: chosen.reason,
    };
    if let Some(field) = chosen.wrong_field() {
        return Err(Error::invalid(field));
    }
    note_copy(&app, Some(&who), &chosen).await?;
    let copied = persons::gather(&mut app.db.read().await?, &chosen).await?;
    let pieces = persons::zip(app, copied);
    let stream =
        futures_util::stream::unfold(pieces, async |mut pieces| Some((pieces.recv().await?, pieces)));
    let mut response = Body::from_stream(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    let name = HeaderValue::from_static("attachment; filename=\"zoufang-person.zip\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

/// Puts on record what is handed out: a line for each respondent and each visit.
///
/// # Errors
///
/// The database's.
pub async fn note_copy(app: &App, who: Option<&Who>, chosen: &PersonChosen) -> Result<(), Error> {
    let (by, reason) = (who.map(|it| it.0.id), chosen.reason.trim());
    let mut db = app.db.write().await?;
    for id in &chosen.respondents {
        let object = format!("respondent {id}");
        store::audit::note(&mut db, app.now(), by, "copy_person", &object, reason).await?;
    }
    for visit in store::persons::all_visits(&mut db, &chosen.respondents, &chosen.visits).await? {
        let object = format!("visit {visit}");
        store::audit::note(&mut db, app.now(), by, "copy_person", &object, reason).await?;
    }
    Ok(db.commit().await?)
}

/// Proposes to destroy what is one person's; a second person decides.
#[utoipa::path(post, path = "/api/v1/persons/erasures", request_body = NewErasure, responses(
    (status = 201, body = PersonErasure),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden, or confirm_first"),
    (status = 422, body = Problem, description = "nobody or too many are chosen, or a reason is needed"),
))]
async fn propose(
    State(app): State<App>,
    who: Who,
    Json(new): Json<NewErasure>,
) -> Result<(StatusCode, Answer<PersonErasure>), Error> {
    who.may(Action::KeepPersons)?;
    who.confirmed(&app)?;
    if let Some(field) = new.chosen.wrong_field() {
        return Err(Error::invalid(field));
    }
    let (id, now) = (app.new_public_id(), app.now());
    let mut db = app.db.write().await?;
    let visits = store::persons::all_visits(&mut db, &new.chosen.respondents, &new.chosen.visits).await?;
    if visits.is_empty() && new.chosen.respondents.is_empty() {
        return Err(Error::invalid("visits"));
    }
    let new = NewErasure { chosen: PersonChosen { visits, ..new.chosen }, ..new };
    store::persons::propose(&mut db, id, who.0.id, now, &new).await?;
    let object = format!("erasure {id}");
    let reason = new.chosen.reason.trim();
    store::audit::note(&mut db, now, Some(who.0.id), "propose_erasure", &object, reason).await?;
    let proposed = store::persons::proposed(&mut db, Some(id)).await?.pop().ok_or(Code::NotFound)?;
    db.commit().await?;
    Ok((StatusCode::CREATED, Answer(shown(&app, &who, proposed))))
}

fn shown(app: &App, who: &Who, proposed: Proposed) -> PersonErasure {
    let sign_off = proposed.shown.sign_off.seen(proposed.by == who.0.id, app.policy.backups_ms);
    PersonErasure { sign_off, ..proposed.shown }
}

/// What was proposed to destroy and what became of it, the latest first.
#[utoipa::path(get, path = "/api/v1/persons/erasures", responses(
    (status = 200, body = Vec<PersonErasure>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn list(State(app): State<App>, who: Who) -> Result<Answer<Vec<PersonErasure>>, Error> {
    if scope(who.0.role, Action::SignOffErasure) == Scope::Nothing {
        who.may(Action::KeepPersons)?;
    }
    let proposed = store::persons::proposed(&mut app.db.read().await?, None).await?;
    Ok(Answer(proposed.into_iter().map(|it| shown(&app, &who, it)).collect()))
}

/// Decides about what someone else proposed. What is approved is destroyed at once, for good.
#[utoipa::path(post, path = "/api/v1/persons/erasures/{id}/decision", request_body = Decision, responses(
    (status = 200, body = PersonErasure),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden, or confirm_first"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "conflict: it was decided meanwhile, or is one's own"),
    (status = 422, body = Problem, description = "a reason is needed"),
))]
async fn decide(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(decision): Json<Decision>,
) -> Result<Answer<PersonErasure>, Error> {
    who.may(Action::SignOffErasure)?;
    who.confirmed(&app)?;
    let (state, reason, act) = match &decision {
        Decision::Approve => (SignOffState::Approved, None, "erase_person"),
        Decision::Return { reason } => {
            (SignOffState::Returned, Some(looks::reason(reason)?), "return_erasure")
        }
    };
    let now = app.now();
    let mut db = app.db.write().await?;
    let proposed = store::persons::proposed(&mut db, Some(id)).await?.pop().ok_or(Code::NotFound)?;
    if !store::persons::decide(&mut db, id, who.0.id, now, state, reason).await? {
        return Err(Code::Conflict.into());
    }
    if state == SignOffState::Approved {
        persons::erase(&app, &mut db, &proposed).await?;
    }
    let object = format!("erasure {id}");
    store::audit::note(&mut db, now, Some(who.0.id), act, &object, reason.unwrap_or_default()).await?;
    let proposed = store::persons::proposed(&mut db, Some(id)).await?.pop().ok_or(Code::NotFound)?;
    db.commit().await?;
    if state == SignOffState::Approved {
        retention::remove_bytes(&app).await?;
        store::clear_traces(&app.db).await;
    }
    Ok(Answer(shown(&app, &who, proposed)))
}
