//! The directory of respondents, lists taken into it, and assignments.

use std::collections::BTreeMap;

use axum::{
    Json as Answer,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
};
use domain::{
    campaign::Campaign,
    day::is_day,
    id::{AssignmentId, CampaignId, RespondentId, UnitId},
    import::{self, BAD_ROWS_LISTED, Column, ImportReport, PREVIEW_ROWS},
    problem::{Code, Problem},
    respondent::RespondentKind,
    role::Action,
    setup::{ASSIGNED_MAX, Assign, Change, Directory, HandedOut, ListedAssignment, RespondentForm},
    text::check_line,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::{Json, Path, Query, Raw},
    lists,
    store::{self, Connection, assignments::NewAssignment, changes::Thing, respondents::Wanted},
};

/// Rows of one page.
const PAGE: u32 = 100;

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    let import =
        OpenApiRouter::new().routes(routes!(take_list)).layer(DefaultBodyLimit::max(lists::LIST_BYTES_MAX));
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(change, remove))
        .routes(routes!(assignments, assign))
        .routes(routes!(cancel))
        .merge(import)
}

/// The campaign under way, which lists and assignments belong to.
async fn current(db: &mut Connection) -> Result<Campaign, Error> {
    store::campaigns::current(db).await?.ok_or_else(|| Error::invalid("campaign"))
}

#[derive(Deserialize, IntoParams)]
struct ListQuery {
    /// Part of a name, place, organisation or telephone.
    #[serde(default)]
    text: String,
    unit: Option<UnitId>,
    kind: Option<RespondentKind>,
    /// Only whom nobody has visited.
    #[serde(default)]
    unvisited: bool,
    /// From 0, in pages of 100.
    #[serde(default)]
    page: u32,
}

/// A page of the directory.
#[utoipa::path(get, path = "/api/v1/respondents", params(ListQuery), responses(
    (status = 200, body = Directory),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn list(
    State(app): State<App>,
    who: Who,
    Query(query): Query<ListQuery>,
) -> Result<Answer<Directory>, Error> {
    who.may(Action::Assign)?;
    let mut db = app.db.read().await?;
    let Some(campaign) = store::campaigns::current(&mut db).await? else {
        return Ok(Answer(Directory { total_n: 0, respondents: Vec::new() }));
    };
    let wanted = Wanted {
        text: query.text.trim().to_owned(),
        unit: query.unit,
        kind: query.kind,
        unvisited_only: query.unvisited,
    };
    let offset = query.page as usize * PAGE as usize;
    let (total_n, respondents) =
        store::respondents::list(&mut db, campaign.id, &wanted, PAGE as usize, offset).await?;
    Ok(Answer(Directory { total_n: total_n as u64, respondents }))
}

/// Adds one respondent.
#[utoipa::path(post, path = "/api/v1/respondents", request_body = RespondentForm, responses(
    (status = 204),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 409, body = Problem, description = "taken: the same household is there"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn add(
    State(app): State<App>,
    who: Who,
    Json(form): Json<RespondentForm>,
) -> Result<StatusCode, Error> {
    who.may(Action::Assign)?;
    if let Some(field) = form.wrong_field() {
        return Err(Error::invalid(field));
    }
    let mut db = app.db.write().await?;
    let campaign = current(&mut db).await?;
    check_unit(&mut db, form.unit).await?;
    if !add_one(&app, &mut db, campaign.id, &form).await? {
        return Err(Error::taken("household"));
    }
    store::audit::note(&mut db, app.now(), Some(who.0.id), "add_respondent", "respondent", "").await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a form's unit, if it names one, is there.
async fn check_unit(db: &mut Connection, unit: Option<UnitId>) -> Result<(), Error> {
    match unit {
        Some(unit) if store::units::get(db, unit).await?.is_none() => Err(Error::invalid("unit")),
        Some(_) | None => Ok(()),
    }
}

/// Adds a respondent and tells the phones that may see them; `false` when they are there already.
///
/// # Errors
///
/// The database's.
pub async fn add_one(
    app: &App,
    db: &mut Connection,
    campaign: CampaignId,
    form: &RespondentForm,
) -> Result<bool, Error> {
    let id = RespondentId(app.new_id());
    let Some(id) = store::respondents::add(db, id, campaign, form, app.now()).await? else {
        return Ok(false);
    };
    store::changes::note(db, Thing::Respondent, id.0, form.unit, None).await?;
    Ok(true)
}

/// Changes one respondent.
#[utoipa::path(put, path = "/api/v1/respondents/{id}", request_body = Change<RespondentForm>, responses(
    (status = 204),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "taken: the same household is there; conflict: changed meanwhile"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn change(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(change): Json<Change<RespondentForm>>,
) -> Result<StatusCode, Error> {
    who.may(Action::Assign)?;
    let form = &change.now;
    if let Some(field) = form.wrong_field() {
        return Err(Error::invalid(field));
    }
    let id = RespondentId(id);
    let mut db = app.db.write().await?;
    let campaign = current(&mut db).await?;
    let before = store::respondents::get(&mut db, id).await?.ok_or(Code::NotFound)?;
    if !change.is_upon(&before) {
        return Err(Code::Conflict.into());
    }
    check_unit(&mut db, form.unit).await?;
    let twin = store::respondents::twin(&mut db, campaign.id, form).await?;
    if twin.is_some_and(|it| it.id != id) {
        return Err(Error::taken("household"));
    }
    store::respondents::change(&mut db, id, form).await?;
    let object = format!("respondent {id}");
    store::audit::note(&mut db, app.now(), Some(who.0.id), "change_respondent", &object, "").await?;
    // Every phone hears of it: the unit may be another than before.
    store::changes::note(&mut db, Thing::Respondent, id.0, None, None).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes one respondent off the list; visits to them stay.
#[utoipa::path(delete, path = "/api/v1/respondents/{id}", responses(
    (status = 204),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn remove(State(app): State<App>, who: Who, Path(id): Path<Uuid>) -> Result<StatusCode, Error> {
    who.may(Action::Assign)?;
    let mut db = app.db.write().await?;
    if !store::respondents::remove(&mut db, RespondentId(id), app.now()).await? {
        return Err(Code::NotFound.into());
    }
    let object = format!("respondent {id}");
    store::audit::note(&mut db, app.now(), Some(who.0.id), "remove_respondent", &object, "").await?;
    store::changes::note(&mut db, Thing::Respondent, id, None, None).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
struct ImportQuery {
    /// Take the good rows; without it the answer is a preview.
    #[serde(default)]
    take: bool,
    /// What rows without a kind column are.
    kind: Option<RespondentKind>,
    /// What the columns hold, by comma, when the clerk knows better.
    columns: Option<String>,
}

/// Reads a list (CSV in UTF-8 or GB18030, xlsx), or takes it in: all its good rows or none.
#[utoipa::path(post, path = "/api/v1/respondents/import", params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 200, body = ImportReport),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 413, body = Problem, description = "too_large: bytes or rows"),
    (status = 415, body = Problem, description = "unsupported_media: neither CSV nor xlsx"),
    (status = 422, body = Problem, description = "no header with a name column was found, or no campaign"),
))]
async fn take_list(
    State(app): State<App>,
    who: Who,
    Query(query): Query<ImportQuery>,
    Raw(body): Raw<{ lists::LIST_BYTES_MAX }>,
) -> Result<Answer<ImportReport>, Error> {
    who.may(Action::Assign)?;
    let columns = match &query.columns {
        Some(words) => Some(columns_of(words).ok_or_else(|| Error::invalid("columns"))?),
        None => None,
    };
    let report = take(&app, body, columns, query.kind, query.take, Some(&who)).await?;
    Ok(Answer(report))
}

fn columns_of(words: &str) -> Option<Vec<Column>> {
    words.split(',').map(|it| serde_json::from_value(serde_json::Value::from(it)).ok()).collect()
}

/// Reads a list and, when `taking`, takes its good rows in one transaction.
///
/// # Errors
///
/// `unsupported_media`, `too_large`, `invalid` with field `header` or `campaign`.
pub async fn take(
    app: &App,
    file: Bytes,
    columns: Option<Vec<Column>>,
    kind: Option<RespondentKind>,
    taking: bool,
    who: Option<&Who>,
) -> Result<ImportReport, Error> {
    let mut db = app.db.read().await?;
    let campaign = current(&mut db).await?;
    let units = store::units::list(&mut db).await?.into_iter().map(|it| (it.name, it.id)).collect();
    drop(db);
    // Reading a list takes seconds of a processor: no other request waits for it, nor the one writer.
    let read = tokio::task::spawn_blocking(move || read_list(&file, columns, kind, &units));
    // A file that breaks its reader is none that is read here.
    let List { rows, header, columns, read } = read.await.map_err(|_| Code::UnsupportedMedia)??;
    let (good_n, known_n) = if taking {
        take_rows(app, campaign.id, &read, who).await?
    } else {
        let (mut db, mut known_n) = (app.db.read().await?, 0);
        for (_, form) in &read.good {
            let twin = store::respondents::twin(&mut db, campaign.id, form).await?;
            known_n += usize::from(twin.is_some_and(|it| !it.removed));
        }
        (read.good.len() - known_n, known_n)
    };
    let (bad_n, repeated_n) = (read.bad.len(), read.repeated.len());
    Ok(ImportReport {
        header: rows[header].clone(),
        columns,
        preview: rows.iter().skip(header + 1).take(PREVIEW_ROWS).cloned().collect(),
        good_n,
        bad: read.bad.into_iter().take(BAD_ROWS_LISTED).collect(),
        bad_n,
        repeated: read.repeated.into_iter().take(BAD_ROWS_LISTED).collect(),
        repeated_n,
        known_n,
        taken: taking,
    })
}

/// A list as it was read.
struct List {
    rows: Vec<Vec<String>>,
    /// Where its header stands.
    header: usize,
    columns: Vec<Column>,
    read: import::Read,
}

fn read_list(
    file: &[u8],
    columns: Option<Vec<Column>>,
    kind: Option<RespondentKind>,
    units: &BTreeMap<String, UnitId>,
) -> Result<List, Error> {
    let rows = lists::rows(file)?;
    let (header, found) = import::find_header(&rows).ok_or_else(|| Error::invalid("header"))?;
    let columns = columns.filter(|it| it.len() == found.len()).unwrap_or(found);
    let read = import::read_rows(&rows, header, &columns, kind, units);
    Ok(List { rows, header, columns, read })
}

/// Takes all good rows; answers how many were new, and how many known already.
async fn take_rows(
    app: &App,
    campaign: CampaignId,
    read: &import::Read,
    who: Option<&Who>,
) -> Result<(usize, usize), Error> {
    let (mut good_n, mut known_n) = (0, 0);
    let mut db = app.db.write().await?;
    for (_, form) in &read.good {
        if add_one(app, &mut db, campaign, form).await? { good_n += 1 } else { known_n += 1 }
    }
    let by = who.map(|it| it.0.id);
    let object = format!("respondents {good_n}");
    store::audit::note(&mut db, app.now(), by, "import_respondents", &object, "").await?;
    db.commit().await?;
    Ok((good_n, known_n))
}

#[derive(Deserialize, IntoParams)]
struct AssignmentQuery {
    unit: Option<UnitId>,
    /// From 0, in pages of 100.
    #[serde(default)]
    page: u32,
}

/// Assignments, open ones first.
#[utoipa::path(get, path = "/api/v1/assignments", params(AssignmentQuery), responses(
    (status = 200, body = Vec<ListedAssignment>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn assignments(
    State(app): State<App>,
    who: Who,
    Query(query): Query<AssignmentQuery>,
) -> Result<Answer<Vec<ListedAssignment>>, Error> {
    who.may(Action::Assign)?;
    let mut db = app.db.read().await?;
    let Some(campaign) = store::campaigns::current(&mut db).await? else { return Ok(Answer(Vec::new())) };
    let (page, offset) = (i64::from(PAGE), i64::from(query.page) * i64::from(PAGE));
    Ok(Answer(store::assignments::list(&mut db, campaign.id, query.unit, page, offset).await?))
}

/// Hands assignments out. Who is to be visited by the unit already is passed over.
#[utoipa::path(post, path = "/api/v1/assignments", request_body = Assign, responses(
    (status = 200, body = HandedOut),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 413, body = Problem, description = "too_large: more than 500 at once"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn assign(
    State(app): State<App>,
    who: Who,
    Json(assign): Json<Assign>,
) -> Result<Answer<HandedOut>, Error> {
    who.may(Action::Assign)?;
    if assign.respondents.len() > ASSIGNED_MAX {
        return Err(Error::too_large(ASSIGNED_MAX));
    }
    if !is_day(&assign.due_on) {
        return Err(Error::invalid("due_on"));
    }
    if check_line(&assign.note).is_err() {
        return Err(Error::invalid("note"));
    }
    let now = app.now();
    let mut db = app.db.write().await?;
    let campaign = current(&mut db).await?;
    if store::units::get(&mut db, assign.unit).await?.is_none() {
        return Err(Error::invalid("unit"));
    }
    let mut handed_out = HandedOut { assigned_n: 0, open_already_n: 0 };
    for respondent in &assign.respondents {
        if store::respondents::get(&mut db, *respondent).await?.is_none() {
            return Err(Error::invalid("respondents"));
        }
        if store::assignments::is_open(&mut db, *respondent, assign.unit).await? {
            handed_out.open_already_n += 1;
            continue;
        }
        let new = NewAssignment {
            id: AssignmentId(app.new_id()),
            campaign: campaign.id,
            unit: assign.unit,
            respondent: *respondent,
            due_on: &assign.due_on,
            note: &assign.note,
            created_by: Some(who.0.id),
            at: now,
        };
        store::assignments::add(&mut db, &new).await?;
        handed_out.assigned_n += 1;
        // A unit gets to know whom it is to visit, whoever's list they stand on.
        store::changes::note(&mut db, Thing::Respondent, respondent.0, None, None).await?;
        store::changes::note(&mut db, Thing::Assignment, new.id.0, Some(assign.unit), None).await?;
    }
    let object = format!("assignments {}", handed_out.assigned_n);
    store::audit::note(&mut db, now, Some(who.0.id), "assign", &object, "").await?;
    db.commit().await?;
    Ok(Answer(handed_out))
}

/// Takes an assignment back, unless it is done.
#[utoipa::path(delete, path = "/api/v1/assignments/{id}", responses(
    (status = 204),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found, or done"),
))]
async fn cancel(State(app): State<App>, who: Who, Path(id): Path<Uuid>) -> Result<StatusCode, Error> {
    who.may(Action::Assign)?;
    let now = app.now();
    let mut db = app.db.write().await?;
    let unit = store::assignments::cancel(&mut db, AssignmentId(id), now).await?.ok_or(Code::NotFound)?;
    store::changes::note(&mut db, Thing::Assignment, id, Some(unit), None).await?;
    store::audit::note(&mut db, now, Some(who.0.id), "cancel_assignment", &format!("assignment {id}"), "")
        .await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
