//! What was answered when a respondent was visited last: told to whoever is to visit them again, as far as the questionnaire that
//! they will be asked reads it by `${last-saved#name}`.
//!
//! It is what one visitor hears of what was said to another, so it is as little as can be: no words, names or files, nothing of a
//! respondent whom the unit is not to visit, nothing that the office's own questionnaire does not read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    answers::LastAnswers,
    envelope::Hash,
    id::RecordId,
    problem::Problem,
    questionnaire::{Questionnaire, last_saved, version::Version},
    role::Action,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::Who,
    checking::answers_of,
    error::Error,
    store::{self, Connection, last_answers::Latest},
};

/// Most answers that a phone is told: a unit's assignments of some weeks.
const TOLD_MAX: usize = 1_000;
/// Most bytes of answers, before names around them: what a phone opens at once.
const TOLD_BYTES_MAX: usize = 1024 * 1024;

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(last_answers))
}

/// The latest answers of each respondent whom the caller's unit is to visit, cut to what open questionnaires read of the last
/// visit. With the `ETag` of the answer before in `If-None-Match`, nothing where nothing has changed.
#[utoipa::path(get, path = "/api/v1/last-answers",
    params(("if-none-match" = Option<String>, Header, description = "the `ETag` of the answer before")), responses(
    (status = 200, body = Vec<LastAnswers>),
    (status = 304, description = "as it was told before"),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn last_answers(State(app): State<App>, who: Who, headers: HeaderMap) -> Result<Response, Error> {
    who.may(Action::Record)?;
    let mut db = app.db.read().await?;
    let reading = store::questionnaires::reading_last(&mut db).await?;
    let latest = match &who.0.unit {
        Some(unit) if !reading.is_empty() => {
            let ids: BTreeSet<&str> = reading.iter().map(|it| &*it.0).collect();
            store::last_answers::latest(&mut db, unit.id, &ids, TOLD_MAX).await?
        }
        Some(_) | None => Vec::new(),
    };
    let tag = tag(&reading, &latest);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|it| it.as_bytes() == tag.as_bytes()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let told = told(&mut db, &reading, latest).await?;
    drop(db);
    if let (Some(unit), false) = (&who.0.unit, told.is_empty()) {
        let mut db = app.db.write().await?;
        let object = format!("unit {}", unit.id);
        store::audit::note(&mut db, app.now(), Some(who.0.id), "tell_last_answers", &object, "").await?;
        db.commit().await?;
    }
    Ok(([(header::ETAG, tag)], Json(told)).into_response())
}

/// Names what would be told, without opening any of it.
fn tag(reading: &[(String, Hash)], latest: &[Latest]) -> String {
    let latest: Vec<_> = latest.iter().map(|it| (it.respondent, it.record, it.revision)).collect();
    let named = serde_json::to_vec(&(reading, latest)).unwrap_or_default();
    format!("\"{}\"", Hash::of(&named))
}

async fn told(
    db: &mut Connection,
    reading: &[(String, Hash)],
    latest: Vec<Latest>,
) -> Result<Vec<LastAnswers>, Error> {
    let mut versions = BTreeMap::new();
    for (id, hash) in reading {
        if latest.iter().any(|it| it.questionnaire == *id)
            && let Some(content) = store::questionnaires::content(db, *hash).await?
        {
            versions.insert(id.clone(), content);
        }
    }
    let records: Vec<RecordId> = latest.iter().map(|it| it.record).collect();
    let envelopes = store::last_answers::envelopes(db, &records).await?;
    // Reading a large questionnaire takes a processor for some milliseconds: no other request waits for it.
    let told = tokio::task::spawn_blocking(move || cut(&versions, latest, &envelopes));
    told.await.map_err(|_| Error::Damaged("answers"))
}

/// What reads the last visit: a questionnaire and the names that it reads.
type Reading = (Questionnaire, BTreeSet<String>);

fn read(content: &str) -> Option<Reading> {
    let version: Version = serde_json::from_str(content).ok()?;
    Some((version.questionnaire()?, last_saved::names_read(&version.sheets)))
}

fn cut(
    versions: &BTreeMap<String, String>,
    latest: Vec<Latest>,
    envelopes: &HashMap<RecordId, Vec<u8>>,
) -> Vec<LastAnswers> {
    let versions: BTreeMap<&str, Reading> =
        versions.iter().filter_map(|(id, content)| Some((&**id, read(content)?))).collect();
    let mut bytes_n = 0;
    let all = latest.into_iter().filter_map(|it| {
        let (form, names) = versions.get(&*it.questionnaire)?;
        let given = answers_of(envelopes.get(&it.record)?)?;
        let answers = last_saved::cut(form, names, &given.answers);
        Some(LastAnswers {
            respondent: it.respondent,
            questionnaire: it.questionnaire,
            visit: it.visit,
            started_at: it.started_at,
            answers,
        })
    });
    all.take_while(|it| {
        bytes_n += it.answers.to_string().len();
        bytes_n <= TOLD_BYTES_MAX
    })
    .collect()
}
