//! The rules by which types are suggested: trying them on what was said, changing them, going back.

use axum::{Json as Answer, extract::State, http::StatusCode};
use domain::{
    problem::Problem,
    role::Action,
    rules::{KeptRules, Rules, RulesRequest, RulesVersion, Sentence, Trial, Tried, TypeRules},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::Json,
    rules::{change, try_on_sentence, try_on_statements},
    store,
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(kept))
        .routes(routes!(trial))
        .routes(routes!(sentence))
        .routes(routes!(make))
}

/// The rules in use, and their versions.
#[utoipa::path(get, path = "/api/v1/rules", responses(
    (status = 200, body = KeptRules),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn kept(State(app): State<App>, who: Who) -> Result<Answer<KeptRules>, Error> {
    who.may(Action::KeepTaxonomy)?;
    Ok(Answer(read(&app).await?))
}

async fn read(app: &App) -> Result<KeptRules, Error> {
    let mut db = app.db.read().await?;
    let version = store::rules::latest(&mut db).await?;
    let rules =
        store::rules::body(&mut db, version).await?.map_or_else(Rules::shipped, |it| Rules::of_text(&it));
    let mut versions = store::rules::list(&mut db).await?;
    if versions.is_empty() {
        versions.push(RulesVersion { number: 1, made_at: None, made_by: None, target: String::new() });
    }
    Ok(KeptRules { version, types: rules.types().to_vec(), versions })
}

/// What the lines of a type would match in the latest statements, with some of their words: for those who read the queue.
#[utoipa::path(post, path = "/api/v1/rules/trials", request_body = TypeRules, responses(
    (status = 200, body = Trial),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 422, body = Problem, description = "`target` is no type"),
))]
async fn trial(
    State(app): State<App>,
    who: Who,
    Json(rules): Json<TypeRules>,
) -> Result<Answer<Trial>, Error> {
    who.may(Action::Sort)?;
    Ok(Answer(try_on_statements(&app, rules).await?))
}

/// What the lines of a type match in a sentence, and what would be suggested of it.
#[utoipa::path(post, path = "/api/v1/rules/sentences", request_body = Sentence, responses(
    (status = 200, body = Tried),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 422, body = Problem, description = "`target` is no type, or `sentence` is too long"),
))]
async fn sentence(
    State(app): State<App>,
    who: Who,
    Json(request): Json<Sentence>,
) -> Result<Answer<Tried>, Error> {
    who.may(Action::KeepTaxonomy)?;
    Ok(Answer(try_on_sentence(&app, request).await?))
}

/// Makes a version, upon the one that was looked at; by which what comes, and what nobody decided on yet, is suggested.
#[utoipa::path(post, path = "/api/v1/rules/versions", request_body = RulesRequest, responses(
    (status = 201, body = KeptRules),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 409, body = Problem, description = "conflict: another version is in use"),
    (status = 422, body = Problem, description = "a field does not keep its rule; `change`: nothing would differ"),
))]
async fn make(
    State(app): State<App>,
    who: Who,
    Json(request): Json<RulesRequest>,
) -> Result<(StatusCode, Answer<KeptRules>), Error> {
    who.may(Action::KeepTaxonomy)?;
    change(&app, &request, who.0.id).await?;
    Ok((StatusCode::CREATED, Answer(read(&app).await?)))
}
