//! A questionnaire that the office writes further, until it is published.

use axum::{
    Json as Answer,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
};
use domain::{
    answers::FORM_ID_CHARS_MAX,
    envelope::Hash,
    problem::{Code, Problem},
    publishing::{DraftEdit, EditedQuestionnaire, KeptDraft},
    questionnaire::{
        editing::{Book, Setting},
        version::Version,
    },
    role::Action,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::questionnaires::note;
use crate::{
    App,
    auth::Who,
    error::Error,
    extract::{Json, Path, Query, Raw, check_json},
    lists::LIST_BYTES_MAX,
    questionnaires::{Draft, faults, read_versions},
    store, workbook,
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(edited, keep, discard)).layer(DefaultBodyLimit::max(LIST_BYTES_MAX))
}

/// The sheets of what is not published yet, else of the latest version, to be written further.
#[utoipa::path(get, path = "/api/v1/questionnaires/{id}/draft",
    params(("id" = String, Path, description = "the form's id")), responses(
    (status = 200, body = EditedQuestionnaire),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn edited(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Answer<EditedQuestionnaire>, Error> {
    who.may(Action::KeepQuestionnaires)?;
    let mut db = app.db.read().await?;
    let kept = store::questionnaires::kept(&mut db, Some(&id)).await?.pop().ok_or(Code::NotFound)?;
    let draft = store::questionnaires::draft(&mut db, &id).await?;
    let versions = store::questionnaires::versions(&mut db, &id).await?;
    drop(db);
    let read = tokio::task::spawn_blocking(move || {
        let text = draft.as_ref().or(versions.last().map(|(_, text)| text)).ok_or(Code::NotFound)?;
        let read = Draft::of_json(text, &id)?;
        Ok::<_, Error>(EditedQuestionnaire {
            kept,
            upon: Hash::of(text.as_bytes()),
            changes: read.changes(&read_versions(&versions)?),
            sheets: read.source.sheets,
            files: read.source.files,
            media: read.source.media,
        })
    });
    Ok(Answer(read.await.map_err(|_| Error::Damaged("questionnaire"))??))
}

/// Keeps what was written, broken or not, to be published later. What is here must be what it was written upon.
#[utoipa::path(put, path = "/api/v1/questionnaires/{id}/draft",
    params(("id" = String, Path, description = "the form's id")), request_body = DraftEdit, responses(
    (status = 200, body = KeptDraft),
    (status = 400, body = Problem, description = "malformed"),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found: there is nothing that it could have been written upon"),
    (status = 409, body = Problem, description = "conflict: another was kept or published meanwhile; or taken: there is such a questionnaire"),
    (status = 413, body = Problem, description = "too_large"),
    (status = 415, body = Problem, description = "unsupported_media"),
    (status = 422, body = Problem, description = "invalid: the `id` cannot be one, the settings name another `form_id`, or a `sheet` is none of a form"),
))]
async fn keep(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    headers: HeaderMap,
    Raw(body): Raw<LIST_BYTES_MAX>,
) -> Result<Answer<KeptDraft>, Error> {
    who.may(Action::KeepQuestionnaires)?;
    check_json(&headers)?;
    let Json(edit) = Json::<DraftEdit>::of(&body)?;
    if id.chars().count() > FORM_ID_CHARS_MAX || id.contains(char::is_whitespace) {
        return Err(Error::invalid("id"));
    }
    workbook::check_names(&edit.sheets)?;
    let mut db = app.db.read().await?;
    let before = store::questionnaires::draft(&mut db, &id).await?;
    let versions = store::questionnaires::versions(&mut db, &id).await?;
    drop(db);
    let new = new_draft(id.clone(), edit.sheets, before, versions);
    let (title, json, kept) = new.await?;
    let mut db = app.db.write().await?;
    let stands = store::questionnaires::kept(&mut db, Some(&id)).await?.pop();
    let draft = store::questionnaires::draft(&mut db, &id).await?.map(|it| Hash::of(it.as_bytes()));
    let upon = draft.or(stands.as_ref().and_then(|it| it.version)).map(|it| it.to_string());
    match (&upon, &edit.upon) {
        (None, Some(_)) => return Err(Code::NotFound.into()),
        (Some(_), None) => return Err(Error::taken("id")),
        (Some(stands), Some(upon)) if stands != upon => return Err(Code::Conflict.into()),
        (Some(_), Some(_)) | (None, None) => {}
    }
    store::questionnaires::keep_draft(&mut db, &id, &title, &json, app.now(), who.0.id).await?;
    // It is kept every few seconds while somebody writes: what begins is on record, and what is published.
    if draft.is_none() {
        let act = if stands.is_some() { "edit_questionnaire" } else { "begin_questionnaire" };
        note(&app, &mut db, &who, act, &id).await?;
    }
    db.commit().await?;
    Ok(Answer(kept))
}

#[derive(Deserialize, IntoParams)]
struct DiscardQuery {
    /// What is given up, as it was named when it was looked at.
    #[serde(default)]
    upon: String,
}

/// Gives up what is not published: the latest version stands again; a questionnaire that was never published is gone.
#[utoipa::path(delete, path = "/api/v1/questionnaires/{id}/draft",
    params(("id" = String, Path, description = "the form's id"), DiscardQuery), responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found: nothing of it waits to be published"),
    (status = 409, body = Problem, description = "conflict: another was kept meanwhile"),
))]
async fn discard(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Query(query): Query<DiscardQuery>,
) -> Result<StatusCode, Error> {
    who.may(Action::KeepQuestionnaires)?;
    let mut db = app.db.write().await?;
    let draft = store::questionnaires::draft(&mut db, &id).await?.ok_or(Code::NotFound)?;
    if Hash::of(draft.as_bytes()).to_string() != query.upon {
        return Err(Code::Conflict.into());
    }
    store::questionnaires::discard(&mut db, &id).await?;
    note(&app, &mut db, &who, "discard_questionnaire", &id).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The title of what was written, its JSON, and what is answered.
async fn new_draft(
    id: String,
    sheets: Vec<domain::questionnaire::xlsform::Sheet>,
    before: Option<String>,
    versions: Vec<(Hash, String)>,
) -> Result<(String, String, KeptDraft), Error> {
    let read = tokio::task::spawn_blocking(move || {
        let book = Book::of(sheets);
        let own = book.setting(Setting::Id);
        if !own.is_empty() && own != id {
            return Err(Error::invalid("form_id"));
        }
        let text = before.as_ref().or(versions.last().map(|(_, text)| text));
        let before = match text {
            Some(text) => Draft::of_json(text, &id)?.source,
            None => Version::default(),
        };
        let source = Version { sheets: book.sheets(), ..before };
        let json = source.to_json();
        let read = Draft::of(source, &id);
        let kept = KeptDraft {
            draft: Hash::of(json.as_bytes()),
            faults: faults(&read.outcome.findings),
            changes: read.changes(&read_versions(&versions)?),
        };
        Ok((read.title(&id), json, kept))
    });
    read.await.map_err(|_| Error::Damaged("questionnaire"))?
}
