//! The built site: the app's files, with the content policy they are served under.

use std::borrow::Cow;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::{Embed, EmbeddedFile};

/// What a page may load and run: nothing from elsewhere, no text as script (Trusted Types).
pub const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; \
    worker-src 'self'; manifest-src 'self'; font-src 'self'; base-uri 'none'; object-src 'none'; \
    form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
    trusted-types zoufang";

/// What a page may ask of the device; all else is denied.
const PERMISSIONS: &str = "camera=(self), microphone=(self), geolocation=(self), \
    screen-wake-lock=(self), accelerometer=(), autoplay=(), bluetooth=(), display-capture=(), \
    encrypted-media=(), fullscreen=(self), gyroscope=(), hid=(), idle-detection=(), magnetometer=(), \
    midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=(), xr-spatial-tracking=()";

/// Sent with every file of the site.
const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", CONTENT_POLICY),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", PERMISSIONS),
    ("x-content-type-options", "nosniff"),
];

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
        return with_headers(
            (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response(),
        );
    }
    let asked = uri.path().trim_start_matches('/');
    // The app has its own addresses, none of them with a dot.
    let path = if asked.rsplit('/').next().is_some_and(|it| it.contains('.')) { asked } else { "index.html" };
    let response = match Site::get(path) {
        Some(file) => answer(path, &file, &headers),
        None if path == "index.html" => {
            (StatusCode::NOT_FOUND, "the site has not been built: cargo run -p bundle\n").into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    };
    with_headers(response)
}

fn answer(path: &str, file: &EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..12]));
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

fn with_headers(mut response: Response) -> Response {
    let fixed = HEADERS.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    response.headers_mut().extend(fixed);
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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

    #[tokio::test]
    async fn every_answer_carries_the_content_policy() {
        let path = Uri::from_static("/missing.png");
        let response = serve(Method::GET, path, HeaderMap::new()).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()["content-security-policy"], CONTENT_POLICY);
    }
}
