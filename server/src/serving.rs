//! Connections: taken in, given a bounded time for headers and each piece of a body, and ended in order.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::{ConnectInfo, FromRequestParts},
    http::{
        Extensions, HeaderMap, Request, StatusCode, Uri, header,
        request::Parts,
        uri::{Authority, PathAndQuery},
    },
    response::IntoResponse,
};
use futures_util::StreamExt;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tower::ServiceExt;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::{guarding, tls::Tls};

/// How a request came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line {
    /// Over this server's own TLS; a proxy's is not known here.
    pub encrypted: bool,
}

impl Line {
    /// The line of a request with these extensions.
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for Line {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

/// How long a client may let the server wait.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the headers of a request, and between two requests of one connection.
    pub headers: Duration,
    /// For shaking hands, where lines are encrypted.
    pub handshake: Duration,
    /// For the next piece of a body: a line of 20 kbit/s sends one every second.
    pub body: Duration,
    /// For requests under way when the server is told to stop.
    pub stop: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            headers: Duration::from_mins(1),
            handshake: Duration::from_secs(10),
            body: Duration::from_secs(30),
            stop: Duration::from_secs(15),
        }
    }
}

/// The system has no more connections to give: a moment later some may have ended.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// Serves until `stop` completes, and lets what is under way come to its end. With `tls` nothing is answered in the clear.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    patience: Patience,
    stop: impl Future<Output = ()>,
) {
    let router = router.layer(RequestBodyTimeoutLayer::new(patience.body));
    let under_way = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, address)) => {
                let (router, watcher) = (router.clone(), under_way.watcher());
                match tls.clone() {
                    None => {
                        tokio::spawn(connection(stream, router, address, Line::default(), patience, watcher))
                    }
                    Some(tls) => tokio::spawn(async move {
                        let shaken = tokio::time::timeout(patience.handshake, tls.accept(stream)).await;
                        match shaken {
                            Ok(Ok(stream)) => {
                                let line = Line { encrypted: true };
                                connection(stream, router, address, line, patience, watcher).await;
                            }
                            Ok(Err(cause)) => tracing::debug!(%cause, "a handshake broke"),
                            Err(_) => tracing::debug!("a handshake took too long"),
                        }
                    }),
                };
            }
            Err(cause) => {
                tracing::warn!(%cause, "a connection could not be taken in");
                tokio::time::sleep(AFTER_REFUSAL).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(patience.stop, under_way.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way at the end");
    }
}

/// Answers the requests of one connection, to its end.
async fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    router: Router,
    address: SocketAddr,
    line: Line,
    patience: Patience,
    watcher: Watcher,
) {
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        request.extensions_mut().insert(line);
        request.map(|body| Body::new(ReadOn { body: Some(body), for_at_most: patience.body }))
    });
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience.headers);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    if let Err(cause) = watcher.watch(connection.into_owned()).await {
        tracing::debug!(cause, "a connection broke");
    }
}

/// Answers whatever is asked in the clear with where it is to be asked: at `port` of the same host, encrypted.
pub fn redirecting(port: u16) -> Router {
    let redirect = move |headers: HeaderMap, uri: Uri| async move {
        let host = headers.get(header::HOST).and_then(|it| it.to_str().ok());
        let host: Option<Authority> = host.and_then(|it| it.parse().ok());
        let Some(host) = host else { return StatusCode::BAD_REQUEST.into_response() };
        let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let port = if port == 443 { String::new() } else { format!(":{port}") };
        let place = [(header::LOCATION, format!("https://{}{port}{path}", host.host()))];
        (StatusCode::PERMANENT_REDIRECT, place).into_response()
    };
    guarding::around(Router::new().fallback(redirect))
}

/// What of a body nobody wanted is read on so far and thrown away, in bytes.
const READ_ON_MAX: u64 = 32 * 1024 * 1024;

/// A body that is read to its end even when its request was answered without it. Otherwise the connection
/// would be closed while the client is still sending: it would see a broken line, and not that it is signed
/// out.
struct ReadOn {
    /// Absent once it is being read on.
    body: Option<Incoming>,
    for_at_most: Duration,
}

impl HttpBody for ReadOn {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

impl Drop for ReadOn {
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|it| !it.is_end_stream()) else { return };
        // A runtime that is ending reads nothing on.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let for_at_most = self.for_at_most;
        runtime.spawn(async move { tokio::time::timeout(for_at_most, read_on(body)).await });
    }
}

async fn read_on(body: Incoming) {
    let mut pieces = Body::new(body).into_data_stream();
    let mut n = 0;
    while let Some(Ok(piece)) = pieces.next().await {
        n += piece.len() as u64;
        if n > READ_ON_MAX {
            return;
        }
    }
}
