//! Requests to the server, JSON in and out.

use std::cell::Cell;

use domain::{
    id::AccountId,
    outbox::retry_after_ms,
    problem::{Code, Problem},
};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Request, RequestCredentials, RequestInit, Response};

use crate::{clock, prelude::window};

/// Longest wait for a whole answer, in milliseconds: a batch of records over a slow village line.
const WAIT_MS_MAX: i32 = 60_000;
/// On every answer of our server's API; its absence gives a captive portal away.
const OURS: &str = "zoufang";
/// On every request that changes something; another site's form cannot send it.
const FROM_APP: &str = "x-zoufang";

/// On every request of a phone: whose phone it is. A session of someone else, signed in at the same device
/// in the meantime, then counts as none.
const ACCOUNT: &str = "x-zoufang-account";

thread_local! {
    static ACTING_FOR: Cell<Option<AccountId>> = const { Cell::new(None) };
    static ASKED_TO_WAIT: Cell<Option<u64>> = const { Cell::new(None) };
    static CLOCK_OFF: Cell<Option<i64>> = const { Cell::new(None) };
    static HEARS: Cell<Option<fn(bool)>> = const { Cell::new(None) };
}

/// How long the server asked to wait since this was asked last, in milliseconds.
pub fn asked_to_wait() -> Option<u64> {
    ASKED_TO_WAIT.take()
}

/// By how many milliseconds this device's clock is ahead of the server's, as of its last answer.
pub fn clock_off_ms() -> Option<i64> {
    CLOCK_OFF.get()
}

/// From now on `hear` is told after every answer of the server whether someone is signed in.
pub fn tell_whether_signed_in(hear: fn(bool)) {
    HEARS.set(Some(hear));
}

fn tell(signed_in: bool) {
    if let Some(hear) = HEARS.get() {
        hear(signed_in);
    }
}

/// From now on this window asks for `account`, or for whoever is signed in.
pub fn act_for(account: Option<AccountId>) {
    ACTING_FOR.set(account);
}

/// Why there is no answer to work with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// No answer, or none in time. Whether the request arrived is unknown.
    Offline,
    /// Someone else answered: a captive portal, a proxy.
    NotOurs,
    /// The server's own word.
    Problem(Problem),
}

impl ApiError {
    /// The server's code, if it was the server that answered.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            Self::Offline | Self::NotOurs => None,
        }
    }
}

/// Asks for `path`.
///
/// # Errors
///
/// [`ApiError`], to put into words.
pub async fn get<T: DeserializeOwned>(path: &str) -> Result<T, ApiError> {
    ask("GET", path, None, None).await
}

/// Sends `body`; an answer without content reads as `()`.
///
/// # Errors
///
/// [`ApiError`], to put into words.
pub async fn post<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, ApiError> {
    ask("POST", path, Some(json(body)), None).await
}

/// Sends `body`, which is JSON, with one more header.
///
/// # Errors
///
/// [`ApiError`], to put into words.
pub async fn post_text<T: DeserializeOwned>(
    path: &str,
    body: String,
    header: Option<(&str, &str)>,
) -> Result<T, ApiError> {
    ask("POST", path, Some(body), header).await
}

/// Puts `body` in the place of what is there.
///
/// # Errors
///
/// [`ApiError`], to put into words.
pub async fn put<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, ApiError> {
    ask("PUT", path, Some(json(body)), None).await
}

/// Changes what `body` names.
///
/// # Errors
///
/// [`ApiError`], to put into words.
pub async fn patch<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, ApiError> {
    ask("PATCH", path, Some(json(body)), None).await
}

/// Ends what is at `path`.
///
/// # Errors
///
/// [`ApiError`], to put into words.
pub async fn delete<T: DeserializeOwned>(path: &str) -> Result<T, ApiError> {
    ask("DELETE", path, None, None).await
}

/// At a desk, what needs a confirmation asks for it and then goes on by itself.
#[cfg(feature = "desk")]
async fn ask<T: DeserializeOwned>(
    method: &str,
    path: &str,
    body: Option<String>,
    header: Option<(&str, &str)>,
) -> Result<T, ApiError> {
    match ask_once(method, path, body.clone(), header).await {
        Err(ApiError::Problem(problem))
            if problem.code == Code::ConfirmFirst
                && path != "/api/v1/session"
                && crate::confirming::confirm(problem.field.as_deref().unwrap_or_default()).await =>
        {
            ask_once(method, path, body, header).await
        }
        answer => answer,
    }
}

#[cfg(not(feature = "desk"))]
use ask_once as ask;

async fn ask_once<T: DeserializeOwned>(
    method: &str,
    path: &str,
    body: Option<String>,
    header: Option<(&str, &str)>,
) -> Result<T, ApiError> {
    let json = body.as_ref().map(|_| ("content-type", "application/json"));
    let headers: Vec<(&str, &str)> = json.into_iter().chain(header).collect();
    let response = send(method, path, &headers, body.map(JsValue::from)).await?;
    let text = text(&response).await?;
    let text = if text.is_empty() { "null" } else { &text };
    crate::json::read(text.as_bytes()).map_err(|_| ApiError::NotOurs)
}

/// Sends bytes or text with headers of one's own; answers a response that is a success and ours.
///
/// # Errors
///
/// [`ApiError::Offline`] leaves open whether the request arrived: send it again.
pub async fn send(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<JsValue>,
) -> Result<Response, ApiError> {
    let response = fetch(method, path, headers, body).await.map_err(|_| ApiError::Offline)?;
    if !response.headers().has(OURS).unwrap_or(false) {
        return Err(ApiError::NotOurs);
    }
    let now = clock::now();
    if let Some(date) = header(&response, "date").and_then(|it| date(&it)) {
        CLOCK_OFF.set(Some(now - date));
    }
    if response.ok() {
        tell(true);
        return Ok(response);
    }
    if let Some(asked) = header(&response, "retry-after") {
        ASKED_TO_WAIT.set(retry_after_ms(&asked, date(&asked), now));
    }
    let text = text(&response).await?;
    let problem = problem(&text);
    tell(problem.code != Code::SignedOut);
    Err(ApiError::Problem(problem))
}

/// The bytes at `path`.
///
/// # Errors
///
/// [`ApiError`], to put into words.
#[cfg(feature = "desk")]
pub async fn bytes(path: &str) -> Result<Vec<u8>, ApiError> {
    let response = send("GET", path, &[], None).await?;
    let buffer = response.array_buffer().map_err(|_| ApiError::Offline)?;
    let buffer = JsFuture::from(buffer).await.map_err(|_| ApiError::Offline)?;
    Ok(js_sys::Uint8Array::new(&buffer).to_vec())
}

/// What the server says is wrong. A newer one may have codes that this version of the app does not know.
#[cfg(feature = "desk")]
fn problem(text: &str) -> Problem {
    crate::json::read(text.as_bytes()).unwrap_or_else(|_| Problem::new(Code::Internal))
}

/// The same, as far as a phone has words for it: reading all of it would be a hundredth of what it loads.
#[cfg(not(feature = "desk"))]
fn problem(text: &str) -> Problem {
    let mut tree: serde_json::Value = serde_json::from_slice(text.as_bytes()).unwrap_or_default();
    let said = |name: &str| tree[name].as_str().map(str::to_owned);
    let (field, reference) = (said("field"), said("reference"));
    let code = crate::json::of_tree(tree["code"].take()).unwrap_or(Code::Internal);
    let (kind, title) = (String::new(), String::new());
    Problem { kind, title, status: 0, code, field, item: None, limit: None, reference, current: None }
}

/// A header of an answer.
pub fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).ok().flatten()
}

/// A date of HTTP, in milliseconds since 1970.
fn date(text: &str) -> Option<i64> {
    let at = js_sys::Date::parse(text);
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^53")]
    let at = at.is_finite().then_some(at as i64);
    at
}

async fn fetch(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<JsValue>,
) -> Result<Response, JsValue> {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_credentials(RequestCredentials::SameOrigin);
    // Older browsers have no AbortSignal.timeout.
    let controller = AbortController::new()?;
    init.set_signal(Some(&controller.signal()));
    let too_long = Closure::once_into_js(move || controller.abort());
    window().set_timeout_with_callback_and_timeout_and_arguments_0(too_long.unchecked_ref(), WAIT_MS_MAX)?;
    if let Some(body) = body {
        init.set_body(&body);
    }
    let request = Request::new_with_str_and_init(path, &init)?;
    if method != "GET" {
        request.headers().set(FROM_APP, "1")?;
    }
    if let Some(account) = ACTING_FOR.get() {
        request.headers().set(ACCOUNT, &account.to_string())?;
    }
    for (name, value) in headers {
        request.headers().set(name, value)?;
    }
    JsFuture::from(window().fetch_with_request(&request)).await?.dyn_into()
}

/// The body as text; a connection that breaks off midway counts as no answer.
async fn text(response: &Response) -> Result<String, ApiError> {
    let text = response.text().map_err(|_| ApiError::Offline)?;
    let text = JsFuture::from(text).await.map_err(|_| ApiError::Offline)?;
    text.as_string().ok_or(ApiError::NotOurs)
}

/// A body as JSON.
pub fn json(body: &impl Serialize) -> String {
    String::from_utf8_lossy(&domain::envelope::to_json(body)).into_owned()
}
