//! What stands around every address: headers on whatever is answered, and what is refused before any route is asked.

use std::any::Any;

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use domain::problem::Code;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{error::Error, serving::Line};

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

/// Sent with every answer that does not say otherwise itself.
pub const HEADERS: [(&str, &str); 8] = [
    ("content-security-policy", CONTENT_POLICY),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", PERMISSIONS),
    ("x-content-type-options", "nosniff"),
    // For browsers older than the policy's frame-ancestors.
    ("x-frame-options", "DENY"),
    ("cache-control", "no-store"),
];

/// Two years, as the browsers' own lists ask for: from the first visit on nothing is asked for in the clear.
const TRANSPORT: &str = "max-age=63072000";

/// Marks the API's answers as this server's own, so that a phone can tell them from a captive portal's.
const OURS: (&str, &str) = ("zoufang", "1");

/// Puts the guard around all addresses; also what breaks down is answered as a problem and with its headers.
pub fn around(router: Router) -> Router {
    router
        .layer(middleware::from_fn(refuse))
        .layer(CatchPanicLayer::custom(broke_down))
        .layer(middleware::from_fn(add_headers))
}

async fn add_headers(request: Request, next: Next) -> Response {
    let encrypted = Line::of(request.extensions()).encrypted;
    let api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    if api {
        headers.insert(OURS.0, HeaderValue::from_static(OURS.1));
    }
    if encrypted {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TRANSPORT));
    }
    response
}

/// What a panic said goes to the log by its own way, and to nobody else.
fn broke_down(_: Box<dyn Any + Send + 'static>) -> Response {
    Error::Damaged("a request broke down").into_response()
}

async fn refuse(request: Request, next: Next) -> Response {
    let (method, headers) = (request.method(), request.headers());
    let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && is_foreign(headers) {
        return Error::from(Code::Forbidden).into_response();
    }
    // A small body that unfolds into a large one is no way in.
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Error::from(Code::UnsupportedMedia).into_response();
    }
    next.run(request).await
}

/// Whether another site's page asks for a change with this browser's cookie.
///
/// `SameSite=Strict` does this already; browsers of five years ago forget it in some cases. A browser says where its page
/// is from by `Sec-Fetch-Site`, an older one by `Origin`; scripts say neither.
fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|it: &HeaderValue| it.to_str().unwrap_or_default());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN) else { return false };
    let authority = origin.split_once("://").map(|it| it.1);
    authority.is_none() || authority != text(header::HOST)
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::StatusCode, routing::get};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn what_breaks_down_is_a_problem_with_all_headers() {
        async fn breaks() -> &'static str {
            panic!("a secret")
        }
        let router = around(Router::new().route("/api/breaks", get(breaks)));
        let mut request = Request::get("/api/breaks").body(Body::empty()).unwrap();
        request.extensions_mut().insert(Line { encrypted: true });
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in HEADERS {
            assert_eq!(response.headers()[name], value);
        }
        assert_eq!(response.headers()["strict-transport-security"], TRANSPORT);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()[OURS.0], OURS.1);
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        assert!(!body.windows(6).any(|it| it == b"secret"));
    }

    #[test]
    fn pages_from_elsewhere_are_told_from_our_own_and_from_scripts() {
        let foreign = |headers: &[(&'static str, &'static str)]| {
            let headers = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            is_foreign(&headers.collect())
        };
        let host = ("host", "zoufang.example:8443");
        assert!(!foreign(&[host]));
        assert!(!foreign(&[host, ("origin", "https://zoufang.example:8443")]));
        assert!(!foreign(&[host, ("sec-fetch-site", "same-origin"), ("origin", "https://outside.example")]));
        assert!(!foreign(&[host, ("sec-fetch-site", "none")]));
        for site in ["cross-site", "same-site", "", "what"] {
            assert!(foreign(&[host, ("sec-fetch-site", site)]), "{site}");
        }
        for origin in ["null", "https://zoufang.example", "https://evil.example", "", "zoufang.example:8443"]
        {
            assert!(foreign(&[host, ("origin", origin)]), "{origin}");
        }
    }
}
