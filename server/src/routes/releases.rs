//! Releasing issues to branches, in a wording that gives no speaker away: proposed by one person, approved by another.

use axum::{Json as Answer, extract::State, http::StatusCode};
use domain::{
    campaign::UnitKind,
    day,
    id::{CampaignId, IssueId, ReleaseId, UnitId},
    problem::{Code, Problem},
    release::{
        IssueReleases, NewRelease, Proposal, Release, ReleaseOutcome, ReleaseState, Rule, Withdrawal, few,
        objections,
    },
    role::{Action, Stage},
    sign_off::Decision,
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::{Json, Path, Query},
    looks,
    store::{
        self, Connection,
        releases::{Asked, Tally},
    },
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(propose, of_issue))
        .routes(routes!(proposals))
        .routes(routes!(waiting))
        .routes(routes!(decide))
        .routes(routes!(list))
        .routes(routes!(withdraw))
}

/// Proposes to release an issue to units, unless the wording says too much or too few said it.
///
/// A refusal is an answer, not a problem: it names every rule and the words that break it.
#[utoipa::path(post, path = "/api/v1/issues/{id}/releases", params(("id" = IssueId, Path)),
    request_body = NewRelease, responses(
    (status = 201, body = ReleaseOutcome),
    (status = 200, body = ReleaseOutcome, description = "refused; nothing was proposed"),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "taken: a unit has a release of it that stands"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn propose(
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
        return Ok((StatusCode::CREATED, Answer(ReleaseOutcome::Proposed { releases })));
    }
    let (said, cells) = store::releases::said(&mut db, issue).await?;
    let mut behind = store::releases::behind(&mut db, issue, known.campaign).await?;
    (behind.group, behind.cells, behind.least) = (said.group, cells, app.policy.group_least);
    let mut against = objections(&new.title, &behind);
    against.extend(
        objections(&new.wording, &behind).into_iter().filter(|it| !against.contains(it)).collect::<Vec<_>>(),
    );
    against.extend(few(&behind).filter(|it| it.rule == Rule::TooFew || new.despite_few.is_none()));
    if !against.is_empty() {
        return Ok((StatusCode::OK, Answer(ReleaseOutcome::Refused { objections: against })));
    }
    let mut releases = vec![];
    for (unit, unit_name) in new.units.iter().copied().zip(names) {
        let id = ReleaseId(app.new_public_id());
        let release = Release {
            id,
            unit,
            unit_name,
            number: 0,
            title: new.title.trim().to_owned(),
            wording: new.wording.trim().to_owned(),
            category: known.category.clone(),
            n_said: said.n_said,
            n_households: said.n_households,
            again_n: said.again_n,
            month: month(&said, now),
            state: ReleaseState::Proposed,
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
        store::audit::note(&mut db, now, Some(who.0.id), "propose_release", &format!("release {id}"), reason)
            .await?;
        releases.push(release);
    }
    db.commit().await?;
    Ok((StatusCode::CREATED, Answer(ReleaseOutcome::Proposed { releases })))
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
    let states = ReleaseState::ALL.map(|it| it.stands().then_some(it));
    let states: Vec<ReleaseState> = states.into_iter().flatten().collect();
    let asked = Asked { issue: Some(issue), ..Asked::all(campaign, &states) };
    let standing = store::releases::list(db, asked).await?;
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

/// What this person may see of releases, by what they have come to.
fn seen(who: &Who) -> Vec<ReleaseState> {
    let seen = |it: &ReleaseState| who.may_in(Action::ReadReleases, it.stage()).is_ok();
    ReleaseState::ALL.into_iter().filter(seen).collect()
}

/// The releases of an issue, as far as they may be seen.
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
    let states = seen(&who);
    let asked = Asked { issue: Some(issue), ..Asked::all(known.campaign, &states) };
    Ok(Answer(store::releases::list(&mut db, asked).await?))
}

/// The same with who proposed and decided, and whether enough stand behind the issue.
#[utoipa::path(get, path = "/api/v1/issues/{id}/proposals", params(("id" = IssueId, Path)), responses(
    (status = 200, body = IssueReleases),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn proposals(
    State(app): State<App>,
    who: Who,
    Path(issue): Path<IssueId>,
) -> Result<Answer<IssueReleases>, Error> {
    who.may_in(Action::ReadReleases, Stage::Proposed)?;
    let mut db = app.db.read().await?;
    let known = store::releases::issue(&mut db, issue).await?.ok_or(Code::NotFound)?;
    let states = seen(&who);
    let asked = Asked { issue: Some(issue), ..Asked::all(known.campaign, &states) };
    let proposals = store::releases::proposals(&mut db, asked, who.0.id).await?;
    let (said, _) = store::releases::said(&mut db, issue).await?;
    Ok(Answer(IssueReleases { proposals, group: said.group, least: app.policy.group_least }))
}

/// What was proposed to release and waits for a second person.
#[utoipa::path(get, path = "/api/v1/proposals", responses(
    (status = 200, body = Vec<Proposal>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn waiting(State(app): State<App>, who: Who) -> Result<Answer<Vec<Proposal>>, Error> {
    who.may_in(Action::ReadReleases, Stage::Proposed)?;
    let mut db = app.db.read().await?;
    let Some(campaign) = store::campaigns::current(&mut db).await? else { return Ok(Answer(vec![])) };
    let asked = Asked::all(campaign.id, &[ReleaseState::Proposed]);
    Ok(Answer(store::releases::proposals(&mut db, asked, who.0.id).await?))
}

/// Approves what someone else proposed, and its unit sees it; or returns it with a reason.
#[utoipa::path(post, path = "/api/v1/releases/{id}/decision", params(("id" = ReleaseId, Path)),
    request_body = Decision, responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden: whoever proposed it decides nothing of it"),
    (status = 404, body = Problem, description = "none that waits"),
    (status = 422, body = Problem, description = "a reason is needed, or `group`: by now too few stand behind it"),
))]
async fn decide(
    State(app): State<App>,
    who: Who,
    Path(id): Path<ReleaseId>,
    Json(decision): Json<Decision>,
) -> Result<StatusCode, Error> {
    let reach = who.may_in(Action::Approve, Stage::Proposed)?;
    let (now, me) = (app.now(), who.0.id);
    let mut db = app.db.write().await?;
    let campaign = store::campaigns::current(&mut db).await?.ok_or(Code::NotFound)?;
    let asked = Asked { id: Some(id), ..Asked::all(campaign.id, &[ReleaseState::Proposed]) };
    let found = store::releases::proposals(&mut db, asked, me).await?.pop().ok_or(Code::NotFound)?;
    if found.own && reach.not_by.is_some() {
        return Err(Code::Forbidden.into());
    }
    let (act, reason, done) = match &decision {
        Decision::Approve => {
            let (said, _) = store::releases::said(&mut db, found.issue).await?;
            if said.group.is_too_small(app.policy.group_least) {
                return Err(Error::invalid("group"));
            }
            ("approve_release", "", store::releases::approve(&mut db, &found.release, me, now).await?)
        }
        Decision::Return { reason } => {
            let reason = looks::reason(reason)?;
            ("return_release", reason, store::releases::send_back(&mut db, id, reason, me, now).await?)
        }
    };
    if !done {
        return Err(Code::NotFound.into());
    }
    store::audit::note(&mut db, now, Some(me), act, &format!("release {id}"), reason).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Narrowed {
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
    Query(narrowed): Query<Narrowed>,
) -> Result<Answer<Vec<Release>>, Error> {
    let reach = who.may_in(Action::ReadReleases, Stage::Approved)?;
    let mut db = app.db.read().await?;
    let Some(campaign) = store::campaigns::current(&mut db).await? else { return Ok(Answer(vec![])) };
    let unit = reach.unit.or(narrowed.unit);
    let asked = Asked { unit, ..Asked::all(campaign.id, &[ReleaseState::Approved]) };
    Ok(Answer(store::releases::list(&mut db, asked).await?))
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
    let reason = looks::reason(&withdrawal.reason)?;
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
