//! Issues and referrals.

use axum::{Json as Answer, extract::State, http::StatusCode};
use domain::{
    id::{IssueId, ReferralId},
    issue::{Issue, IssueChange, IssuePage, IssueState, NewIssue, Source},
    problem::{Code, Problem},
    referral::{Passing, Referral, ReferralChange},
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
    store::{
        self, Connection,
        issues::{About, By, Wanted},
    },
    taxonomy,
};

/// Issues of one page.
const PAGE: u32 = 50;

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(get, change))
        .routes(routes!(refer))
        .routes(routes!(referrals))
        .routes(routes!(change_referral))
}

#[derive(Deserialize, IntoParams)]
struct IssueQuery {
    state: Option<IssueState>,
    source: Option<Source>,
    /// Part of the title or wording.
    #[serde(default)]
    text: String,
    /// From the page before.
    cursor: Option<u32>,
}

/// The issues of the campaign, the latest first.
#[utoipa::path(get, path = "/api/v1/issues", params(IssueQuery), responses(
    (status = 200, body = IssuePage),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "there is no campaign"),
))]
async fn list(
    State(app): State<App>,
    who: Who,
    Query(query): Query<IssueQuery>,
) -> Result<Answer<IssuePage>, Error> {
    who.may(Action::ReadIssues)?;
    let mut db = app.db.read().await?;
    let campaign = store::campaigns::current(&mut db).await?.ok_or_else(Error::no_campaign)?.id;
    let page = query.cursor.unwrap_or(0);
    let wanted = Wanted {
        id: None,
        state: query.state,
        source: query.source,
        text: query.text.trim().to_owned(),
        limit: i64::from(PAGE),
        offset: i64::from(page) * i64::from(PAGE),
    };
    let mut issues = store::issues::lines(&mut db, campaign, &wanted).await?;
    store::issues::count_households(&mut db, &mut issues).await?;
    let cursor = (issues.len() == PAGE as usize).then(|| (page + 1).to_string());
    Ok(Answer(IssuePage { issues, cursor }))
}

/// Enters an issue, from visits or from another source; asking twice with one id enters one.
#[utoipa::path(post, path = "/api/v1/issues", request_body = NewIssue, responses(
    (status = 200, body = Issue),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "there is no campaign"),
    (status = 422, body = Problem, description = "a field does not keep its rule, or the id is time-ordered"),
))]
async fn add(State(app): State<App>, who: Who, Json(new): Json<NewIssue>) -> Result<Answer<Issue>, Error> {
    who.may(Action::EditIssues)?;
    let NewIssue { id, text } = new;
    // A time-ordered id would lead back to a visit.
    if id.is_some_and(|it| it.0.get_version_num() != 4) {
        return Err(Error::invalid("id"));
    }
    let id = id.unwrap_or_else(|| IssueId(app.new_public_id()));
    let by = By { account: who.0.id, at: app.now() };
    let mut db = app.db.write().await?;
    text.check(&taxonomy::in_use(&app, &mut db).await?.taxonomy).map_err(Error::invalid)?;
    if store::issues::campaign_of(&mut db, id).await?.is_some() {
        return Ok(Answer(read(&mut db, id).await?));
    }
    let campaign = store::campaigns::current(&mut db).await?.ok_or_else(Error::no_campaign)?.id;
    store::issues::add(&mut db, id, campaign, &text, by).await?;
    store::audit::note(&mut db, by.at, Some(by.account), "add_issue", &format!("issue {id}"), "").await?;
    db.commit().await?;
    Ok(Answer(read(&mut app.db.read().await?, id).await?))
}

async fn read(db: &mut Connection, id: IssueId) -> Result<Issue, Error> {
    let (campaign, _) = store::issues::campaign_of(db, id).await?.ok_or(Code::NotFound)?;
    let line = store::issues::get(db, campaign, id).await?.ok_or(Code::NotFound)?;
    let statements = store::issues::statements(db, id).await?;
    let referrals = store::issues::referrals(db, campaign, Some(About::Issue(id)), false, None).await?;
    Ok(Issue { line, statements, referrals })
}

/// One issue with the statements it is made of.
#[utoipa::path(get, path = "/api/v1/issues/{id}", responses(
    (status = 200, body = Issue),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn get(State(app): State<App>, who: Who, Path(id): Path<Uuid>) -> Result<Answer<Issue>, Error> {
    who.may(Action::ReadIssues)?;
    let mut issue = read(&mut app.db.read().await?, IssueId(id)).await?;
    if who.may(Action::ReadVisits).is_err() {
        // Whoever may not read visits sees how often it was said, not the words.
        issue.statements.clear();
    }
    Ok(Answer(issue))
}

/// Changes an issue, upon the version that was looked at.
#[utoipa::path(put, path = "/api/v1/issues/{id}", request_body = IssueChange, responses(
    (status = 200, body = Issue),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "conflict: `current` is the Issue as it is now"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn change(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(change): Json<IssueChange>,
) -> Result<Answer<Issue>, Error> {
    who.may(Action::EditIssues)?;
    let id = IssueId(id);
    let by = By { account: who.0.id, at: app.now() };
    let mut db = app.db.write().await?;
    let before = read(&mut db, id).await?;
    let scheme = taxonomy::in_use(&app, &mut db).await?;
    change.text.check_upon(&before.line.text, &scheme.taxonomy).map_err(Error::invalid)?;
    if !store::issues::change(&mut db, &before.line, change.version, &change.text, by).await? {
        let current = serde_json::to_value(before).ok();
        return Err(Error::Problem(Box::new(Problem { current, ..Problem::new(Code::Conflict) })));
    }
    store::audit::note(&mut db, by.at, Some(by.account), "change_issue", &format!("issue {id}"), "").await?;
    db.commit().await?;
    Ok(Answer(read(&mut app.db.read().await?, id).await?))
}

/// Passes an issue on (转办).
#[utoipa::path(post, path = "/api/v1/issues/{id}/referrals", request_body = Passing, responses(
    (status = 204),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn refer(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(passing): Json<Passing>,
) -> Result<StatusCode, Error> {
    who.may(Action::Sort)?;
    passing.check().map_err(Error::invalid)?;
    let id = IssueId(id);
    let by = By { account: who.0.id, at: app.now() };
    let mut db = app.db.write().await?;
    let (campaign, _) = store::issues::campaign_of(&mut db, id).await?.ok_or(Code::NotFound)?;
    store::issues::refer(&mut db, ReferralId(app.new_id()), campaign, About::Issue(id), &passing, by).await?;
    store::audit::note(&mut db, by.at, Some(by.account), "refer", &format!("issue {id}"), "").await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
struct ReferralQuery {
    #[serde(default)]
    open_only: bool,
}

/// What was passed on, open ones first, by the day of the answer.
#[utoipa::path(get, path = "/api/v1/referrals", params(ReferralQuery), responses(
    (status = 200, body = Vec<Referral>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "there is no campaign"),
))]
async fn referrals(
    State(app): State<App>,
    who: Who,
    Query(query): Query<ReferralQuery>,
) -> Result<Answer<Vec<Referral>>, Error> {
    who.may(Action::Sort)?;
    let mut db = app.db.read().await?;
    let campaign = store::campaigns::current(&mut db).await?.ok_or_else(Error::no_campaign)?.id;
    Ok(Answer(store::issues::referrals(&mut db, campaign, None, query.open_only, None).await?))
}

/// Changes a referral or notes its answer, upon the version that was looked at.
#[utoipa::path(put, path = "/api/v1/referrals/{id}", request_body = ReferralChange, responses(
    (status = 204),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 409, body = Problem, description = "conflict: another change came first, or there is none"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn change_referral(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(change): Json<ReferralChange>,
) -> Result<StatusCode, Error> {
    who.may(Action::Sort)?;
    change.check().map_err(Error::invalid)?;
    let now = app.now();
    let mut db = app.db.write().await?;
    let answer = change.answer.as_deref();
    let (id, version) = (ReferralId(id), change.version);
    if !store::issues::change_referral(&mut db, id, version, &change.passing, answer, now).await? {
        return Err(Code::Conflict.into());
    }
    store::audit::note(&mut db, now, Some(who.0.id), "change_referral", &format!("referral {id}"), "")
        .await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
