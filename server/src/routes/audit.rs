//! The audit log, for the auditor alone; who opened what on a day, for the office's head too; and what went once its days were
//! over, for the office too.

use axum::{Json as Answer, extract::State};
use domain::{
    audit::{AUDIT_PAGE, AuditPage, ChainState, CheckpointLine, LOOKS_LISTED_MAX, LooksOfDay},
    problem::Problem,
    retention::{Days, Kept, Kind, REMOVALS_MAX},
    role::Action,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{App, auth::Who, day, error::Error, extract::Query, retention, store};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(chain))
        .routes(routes!(looks))
        .routes(routes!(removals))
}

#[derive(Deserialize, IntoParams)]
struct AuditQuery {
    /// `next` of the page before.
    before: Option<i64>,
    /// Only what shows who was visited or who spoke.
    #[serde(default)]
    looks_only: bool,
}

/// A page of the audit log, the latest first.
#[utoipa::path(get, path = "/api/v1/audit", params(AuditQuery), responses(
    (status = 200, body = AuditPage),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn list(
    State(app): State<App>,
    who: Who,
    Query(query): Query<AuditQuery>,
) -> Result<Answer<AuditPage>, Error> {
    who.may(Action::ReadAudit)?;
    let lines = store::audit::before(&mut app.db.read().await?, query.before, query.looks_only).await?;
    let more = lines.len() == AUDIT_PAGE as usize;
    let next = lines.last().filter(|_| more).map(|it| it.sequence);
    Ok(Answer(AuditPage { lines, next }))
}

/// Checkpoints that are shown: of four days and more.
const CHECKPOINTS: i64 = 100;

/// How the chain of the audit log stands, with its latest checkpoints, to be printed for the archive.
#[utoipa::path(get, path = "/api/v1/audit/chain", responses(
    (status = 200, body = ChainState),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn chain(State(app): State<App>, who: Who) -> Result<Answer<ChainState>, Error> {
    who.may(Action::ReadAudit)?;
    let mut db = app.db.read().await?;
    let end = store::audit_chain::end(&mut db).await?;
    let (waiting_n, _) = store::audit_chain::waiting_n(&mut db, end.entry).await?;
    let checkpoints = store::audit_chain::checkpoints(&mut db, CHECKPOINTS).await?;
    let line = |it: &domain::audit::Checkpoint| CheckpointLine {
        n: it.head.n,
        hash: it.head.hash.to_string(),
        at: it.at,
        signature: it.signature.to_string(),
    };
    Ok(Answer(ChainState {
        key: app.receipt_key.public().to_string(),
        linked_n: end.head.n,
        waiting_n,
        checkpoints: checkpoints.iter().map(line).collect(),
    }))
}

#[derive(Deserialize, IntoParams)]
struct LooksQuery {
    /// yyyy-MM-dd; today when absent.
    #[serde(default)]
    day: String,
}

/// Who opened names, voices and photos on a day, the latest first; not whose, nor why.
#[utoipa::path(get, path = "/api/v1/audit/looks", params(LooksQuery), responses(
    (status = 200, body = LooksOfDay),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 422, body = Problem, description = "not a day"),
))]
async fn looks(
    State(app): State<App>,
    who: Who,
    Query(query): Query<LooksQuery>,
) -> Result<Answer<LooksOfDay>, Error> {
    who.may(Action::ReadLooks)?;
    let asked = if query.day.is_empty() { day::of(app.now()) } else { query.day };
    let from = day::begins(&asked).ok_or_else(|| Error::invalid("day"))?;
    let mut db = app.db.read().await?;
    let looks = store::audit::looks(&mut db, from, from + day::DAY_MS, LOOKS_LISTED_MAX).await?;
    Ok(Answer(LooksOfDay { day: asked, a_day: app.policy.reveals_a_day, looks }))
}

/// What is kept for how long, and how many of it went when: no names, no ids.
#[utoipa::path(get, path = "/api/v1/audit/removals", responses(
    (status = 200, body = Kept),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn removals(State(app): State<App>, who: Who) -> Result<Answer<Kept>, Error> {
    who.may(Action::ReadRemovals)?;
    let mut db = app.db.read().await?;
    let mut days = Vec::new();
    for kind in Kind::ALL {
        let due_n = retention::due_next_week(&app, &mut db, kind).await?;
        days.push(Days { kind, days: app.policy.retention.days(kind), due_n });
    }
    Ok(Answer(Kept { days, removals: store::removals::list(&mut db, REMOVALS_MAX).await? }))
}
