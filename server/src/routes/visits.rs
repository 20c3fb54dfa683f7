//! Visits for the office: the table, one visit with all its revisions, who was visited.

use std::collections::HashMap;

use axum::{Json as Answer, extract::State};
use domain::{
    answers::Answers,
    attachment::Attachment,
    envelope::{Envelope, RecordKind, open},
    id::{AccountId, RecordId, UnitId},
    problem::{Code, Problem},
    record::{
        JudgedAgain, PARKED_PAGE, Parked, ParkedPage, Reveal, Revealed, Revision, Said, VISITS_PAGE,
        VisitDetail, VisitPage,
    },
    respondent::RespondentKind,
    role::{Action, Stage},
    visit::Visit,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App, answered,
    auth::Who,
    error::Error,
    extract::{Json, Path, Query},
    looks, reading_out,
    store::{self, Connection, envelope_keys::What, visit_table::Wanted},
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(one))
        .routes(routes!(reveal))
        .routes(routes!(parked))
        .routes(routes!(judge_parked))
        .routes(routes!(take_in))
}

#[derive(Deserialize, IntoParams)]
struct VisitQuery {
    unit: Option<UnitId>,
    kind: Option<RespondentKind>,
    /// yyyy-MM-dd, inclusive.
    #[serde(default)]
    from: String,
    /// yyyy-MM-dd, inclusive.
    #[serde(default)]
    to: String,
    /// Only what is incomplete, stands side by side, is withdrawn, or has an impossible clock.
    #[serde(default)]
    odd_only: bool,
    /// Only what figures count: without what was withdrawn.
    #[serde(default)]
    counted: bool,
    /// Only those at which something was answered or settled at once.
    #[serde(default)]
    answered: bool,
    /// From 0.
    #[serde(default)]
    page: u32,
}

/// A page of visits, the latest first.
#[utoipa::path(get, path = "/api/v1/visits", params(VisitQuery), responses(
    (status = 200, body = VisitPage),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "there is no campaign"),
))]
async fn list(
    State(app): State<App>,
    who: Who,
    Query(query): Query<VisitQuery>,
) -> Result<Answer<VisitPage>, Error> {
    let reach = who.may(Action::ReadVisits)?;
    let mut db = app.db.read().await?;
    let campaign = store::campaigns::current(&mut db).await?.ok_or_else(Error::no_campaign)?.id;
    let wanted = Wanted {
        campaign,
        unit: reach.unit.or(query.unit),
        author: reach.author,
        kind: query.kind,
        from: query.from,
        to: if query.to.is_empty() { "9999-12-31".to_owned() } else { query.to },
        odd_only: query.odd_only,
        counted_only: query.counted,
        answered_only: query.answered,
    };
    let total_n = store::visit_table::count(&mut db, &wanted).await?;
    let visits = store::visit_table::list(&mut db, &wanted, VISITS_PAGE, query.page * VISITS_PAGE).await?;
    let next = (u64::from(query.page + 1) * u64::from(VISITS_PAGE) < total_n).then_some(query.page + 1);
    Ok(Answer(VisitPage { visits, total_n, next }))
}

/// One visit with all its revisions, without who was visited.
#[utoipa::path(get, path = "/api/v1/visits/{id}", responses(
    (status = 200, body = VisitDetail),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn one(State(app): State<App>, who: Who, Path(id): Path<Uuid>) -> Result<Answer<VisitDetail>, Error> {
    let reach = who.may(Action::ReadVisits)?;
    let id = RecordId(id);
    let mut db = app.db.read().await?;
    let found = store::visit_table::one(&mut db, id, reach.unit, reach.author).await?;
    let (line, named) = found.ok_or(Code::NotFound)?;
    let contact = store::visit_table::contact(&mut db, id).await?;
    let reachable = !contact.call_back_how.is_empty() || contact.position.is_some();
    let revisions = revisions(&mut db, id).await?;
    let attachments = store::queue::attachments_of_visit(&mut db, id).await?;
    let answered = answered::answered(&mut db, id).await?;
    let decided = store::visit_table::decided(&mut db, id).await?;
    let notice = match told(&revisions) {
        Some(version) => store::campaigns::notice_told(&mut db, id, version).await?,
        None => None,
    };
    let destroyed = store::envelope_keys::destroyed(&mut db, id).await?;
    let destroyed_at = |what: What| destroyed.iter().rfind(|it| it.0 == what).map(|it| it.1);
    Ok(Answer(VisitDetail {
        line,
        revisions,
        attachments,
        decided,
        answered,
        named,
        reachable,
        notice,
        names_destroyed_at: destroyed_at(What::Names),
        words_destroyed_at: destroyed_at(What::Words),
    }))
}

/// The version of the notice that a visit says was told, as it stands now.
fn told(revisions: &[Revision]) -> Option<&str> {
    revisions.iter().rev().filter(|it| it.parked.is_none()).find_map(|it| match &it.said {
        Some(Said::Visit(visit)) => Some(&*visit.consent.told),
        Some(Said::Statement(_) | Said::Attachment(_) | Said::Answers(_)) | None => None,
    })
}

/// Every revision of every record of a visit; identities without what they say.
async fn revisions(db: &mut Connection, visit: RecordId) -> Result<Vec<Revision>, Error> {
    let (mut revisions, mut names) = (Vec::new(), Names::new());
    for record in store::visit_table::records(db, visit).await? {
        for revision in store::records::revisions(db, record).await? {
            let Ok(envelope) = open(&revision.envelope) else { continue };
            let by = name(db, &mut names, revision.author).await?;
            revisions.push((revision.sequence, shown(&revision, &envelope, by)));
        }
    }
    revisions.sort_by_key(|it| it.0);
    Ok(revisions.into_iter().map(|it| it.1).collect())
}

/// Names of accounts that were looked up.
type Names = HashMap<AccountId, String>;

async fn name(db: &mut Connection, names: &mut Names, account: AccountId) -> Result<String, Error> {
    if let Some(name) = names.get(&account) {
        return Ok(name.clone());
    }
    let name = store::accounts::get(db, account).await?.map(|it| it.account.name).unwrap_or_default();
    names.insert(account, name.clone());
    Ok(name)
}

/// A revision with what it says; an identity without, and a visit without what leads to a door:
/// only that someone wants to hear back, not how, and no position.
fn shown(revision: &store::records::Revision, envelope: &Envelope<'_>, by: String) -> Revision {
    let kind = envelope.header.kind;
    Revision {
        record: envelope.header.id,
        kind,
        hash: revision.hash,
        received_at: revision.received_at,
        claimed_at: revision.claimed_at,
        by,
        parked: revision.parked,
        said: match kind {
            RecordKind::Visit => envelope.read().map(|it| Said::Visit(Box::new(without_contact(it)))),
            RecordKind::Statement => envelope.read().map(Said::Statement),
            RecordKind::Attachment => envelope.read::<Attachment>().map(Said::Attachment),
            RecordKind::Answers => envelope.read::<Answers>().map(Said::Answers),
            RecordKind::Identity => None,
        },
    }
}

fn without_contact(mut visit: Visit) -> Visit {
    visit.call_back.how.clear();
    visit.position = None;
    visit
}

#[derive(Deserialize, IntoParams)]
struct ParkedQuery {
    /// `next` of the page before.
    before: Option<i64>,
}

/// What was set aside and why, the latest first, without who was visited.
///
/// Much of it has no unit or campaign that is known here: only those who see the whole campaign see it.
#[utoipa::path(get, path = "/api/v1/parked", params(ParkedQuery), responses(
    (status = 200, body = ParkedPage),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn parked(
    State(app): State<App>,
    who: Who,
    Query(query): Query<ParkedQuery>,
) -> Result<Answer<ParkedPage>, Error> {
    who.may_in(Action::ReadVisits, Stage::Parked)?;
    let mut db = app.db.read().await?;
    let revisions = store::records::parked_before(&mut db, query.before, PARKED_PAGE).await?;
    let next = (revisions.len() == PARKED_PAGE as usize).then(|| revisions.last().map(|it| it.sequence));
    let (mut parked, mut names) = (Vec::new(), Names::new());
    for revision in &revisions {
        // One that cannot be read, which `check` reports, does not hide the others.
        let Ok(envelope) = open(&revision.envelope) else {
            tracing::error!(sequence = revision.sequence, "a parked envelope cannot be read");
            continue;
        };
        let by = name(&mut db, &mut names, revision.author).await?;
        let header = &envelope.header;
        let unit = store::units::get(&mut db, header.unit).await?;
        parked.push(Parked {
            author: revision.author,
            visit: header.visit,
            visit_known: store::visit_table::one(&mut db, header.visit, None, None).await?.is_some(),
            unit_name: unit.map(|it| it.name).unwrap_or_default(),
            revision: shown(revision, &envelope, by),
        });
    }
    let total_n = store::records::parked_n(&mut db).await?;
    Ok(Answer(ParkedPage { parked, total_n, next: next.flatten() }))
}

/// Judges what was set aside once more; what nothing stands against any more comes in.
#[utoipa::path(post, path = "/api/v1/parked/judging", responses(
    (status = 200, body = JudgedAgain),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn judge_parked(State(app): State<App>, who: Who) -> Result<Answer<JudgedAgain>, Error> {
    who.may(Action::Sort)?;
    let mut db = app.db.write().await?;
    let judged = reading_out::judge_again(&mut db).await?;
    store::audit::note(&mut db, app.now(), Some(who.0.id), "judge_parked", "parked", "").await?;
    db.commit().await?;
    app.arrived.notify_one();
    Ok(Answer(judged))
}

/// Takes in what the phone of one person sent after its signing in had ended: the office vouches for it.
#[utoipa::path(post, path = "/api/v1/parked/signed-out/{id}", responses(
    (status = 200, body = JudgedAgain),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn take_in(
    State(app): State<App>,
    who: Who,
    Path(account): Path<AccountId>,
) -> Result<Answer<JudgedAgain>, Error> {
    who.may(Action::Sort)?;
    let mut db = app.db.write().await?;
    let judged = reading_out::take_in(&mut db, account).await?;
    store::audit::note(&mut db, app.now(), Some(who.0.id), "take_in", &format!("account {account}"), "")
        .await?;
    db.commit().await?;
    app.arrived.notify_one();
    Ok(Answer(judged))
}

/// Who was visited, how they want to hear back, and where exactly: with a reason, and on record.
#[utoipa::path(post, path = "/api/v1/visits/{id}/identity", request_body = Reveal, responses(
    (status = 200, body = Revealed),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden, or confirm_first"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 422, body = Problem, description = "a reason is needed"),
    (status = 429, body = Problem, description = "slow_down: `reveals`, so many as are for one person and day"),
))]
async fn reveal(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(reveal): Json<Reveal>,
) -> Result<Answer<Revealed>, Error> {
    let reach = who.may(Action::ReadIdentity)?;
    // A visitor knows whom they visited.
    if reach.author.is_none() {
        who.confirmed(&app)?;
    }
    let reason = looks::reason(&reveal.reason)?;
    let id = RecordId(id);
    let mut db = app.db.write().await?;
    let found = store::visit_table::one(&mut db, id, reach.unit, reach.author).await?;
    found.ok_or(Code::NotFound)?;
    let identity = store::visit_table::identity(&mut db, id).await?;
    let contact = store::visit_table::contact(&mut db, id).await?;
    looks::note(&app, &mut db, &who, "read_identity", &format!("visit {id}"), reason).await?;
    db.commit().await?;
    Ok(Answer(Revealed { identity, call_back_how: contact.call_back_how, position: contact.position }))
}
