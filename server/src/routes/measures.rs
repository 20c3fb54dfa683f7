//! Measures: what was agreed on, when it is due, and how far it is.

use axum::{Json as Answer, extract::State};
use domain::{
    day,
    id::{IssueId, MeasureId, UnitId},
    measure::{Measure, MeasureState, Measures, NewProgress},
    problem::{Code, Problem},
    role::{Action, Scope, Stage, scope},
    text::check_text,
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::{Json, Path, Query},
    store::{self, Connection, measures::Asked},
};

/// Most measures in one answer; a county's campaign agrees on some hundreds.
const MEASURES_LISTED_MAX: u32 = 500;

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(move_on))
}

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    state: Option<MeasureState>,
    #[serde(default)]
    overdue: bool,
    #[serde(default)]
    unit: Option<UnitId>,
    #[serde(default)]
    issue: Option<IssueId>,
}

/// The measures agreed on: to a branch its own, to a section those about what it heard, to others all.
#[utoipa::path(get, path = "/api/v1/measures", params(
    ("state" = Option<MeasureState>, Query),
    ("overdue" = Option<bool>, Query, description = "only those whose day has passed"),
    ("unit" = Option<UnitId>, Query),
    ("issue" = Option<IssueId>, Query, description = "to those who may read issues"),
), responses(
    (status = 200, body = Measures),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn list(
    State(app): State<App>,
    who: Who,
    Query(question): Query<Question>,
) -> Result<Answer<Measures>, Error> {
    let reach = who.may_in(Action::ReadMeasures, Stage::Agreed)?;
    let mut db = app.db.read().await?;
    let Some(campaign) = store::campaigns::current(&mut db).await? else {
        return Ok(Answer(Measures::default()));
    };
    if question.issue.is_some() {
        who.may(Action::ReadIssues)?;
    }
    // Sections agree on nothing themselves; what they heard is discussed by branches.
    let discusses = who.may(Action::Discuss).is_ok();
    let asked = Asked {
        unit: if discusses { reach.unit.or(question.unit) } else { question.unit },
        heard_by: reach.unit.filter(|_| !discusses),
        state: question.state,
        overdue_only: question.overdue,
        issue: question.issue,
        ..Asked::all(campaign.id)
    };
    let today = day::in_china(app.now()).to_string();
    let mut measures = store::measures::list(&mut db, asked, &today, MEASURES_LISTED_MAX).await?;
    for measure in &mut measures {
        hide(&who, measure);
    }
    let counts = store::measures::count(&mut db, asked, &today).await?;
    Ok(Answer(Measures { measures, measures_n: counts.fitting, overdue_n: counts.overdue }))
}

/// Leaves out the issue for those who may not read issues.
fn hide(who: &Who, measure: &mut Measure) {
    if scope(who.0.role, Action::ReadIssues) == Scope::Nothing {
        measure.issue = None;
    }
}

/// Notes how far a measure of the own branch is.
#[utoipa::path(post, path = "/api/v1/measures/{id}/progress", params(("id" = MeasureId, Path)),
    request_body = NewProgress, responses(
    (status = 200, body = Measure),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "conflict: another change came first"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn move_on(
    State(app): State<App>,
    who: Who,
    Path(id): Path<MeasureId>,
    Json(progress): Json<NewProgress>,
) -> Result<Answer<Measure>, Error> {
    let reach = who.may_in(Action::Discuss, Stage::Agreed)?;
    check_text(&progress.note).map_err(|_| Error::invalid("note"))?;
    let now = app.now();
    let mut db = app.db.write().await?;
    let campaign = store::campaigns::current(&mut db).await?.ok_or_else(Error::no_campaign)?;
    let asked = Asked { unit: reach.unit, id: Some(id), ..Asked::all(campaign.id) };
    let today = day::in_china(now).to_string();
    one(&mut db, asked, &today).await?;
    let is_known = store::measures::knows_progress(&mut db, progress.id, id).await?;
    if !is_known && !store::measures::move_on(&mut db, id, &progress, who.0.id, now).await? {
        return Err(Code::Conflict.into());
    }
    let mut measure = one(&mut db, asked, &today).await?;
    db.commit().await?;
    hide(&who, &mut measure);
    Ok(Answer(measure))
}

async fn one(db: &mut Connection, asked: Asked, today: &str) -> Result<Measure, Error> {
    let found = store::measures::list(db, asked, today, 1).await?;
    found.into_iter().next().ok_or_else(|| Code::NotFound.into())
}
