//! What routes take from a request, with our problems for what does not fit.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, request::Parts},
};
use domain::problem::{Code, Problem};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        check_json(request.headers())?;
        let Raw(bytes) = Raw::<{ crate::BODY_BYTES_MAX }>::from_request(request, state).await?;
        Self::of(&bytes)
    }
}

impl<T: DeserializeOwned> Json<T> {
    /// Reads a body that is here.
    ///
    /// # Errors
    ///
    /// `malformed`.
    pub fn of(bytes: &[u8]) -> Result<Self, Error> {
        if is_too_deep(bytes) {
            return Err(Code::Malformed.into());
        }
        serde_json::from_slice(bytes).map(Self).map_err(|cause| malformed(&cause))
    }
}

/// Whether a body is said to be JSON.
///
/// # Errors
///
/// `unsupported_media` when it is not.
pub fn check_json(headers: &HeaderMap) -> Result<(), Error> {
    let media = headers.get("content-type").and_then(|it| it.to_str().ok());
    let is_json = media.and_then(|it| it.split(';').next()).is_some_and(|it| it.trim() == "application/json");
    if is_json { Ok(()) } else { Err(Code::UnsupportedMedia.into()) }
}

/// Deepest nesting of a body; the deepest that is used here has 6 levels.
const DEPTH_MAX: usize = 16;

/// Whether JSON nests deeper than [`DEPTH_MAX`]; brackets within texts do not count. Most of a body is texts: these are
/// passed over at once.
fn is_too_deep(json: &[u8]) -> bool {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'"' => at += text_length(&json[at..]),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_MAX {
            return true;
        }
    }
    false
}

/// The length of the text that begins here, its closing mark included.
fn text_length(json: &[u8]) -> usize {
    let mut at = 0;
    while let Some(n) = memchr::memchr2(b'"', b'\\', json.get(at..).unwrap_or_default()) {
        at += n + 1;
        if json[at - 1] == b'"' {
            return at;
        }
        // What is behind a backslash ends no text.
        at += 1;
    }
    json.len()
}

/// A body as it is, at most `MAX` bytes.
pub struct Raw<const MAX: usize>(pub Bytes);

impl<const MAX: usize, S: Send + Sync> FromRequest<S> for Raw<MAX> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        match Arriving::<MAX>::from_request(request, state).await?.read().await? {
            Came::Whole(bytes) => Ok(Self(bytes)),
            Came::Begun(_) => Err(Code::Malformed.into()),
        }
    }
}

/// A body that is read when it is wanted, at most `MAX` bytes: what came before the line broke counts too.
pub struct Arriving<const MAX: usize>(Body, Option<usize>);

/// What came of a body.
pub enum Came {
    Whole(Bytes),
    /// The line broke, or nothing came for too long: nobody may be there to read the answer.
    Begun(Bytes),
}

impl<const MAX: usize, S: Send + Sync> FromRequest<S> for Arriving<MAX> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let length = request.headers().get("content-length");
        let length = length.and_then(|it| it.to_str().ok()).and_then(|it| it.parse().ok());
        Ok(Self(request.into_body(), length))
    }
}

impl<const MAX: usize> Arriving<MAX> {
    /// Reads it to its end, or to where it broke off.
    ///
    /// # Errors
    ///
    /// `too_large`.
    pub async fn read(self) -> Result<Came, Error> {
        let Self(body, length) = self;
        let (mut kept, mut passed_over) = (Vec::new(), 0);
        let mut body = body.into_data_stream();
        let mut broke = false;
        while let Some(piece) = body.next().await {
            let Ok(piece) = piece else {
                broke = true;
                break;
            };
            if passed_over == 0 && kept.len() + piece.len() <= MAX {
                kept.extend_from_slice(&piece);
                continue;
            }
            passed_over += piece.len();
            if passed_over > PASSED_OVER_MAX {
                break;
            }
        }
        if passed_over > 0 {
            return Err(Error::too_large(MAX));
        }
        let whole = !broke && length.is_none_or(|it| it == kept.len());
        let kept = kept.into();
        Ok(if whole { Came::Whole(kept) } else { Came::Begun(kept) })
    }
}

/// What is too much is read on so far and thrown away, in bytes: whoever is still sending reads no answer.
const PASSED_OVER_MAX: usize = 32 * 1024 * 1024;

/// Names the place, never the content, which may be personal.
fn malformed(cause: &serde_json::Error) -> Error {
    let place = format!("line {} column {}", cause.line(), cause.column());
    Error::Problem(Box::new(Problem { field: Some(place), ..Problem::new(Code::Malformed) }))
}

/// The query string as a struct.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        axum::extract::Query::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Query(it)| Self(it))
            .map_err(|_| Code::Malformed.into())
    }
}

/// The parts of the path; what is no id is no such thing.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(it)| Self(it))
            .map_err(|_| Code::NotFound.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_and_not_those_in_texts() {
        assert!(!is_too_deep(("[".repeat(16) + &"]".repeat(16)).as_bytes()));
        assert!(is_too_deep("{\"a\":".repeat(17).as_bytes()));
        assert!(!is_too_deep(format!("[\"{}\\\"{}\"]", "[".repeat(50), "{".repeat(50)).as_bytes()));
        assert!(is_too_deep(format!("[\"\\\\\"{}", "[".repeat(16)).as_bytes()));
        assert!(is_too_deep(format!("\"\",{}", "[".repeat(17)).as_bytes()));
        for unfinished in ["\"", "\"\\", "[\"a\\"] {
            assert!(!is_too_deep(unfinished.as_bytes()));
        }
    }
}
