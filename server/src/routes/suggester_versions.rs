//! Versions of what suggests: learned from the office's confirmations, and chosen by it.

use axum::{Json as Answer, extract::State};
use domain::{
    problem::{Code, Problem},
    role::Action,
    suggester_versions::{SuggesterVersions, VersionChoice},
    suggesting::SUGGESTING_VERSION,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{App, auth::Who, error::Error, extract::Json, learning, store};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, learn)).routes(routes!(choose))
}

/// The versions, and which suggests.
#[utoipa::path(get, path = "/api/v1/suggester-versions", responses(
    (status = 200, body = SuggesterVersions),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn list(State(app): State<App>, who: Who) -> Result<Answer<SuggesterVersions>, Error> {
    who.may(Action::Sort)?;
    Ok(Answer(read(&app).await?))
}

async fn read(app: &App) -> Result<SuggesterVersions, Error> {
    let mut db = app.db.read().await?;
    let in_use = store::suggester_versions::in_use(&mut db).await?;
    Ok(SuggesterVersions {
        in_use: in_use.version,
        since: in_use.since,
        chosen_by: in_use.chosen_by,
        confirmed_n: u32::try_from(store::confirmations::count(&mut db).await?).unwrap_or(u32::MAX),
        versions: store::suggester_versions::list(&mut db, SUGGESTING_VERSION).await?,
    })
}

/// Learns a version now. It suggests from then on when it is no worse than the one in use.
#[utoipa::path(post, path = "/api/v1/suggester-versions", responses(
    (status = 201, body = SuggesterVersions),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 409, body = Problem, description = "conflict: one is being learned"),
    (status = 422, body = Problem, description = "`confirmed`: too little to learn from"),
))]
async fn learn(
    State(app): State<App>,
    who: Who,
) -> Result<(axum::http::StatusCode, Answer<SuggesterVersions>), Error> {
    who.may(Action::Sort)?;
    learning::learn_now(&app, Some(who.0.id)).await?.ok_or(Code::Conflict)?;
    Ok((axum::http::StatusCode::CREATED, Answer(read(&app).await?)))
}

/// Has a version suggest from now on; what nobody decided on yet is suggested anew.
#[utoipa::path(put, path = "/api/v1/suggester-versions/in-use", request_body = VersionChoice, responses(
    (status = 200, body = SuggesterVersions),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 410, body = Problem, description = "gone: it was let go, or belongs to another program"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn choose(
    State(app): State<App>,
    who: Who,
    Json(choice): Json<VersionChoice>,
) -> Result<Answer<SuggesterVersions>, Error> {
    who.may(Action::Sort)?;
    learning::choose(&app, choice.version, who.0.id).await?;
    Ok(Answer(read(&app).await?))
}
