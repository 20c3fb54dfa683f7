//! Releasing issues to branches, in a wording that gives no speaker away.

use axum::{Json as Answer, extract::State, http::StatusCode};
use domain::{
    campaign::UnitKind,
    day,
    id::{CampaignId, IssueId, ReleaseId, UnitId},
    problem::{Code, Problem},
    release::{NewRelease, Release, ReleaseOutcome, Withdrawal, few, objections},
    role::Action,
    text::check_text,
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::{Json, Path, Query},
    store::{self, Connection, releases::Tally},
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(release, of_issue)).routes(routes!(list)).routes(routes!(withdraw))
}

/// Releases an issue to units, unless the wording says too much.
///
/// A refusal is an answer, not a problem: it names every rule and the words that break it.
#[utoipa::path(post, path = "/api/v1/issues/{id}/releases", params(("id" = IssueId, Path)),
    request_body = NewRelease, responses(
    (status = 201, body = ReleaseOutcome),
    (status = 200, body = ReleaseOutcome, description = "refused; nothing was released"),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "taken: a unit has a release of it that stands"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn release(
    State(app): State<App>,
    who: Who,
    Path(issue): Path<IssueId>,
    Json(new): Json<NewRelease>,
) -> Result<(StatusCode, Answer<ReleaseOutcome>), Error> {
    who.may(Action::Release)?;
    new.check().map_err(Error::invalid)?;
    let now = app.now();
    let mut db = app.db.write().await?;
    let known = store::releases::issue(&mut db, issue).await?.ok_or(Code::NotFound)?;
    let names = unit_names(&mut db, &new.units).await?;
    if let Some(releases) = released_already(&mut db, known.campaign, issue, &new).await? {
        return Ok((StatusCode::CREATED, Answer(ReleaseOutcome::Released { releases })));
    }
    let (said, cells) = store::releases::said(&mut db, issue).await?;
    let mut behind = store::releases::behind(&mut db, issue, known.campaign).await?;
    behind.cells = cells;
    let mut against = objections(&new.title, &behind);
    against.extend(
        objections(&new.wording, &behind).into_iter().filter(|it| !against.contains(it)).collect::<Vec<_>>(),
    );
    if new.despite_few.is_none() {
        against.extend(few(&behind));
    }
    if !against.is_empty() {
        return Ok((StatusCode::OK, Answer(ReleaseOutcome::Refused { objections: against })));
    }
    let mut releases = vec![];
    for (unit, unit_name) in new.units.iter().copied().zip(names) {
        let number = store::releases::next_number(&mut db, unit).await?;
        let id = ReleaseId(app.new_public_id());
        let release = Release {
            id,
            unit,
            unit_name,
            number,
            title: new.title.trim().to_owned(),
            wording: new.wording.trim().to_owned(),
            category: known.category.clone(),
            n_said: said.n_said,
            n_households: said.n_households,
            again_n: said.again_n,
            month: month(&said, now),
            withdrawn: false,
        };
        let made = store::releases::NewRelease {
            release: &release,
            campaign: known.campaign,
            issue,
            despite_few: new.despite_few.as_deref(),
            by: who.0.id,
            at: now,
        };
        store::releases::add(&mut db, &made).await?;
        let reason = new.despite_few.as_deref().unwrap_or_default();
        store::audit::note(&mut db, now, Some(who.0.id), "release", &format!("release {id}"), reason).await?;
        releases.push(release);
    }
    db.commit().await?;
    Ok((StatusCode::CREATED, Answer(ReleaseOutcome::Released { releases })))
}

/// The releases that stand already, when all that is asked for is there: the answer may have been lost.
///
/// # Errors
///
/// `taken`, naming the first unit that has a release of this issue in other words.
async fn released_already(
    db: &mut Connection,
    campaign: CampaignId,
    issue: IssueId,
    new: &NewRelease,
) -> Result<Option<Vec<Release>>, Error> {
    let standing = store::releases::list(db, campaign, None, Some(issue), false).await?;
    let asked: Vec<Option<Release>> =
        new.units.iter().map(|unit| standing.iter().find(|it| it.unit == *unit).cloned()).collect();
    let same = |it: &Release| it.title == new.title.trim() && it.wording == new.wording.trim();
    if asked.iter().all(|it| it.as_ref().is_some_and(same)) {
        return Ok(Some(asked.into_iter().flatten().collect()));
    }
    match asked.iter().position(Option::is_some) {
        Some(at) => Err(Error::taken("units").at_item(at + 1)),
        None => Ok(None),
    }
}

/// The month in which it was last said; this month when it comes from another source.
fn month(said: &Tally, now: i64) -> String {
    said.month.clone().unwrap_or_else(|| day::in_china(now).format("%Y-%m").to_string())
}

/// The names of the units, each once; only branches and trades discuss.
async fn unit_names(db: &mut Connection, units: &[UnitId]) -> Result<Vec<String>, Error> {
    let mut names = vec![];
    for (at, id) in units.iter().enumerate() {
        let unit = store::units::get(db, *id).await?;
        match unit {
            Some(unit) if unit.kind != UnitKind::Section && !units[..at].contains(id) => {
                names.push(unit.name);
            }
            Some(_) | None => return Err(Error::invalid("units").at_item(at + 1)),
        }
    }
    Ok(names)
}

/// The releases of an issue, withdrawn ones too.
#[utoipa::path(get, path = "/api/v1/issues/{id}/releases", params(("id" = IssueId, Path)), responses(
    (status = 200, body = Vec<Release>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn of_issue(
    State(app): State<App>,
    who: Who,
    Path(issue): Path<IssueId>,
) -> Result<Answer<Vec<Release>>, Error> {
    who.may(Action::ReadIssues)?;
    let mut db = app.db.read().await?;
    let known = store::releases::issue(&mut db, issue).await?.ok_or(Code::NotFound)?;
    Ok(Answer(store::releases::list(&mut db, known.campaign, None, Some(issue), true).await?))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    unit: Option<UnitId>,
}

/// What was released: to a branch its own, to the office all.
#[utoipa::path(get, path = "/api/v1/releases", params(("unit" = Option<UnitId>, Query)), responses(
    (status = 200, body = Vec<Release>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn list(
    State(app): State<App>,
    who: Who,
    Query(asked): Query<Asked>,
) -> Result<Answer<Vec<Release>>, Error> {
    let reach = who.may(Action::ReadReleases)?;
    let mut db = app.db.read().await?;
    let Some(campaign) = store::campaigns::current(&mut db).await? else { return Ok(Answer(vec![])) };
    let unit = reach.unit.or(asked.unit);
    Ok(Answer(store::releases::list(&mut db, campaign.id, unit, None, false).await?))
}

/// Takes a release back. Minutes that name it stay as they are.
#[utoipa::path(post, path = "/api/v1/releases/{id}/withdrawal", params(("id" = ReleaseId, Path)),
    request_body = Withdrawal, responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "none that stands"),
    (status = 422, body = Problem, description = "a reason is needed"),
))]
async fn withdraw(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ReleaseId>,
    Json(withdrawal): Json<Withdrawal>,
) -> Result<StatusCode, Error> {
    who.may(Action::Release)?;
    let reason = withdrawal.reason.trim();
    if reason.is_empty() || check_text(reason).is_err() {
        return Err(Error::invalid("reason"));
    }
    let now = app.now();
    let mut db = app.db.write().await?;
    if !store::releases::withdraw(&mut db, id, now).await? {
        return Err(Code::NotFound.into());
    }
    let object = format!("release {id}");
    store::audit::note(&mut db, now, Some(who.0.id), "withdraw_release", &object, reason).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
