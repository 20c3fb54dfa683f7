//! The built site: the app's files.

use std::borrow::Cow;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::{Embed, EmbeddedFile};

/// Names that carry a hash of their content never change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Asked for again each time; the answer is mostly 304.
const ASK_AGAIN: &str = "no-cache";

#[derive(Embed)]
#[folder = "../target/site"]
struct Site;

/// The site's addresses: everything outside `/api`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().fallback(serve)
}

async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let asked = uri.path().trim_start_matches('/');
    // The app has its own addresses, none of them with a dot.
    let path = if asked.rsplit('/').next().is_some_and(|it| it.contains('.')) { asked } else { "index.html" };
    match Site::get(path) {
        Some(file) => answer(path, &file, &headers),
        None if path == "index.html" => {
            (StatusCode::NOT_FOUND, "the site has not been built: cargo run -p bundle\n").into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(path: &str, file: &EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..12]));
    if asked.get(header::IF_NONE_MATCH).is_some_and(|it| it.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    let compressed = if takes_brotli(asked) { Site::get(&format!("{path}.br")) } else { None };
    let encoding = compressed.as_ref().map(|_| (header::CONTENT_ENCODING, HeaderValue::from_static("br")));
    let data = match compressed {
        Some(compressed) => compressed.data,
        None => file.data.clone(),
    };
    let body = match data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let head = [
        (header::CONTENT_TYPE, content_type(path)),
        (header::CACHE_CONTROL, if is_hashed(path) { FOR_EVER } else { ASK_AGAIN }),
        (header::VARY, "accept-encoding"),
    ];
    let mut response = (head, [(header::ETAG, tag)], body).into_response();
    response.headers_mut().extend(encoding);
    response
}

fn takes_brotli(asked: &HeaderMap) -> bool {
    let accepted = asked.get(header::ACCEPT_ENCODING).and_then(|it| it.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|it| it.split(';').next().is_some_and(|name| name.trim() == "br"))
}

/// Whether a name carries its content's hash: `app.0123456789abcdef.js`.
fn is_hashed(path: &str) -> bool {
    path.split('.').nth(1).is_some_and(|it| it.len() == 16 && it.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(is_hashed("app.0123456789abcdef.wasm"));
        assert!(!is_hashed("index.html"));
        assert!(!is_hashed("sw.js"));
        assert!(!is_hashed("manifest.webmanifest"));
    }

    #[test]
    fn brotli_is_sent_to_those_who_take_it() {
        let asked = |accepted: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))])
        };
        assert!(takes_brotli(&asked("gzip, deflate, br;q=0.9")));
        assert!(!takes_brotli(&asked("gzip, brotli")));
        assert!(!takes_brotli(&HeaderMap::new()));
    }
}
