//! Bytes of attachments out. A voice tells who spoke, a photo who wrote: opening one takes a reason and leaves a record.

use std::ops::Range;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
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
    error::Error,
    extract::{Path, Query},
    looks,
    store::{self, Connection, attachments::Listed},
};

/// What a player fetches within this time of an opening belongs to it, in milliseconds: 4 hours.
const OPENING_MS: i64 = 4 * 60 * 60 * 1_000;

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

/// The bytes of one attachment, or the range of them that is asked for: players seek.
#[utoipa::path(get, path = "/api/v1/attachments/{id}", params(Why,
    ("range" = Option<String>, Header, description = "bytes=FROM-TO; one range"),
), responses(
    (status = 200, content_type = "application/octet-stream"),
    (status = 206, content_type = "application/octet-stream", description = "the range"),
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
    let wanted = request_headers.get(header::RANGE).and_then(|it| it.to_str().ok());
    let part = match wanted.map_or(Wanted::Whole, |it| range_of(it, found.bytes_n)) {
        Wanted::Whole => None,
        Wanted::Part(part) => Some(part),
        Wanted::Nothing => {
            let size = [(header::CONTENT_RANGE, format!("bytes */{}", found.bytes_n))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, size).into_response());
        }
    };
    if found.author != who.0.id {
        note_opening(&app, &who, RecordId(id), &why.reason, part.as_ref()).await?;
    }
    let (status, part) = match part {
        Some(part) => (StatusCode::PARTIAL_CONTENT, part),
        None => (StatusCode::OK, 0..found.bytes_n),
    };
    let whole = app.blobs.read(found.sha256, Some(part.clone())).await?;
    let mut response = (status, Body::from_stream(whole.pieces)).into_response();
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_str(&found.media_type).map_err(|_| Error::Damaged("media type"))?;
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(part.end - part.start));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{}", part.start, part.end - 1, found.bytes_n);
        let range = HeaderValue::from_str(&range).map_err(|_| Error::Damaged("range"))?;
        headers.insert(header::CONTENT_RANGE, range);
    }
    Ok(response)
}

/// The attachment, if its bytes are here and within reach.
async fn listed(db: &mut Connection, id: RecordId, reach: Reach) -> Result<Listed, Error> {
    let found = store::attachments::get(db, id, reach.unit, reach.author).await?;
    found.filter(|it| it.stored && !it.erased).ok_or_else(|| Code::NotFound.into())
}

/// Puts opening an attachment on record, once an opening: what a player fetches behind its beginning belongs to it.
async fn note_opening(
    app: &App,
    who: &Who,
    id: RecordId,
    reason: &str,
    part: Option<&Range<u64>>,
) -> Result<(), Error> {
    let reach = who.may(Action::OpenAttachment)?;
    let reason = looks::reason(reason)?;
    let mut db = app.db.write().await?;
    let act = if listed(&mut db, id, reach).await?.kind == "voice" { "play_voice" } else { "see_photo" };
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
