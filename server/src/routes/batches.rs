//! Accepting suggestions together: what can be is shown first, each is an act of its own, and all are taken back at once.

use axum::{Json as Answer, extract::State, http::StatusCode};
use domain::{
    batch::{
        Acceptance, BATCH_MAX, BatchDone, BatchOffer, BatchRequest, LOOKED_AT_MAX, Unread, acceptable,
        is_level,
    },
    changes::StatementState,
    id::{BatchId, RecordId},
    problem::{Code, Problem},
    queue::Act,
    role::Action,
    taxonomy::scheme::Scheme,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::queue::{QueueQuery, decide, undo, wanted};
use crate::{
    App,
    auth::Who,
    error::Error,
    extract::{Json, Path, Query},
    store::{
        self, Connection,
        changes::Thing,
        issues::By,
        queue::Stands,
        queue_page::{Waiting, Wanted},
    },
    taxonomy,
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(offer, accept)).routes(routes!(take_back))
}

#[derive(Deserialize, IntoParams)]
struct Level {
    /// 0.5 to 1: how sure the machine is to be at least.
    #[serde(default)]
    level: f64,
}

/// What can be accepted together of what waits, within the filter of the queue: never types that ask for attention, nor what
/// may speak for several matters.
#[utoipa::path(get, path = "/api/v1/queue/batches", params(QueueQuery, Level), responses(
    (status = 200, body = BatchOffer),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "there is no campaign"),
    (status = 422, body = Problem, description = "`level` is none"),
))]
async fn offer(
    State(app): State<App>,
    who: Who,
    Query(query): Query<QueueQuery>,
    Query(level): Query<Level>,
) -> Result<Answer<BatchOffer>, Error> {
    who.may(Action::Sort)?;
    if !is_level(level.level) {
        return Err(Error::invalid("level"));
    }
    let mut db = app.db.read().await?;
    let campaign = store::campaigns::current(&mut db).await?.ok_or_else(Error::no_campaign)?.id;
    let scheme = taxonomy::in_use(&app, &mut db).await?;
    let wanted = Wanted {
        state: Some(StatementState::Waiting),
        limit: i64::from(LOOKED_AT_MAX),
        ..wanted(campaign, query, &scheme)
    };
    let waiting = store::queue_page::waiting(&mut db, &wanted).await?;
    let mut offer = BatchOffer { more: waiting.len() == LOOKED_AT_MAX as usize, ..BatchOffer::default() };
    for it in waiting {
        let it = offered(it, &scheme);
        match acceptable(unread(&it), level.level, &scheme.taxonomy).filter(|_| !it.handed_over) {
            Some(_) if offer.statements.len() == BATCH_MAX => offer.more = true,
            Some((kind, category)) => {
                offer.add(Acceptance { id: it.id, version: it.version, kind, category }, &it.opening);
            }
            None => offer.left_n += 1,
        }
    }
    offer.types.sort_by_key(|it| std::cmp::Reverse(it.n));
    Ok(Answer(offer))
}

/// What was suggested and proposed, in types that are offered.
fn offered(waiting: Waiting, scheme: &Scheme) -> Waiting {
    let proposed = waiting.proposed.iter().filter_map(|it| scheme.offered(it).map(str::to_owned)).collect();
    Waiting { proposed, suggestion: scheme.adapt(waiting.suggestion), ..waiting }
}

fn unread(waiting: &Waiting) -> Unread<'_> {
    Unread {
        kind_said: waiting.kind_said,
        proposed: &waiting.proposed,
        suggestion: &waiting.suggestion,
        several: waiting.several,
    }
}

/// Accepts what was offered, each as if it had been confirmed alone; that on which someone decided meanwhile, or that would
/// not be offered by now, is passed over.
#[utoipa::path(post, path = "/api/v1/queue/batches", request_body = BatchRequest, responses(
    (status = 201, body = BatchDone),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn accept(
    State(app): State<App>,
    who: Who,
    Json(request): Json<BatchRequest>,
) -> Result<(StatusCode, Answer<BatchDone>), Error> {
    who.may(Action::Sort)?;
    request.check().map_err(Error::invalid)?;
    let by = By { account: who.0.id, at: app.now() };
    let batch = BatchId(app.new_id());
    let mut done = BatchDone { batch, done_n: 0, passed_over_n: 0 };
    let mut db = app.db.write().await?;
    let scheme = taxonomy::in_use(&app, &mut db).await?;
    for it in &request.statements {
        let Some(waiting) = store::queue_page::one_waiting(&mut db, it.id).await? else {
            done.passed_over_n += 1;
            continue;
        };
        let waiting = offered(waiting, &scheme);
        let same = acceptable(unread(&waiting), request.level, &scheme.taxonomy)
            .is_some_and(|(kind, category)| kind == it.kind && category == it.category);
        let stands = store::queue::stands(&mut db, it.id).await?.ok_or(Code::NotFound)?;
        let act = Act::Sort { kind: it.kind, category: Some(it.category.clone()) };
        if same
            && stands.version == it.version
            && !stands.handed_over
            && decide(&app, &mut db, (it.id, None), &stands, &act, by, Some(batch)).await?.is_some()
        {
            note(&mut db, it.id, &stands, act.as_str(), by).await?;
            done.done_n += 1;
        } else {
            done.passed_over_n += 1;
        }
    }
    let object = format!("batch {batch}");
    store::audit::note(&mut db, by.at, Some(by.account), "accept_batch", &object, &done.done_n.to_string())
        .await?;
    db.commit().await?;
    Ok((StatusCode::CREATED, Answer(done)))
}

async fn note(db: &mut Connection, id: RecordId, stands: &Stands, act: &str, by: By) -> Result<(), Error> {
    store::audit::note(db, by.at, Some(by.account), act, &format!("statement {id}"), "").await?;
    let author = store::statements::author(db, stands.visit).await?;
    Ok(store::changes::note(db, Thing::Visit, stands.visit.0, Some(stands.unit), author).await?)
}

/// Takes a batch back: what stood before stands again, save where someone decided since.
#[utoipa::path(post, path = "/api/v1/queue/batches/{id}/undoing", responses(
    (status = 200, body = BatchDone),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found: there is none that stands"),
))]
async fn take_back(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
) -> Result<Answer<BatchDone>, Error> {
    who.may(Action::Sort)?;
    let by = By { account: who.0.id, at: app.now() };
    let mut done = BatchDone { batch: BatchId(id), done_n: 0, passed_over_n: 0 };
    let mut db = app.db.write().await?;
    let all = store::queue::of_batch(&mut db, done.batch).await?;
    if all.is_empty() {
        return Err(Code::NotFound.into());
    }
    for (statement, sequence) in all {
        let stands = store::queue::stands(&mut db, statement).await?.ok_or(Code::NotFound)?;
        let last = store::queue::last(&mut db, statement).await?.map(|it| it.sequence);
        if last == Some(sequence) && !stands.handed_over && undo(&mut db, statement, &stands, by).await? {
            note(&mut db, statement, &stands, Act::Undo.as_str(), by).await?;
            done.done_n += 1;
        } else {
            done.passed_over_n += 1;
        }
    }
    let object = format!("batch {id}");
    store::audit::note(&mut db, by.at, Some(by.account), "undo_batch", &object, &done.done_n.to_string())
        .await?;
    db.commit().await?;
    Ok(Answer(done))
}
