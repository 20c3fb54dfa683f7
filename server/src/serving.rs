//! Connections: taken in, given a bounded time for headers and each piece of a body, and ended in order.

use std::time::Duration;

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::body::Incoming;
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
                    request.map(Body::new)
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
