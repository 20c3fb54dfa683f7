//! What routes take from a request, with our problems for what does not fit.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
};
use domain::problem::{Code, Problem};
use serde::de::DeserializeOwned;

use crate::error::Error;

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let is_json = request
            .headers()
            .get("content-type")
            .and_then(|it| it.to_str().ok())
            .is_some_and(|it| it.split(';').next().is_some_and(|it| it.trim() == "application/json"));
        if !is_json {
            return Err(Code::UnsupportedMedia.into());
        }
        let Raw(bytes) = Raw::<{ crate::BODY_BYTES_MAX }>::from_request(request, state).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|cause| malformed(&cause))
    }
}

/// A body as it is, at most `MAX` bytes: the address sets the limit itself, this names it.
pub struct Raw<const MAX: usize>(pub Bytes);

impl<const MAX: usize, S: Send + Sync> FromRequest<S> for Raw<MAX> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        if request.headers().contains_key("content-encoding") {
            return Err(Code::UnsupportedMedia.into());
        }
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Self(bytes)),
            Err(cause) if cause.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Error::too_large(MAX)),
            // The line broke, or nothing came for too long: nobody may be there to read the answer.
            Err(_) => Err(Code::Malformed.into()),
        }
    }
}

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
