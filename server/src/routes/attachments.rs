//! Bytes of attachments out. A voice tells who spoke, a photo who wrote, and a file as it came may tell where it was made:
//! opening one takes a reason and leaves a record.

use std::ops::Range;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    attachment::{Content, Handling},
    id::RecordId,
    problem::{Code, Problem},
    role::Action,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::{Reach, Who},
    blobs, content,
    error::Error,
    extract::{Path, Query},
    looks, picture,
    store::{self, Connection, attachments::Listed},
};

/// What a player fetches within this time of an opening belongs to it, in milliseconds: 4 hours.
const OPENING_MS: i64 = 4 * 60 * 60 * 1_000;

/// The media type of what is only kept: no program opens it by itself.
const KEPT: &str = "application/octet-stream";

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(download))
}

#[derive(Deserialize, IntoParams)]
struct Why {
    /// Needed for what someone else recorded.
    #[serde(default)]
    reason: String,
}

/// The bytes of one attachment. A picture is drawn anew. A voice is handed out as it came, and so is, as bytes to keep,
/// whatever cannot be drawn or is not of its declared kind; of these the range that is asked for, because players seek.
#[utoipa::path(get, path = "/api/v1/attachments/{id}", params(Why,
    ("range" = Option<String>, Header, description = "bytes=FROM-TO; one range"),
), responses(
    (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
    (status = 206, content_type = "application/octet-stream", body = Vec<u8>, description = "the range"),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found, or its bytes are not here yet"),
    (status = 416, description = "the range begins behind the end"),
    (status = 422, body = Problem, description = "opening it takes a reason"),
    (status = 429, body = Problem, description = "slow_down: `reveals`, so many as are for one person and day"),
))]
async fn download(
    State(app): State<App>,
    who: Who,
    request_headers: HeaderMap,
    Path(id): Path<Uuid>,
    Query(why): Query<Why>,
) -> Result<Response, Error> {
    let reach = who.may(Action::OpenAttachment)?;
    let found = listed(&mut app.db.read().await?, RecordId(id), reach).await?;
    let is_own = found.author == who.0.id;
    let content = match found.content {
        Some(content) => content,
        None => content::look_at(&app, found.sha256, found.bytes_n).await?,
    };
    let handling = content.handling(found.kind, &found.media_type);
    if handling == Handling::Drawn {
        if !is_own {
            note_opening(&app, &who, reach, "see_photo", id, &why.reason, None).await?;
        }
        if let Some(drawn) = picture::draw(&app, found.sha256, found.bytes_n, content).await? {
            return answer(id, drawn.content, drawn.media_type, Body::from(drawn.bytes));
        }
    }
    let wanted = request_headers.get(header::RANGE).and_then(|it| it.to_str().ok());
    let part = match wanted.map_or(Wanted::Whole, |it| range_of(it, found.bytes_n)) {
        Wanted::Whole => None,
        Wanted::Part(part) => Some(part),
        Wanted::Nothing => {
            let size = [(header::CONTENT_RANGE, format!("bytes */{}", found.bytes_n))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, size).into_response());
        }
    };
    if !is_own {
        let act = if handling == Handling::Played { "play_voice" } else { "open_original" };
        note_opening(&app, &who, reach, act, id, &why.reason, part.as_ref()).await?;
    }
    as_it_came(&app, id, &found, content, part).await
}

/// The attachment, if its bytes are here and within reach.
async fn listed(db: &mut Connection, id: RecordId, reach: Reach) -> Result<Listed, Error> {
    let found = store::attachments::get(db, id, reach.unit, reach.author).await?;
    found.filter(|it| it.stored && !it.erased).ok_or_else(|| Code::NotFound.into())
}

/// The bytes that came, or a range of them.
async fn as_it_came(
    app: &App,
    id: Uuid,
    found: &Listed,
    content: Content,
    part: Option<Range<u64>>,
) -> Result<Response, Error> {
    let range = part.clone().unwrap_or(0..found.bytes_n);
    let whole = blobs::read(app, found.sha256, Some(range.clone())).await?;
    let media_type = match content.handling(found.kind, &found.media_type) {
        Handling::Played => content.media_type(),
        Handling::Drawn | Handling::Kept | Handling::Odd => KEPT,
    };
    let mut response = answer(id, content, media_type, Body::from_stream(whole.pieces))?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if part.is_some() {
        let of_all = format!("bytes {}-{}/{}", range.start, range.end - 1, found.bytes_n);
        let of_all = HeaderValue::from_str(&of_all).map_err(|_| Error::Damaged("range"))?;
        headers.insert(header::CONTENT_RANGE, of_all);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// Bytes on their way out: to be saved, never a page of ours, whatever a browser makes of them.
fn answer(id: Uuid, content: Content, media_type: &'static str, body: Body) -> Result<Response, Error> {
    let name = format!("attachment; filename*=UTF-8''zoufang-{id}.{}", content.as_str());
    let name = HeaderValue::from_str(&name).map_err(|_| Error::Damaged("name"))?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_DISPOSITION, name);
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    Ok(response)
}

/// Puts opening an attachment on record, once an opening: what a player fetches behind its beginning belongs to it.
async fn note_opening(
    app: &App,
    who: &Who,
    reach: Reach,
    act: &str,
    id: Uuid,
    reason: &str,
    part: Option<&Range<u64>>,
) -> Result<(), Error> {
    let reason = looks::reason(reason)?;
    let mut db = app.db.write().await?;
    // It may have been erased, or gone out of reach, since it was looked up.
    listed(&mut db, RecordId(id), reach).await?;
    let object = format!("attachment {id}");
    let goes_on = part.is_some_and(|it| it.start > 0);
    if goes_on && store::audit::is_noted(&mut db, who.0.id, act, &object, app.now() - OPENING_MS).await? {
        return Ok(());
    }
    looks::note(app, &mut db, who, act, &object, reason).await?;
    Ok(db.commit().await?)
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// No range, or one of a kind that is passed over, as RFC 9110 allows.
    Whole,
    Part(Range<u64>),
    /// It begins behind the end.
    Nothing,
}

fn range_of(text: &str, length: u64) -> Wanted {
    let Some((from, to)) = text.strip_prefix("bytes=").and_then(|it| it.trim().split_once('-')) else {
        return Wanted::Whole;
    };
    let (from, to): (Option<u64>, Option<u64>) = match (from, to) {
        ("", to) => (to.parse().ok().map(|it| length.saturating_sub(it)), length.checked_sub(1)),
        (from, "") => (from.parse().ok(), length.checked_sub(1)),
        (from, to) => (from.parse().ok(), to.parse().ok()),
    };
    match (from, to) {
        (Some(from), Some(_)) if from >= length => Wanted::Nothing,
        (Some(from), Some(to)) if from <= to => Wanted::Part(from..to.saturating_add(1).min(length)),
        _ => Wanted::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_players_write_them() {
        assert_eq!(range_of("bytes=0-1", 10), Wanted::Part(0..2));
        assert_eq!(range_of("bytes=4-", 10), Wanted::Part(4..10));
        assert_eq!(range_of("bytes=-3", 10), Wanted::Part(7..10));
        assert_eq!(range_of("bytes=8-99", 10), Wanted::Part(8..10));
        assert_eq!(range_of("bytes=10-", 10), Wanted::Nothing);
        for passed_over in ["bytes=5-4", "bytes=0-1,3-4", "lines=1-2", "bytes=x-y", "bytes=-"] {
            assert_eq!(range_of(passed_over, 10), Wanted::Whole, "{passed_over}");
        }
    }
}
