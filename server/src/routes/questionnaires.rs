//! Questionnaires: offered to visitors, kept and published by the office, answers out.

use axum::{
    Json as Answer,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    csv::Guard,
    envelope::Hash,
    problem::{Code, Problem},
    publishing::{
        KeptQuestionnaire, OfferedQuestionnaire, Offering, Publication, ShownQuestionnaire, StandingDraft,
        TakenForm,
    },
    questionnaire::{
        Questionnaire,
        layout::{Several, Wording},
        printed::{PrintedQuestionnaire, printed},
        shown,
        version::{self, Version},
    },
    role::Action,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::Who,
    error::Error,
    export_answers::{self, Files, NoBook, Style},
    extract::{Json, Path, Query, Raw},
    lists::LIST_BYTES_MAX,
    looks,
    questionnaires::{Draft, faults, read_versions},
    store::{self, questionnaires::NewVersion},
    workbook,
};

/// What never changes is kept for a year, by phones only.
pub(super) const FOR_EVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    let forms = OpenApiRouter::new().routes(routes!(take_form)).layer(DefaultBodyLimit::max(LIST_BYTES_MAX));
    OpenApiRouter::new()
        .routes(routes!(offered))
        .routes(routes!(kept))
        .routes(routes!(version_by_hash))
        .routes(routes!(show))
        .routes(routes!(publish))
        .routes(routes!(offer))
        .routes(routes!(download))
        .routes(routes!(print))
        .routes(routes!(export))
        .merge(forms)
}

/// What visitors may ask: the latest version of each questionnaire that is published and open.
#[utoipa::path(get, path = "/api/v1/questionnaires", responses(
    (status = 200, body = Vec<OfferedQuestionnaire>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn offered(State(app): State<App>, who: Who) -> Result<Answer<Vec<OfferedQuestionnaire>>, Error> {
    who.may(Action::Record)?;
    Ok(Answer(store::questionnaires::offered(&mut app.db.read().await?).await?))
}

/// What the office keeps, published or not, closed or not.
#[utoipa::path(get, path = "/api/v1/questionnaires/kept", responses(
    (status = 200, body = Vec<KeptQuestionnaire>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn kept(State(app): State<App>, who: Who) -> Result<Answer<Vec<KeptQuestionnaire>>, Error> {
    who.may(Action::KeepQuestionnaires)?;
    Ok(Answer(store::questionnaires::kept(&mut app.db.read().await?, None).await?))
}

/// A published version, old ones too: canonical JSON of its sheets and files, whose SHA-256 is its name. It never changes.
#[utoipa::path(get, path = "/api/v1/questionnaires/{id}",
    params(("id" = String, Path, description = "the SHA-256 of the version, 64 hexadecimal digits")), responses(
    (status = 200, content_type = "application/json", body = String),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn version_by_hash(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    who.may(Action::Record)?;
    let hash: Hash = id.parse().map_err(|_| Code::NotFound)?;
    let content = store::questionnaires::content(&mut app.db.read().await?, hash).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, FOR_EVER),
    ];
    Ok((headers, content.ok_or(Code::NotFound)?).into_response())
}

#[derive(Deserialize, IntoParams)]
struct FormQuery {
    /// What the form is called when its settings do not say: the name of the file.
    #[serde(default)]
    name: String,
    /// A form that comes with the program, instead of a file: `firm`, `household`, `retired_cadre`, `library`.
    ready: Option<String>,
    /// The draft that it takes the place of, as `stands` named it.
    upon: Option<String>,
}

/// Takes a form in (XLSForm as .xlsx, .xls or CSV), to be looked at and published; with an error in it nothing is kept, and
/// the answer says where and what to write instead. Where something stands unpublished under its id, that is answered and
/// nothing is kept, unless `upon` names it.
#[utoipa::path(post, path = "/api/v1/questionnaires/drafts", params(FormQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 200, body = TakenForm),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 413, body = Problem, description = "too_large: bytes or rows"),
    (status = 415, body = Problem, description = "unsupported_media: no workbook and no CSV"),
    (status = 422, body = Problem, description = "invalid: a `sheet` is there twice, or no such `ready` form"),
))]
async fn take_form(
    State(app): State<App>,
    who: Who,
    Query(query): Query<FormQuery>,
    Raw(body): Raw<LIST_BYTES_MAX>,
) -> Result<Answer<TakenForm>, Error> {
    who.may(Action::KeepQuestionnaires)?;
    let name = match query.name.trim() {
        "" => "form".to_owned(),
        name => name.chars().take(domain::answers::FORM_ID_CHARS_MAX).collect(),
    };
    // Reading a workbook takes a processor for seconds: no other request waits for it.
    let (ready, upon) = (query.ready, query.upon.unwrap_or_default());
    let read = tokio::task::spawn_blocking(move || match &ready {
        Some(ready) => Draft::of_ready(ready).ok_or_else(|| Error::invalid("ready")),
        None => Draft::of_file(&body, &name),
    });
    let mut draft = read.await.map_err(|_| Code::UnsupportedMedia)??;
    let named = draft.outcome.questionnaire.as_ref().map(|it| (it.id.clone(), it.title.clone()));
    let mut stands = None;
    if let Some((id, title)) = named {
        let mut db = app.db.write().await?;
        stands = standing(&mut db, &id).await?.filter(|it| it.draft.to_string() != upon);
        if stands.is_none() {
            draft = with_media_of_before(&mut db, draft, &id).await?;
            keep_draft(&app, &mut db, &who, (&id, &title), &draft).await?;
            db.commit().await?;
        }
    }
    Ok(Answer(TakenForm { stands, ..draft.taken() }))
}

/// What stands unpublished.
async fn standing(db: &mut store::Connection, id: &str) -> Result<Option<StandingDraft>, Error> {
    let Some(draft) = store::questionnaires::standing(db, id).await? else { return Ok(None) };
    let by = match draft.by {
        Some(by) => store::accounts::get(db, by).await?.map(|it| it.account.name),
        None => None,
    };
    Ok(Some(StandingDraft {
        draft: Hash::of(draft.json.as_bytes()),
        title: draft.title,
        at: draft.at,
        by: by.unwrap_or_default(),
    }))
}

/// With the files for labels that are there under this id already.
async fn with_media_of_before(db: &mut store::Connection, draft: Draft, id: &str) -> Result<Draft, Error> {
    let before = match store::questionnaires::draft(db, id).await? {
        Some(draft) => Some(draft),
        None => store::questionnaires::versions(db, id).await?.pop().map(|it| it.1),
    };
    let Some(before) = before else { return Ok(draft) };
    let before: Version =
        serde_json::from_str(&before).map_err(|_| Error::Damaged("draft of a questionnaire"))?;
    Ok(draft.with_media_of(before.media, id))
}

/// Keeps what was taken in, on record.
pub(super) async fn keep_draft(
    app: &App,
    db: &mut store::Connection,
    who: &Who,
    (id, title): (&str, &str),
    draft: &Draft,
) -> Result<(), Error> {
    let json = draft.source.to_json();
    store::questionnaires::keep_draft(db, id, title, &json, app.now(), who.0.id).await?;
    note(app, db, who, "take_questionnaire", id).await
}

/// Puts an act on a questionnaire on record.
pub(super) async fn note(
    app: &App,
    db: &mut store::Connection,
    who: &Who,
    act: &'static str,
    id: &str,
) -> Result<(), Error> {
    let object = format!("questionnaire {id}");
    Ok(store::audit::note(db, app.now(), Some(who.0.id), act, &object, "").await?)
}

/// A questionnaire to be looked at: what is not published yet and what publishing it does to the columns that are there,
/// else the latest version.
#[utoipa::path(get, path = "/api/v1/questionnaires/{id}/questions",
    params(("id" = String, Path, description = "the form's id")), responses(
    (status = 200, body = ShownQuestionnaire),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Answer<ShownQuestionnaire>, Error> {
    who.may(Action::KeepQuestionnaires)?;
    let mut db = app.db.read().await?;
    let kept = store::questionnaires::kept(&mut db, Some(&id)).await?.pop().ok_or(Code::NotFound)?;
    let versions = store::questionnaires::versions(&mut db, &id).await?;
    let draft = store::questionnaires::draft(&mut db, &id).await?;
    drop(db);
    let shown = tokio::task::spawn_blocking(move || shown_of(kept, &versions, draft.as_deref()));
    Ok(Answer(shown.await.map_err(|_| Error::Damaged("questionnaire"))??))
}

fn shown_of(
    kept: KeptQuestionnaire,
    versions: &[(Hash, String)],
    draft: Option<&str>,
) -> Result<ShownQuestionnaire, Error> {
    let before = read_versions(versions)?;
    let drafted = draft.map(|it| Draft::of_json(it, &kept.id)).transpose()?;
    let form = drafted.as_ref().and_then(|it| it.outcome.questionnaire.as_ref()).or(before.last());
    Ok(ShownQuestionnaire {
        draft: draft.map(|it| Hash::of(it.as_bytes())),
        languages: form.map(|it| it.languages.clone()).unwrap_or_default(),
        faults: drafted.as_ref().map(|it| faults(&it.outcome.findings)).unwrap_or_default(),
        lines: form.map(shown::questions).unwrap_or_default(),
        media: form.map(Questionnaire::named_media).unwrap_or_default(),
        changes: drafted.as_ref().map(|it| it.changes(&before)).unwrap_or_default(),
        kept,
    })
}

/// Publishes what waits to be: a version that never changes. What came before it was known here is looked at then.
#[utoipa::path(post, path = "/api/v1/questionnaires/{id}/versions",
    params(("id" = String, Path, description = "the form's id")), request_body = Publication, responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found: nothing of it waits to be published"),
    (status = 409, body = Problem, description = "conflict: it is another by now; or taken: this very version is published"),
    (status = 422, body = Problem, description = "invalid"),
))]
async fn publish(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Json(publication): Json<Publication>,
) -> Result<StatusCode, Error> {
    who.may(Action::KeepQuestionnaires)?;
    let json = store::questionnaires::draft(&mut app.db.read().await?, &id).await?.ok_or(Code::NotFound)?;
    let is_seen = |json: &str| Hash::of(json.as_bytes()).to_string() == publication.draft;
    if !is_seen(&json) {
        return Err(Code::Conflict.into());
    }
    let of_form = id.clone();
    let read = tokio::task::spawn_blocking(move || {
        let draft = Draft::of_json(&json, &of_form)?;
        let version = draft.version()?.ok_or_else(|| Error::invalid("draft"))?;
        Ok::<_, Error>((draft.taken().title, version))
    });
    let (title, (hash, content)) = read.await.map_err(|_| Error::Damaged("questionnaire"))??;
    let mut db = app.db.write().await?;
    let still = store::questionnaires::draft(&mut db, &id).await?;
    if !still.is_some_and(|it| is_seen(&it)) {
        return Err(Code::Conflict.into());
    }
    if store::questionnaires::content(&mut db, hash).await?.is_some() {
        return Err(Error::taken("version"));
    }
    let new = NewVersion {
        questionnaire: &id,
        title: &title,
        respondent_kinds: &publication.respondent_kinds,
        hash,
        content: &content,
        by: who.0.id,
        at: app.now(),
    };
    store::questionnaires::publish(&mut db, &new).await?;
    store::answers::look_again(&mut db, hash).await?;
    note(&app, &mut db, &who, "publish_questionnaire", &id).await?;
    db.commit().await?;
    app.arrived.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

/// Closes a questionnaire, or offers it again. Drafts that phones hold still arrive.
#[utoipa::path(put, path = "/api/v1/questionnaires/{id}/offering",
    params(("id" = String, Path, description = "the form's id")), request_body = Offering, responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 422, body = Problem, description = "invalid"),
))]
async fn offer(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Json(offering): Json<Offering>,
) -> Result<StatusCode, Error> {
    who.may(Action::KeepQuestionnaires)?;
    let mut db = app.db.write().await?;
    let closed_at = offering.closed.then(|| app.now());
    if !store::questionnaires::offer(&mut db, &id, closed_at).await? {
        return Err(Code::NotFound.into());
    }
    let act = if offering.closed { "close_questionnaire" } else { "reopen_questionnaire" };
    note(&app, &mut db, &who, act, &id).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What waits to be published, else the latest version, as a workbook (.xlsx) that is read as the same form.
#[utoipa::path(get, path = "/api/v1/questionnaires/{id}/workbook",
    params(("id" = String, Path, description = "the form's id")), responses(
    (status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 413, body = Problem, description = "too_large: a text that no cell has room for"),
))]
async fn download(State(app): State<App>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    who.may(Action::KeepQuestionnaires)?;
    let mut db = app.db.read().await?;
    let draft = store::questionnaires::draft(&mut db, &id).await?;
    let latest = store::questionnaires::versions(&mut db, &id).await?.pop();
    drop(db);
    let name = file_name(&id);
    let made = tokio::task::spawn_blocking(move || {
        // As it is written, with the columns that only people read, and with errors where there are any.
        let written = draft.or(latest.map(|(_, content)| content)).ok_or(Code::NotFound)?;
        let sheets = Draft::of_json(&written, &id)?.source.sheets;
        workbook::xlsx(&sheets).map_err(|_| Error::too_large(domain::csv::CELL_UNITS_MAX))
    });
    let book = made.await.map_err(|_| Error::Damaged("questionnaire"))??;
    attached(Body::from(book), XLSX, &format!("{name}.xlsx"))
}

/// What waits to be published, else the latest version, as it stands on paper.
#[utoipa::path(get, path = "/api/v1/questionnaires/{id}/print",
    params(("id" = String, Path, description = "the form's id")), responses(
    (status = 200, body = PrintedQuestionnaire),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 422, body = Problem, description = "`draft`: it has errors in it yet"),
))]
async fn print(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Answer<PrintedQuestionnaire>, Error> {
    who.may(Action::KeepQuestionnaires)?;
    let mut db = app.db.read().await?;
    let draft = store::questionnaires::draft(&mut db, &id).await?;
    let versions = store::questionnaires::versions(&mut db, &id).await?;
    drop(db);
    let made = tokio::task::spawn_blocking(move || {
        let latest = versions.last();
        let form = match (&draft, latest) {
            // A draft may have errors in it yet.
            (Some(draft), _) => {
                Draft::of_json(draft, &id)?.outcome.questionnaire.ok_or(Error::invalid("draft"))?
            }
            (None, Some((_, content))) => version::read(content).ok_or(Error::Damaged("questionnaire"))?,
            (None, None) => return Err(Code::NotFound.into()),
        };
        // What is not published cannot be begun by a code.
        let published = latest.filter(|_| draft.is_none()).map(|it| it.0);
        let number = published.map(|_| u32::try_from(versions.len()).unwrap_or(u32::MAX));
        let lines = printed(&form);
        Ok::<_, Error>(PrintedQuestionnaire {
            id: form.id,
            title: form.title,
            number,
            version: published,
            lines,
        })
    });
    Ok(Answer(made.await.map_err(|_| Error::Damaged("questionnaire"))??))
}

/// An id as part of a file's name.
fn file_name(id: &str) -> String {
    id.chars().map(|it| if it.is_ascii_alphanumeric() || "-_.".contains(it) { it } else { '_' }).collect()
}

fn attached(body: Body, media_type: &'static str, name: &str) -> Result<Response, Error> {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.insert(header::CONTENT_DISPOSITION, name.map_err(|_| Error::Damaged("file name"))?);
    Ok(response)
}

#[derive(Deserialize, IntoParams)]
struct ExportQuery {
    /// `zip` of CSV, or `xlsx`, a workbook of as many sheets.
    #[serde(default)]
    #[param(inline)]
    format: FormatWord,
    /// How several choices are written: `joined` in one column, `split` in a column each with 1 or 0, or `both`.
    #[serde(default)]
    #[param(inline)]
    several: SeveralWord,
    /// Labels in headers and for choices, rather than names.
    #[serde(default)]
    labels: bool,
    /// The language of labels.
    #[serde(default)]
    language: String,
    /// Photos, recordings and files that were answers lie in the ZIP too, in `media/`, called as the columns call them. It takes a
    /// `reason`: a voice or a hand tells who it was.
    #[serde(default)]
    media: bool,
    /// Why they are wanted.
    #[serde(default)]
    reason: String,
    /// Leave the groups out of the headers.
    #[serde(default)]
    no_prefixes: bool,
    /// Leave the mark at the front out.
    #[serde(default)]
    no_mark: bool,
    /// Exactly as it is, unguarded, for another program.
    #[serde(default)]
    raw: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum FormatWord {
    #[default]
    Zip,
    Xlsx,
}

#[derive(Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum SeveralWord {
    Joined,
    Split,
    #[default]
    Both,
}

/// All answers to a questionnaire as a ZIP of CSV or as a workbook: a table for the form and one for each repeat, joined by keys,
/// all versions merged, and the codebook; with `media` the files that were answers beside them.
#[utoipa::path(get, path = "/api/v1/questionnaires/{id}/export",
    params(ExportQuery, ("id" = String, Path, description = "the form's id")), responses(
    (status = 200, content_type = "application/zip", body = Vec<u8>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found: never published"),
    (status = 413, body = Problem, description = "too_large: more than a workbook has room for; a ZIP has"),
    (status = 422, body = Problem, description = "invalid: `media` of a workbook, or without a `reason`"),
    (status = 429, body = Problem, description = "slow_down: with `media`, so many openings as one person has a day"),
))]
async fn export(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Error> {
    who.may(Action::Export)?;
    if query.media {
        // All of them at once is for whoever may open each.
        let reach = who.may(Action::OpenAttachment)?;
        if reach.unit.is_some() || reach.author.is_some() {
            return Err(Code::Forbidden.into());
        }
        if query.format == FormatWord::Xlsx {
            return Err(Error::invalid("media"));
        }
        looks::reason(&query.reason)?;
    }
    // Whatever was acknowledged before is in it.
    app.reading.caught_up(&app.db).await;
    let versions = store::questionnaires::versions(&mut app.db.read().await?, &id).await?;
    if versions.is_empty() {
        return Err(Code::NotFound.into());
    }
    let mut db = app.db.write().await?;
    note(&app, &mut db, &who, "export", &id).await?;
    if query.media {
        let (object, reason) = (format!("questionnaire {id}"), query.reason.trim());
        looks::note(&app, &mut db, &who, "export_media", &object, reason).await?;
    }
    db.commit().await?;
    let style = Style {
        several: match query.several {
            SeveralWord::Joined => Several::Joined,
            SeveralWord::Split => Several::Split,
            SeveralWord::Both => Several::Both,
        },
        wording: Wording { prefixes: !query.no_prefixes, labels: query.labels, language: query.language },
        mark: !query.no_mark,
        guard: if query.raw { Guard::Raw } else { Guard::Spreadsheet },
        files: if query.media { Files::Beside } else { Files::Named },
    };
    let name = format!("zoufang-{}-{}", file_name(&id), crate::day::of(app.now()));
    if query.format == FormatWord::Xlsx {
        let runtime = tokio::runtime::Handle::current();
        let made = move || export_answers::workbook(&app, &id, &versions, &style, &runtime);
        let book = tokio::task::spawn_blocking(made).await.map_err(|_| Error::Damaged("questionnaire"))?;
        let book = book.map_err(|cause| match cause {
            NoBook::NoRoom => Error::too_large(domain::csv::CELL_UNITS_MAX),
            NoBook::Io(cause) => {
                tracing::error!(%cause, "answers could not be handed out");
                Error::Damaged("questionnaire")
            }
        })?;
        return attached(Body::from(book), XLSX, &format!("{name}.xlsx"));
    }
    let pieces = export_answers::begin(app, id, versions, style);
    let stream =
        futures_util::stream::unfold(pieces, async |mut pieces| Some((pieces.recv().await?, pieces)));
    attached(Body::from_stream(stream), "application/zip", &format!("{name}.zip"))
}
