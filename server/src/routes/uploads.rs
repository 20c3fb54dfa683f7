//! Bytes of attachments in, by tus 1.0 with creation, creation-with-upload, checksum, termination and expiration.
//!
//! The attachment's id names the upload and its SHA-256 the whole: creating it again answers the same
//! address, and it is done only when the whole has its hash.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware,
    response::{AppendHeaders, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;
use domain::{
    attachment::VOICE_BYTES_MAX,
    envelope::Hash,
    id::RecordId,
    problem::{Code, Problem},
};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    device::Uploader,
    error::Error,
    extract::{Arriving, Came, Path, Raw},
    store::{self, uploads::Upload},
    uploading::{self, PART_BYTES_MAX, STALE_MS},
};

const TUS: (&str, &str) = ("tus-resumable", "1.0.0");
const VERSIONS: (&str, &str) = ("tus-version", "1.0.0");
const PART: &str = "application/offset+octet-stream";

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, abilities))
        .routes(routes!(reached, part, end, stand_in, abilities_of_one))
        .layer(DefaultBodyLimit::max(PART_BYTES_MAX))
        .layer(middleware::map_response(name_version))
}

/// Every answer names the version that is spoken, also what is refused; who speaks another learns which.
async fn name_version(mut response: Response) -> Response {
    let refused = response.status() == StatusCode::PRECONDITION_FAILED;
    let headers = response.headers_mut();
    headers.insert(TUS.0, HeaderValue::from_static(TUS.1));
    if refused {
        headers.insert(VERSIONS.0, HeaderValue::from_static(VERSIONS.1));
    }
    response
}

/// What of tus is spoken here.
#[utoipa::path(options, path = "/api/v1/uploads", responses((status = 204)))]
async fn abilities() -> impl IntoResponse {
    let headers = AppendHeaders([
        VERSIONS,
        ("tus-extension", "creation,creation-with-upload,checksum,termination,expiration"),
        ("tus-checksum-algorithm", "sha1,sha256"),
    ]);
    (StatusCode::NO_CONTENT, headers, [("tus-max-size", VOICE_BYTES_MAX.to_string())])
}

/// The same, asked at an upload.
#[utoipa::path(options, path = "/api/v1/uploads/{id}", responses((status = 204)))]
async fn abilities_of_one() -> impl IntoResponse {
    abilities().await
}

/// Every tus request names its version.
fn check_version(headers: &HeaderMap) -> Result<(), Error> {
    if headers.get(TUS.0).is_some_and(|it| it == TUS.1) { Ok(()) } else { Err(Code::WrongTusVersion.into()) }
}

fn number(headers: &HeaderMap, name: &str) -> Result<u64, Error> {
    let value = headers.get(name).and_then(|it| it.to_str().ok()).and_then(|it| it.parse().ok());
    value.ok_or_else(|| Error::invalid(name))
}

/// A value of `Upload-Metadata`: `id BASE64,sha256 BASE64`.
pub fn metadata(headers: &HeaderMap, key: &str) -> Option<String> {
    let all = headers.get("upload-metadata")?.to_str().ok()?;
    let value = all.split(',').find_map(|it| it.trim().strip_prefix(key)?.strip_prefix(' '))?;
    String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()
}

/// Begins an upload, or finds the one that was begun. A body is its first part, unless that is here.
#[utoipa::path(post, path = "/api/v1/uploads", params(
    ("upload-length" = u64, Header, description = "bytes of the whole"),
    ("upload-metadata" = String, Header, description = "id and sha256 of the attachment, each in base64"),
    ("upload-checksum" = Option<String>, Header, description = "sha1 or sha256 of the first part and its base64"),
), request_body(content = Option<Vec<u8>>, content_type = "application/offset+octet-stream"), responses(
    (status = 201, description = "Location is where the parts go, Upload-Offset how much is durable"),
    (status = 400, body = Problem, description = "malformed: a checksum of another algorithm"),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 409, body = Problem, description = "conflict: begun with another hash or by another account"),
    (status = 412, body = Problem, description = "wrong_tus_version"),
    (status = 413, body = Problem, description = "too_large"),
    (status = 415, body = Problem, description = "unsupported_media"),
    (status = 422, body = Problem, description = "a header is missing or wrong"),
    (status = 460, body = Problem, description = "wrong_checksum: of the part or of the whole"),
    (status = 507, body = Problem, description = "disk_full"),
))]
async fn create(
    State(app): State<App>,
    who: Uploader,
    headers: HeaderMap,
    Raw(bytes): Raw<PART_BYTES_MAX>,
) -> Result<Response, Error> {
    check_version(&headers)?;
    let length = number(&headers, "upload-length")?;
    if length > VOICE_BYTES_MAX {
        return Err(Error::too_large(usize::try_from(VOICE_BYTES_MAX).unwrap_or(usize::MAX)));
    }
    let id: Option<RecordId> = metadata(&headers, "id").and_then(|it| it.parse().ok());
    let sha256: Option<Hash> = metadata(&headers, "sha256").and_then(|it| it.parse().ok());
    let (Some(id), Some(sha256), 1..) = (id, sha256, length) else {
        return Err(Error::invalid("upload-metadata"));
    };
    if !bytes.is_empty() {
        check_part(&headers, &bytes)?;
    }
    app.check_room()?;
    let upload = Upload {
        id,
        account: who.0,
        length,
        sha256: sha256.0,
        reached: 0,
        done: false,
        created_at: app.now(),
    };
    uploading::begin(&app, &upload).await?;
    let (found, reached) = settled(&app, &who, id.0).await?;
    let reached = if bytes.is_empty() || reached > 0 { reached } else { take(app, &found, 0, bytes).await? };
    let location = [(header::LOCATION, format!("/api/v1/uploads/{id}"))];
    Ok((StatusCode::CREATED, location, how_far(&found, reached)).into_response())
}

/// The upload of an id, if it is this person's.
async fn own(app: &App, who: &Uploader, id: Uuid) -> Result<Upload, Error> {
    let found = store::uploads::get(&mut app.db.read().await?, RecordId(id)).await?;
    found.filter(|it| it.account == who.0).ok_or_else(|| Code::NotFound.into())
}

/// This person's upload and how much of it is here, once what a line that just broke has brought is kept; finished if
/// its last part is here: its whole length means that it is done.
async fn settled(app: &App, who: &Uploader, id: Uuid) -> Result<(Upload, u64), Error> {
    drop(app.turns.wait(RecordId(id)).await);
    let upload = own(app, who, id).await?;
    if upload.done || upload.reached < upload.length {
        return Ok((upload, upload.reached));
    }
    let app = app.clone();
    let finished = uploading::to_the_end(async move { uploading::finish(&app, upload.id).await });
    match finished.await {
        // The whole did not have its hash: everything is to come again.
        Err(cause) if cause.code() == Code::WrongChecksum => Ok((upload, 0)),
        reached => Ok((upload, reached?)),
    }
}

/// Takes a part to its end, whatever becomes of the request.
async fn take(app: App, upload: &Upload, starts: u64, bytes: Bytes) -> Result<u64, Error> {
    let id = upload.id;
    uploading::to_the_end(async move { uploading::take_part(&app, id, starts, bytes).await }).await
}

/// How far an upload is; and, while bytes are missing, when it is forgotten without them, as HTTP writes a time.
fn how_far(upload: &Upload, reached: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("upload-offset", HeaderValue::from(reached));
    let expires = DateTime::from_timestamp_millis(upload.created_at.saturating_add(STALE_MS));
    let expires = expires.map(|it| it.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    if let Some(Ok(expires)) = expires.map(HeaderValue::try_from)
        && reached < upload.length
    {
        headers.insert("upload-expires", expires);
    }
    headers
}

/// What was announced of an upload.
fn announced(upload: &Upload) -> [(&'static str, String); 2] {
    let (id, sha256) = (upload.id.to_string(), Hash(upload.sha256).to_string());
    let metadata = format!("id {},sha256 {}", STANDARD.encode(id), STANDARD.encode(sha256));
    [("upload-length", upload.length.to_string()), ("upload-metadata", metadata)]
}

/// How much is here.
#[utoipa::path(head, path = "/api/v1/uploads/{id}", responses(
    (status = 200, description = "Upload-Offset says how many bytes are durable; all of them: verified, and done"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 412, body = Problem, description = "wrong_tus_version"),
))]
async fn reached(
    State(app): State<App>,
    who: Uploader,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Response, Error> {
    check_version(&headers)?;
    let (upload, reached) = settled(&app, &who, id).await?;
    Ok((announced(&upload), how_far(&upload, reached)).into_response())
}

/// Takes the next part.
#[utoipa::path(patch, path = "/api/v1/uploads/{id}", params(
    ("upload-offset" = u64, Header, description = "where the part begins"),
    ("upload-checksum" = Option<String>, Header, description = "sha1 or sha256 and its base64"),
), request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"), responses(
    (status = 204, description = "durable; Upload-Offset says how far"),
    (status = 400, body = Problem, description = "malformed: a checksum of another algorithm"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "wrong_offset"),
    (status = 412, body = Problem, description = "wrong_tus_version"),
    (status = 413, body = Problem, description = "too_large: the part, or beyond the announced length"),
    (status = 415, body = Problem, description = "unsupported_media"),
    (status = 460, body = Problem, description = "wrong_checksum: of the part or of the whole"),
    (status = 507, body = Problem, description = "disk_full"),
))]
async fn part(
    State(app): State<App>,
    who: Uploader,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
    body: Arriving<PART_BYTES_MAX>,
) -> Result<Response, Error> {
    check_version(&headers)?;
    let upload = own(&app, &who, id).await?;
    let starts = number(&headers, "upload-offset")?;
    let id = upload.id;
    // The request goes when its line breaks; what came of it by then is kept all the same: over a bad line no part
    // of a good size ever arrives whole. Its checksum is of the whole part; the upload's own is looked at in the end.
    let reached = uploading::to_the_end(async move {
        match body.read().await? {
            Came::Whole(bytes) => {
                check_part(&headers, &bytes)?;
                uploading::take_part(&app, id, starts, bytes).await
            }
            Came::Begun(bytes) => {
                check_media(&headers)?;
                uploading::take_part(&app, id, starts, bytes).await?;
                Err(Code::Malformed.into())
            }
        }
    });
    let reached = reached.await?;
    Ok((StatusCode::NO_CONTENT, how_far(&upload, reached)).into_response())
}

/// Whether a body is said to be a part.
fn check_media(headers: &HeaderMap) -> Result<(), Error> {
    let is_part = headers.get(header::CONTENT_TYPE) == Some(&HeaderValue::from_static(PART));
    if is_part { Ok(()) } else { Err(Code::UnsupportedMedia.into()) }
}

/// Whether bytes are a part, and have the checksum that is given.
fn check_part(headers: &HeaderMap, bytes: &[u8]) -> Result<(), Error> {
    check_media(headers)?;
    let Some(given) = headers.get("upload-checksum") else { return Ok(()) };
    let given = given.to_str().ok().and_then(|it| it.split_once(' '));
    let (given, ours) = match given {
        Some(("sha1", given)) => (given, Sha1::digest(bytes).to_vec()),
        Some(("sha256", given)) => (given, Sha256::digest(bytes).to_vec()),
        _ => return Err(Code::Malformed.into()),
    };
    let same = STANDARD.decode(given.trim()).is_ok_and(|it| it == ours);
    if same { Ok(()) } else { Err(Code::WrongChecksum.into()) }
}

/// Does as another method, for networks that let only GET and POST through.
#[utoipa::path(post, path = "/api/v1/uploads/{id}", params(
    ("x-http-method-override" = String, Header, description = "HEAD, PATCH or DELETE, with the headers of that one"),
), request_body(content = Option<Vec<u8>>, content_type = "application/offset+octet-stream"), responses(
    (status = 200, description = "as HEAD"),
    (status = 204, description = "as PATCH or DELETE"),
    (status = 400, body = Problem, description = "malformed: a checksum of another algorithm"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 405, body = Problem, description = "method_not_allowed: none is named"),
    (status = 409, body = Problem, description = "wrong_offset"),
    (status = 412, body = Problem, description = "wrong_tus_version"),
    (status = 413, body = Problem, description = "too_large: the part, or beyond the announced length"),
    (status = 415, body = Problem, description = "unsupported_media"),
    (status = 422, body = Problem, description = "a header is missing or wrong"),
    (status = 460, body = Problem, description = "wrong_checksum: of the part or of the whole"),
    (status = 507, body = Problem, description = "disk_full"),
))]
async fn stand_in(
    app: State<App>,
    who: Uploader,
    headers: HeaderMap,
    path: Path<Uuid>,
    bytes: Arriving<PART_BYTES_MAX>,
) -> Result<Response, Error> {
    match headers.get("x-http-method-override").and_then(|it| it.to_str().ok()) {
        Some("HEAD") => reached(app, who, headers, path).await,
        Some("PATCH") => part(app, who, headers, path, bytes).await,
        Some("DELETE") => end(app, who, headers, path).await,
        Some(_) | None => Err(Code::MethodNotAllowed.into()),
    }
}

/// Ends an upload that is not done.
#[utoipa::path(delete, path = "/api/v1/uploads/{id}", responses(
    (status = 204),
    (status = 404, body = Problem, description = "not_found"),
    (status = 412, body = Problem, description = "wrong_tus_version"),
))]
async fn end(
    State(app): State<App>,
    who: Uploader,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Response, Error> {
    check_version(&headers)?;
    let upload = own(&app, &who, id).await?;
    uploading::to_the_end(async move { uploading::remove(&app, upload.id).await }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
