//! The taxonomy: what is in use, what a change would do, and changing it.

use axum::{
    Json as Answer,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    problem::{Code, Problem},
    role::Action,
    taxonomy::{
        table,
        versions::{ChangeRequest, CodeUses, Effect, KeptTaxonomy, TaxonomyInUse, TaxonomyVersion},
    },
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::{Json, Query},
    store,
    taxonomy::{change, effect_of, version_in_use},
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(in_use))
        .routes(routes!(kept))
        .routes(routes!(effect))
        .routes(routes!(make))
        .routes(routes!(download))
}

#[derive(Deserialize, IntoParams)]
struct Known {
    /// The version that is known already.
    known: Option<i64>,
}

/// The taxonomy in use, for the names of types; nothing where it is the one that is known.
#[utoipa::path(get, path = "/api/v1/taxonomy", params(Known), responses(
    (status = 200, body = TaxonomyInUse),
    (status = 204, description = "it is the one that is known"),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn in_use(State(app): State<App>, _who: Who, Query(known): Query<Known>) -> Result<Response, Error> {
    let (version, scheme) = version_in_use(&app, &mut app.db.read().await?).await?;
    if known.known == Some(version) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Answer(TaxonomyInUse { version, scheme: (*scheme).clone() }).into_response())
}

/// The taxonomy with how much bears each type, and its versions.
#[utoipa::path(get, path = "/api/v1/taxonomy/versions", responses(
    (status = 200, body = KeptTaxonomy),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn kept(State(app): State<App>, who: Who) -> Result<Answer<KeptTaxonomy>, Error> {
    who.may(Action::KeepTaxonomy)?;
    Ok(Answer(read(&app).await?))
}

async fn read(app: &App) -> Result<KeptTaxonomy, Error> {
    let mut db = app.db.read().await?;
    let (version, scheme) = version_in_use(app, &mut db).await?;
    let uses = store::taxonomy::uses(&mut db).await?;
    let mut versions = store::taxonomy::list(&mut db).await?;
    if versions.is_empty() {
        let (act, code) = ("shipped".to_owned(), String::new());
        versions.push(TaxonomyVersion { number: 1, made_at: None, made_by: None, act, code });
    }
    Ok(KeptTaxonomy {
        in_use: TaxonomyInUse { version, scheme: (*scheme).clone() },
        uses: uses.into_iter().map(|(code, uses)| CodeUses { code, uses }).collect(),
        versions,
    })
}

/// What a change would do to what was said and decided; nothing is changed.
#[utoipa::path(post, path = "/api/v1/taxonomy/effects", request_body = ChangeRequest, responses(
    (status = 200, body = Effect),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 409, body = Problem, description = "conflict: another version is in use"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn effect(
    State(app): State<App>,
    who: Who,
    Json(request): Json<ChangeRequest>,
) -> Result<Answer<Effect>, Error> {
    who.may(Action::KeepTaxonomy)?;
    Ok(Answer(effect_of(&app, &request).await?))
}

/// Makes a change, upon the version that was looked at; what nobody decided on yet is suggested anew.
#[utoipa::path(post, path = "/api/v1/taxonomy/versions", request_body = ChangeRequest, responses(
    (status = 201, body = KeptTaxonomy),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 409, body = Problem, description = "conflict: another version is in use"),
    (status = 422, body = Problem, description = "a field does not keep its rule; `change`: `current` is the Effect that stands against it"),
))]
async fn make(
    State(app): State<App>,
    who: Who,
    Json(request): Json<ChangeRequest>,
) -> Result<(StatusCode, Answer<KeptTaxonomy>), Error> {
    who.may(Action::KeepTaxonomy)?;
    change(&app, &request, who.0.id).await?;
    Ok((StatusCode::CREATED, Answer(read(&app).await?)))
}

#[derive(Deserialize, IntoParams)]
struct Wanted {
    /// The one in use when absent.
    version: Option<i64>,
}

/// The types that a version offers, as CSV; it can be taken in again.
#[utoipa::path(get, path = "/api/v1/taxonomy.csv", params(Wanted), responses(
    (status = 200, content_type = "text/csv", body = String),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found: there is no such version"),
))]
async fn download(
    State(app): State<App>,
    who: Who,
    Query(wanted): Query<Wanted>,
) -> Result<impl IntoResponse, Error> {
    who.may(Action::KeepTaxonomy)?;
    let mut db = app.db.read().await?;
    let version = match wanted.version {
        Some(version) => version,
        None => store::taxonomy::latest(&mut db).await?,
    };
    let scheme = store::taxonomy::scheme(&mut db, version).await?.ok_or(Code::NotFound)?;
    let name = format!("attachment; filename=\"zoufang-taxonomy-{version}.csv\"");
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, table::write(&scheme.taxonomy)))
}
