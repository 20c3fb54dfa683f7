//! CSV out, streamed.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{
    csv::Guard,
    day::is_day,
    problem::{Code, Problem},
    role::Action,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::Who,
    error::Error,
    export::{self, Style, What},
    extract::{Path, Query},
    store::{self, export::Days},
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(download))
}

#[derive(Deserialize, IntoParams)]
struct Wanted {
    /// yyyy-MM-dd, inclusive.
    #[serde(default)]
    from: String,
    /// yyyy-MM-dd, inclusive.
    #[serde(default)]
    to: String,
    /// Machine names in the header.
    #[serde(default)]
    machine_names: bool,
    /// Leave the mark at the front out.
    #[serde(default)]
    no_mark: bool,
    /// Exactly as it is, unguarded, for another program.
    #[serde(default)]
    raw: bool,
    /// Visits only: with names, telephones and addresses; needs `reason`.
    #[serde(default)]
    identities: bool,
    #[serde(default)]
    reason: String,
}

/// Visits or statements as CSV, without identities unless asked for by right and with a reason.
#[utoipa::path(get, path = "/api/v1/export/{file}", params(Wanted, ("file" = String, Path, description = "visits.csv, statements.csv, issues.csv")),
    responses(
    (status = 200, content_type = "text/csv", body = String),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden, or confirm_first: with identities"),
    (status = 404, body = Problem, description = "not_found: another file, or no campaign yet"),
    (status = 422, body = Problem, description = "a day or the reason is missing or wrong"),
))]
async fn download(
    State(app): State<App>,
    who: Who,
    Path(file): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Error> {
    let action = if wanted.identities { Action::ExportIdentity } else { Action::Export };
    who.may(action)?;
    if wanted.identities {
        who.confirmed(&app)?;
    }
    let what = file.strip_suffix(".csv").and_then(|it| serde_json::from_value(it.into()).ok());
    let what: What = what.ok_or(Code::NotFound)?;
    if wanted.identities && !what.has_identities() {
        return Err(Error::invalid("identities"));
    }
    for (name, day) in [("from", &wanted.from), ("to", &wanted.to)] {
        if !day.is_empty() && !is_day(day) {
            return Err(Error::invalid(name));
        }
    }
    let reason = wanted.reason.trim();
    if wanted.identities && reason.is_empty() {
        return Err(Error::invalid("reason"));
    }
    let days = days(&app, wanted.from, wanted.to).await?;
    let object = export::object(what, wanted.identities);
    let mut db = app.db.write().await?;
    store::audit::note(&mut db, app.now(), Some(who.0.id), "export", &object, reason).await?;
    db.commit().await?;
    let style = Style {
        machine_names: wanted.machine_names,
        mark: !wanted.no_mark,
        guard: if wanted.raw { Guard::Raw } else { Guard::Spreadsheet },
        identities: wanted.identities,
    };
    let name =
        format!("attachment; filename=\"zoufang-{}-{}.csv\"", what.as_str(), crate::day::of(app.now()));
    let pieces = export::begin(app, what, days, style);
    let stream =
        futures_util::stream::unfold(pieces, async |mut pieces| Some((pieces.recv().await?, pieces)));
    let mut response = Body::from_stream(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_str(&name).map_err(|_| Error::Damaged("file name"))?,
    );
    Ok(response)
}

/// The campaign under way between two days; an empty one is open.
///
/// # Errors
///
/// `not_found` before a campaign is set up.
pub async fn days(app: &App, from: String, to: String) -> Result<Days, Error> {
    // Whatever was acknowledged before is in it.
    app.reading.caught_up(&app.db).await;
    let campaign = store::campaigns::current(&mut app.db.read().await?).await?.ok_or(Code::NotFound)?;
    let to = if to.is_empty() { "9999-12-31".to_owned() } else { to };
    Ok(Days { campaign: campaign.id, from, to })
}
