//! Connections: taken in, given a bounded time for headers and each piece of a body, and ended in order.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::ConnectInfo,
    http::Request,
};
use futures_util::StreamExt;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tower::ServiceExt;
use tower_http::timeout::RequestBodyTimeoutLayer;

/// How long a client may let the server wait.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the headers of a request, and between two requests of one connection.
    pub headers: Duration,
    /// For the next piece of a body: a line of 20 kbit/s sends one every second.
    pub body: Duration,
    /// For requests under way when the server is told to stop.
    pub stop: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { headers: Duration::from_mins(1), body: Duration::from_secs(30), stop: Duration::from_secs(15) }
    }
}

/// The system has no more connections to give: a moment later some may have ended.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// Serves until `stop` completes, and lets what is under way come to its end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    patience: Patience,
    stop: impl Future<Output = ()>,
) {
    let router = router.layer(RequestBodyTimeoutLayer::new(patience.body));
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience.headers);
    let under_way = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, address)) => {
                let service = router.clone().map_request(move |mut request: Request<Incoming>| {
                    request.extensions_mut().insert(ConnectInfo(address));
                    request.map(|body| Body::new(ReadOn { body: Some(body), for_at_most: patience.body }))
                });
                let service = TowerToHyperService::new(service);
                let connection = builder.serve_connection(TokioIo::new(stream), service);
                let connection = under_way.watch(connection.into_owned());
                tokio::spawn(async move {
                    if let Err(cause) = connection.await {
                        tracing::debug!(cause, "a connection broke");
                    }
                });
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
