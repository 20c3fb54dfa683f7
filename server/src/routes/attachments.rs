//! Bytes of attachments out. A voice tells who spoke: hearing it takes a reason and leaves a record.

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
    auth::Who,
    error::Error,
    extract::{Path, Query},
    store,
};

/// What a player fetches within this time of a hearing's beginning belongs to it, in milliseconds: 4 hours.
const HEARING_MS: i64 = 4 * 60 * 60 * 1_000;

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(download))
}

#[derive(Deserialize, IntoParams)]
struct Why {
    /// Needed for a voice that someone else recorded.
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
    (status = 422, body = Problem, description = "a voice takes a reason"),
))]
async fn download(
    State(app): State<App>,
    who: Who,
    request_headers: HeaderMap,
    Path(id): Path<Uuid>,
    Query(why): Query<Why>,
) -> Result<Response, Error> {
    // Whoever may read neither is told nothing of what there is.
    let reaches = (who.may(Action::PlayVoice), who.may(Action::ReadVisits));
    if let (Err(_), Err(cause)) = reaches {
        return Err(cause);
    }
    let found = store::attachments::get(&mut app.db.read().await?, RecordId(id)).await?;
    let found = found.filter(|it| it.stored).ok_or(Code::NotFound)?;
    let voice = found.kind == "voice";
    let reach = if voice { reaches.0? } else { reaches.1? };
    let own = found.author == who.0.id;
    if (reach.own && !own) || reach.unit.is_some_and(|it| it != found.unit) {
        return Err(Code::NotFound.into());
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
    if voice && !own {
        note_listening(&app, &who, id, why.reason.trim(), part.as_ref()).await?;
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

/// Puts hearing a voice on record, once a hearing: what follows its beginning belongs to it.
async fn note_listening(
    app: &App,
    who: &Who,
    id: Uuid,
    reason: &str,
    part: Option<&Range<u64>>,
) -> Result<(), Error> {
    if reason.is_empty() {
        return Err(Error::invalid("reason"));
    }
    let goes_on = part.is_some_and(|it| it.start > 0);
    let (now, object) = (app.now(), format!("attachment {id}"));
    if goes_on {
        let since = now - HEARING_MS;
        let mut db = app.db.read().await?;
        if store::audit::is_noted(&mut db, who.0.id, "play_voice", &object, since).await? {
            return Ok(());
        }
    }
    let mut db = app.db.write().await?;
    store::audit::note(&mut db, now, Some(who.0.id), "play_voice", &object, reason).await?;
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
