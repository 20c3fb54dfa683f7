//! The official monthly table: what was established, its mapping, and the table as CSV.

use axum::{
    Json as Answer,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use domain::{
    id::IssueId,
    official::{IssueFinding, Mapping, MappingTable, MappingTaken, SHIPPED, monthly},
    problem::{Code, Problem},
    role::Action,
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
    store::{self, Connection, issues::By},
    taxonomy,
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(finding, note)).routes(routes!(mapping, take)).routes(routes!(table))
}

/// What was noted of an issue: whether it was established as a problem.
#[utoipa::path(get, path = "/api/v1/issues/{id}/finding", responses(
    (status = 200, body = IssueFinding),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn finding(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
) -> Result<Answer<IssueFinding>, Error> {
    who.may(Action::ReadIssues)?;
    let mut db = app.db.read().await?;
    store::issues::campaign_of(&mut db, IssueId(id)).await?.ok_or(Code::NotFound)?;
    Ok(Answer(store::official::finding(&mut db, IssueId(id)).await?.unwrap_or_default()))
}

/// Notes that an issue was established as a problem, or that it is no longer; what was noted before is kept.
#[utoipa::path(put, path = "/api/v1/issues/{id}/finding", request_body = IssueFinding, responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn note(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(finding): Json<IssueFinding>,
) -> Result<StatusCode, Error> {
    who.may(Action::EditIssues)?;
    let by = By { account: who.0.id, at: app.now() };
    finding.check(&day::of(by.at)).map_err(Error::invalid)?;
    let id = IssueId(id);
    let mut db = app.db.write().await?;
    store::issues::campaign_of(&mut db, id).await?.ok_or(Code::NotFound)?;
    store::official::note_finding(&mut db, id, &finding, by).await?;
    store::audit::note(&mut db, by.at, Some(by.account), "note_finding", &format!("issue {id}"), "").await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which types count in which class of the table, as CSV; it can be taken in again.
#[utoipa::path(get, path = "/api/v1/official/mapping.csv", responses(
    (status = 200, content_type = "text/csv", body = String),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn mapping(State(app): State<App>, who: Who) -> Result<impl IntoResponse, Error> {
    who.may(Action::KeepTaxonomy)?;
    let kept = store::official::mapping(&mut app.db.read().await?).await?;
    let csv = format!(
        "{}{}",
        domain::csv::MARK,
        kept.as_deref().unwrap_or(SHIPPED).trim_start_matches(domain::csv::MARK)
    );
    Ok((as_file("zoufang-official-mapping.csv"), csv))
}

/// Takes a mapping in; what is wrong with it is said by line and column, and nothing is changed then.
#[utoipa::path(put, path = "/api/v1/official/mapping.csv", request_body = MappingTable, responses(
    (status = 200, body = MappingTaken),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn take(
    State(app): State<App>,
    who: Who,
    Json(table): Json<MappingTable>,
) -> Result<Answer<MappingTaken>, Error> {
    who.may(Action::KeepTaxonomy)?;
    let at = app.now();
    let mut db = app.db.write().await?;
    let scheme = taxonomy::in_use(&app, &mut db).await?;
    if let Err(faults) = Mapping::read(&table.csv, |it| scheme.get(it).is_some()) {
        return Ok(Answer(MappingTaken { faults }));
    }
    store::official::add_mapping(&mut db, &table.csv, who.0.id, at).await?;
    store::audit::note(&mut db, at, Some(who.0.id), "take_mapping", "official_mapping", "").await?;
    db.commit().await?;
    Ok(Answer(MappingTaken::default()))
}

/// The mapping that counts. What it names was there when it was taken in.
async fn mapping_in_use(db: &mut Connection) -> Result<Mapping, Error> {
    match store::official::mapping(db).await? {
        Some(csv) => Mapping::read(&csv, |_| true).map_err(|_| Error::Damaged("mapping")),
        None => Ok(Mapping::shipped()),
    }
}

#[derive(Deserialize, IntoParams)]
struct Wanted {
    /// yyyy-MM; this month when absent.
    month: Option<String>,
}

/// The table of a month, as CSV: this month and since the year began.
#[utoipa::path(get, path = "/api/v1/official.csv", params(Wanted), responses(
    (status = 200, content_type = "text/csv", body = String),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 422, body = Problem, description = "`month` is none"),
))]
async fn table(
    State(app): State<App>,
    who: Who,
    Query(wanted): Query<Wanted>,
) -> Result<impl IntoResponse, Error> {
    who.may(Action::Export)?;
    let at = app.now();
    let month = wanted.month.unwrap_or_else(|| day::of(at)[..7].to_owned());
    if !domain::day::is_day(&format!("{month}-01")) {
        return Err(Error::invalid("month"));
    }
    let mut db = app.db.write().await?;
    let scheme: std::sync::Arc<Scheme> = taxonomy::in_use(&app, &mut db).await?;
    let mapping = mapping_in_use(&mut db).await?;
    let (first, last) = (format!("{}-01-01", &month[..4]), format!("{month}-31"));
    let established = store::official::established(&mut db, &first, &last).await?;
    store::audit::note(&mut db, at, Some(who.0.id), "export", "export official", &month).await?;
    db.commit().await?;
    let csv = monthly(&mapping, &month, &established, |it| scheme.successor(it).to_owned());
    Ok((as_file(&format!("zoufang-official-{month}.csv")), csv))
}

fn as_file(name: &str) -> [(header::HeaderName, String); 2] {
    [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ]
}
