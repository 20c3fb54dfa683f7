//! What routes take from a request, with our problems for what does not fit.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
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
        if !is_json || request.headers().contains_key("content-encoding") {
            return Err(Code::UnsupportedMedia.into());
        }
        let bytes = axum::body::Bytes::from_request(request, state).await.map_err(|cause| {
            if axum::response::IntoResponse::into_response(cause).status().as_u16() == 413 {
                Error::too_large(crate::BODY_BYTES_MAX)
            } else {
                Code::Malformed.into()
            }
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|cause| malformed(&cause))
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
