//! The office's queue: what came in, and what is decided of it.

mod dividing;

use axum::{Json as Answer, extract::State};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    changes::StatementState,
    id::{BatchId, CampaignId, IssueId, RecordId, ReferralId, UnitId},
    issue::{IssueState, IssueText, Source},
    problem::{Code, Problem},
    queue::{
        ALIKE_MAX, ALIKE_MIN, Act, ActRequest, Item, Others, PAGE_MAX, PRESENCE_MS, QueuePage, Refusal,
        Standing, TOGETHER_MAX, Upon,
    },
    role::Action,
    search,
    severity::{Level, severity},
    statement::Kind,
    taxonomy::scheme::Scheme,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::Who,
    day,
    error::Error,
    extract::{Json, Path, Query},
    store::{
        self, Connection,
        changes::Thing,
        issues::{About, By},
        queue::{NewDecision, Stands},
        queue_page::Wanted,
    },
    taxonomy,
};

pub(crate) use self::dividing::put_together;

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(item))
        .routes(routes!(act))
        .routes(routes!(look))
        .routes(routes!(refuse))
}

#[derive(Deserialize, IntoParams)]
pub(super) struct QueueQuery {
    state: Option<StatementState>,
    unit: Option<UnitId>,
    kind: Option<Kind>,
    /// Code of the taxonomy: confirmed, or suggested where nothing is confirmed.
    category: Option<String>,
    /// Code of the taxonomy, confirmed.
    confirmed: Option<String>,
    /// yyyy-MM-dd, the first day of the visit.
    #[serde(default)]
    from: String,
    /// yyyy-MM-dd, the last day of the visit.
    #[serde(default)]
    to: String,
    /// Words that occur in what was said or in the summary.
    #[serde(default)]
    text: String,
    /// Only those that others say the same as.
    #[serde(default)]
    like: bool,
    /// Only those with a transcript of a recording that nobody accepted yet.
    #[serde(default)]
    heard: bool,
    /// Only those whose text seems to hold several matters, and the parts of those that were divided.
    #[serde(default)]
    several: bool,
    /// Only those that are at least as grave.
    severity: Option<Level>,
    /// The gravest first, else the latest.
    #[serde(default)]
    gravest_first: bool,
    /// From the page before.
    cursor: Option<String>,
}

/// A page of the queue, the latest first unless asked otherwise.
#[utoipa::path(get, path = "/api/v1/queue", params(QueueQuery), responses(
    (status = 200, body = QueuePage),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "there is no campaign"),
))]
async fn list(
    State(app): State<App>,
    who: Who,
    Query(query): Query<QueueQuery>,
) -> Result<Answer<QueuePage>, Error> {
    who.may(Action::Sort)?;
    let mut db = app.db.read().await?;
    let campaign = store::campaigns::current(&mut db).await?.ok_or_else(Error::no_campaign)?.id;
    let scheme = taxonomy::in_use(&app, &mut db).await?;
    let wanted = wanted(campaign, query, &scheme);
    let lines = store::queue_page::lines(&mut db, &wanted).await?;
    let full = lines.len() == PAGE_MAX as usize;
    let cursor = lines.last().filter(|_| full).map(|it| cursor(it.severity, it.received_at, it.id));
    let counts = store::queue_page::counts(&mut db, campaign, day::midnight(app.now())).await?;
    let units = store::units::list(&mut db).await?;
    Ok(Answer(QueuePage { lines, cursor, counts, units }))
}

/// A page of what a query asks for.
pub(super) fn wanted(campaign: CampaignId, query: QueueQuery, scheme: &Scheme) -> Wanted {
    // What was merged into a type is found with it.
    let codes = |code: Option<String>| {
        code.filter(|it| !it.is_empty()).map_or_else(Vec::new, |it| scheme.with_merged(&it))
    };
    Wanted {
        campaign,
        state: query.state,
        unit: query.unit,
        kind: query.kind,
        categories: codes(query.category),
        confirmed: codes(query.confirmed),
        from: query.from,
        to: query.to,
        like: query.like,
        heard: query.heard,
        several: query.several,
        severity: query.severity.unwrap_or_default(),
        gravest_first: query.gravest_first,
        search: query.text,
        before: query.cursor.as_deref().and_then(read_cursor),
        limit: i64::from(PAGE_MAX),
    }
}

fn cursor(severity: Level, received_at: i64, id: RecordId) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {received_at} {id}", severity.number()))
}

fn read_cursor(text: &str) -> Option<(i64, i64, Uuid)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (severity, rest) = text.split_once(' ')?;
    let (received_at, id) = rest.split_once(' ')?;
    Some((severity.parse().ok()?, received_at.parse().ok()?, id.parse().ok()?))
}

/// One statement with its visit, without who was visited.
#[utoipa::path(get, path = "/api/v1/queue/{id}", responses(
    (status = 200, body = Item),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn item(State(app): State<App>, who: Who, Path(id): Path<Uuid>) -> Result<Answer<Item>, Error> {
    who.may(Action::Sort)?;
    Ok(Answer(read_item(&app, &mut app.db.read().await?, RecordId(id)).await?))
}

async fn read_item(app: &App, db: &mut Connection, id: RecordId) -> Result<Item, Error> {
    let (mut item, issue) = store::queue::item(db, id).await?.ok_or(Code::NotFound)?;
    let campaign = store::queue::stands(db, id).await?.ok_or(Code::NotFound)?.campaign;
    let scheme = taxonomy::in_use(app, db).await?;
    if let Some((suggestion, mut matters)) = store::suggestions::get(db, id).await? {
        item.suggestion = Some(scheme.adapt(suggestion));
        if !item.one_matter {
            for it in &mut matters {
                it.made = scheme.adapt(it.made.clone());
            }
            item.matters = matters;
        }
    }
    item.severity = severity(item.gist());
    item.part = store::parts::part_of(db, id).await?;
    item.parts = store::parts::of(db, id).await?;
    item.referrals = store::issues::referrals(db, campaign, Some(About::Statement(id)), false, None).await?;
    if let Some(issue) = issue {
        item.issue = store::issues::get(db, campaign, issue).await?.map(store::issues::alike);
    }
    item.transcripts = store::transcripts::of_statement(db, id, item.visit.id).await?;
    item.alike = alike(db, campaign, &item, &scheme).await?;
    item.like = store::likenesses::of(db, id).await?;
    let own = item.gist().to_owned();
    for it in item.like.iter_mut().flat_map(|it| &mut it.statements) {
        it.mark(&own);
    }
    Ok(item)
}

/// Open issues of the same type or in like words, the likest first.
async fn alike(
    db: &mut Connection,
    campaign: CampaignId,
    item: &Item,
    scheme: &Scheme,
) -> Result<Vec<domain::queue::AlikeIssue>, Error> {
    let open = store::issues::Wanted { state: Some(IssueState::Open), limit: 1_000, ..Default::default() };
    let text = item.gist();
    let guess = item.suggestion.as_ref().and_then(|it| it.suggestions.first()).map(|it| it.code.clone());
    let category = item.standing.category.clone().or(guess).map(|it| scheme.successor(&it).to_owned());
    let mut near: Vec<(f64, _)> = store::issues::lines(db, campaign, &open)
        .await?
        .into_iter()
        .filter(|it| item.issue.as_ref().is_none_or(|own| own.id != it.id))
        .map(|it| {
            let by_words = search::likeness(&it.text.title, text);
            let its = it.text.category.as_deref().map(|it| scheme.successor(it));
            let same_type = its.is_some() && its == category.as_deref();
            (by_words + if same_type { 0.5 } else { 0.0 }, it)
        })
        .filter(|(likeness, _)| *likeness >= ALIKE_MIN)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut near: Vec<_> = near.into_iter().take(ALIKE_MAX).map(|it| it.1).collect();
    store::issues::count_households(db, &mut near).await?;
    Ok(near.into_iter().map(store::issues::alike).collect())
}

/// Decides something of a statement, upon the version that was looked at.
#[utoipa::path(post, path = "/api/v1/queue/{id}/acts", request_body = ActRequest, responses(
    (status = 200, body = Item),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "conflict: another act came first; `current` is the Item as it is now"),
    (status = 410, body = Problem, description = "gone: it was handed over, or was a part of what was put together again"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn act(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(request): Json<ActRequest>,
) -> Result<Answer<Item>, Error> {
    who.may(Action::Sort)?;
    let id = RecordId(id);
    let by = By { account: who.0.id, at: app.now() };
    let mut db = app.db.write().await?;
    let scheme = taxonomy::in_use(&app, &mut db).await?;
    request.check(&scheme.taxonomy).map_err(Error::invalid)?;
    let stands = store::queue::stands(&mut db, id).await?.ok_or(Code::NotFound)?;
    if stands.handed_over {
        return Err(Code::Gone.into());
    }
    // What has parts in its place can be put together again, and nothing else; what was a part is decided no more.
    let is_fresh = stands.version == request.version;
    if is_fresh && !stands.counted && (stands.part_of.is_some() || request.act != Act::Undo) {
        return Err(if stands.part_of.is_some() { Code::Gone.into() } else { Error::invalid("act") });
    }
    let decided = is_fresh
        && match &request.act {
            Act::Undo => undo(&mut db, id, &stands, by).await?,
            act => match decide(&app, &mut db, (id, None), &stands, act, by, None).await? {
                Some(done) => decide_with(&app, &mut db, id, done, &request, by).await?,
                None => false,
            },
        };
    if !decided {
        drop(db);
        return Err(conflict(read_item(&app, &mut app.db.read().await?, id).await?));
    }
    let object = format!("statement {id}");
    store::audit::note(&mut db, by.at, Some(by.account), request.act.as_str(), &object, "").await?;
    let author = store::statements::author(&mut db, stands.visit).await?;
    store::changes::note(&mut db, Thing::Visit, stands.visit.0, Some(stands.unit), author).await?;
    db.commit().await?;
    // What was decided is learned, and once in a while what waits is suggested anew.
    app.arrived.notify_one();
    Ok(Answer(read_item(&app, &mut app.db.read().await?, id).await?))
}

fn conflict(current: Item) -> Error {
    let current = serde_json::to_value(current).ok();
    Error::Problem(Box::new(Problem { current, ..Problem::new(Code::Conflict) }))
}

/// What was decided of a statement.
#[derive(Clone, Copy)]
pub(super) struct Done {
    sequence: i64,
    issue: Option<IssueId>,
}

/// Has what goes with a statement join the same issue; `false` when another act on one of them came first.
async fn decide_with(
    app: &App,
    db: &mut Connection,
    id: RecordId,
    done: Done,
    request: &ActRequest,
    by: By,
) -> Result<bool, Error> {
    let Some(issue) = done.issue else { return Ok(true) };
    let join = Act::Join { issue, kind: None, category: None };
    for Upon { id: other, version } in request.with.iter().copied() {
        let stands = store::queue::stands(db, other).await?.filter(|_| other != id);
        let stands = stands.ok_or_else(|| Error::invalid("with"))?;
        if stands.handed_over || !stands.counted {
            return Err(Error::invalid("with"));
        }
        let here = (other, Some(done.sequence));
        if stands.version != version || decide(app, db, here, &stands, &join, by, None).await?.is_none() {
            return Ok(false);
        }
        store::audit::note(db, by.at, Some(by.account), join.as_str(), &format!("statement {other}"), "")
            .await?;
        let author = store::statements::author(db, stands.visit).await?;
        store::changes::note(db, Thing::Visit, stands.visit.0, Some(stands.unit), author).await?;
    }
    Ok(true)
}

/// Does an act, together with another decision or alone; `None` when another came first.
pub(super) async fn decide(
    app: &App,
    db: &mut Connection,
    (id, together): (RecordId, Option<i64>),
    stands: &Stands,
    act: &Act,
    by: By,
    batch: Option<BatchId>,
) -> Result<Option<Done>, Error> {
    let (mut joined, mut thing, mut note) = (None, None, String::new());
    match act {
        Act::Join { issue, .. } => {
            let (campaign, category) =
                store::issues::campaign_of(db, *issue).await?.ok_or_else(|| Error::invalid("issue"))?;
            if campaign != stands.campaign {
                return Err(Error::invalid("issue"));
            }
            // One that is no longer offered is not given any more.
            let scheme = taxonomy::in_use(app, db).await?;
            joined = Some((*issue, category.and_then(|it| scheme.offered(&it).map(str::to_owned))));
        }
        Act::MakeIssue { title, wording, category, .. } => {
            let text = IssueText {
                title: title.clone(),
                wording: wording.clone(),
                category: category.clone(),
                source: Source::Visits,
                state: IssueState::Open,
            };
            let issue = IssueId(app.new_public_id());
            store::issues::add(db, issue, stands.campaign, &text, by).await?;
            (joined, thing, note) = (Some((issue, category.clone())), Some(issue.0), title.clone());
        }
        Act::Refer { passing } => {
            let referral = ReferralId(app.new_id());
            store::issues::refer(db, referral, stands.campaign, About::Statement(id), passing, by).await?;
            (thing, note) = (Some(referral.0), passing.to.clone());
        }
        Act::SendBack { comment } => note.clone_from(comment),
        Act::Divide { cuts } => dividing::into_parts(app, db, id, stands, cuts, by).await?,
        Act::Sort { .. } | Act::Leave | Act::OneMatter | Act::Undo => {}
    }
    let after = stands.standing.after(act, joined);
    if !keep_standing(db, id, stands, &after, by).await? {
        return Ok(None);
    }
    let new = NewDecision {
        statement: id,
        act: act.as_str(),
        before: &stands.standing,
        after: &after,
        note: &note,
        thing,
        together,
        account: by.account,
        at: by.at,
        batch,
    };
    let sequence = store::queue::note(db, &new).await?;
    Ok(Some(Done { sequence, issue: after.issue }))
}

async fn keep_standing(
    db: &mut Connection,
    id: RecordId,
    stands: &Stands,
    after: &Standing,
    by: By,
) -> Result<bool, Error> {
    if !store::queue::decide(db, id, stands.version, after).await? {
        return Ok(false);
    }
    if after.issue != stands.standing.issue {
        store::issues::belong(db, id, after.issue, by).await?;
    }
    Ok(true)
}

/// Takes the last act back: what stood before stands again, and what the act made is withdrawn. What went with it goes back
/// too, unless something was decided of it since.
pub(super) async fn undo(db: &mut Connection, id: RecordId, stands: &Stands, by: By) -> Result<bool, Error> {
    let Some(last) = store::queue::last(db, id).await? else { return Err(Error::invalid("act")) };
    if !keep_standing(db, id, stands, &last.before, by).await? {
        return Ok(false);
    }
    for other in store::queue::together(db, last.sequence).await? {
        let stands = store::queue::stands(db, other).await?.ok_or(Code::NotFound)?;
        let joined = store::queue::last(db, other).await?.filter(|_| !stands.handed_over);
        let Some(joined) = joined else { continue };
        if keep_standing(db, other, &stands, &joined.before, by).await? {
            store::queue::undo(db, joined.sequence, by.at).await?;
            store::audit::note(db, by.at, Some(by.account), "undo", &format!("statement {other}"), "")
                .await?;
            let author = store::statements::author(db, stands.visit).await?;
            store::changes::note(db, Thing::Visit, stands.visit.0, Some(stands.unit), author).await?;
        }
    }
    if let Some(issue) = last.issue() {
        // Others may have joined it in the meantime: then it stays.
        if store::issues::statements(db, issue).await?.is_empty() {
            store::issues::drop_issue(db, issue).await?;
        }
    }
    if last.divides() {
        dividing::of_parts(db, id, stands, by).await?;
    }
    if let Some(referral) = last.referral() {
        store::issues::withdraw_referral(db, referral, by.at).await?;
    }
    store::queue::undo(db, last.sequence, by.at).await?;
    Ok(true)
}

/// Says that this person looks at a statement; answers who else does. To be said anew every 20 s.
#[utoipa::path(put, path = "/api/v1/queue/{id}/presence", responses(
    (status = 200, body = Others),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn look(State(app): State<App>, who: Who, Path(id): Path<Uuid>) -> Result<Answer<Others>, Error> {
    who.may(Action::Sort)?;
    let now = app.now();
    let mut db = app.db.write().await?;
    let names = store::queue::look(&mut db, who.0.id, RecordId(id), now + PRESENCE_MS, now).await?;
    db.commit().await?;
    Ok(Answer(Others { names }))
}

/// Says that statements are not one matter with this one: they are not offered together again. Or takes that back.
#[utoipa::path(put, path = "/api/v1/queue/{id}/refusals", request_body = Refusal, responses(
    (status = 200, body = Item),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 410, body = Problem, description = "gone: it was handed over"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn refuse(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(refusal): Json<Refusal>,
) -> Result<Answer<Item>, Error> {
    who.may(Action::Sort)?;
    let id = RecordId(id);
    let now = app.now();
    let mut db = app.db.write().await?;
    let stands = store::queue::stands(&mut db, id).await?.ok_or(Code::NotFound)?;
    if stands.handed_over {
        return Err(Code::Gone.into());
    }
    if refusal.others.is_empty() || refusal.others.len() > TOGETHER_MAX || refusal.others.contains(&id) {
        return Err(Error::invalid("others"));
    }
    for other in &refusal.others {
        let its = store::queue::stands(&mut db, *other).await?;
        its.filter(|it| !it.handed_over).ok_or_else(|| Error::invalid("others"))?;
        if refusal.refused {
            store::likenesses::refuse(&mut db, (id, *other), who.0.id, now).await?;
        }
    }
    if !refusal.refused {
        store::likenesses::take_back(&mut db, id, &refusal.others).await?;
    }
    let act = if refusal.refused { "refuse_likeness" } else { "take_back_refusal" };
    store::audit::note(&mut db, now, Some(who.0.id), act, &format!("statement {id}"), "").await?;
    db.commit().await?;
    if !refusal.refused {
        app.arrived.notify_one();
    }
    Ok(Answer(read_item(&app, &mut app.db.read().await?, id).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back() {
        let id = RecordId(Uuid::from_u128(9));
        assert_eq!(read_cursor(&cursor(Level::Grave, 17, id)), Some((2, 17, id.0)));
        assert_eq!(read_cursor("nonsense"), None);
    }
}
