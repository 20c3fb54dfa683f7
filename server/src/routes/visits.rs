//! Visits for the office: the table, one visit with all its revisions, who was visited.

use std::collections::HashMap;

use axum::{Json as Answer, extract::State};
use domain::{
    attachment::{Attachment, AttachmentKind},
    envelope::{RecordKind, open},
    id::{AccountId, RecordId, UnitId},
    problem::{Code, Problem},
    queue::ItemAttachment,
    record::{Reveal, Revealed, Revision, Said, VISITS_PAGE, VisitDetail, VisitPage},
    respondent::RespondentKind,
    role::Action,
    text::check_text,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::{Reach, Who},
    error::Error,
    extract::{Json, Path, Query},
    store::{self, Connection, visit_table::Wanted},
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one)).routes(routes!(reveal))
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
    /// From 0.
    #[serde(default)]
    page: u32,
}

fn author_within(reach: Reach, who: &Who) -> Option<AccountId> {
    reach.own.then_some(who.0.id)
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
    let campaign = store::campaigns::current(&mut db).await?.ok_or(Code::NotFound)?.id;
    let wanted = Wanted {
        campaign,
        unit: reach.unit.or(query.unit),
        author: author_within(reach, &who),
        kind: query.kind,
        from: query.from,
        to: if query.to.is_empty() { "9999-12-31".to_owned() } else { query.to },
        odd_only: query.odd_only,
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
    let found = store::visit_table::one(&mut db, id, reach.unit, author_within(reach, &who)).await?;
    let (line, named) = found.ok_or(Code::NotFound)?;
    let revisions = revisions(&mut db, id).await?;
    let attachments = store::attachments::of_visit(&mut db, id).await?.into_iter().map(listed).collect();
    Ok(Answer(VisitDetail { line, revisions, attachments, named }))
}

fn listed(it: store::attachments::Listed) -> ItemAttachment {
    ItemAttachment {
        id: it.id,
        kind: if it.kind == "voice" { AttachmentKind::Voice } else { AttachmentKind::Photo },
        media_type: it.media_type,
        bytes_n: it.bytes_n,
        duration_ms: it.duration_ms,
        gaps: Vec::new(),
        stored: it.stored,
    }
}

/// Every revision of every record of a visit; identities without what they say.
async fn revisions(db: &mut Connection, visit: RecordId) -> Result<Vec<Revision>, Error> {
    let mut revisions = Vec::new();
    let mut names: HashMap<AccountId, String> = HashMap::new();
    for record in store::visit_table::records(db, visit).await? {
        for revision in store::records::revisions(db, record).await? {
            let by = match names.get(&revision.author) {
                Some(name) => name.clone(),
                None => {
                    let listed = store::accounts::get(db, revision.author).await?;
                    let name = listed.map(|it| it.account.name).unwrap_or_default();
                    names.insert(revision.author, name.clone());
                    name
                }
            };
            let Ok(envelope) = open(&revision.envelope) else { continue };
            let kind = envelope.header.kind;
            let said = match kind {
                RecordKind::Visit => envelope.read().map(|it| Said::Visit(Box::new(it))),
                RecordKind::Statement => envelope.read().map(Said::Statement),
                RecordKind::Attachment => envelope.read::<Attachment>().map(Said::Attachment),
                RecordKind::Identity => None,
            };
            let shown = Revision {
                record,
                kind,
                hash: revision.hash,
                received_at: revision.received_at,
                claimed_at: revision.claimed_at,
                by,
                parked: revision.parked,
                said,
            };
            revisions.push((revision.sequence, shown));
        }
    }
    revisions.sort_by_key(|it| it.0);
    Ok(revisions.into_iter().map(|it| it.1).collect())
}

/// Who was visited: with a reason, and on record.
#[utoipa::path(post, path = "/api/v1/visits/{id}/identity", request_body = Reveal, responses(
    (status = 200, body = Revealed),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 422, body = Problem, description = "a reason is needed"),
))]
async fn reveal(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(reveal): Json<Reveal>,
) -> Result<Answer<Revealed>, Error> {
    let reach = who.may(Action::ReadIdentity)?;
    let reason = reveal.reason.trim();
    if reason.is_empty() || check_text(reason).is_err() {
        return Err(Error::invalid("reason"));
    }
    let id = RecordId(id);
    let mut db = app.db.write().await?;
    let found = store::visit_table::one(&mut db, id, reach.unit, author_within(reach, &who)).await?;
    found.ok_or(Code::NotFound)?;
    let identity = store::visit_table::identity(&mut db, id).await?;
    let object = format!("visit {id}");
    store::audit::note(&mut db, app.now(), Some(who.0.id), "read_identity", &object, reason).await?;
    db.commit().await?;
    Ok(Answer(Revealed { identity }))
}
