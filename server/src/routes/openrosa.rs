//! The addresses of the door for ODK Collect, as OpenRosa names them (docs.getodk.org/openrosa): the list of forms, forms with
//! their files, and records in. None of them takes a session.

use axum::{
    Router,
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, Path, Query, Request, State, multipart::MultipartError,
    },
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware,
    response::{AppendHeaders, IntoResponse, Response},
    routing::{get, post},
};
use domain::{envelope::Hash, questionnaire::xform::escape};
use serde::Deserialize;

use crate::{
    App, auth,
    openrosa::{self, AtDoor, Refusal, SUBMISSION_BYTES_MAX, Sent, SentFile, Standing},
    serving::Line,
    store,
};

/// The part of a request that is the record.
const RECORD: &str = "xml_submission_file";
/// The part that says that more requests follow.
const INCOMPLETE: &str = "*isIncomplete*";
/// Largest request that clients make; beyond it they split.
const ACCEPT_LENGTH: HeaderName = HeaderName::from_static("x-openrosa-accept-content-length");
/// Where a client is told to send records.
const SUBMISSION: &str = "/openrosa/submission";

/// The addresses of this file.
pub fn router() -> Router<App> {
    Router::new()
        .route("/openrosa/formList", get(form_list))
        .route("/openrosa/forms/{hash}", get(form))
        .route("/openrosa/forms/{hash}/manifest", get(manifest))
        .route("/openrosa/forms/{hash}/files/{name}", get(file))
        .route(SUBMISSION, post(submit).head(may_submit))
        .layer(DefaultBodyLimit::max(SUBMISSION_BYTES_MAX))
        .layer(middleware::map_response(name_version))
}

/// Every answer says that OpenRosa is spoken here, and how much may come at once.
async fn name_version(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(openrosa::VERSION.0, openrosa::VERSION.1);
    headers.insert(ACCEPT_LENGTH, HeaderValue::from(SUBMISSION_BYTES_MAX));
    response
}

#[derive(Deserialize)]
struct ListQuery {
    /// Only the form of this id.
    #[serde(rename = "formID")]
    form_id: Option<String>,
}

/// What visitors may ask, the latest version of each; what cannot be asked by Collect is left out.
async fn form_list(
    State(app): State<App>,
    _: AtDoor,
    headers: HeaderMap,
    line: Line,
    query: Result<Query<ListQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Refusal> {
    let wanted = query.map_err(|_| Refusal::Malformed)?.0.form_id;
    let offered = store::questionnaires::offered(&mut app.db.read().await?).await?;
    let origin = auth::origin(&headers, line);
    let mut list =
        String::from("<?xml version=\"1.0\"?>\n<xforms xmlns=\"http://openrosa.org/xforms/xformsList\">");
    for it in offered.iter().filter(|it| wanted.as_ref().is_none_or(|wanted| *wanted == it.id)) {
        let Some(standing) = app.door.standing(&app, it.version).await? else { continue };
        let Ok(xform) = &standing.xform else { continue };
        let url = format!("{origin}/openrosa/forms/{}", it.version);
        let fields = [
            ("formID", standing.form.as_str()),
            ("name", &standing.title),
            ("version", &standing.label),
            ("hash", &xform.md5),
            ("downloadUrl", &url),
        ];
        let fields: String = fields.iter().map(|it| field(it.0, it.1)).collect();
        let has_files = !standing.files.is_empty() || !standing.media.is_empty();
        let manifest = has_files.then(|| field("manifestUrl", &format!("{url}/manifest")));
        list += &format!("<xform>{fields}{}</xform>", manifest.unwrap_or_default());
    }
    Ok(openrosa::document(list + "</xforms>\n"))
}

fn field(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// A version as it stands at the door.
async fn standing(app: &App, hash: &str) -> Result<std::sync::Arc<Standing>, Refusal> {
    let hash: Hash = hash.parse().map_err(|_| Refusal::NotFound)?;
    app.door.standing(app, hash).await?.ok_or(Refusal::NotFound)
}

/// The XForm of a version; of one that was published, not the latest alone.
async fn form(State(app): State<App>, _: AtDoor, Path(hash): Path<String>) -> Result<Response, Refusal> {
    let standing = standing(&app, &hash).await?;
    let xform = standing.xform.as_ref().map_err(|_| Refusal::NotFound)?;
    Ok(openrosa::document(xform.bytes.clone()))
}

/// The files that a version reads.
async fn manifest(
    State(app): State<App>,
    _: AtDoor,
    headers: HeaderMap,
    line: Line,
    Path(hash): Path<String>,
) -> Result<Response, Refusal> {
    let standing = standing(&app, &hash).await?;
    let url = format!("{}/openrosa/forms/{hash}/files", auth::origin(&headers, line));
    let files = standing.files.iter().map(|(name, it)| (name, &it.md5));
    let media = standing.media.iter().map(|(name, it)| (name, &it.md5));
    let files = files.chain(media).map(|(name, md5)| {
        let place = field("downloadUrl", &format!("{url}/{}", encoded(name)));
        format!("<mediaFile>{}{}{place}</mediaFile>", field("filename", name), field("hash", md5))
    });
    let files: String = files.collect();
    Ok(openrosa::document(format!(
        "<?xml version=\"1.0\"?>\n<manifest xmlns=\"http://openrosa.org/xforms/xformsManifest\">{files}</manifest>\n"
    )))
}

/// A name as a part of an address (RFC 3986).
fn encoded(name: &str) -> String {
    let one = |it: u8| {
        if it.is_ascii_alphanumeric() || b"-._~".contains(&it) {
            char::from(it).to_string()
        } else {
            format!("%{it:02X}")
        }
    };
    name.bytes().map(one).collect()
}

/// A file that a version reads.
async fn file(
    State(app): State<App>,
    _: AtDoor,
    Path((hash, name)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let standing = standing(&app, &hash).await?;
    if let Some(it) = standing.media.get(&name) {
        let found = store::questionnaire_media::get(&mut app.db.read().await?, it.sha256).await?;
        let (_, bytes) = found.ok_or(Refusal::NotFound)?;
        return Ok(([(header::CONTENT_TYPE, it.media_type.as_str())], bytes).into_response());
    }
    let file = standing.files.get(&name).ok_or(Refusal::NotFound)?;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], file.bytes.clone()).into_response())
}

/// Whether whoever asks may send records; clients ask before they do, so that no large body is sent in vain.
async fn may_submit(_: AtDoor, headers: HeaderMap, line: Line) -> impl IntoResponse {
    let place = format!("{}{SUBMISSION}", auth::origin(&headers, line));
    (StatusCode::NO_CONTENT, AppendHeaders([(header::LOCATION, place)]))
}

/// Takes a record, or a part of one.
async fn submit(
    State(app): State<App>,
    AtDoor(who, unit): AtDoor,
    headers: HeaderMap,
    line: Line,
    request: Request,
) -> Result<Response, Refusal> {
    let _turn = app
        .door
        .reading
        .acquire()
        .await
        .map_err(|_| crate::error::Error::from(domain::problem::Code::Busy))?;
    let parts = Multipart::from_request(request, &app).await.map_err(|_| Refusal::NotMultipart)?;
    let (sent, more_follows) = read_parts(parts).await?;
    openrosa::take_in(&app, &who, &unit, sent).await?;
    let place = format!("{}{SUBMISSION}", auth::origin(&headers, line));
    let location = AppendHeaders([(header::LOCATION, place)]);
    Ok((location, openrosa::accepted(more_follows)).into_response())
}

/// What a request brings, and whether it says that more follows.
async fn read_parts(mut parts: Multipart) -> Result<(Sent, bool), Refusal> {
    let (mut sent, mut more_follows) = (Sent::default(), false);
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        match name.as_str() {
            RECORD if !sent.xml.is_empty() => return Err(Refusal::NoRecord),
            RECORD => sent.xml = part.bytes().await.map_err(broken)?,
            INCOMPLETE => more_follows = part.bytes().await.map_err(broken)? == "yes",
            _ => {
                let name = part.file_name().map_or(name, str::to_owned);
                sent.files.push(SentFile { name, bytes: part.bytes().await.map_err(broken)? });
            }
        }
    }
    if sent.xml.is_empty() { Err(Refusal::NoRecord) } else { Ok((sent, more_follows)) }
}

fn broken(cause: MultipartError) -> Refusal {
    if cause.status() == StatusCode::PAYLOAD_TOO_LARGE { Refusal::TooLarge } else { Refusal::Malformed }
}
