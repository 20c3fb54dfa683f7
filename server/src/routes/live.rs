//! Live screens: word that something was written. What it is, each screen asks for itself, as its role may.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use domain::problem::Problem;
use futures_util::{Stream, StreamExt, stream};
use tokio::{sync::watch, time::Instant};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::{self, SignedIn},
};

/// Word is sent at most this often.
const SAYS_EVERY: Duration = Duration::from_secs(1);
/// Word that nothing was written, so that no proxy takes the line for dead.
const STILL_HERE: Duration = Duration::from_secs(20);
/// A browser then asks anew.
const ENDS_AFTER: Duration = Duration::from_mins(10);

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(live))
}

/// Server-sent events: `changed` once at the beginning, and whenever something was written, until the session
/// ends.
#[utoipa::path(get, path = "/api/v1/live", responses(
    (status = 200, content_type = "text/event-stream", body = String,
        description = "events named `changed`, which say nothing else"),
    (status = 401, body = Problem, description = "signed_out"),
))]
async fn live(
    State(app): State<App>,
    _who: SignedIn,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let words = words(app.db.written()).take_until(tokio::time::sleep(ENDS_AFTER));
    let words = words.take_until(app.stopping());
    let words = words.take_while(move |()| {
        let (app, headers) = (app.clone(), headers.clone());
        async move { auth::session(&headers, &app).await.is_ok() }
    });
    // A browser passes an event without data over.
    let words = words.map(|()| Ok(Event::default().event("changed").data("written")));
    Sse::new(words).keep_alive(KeepAlive::new().interval(STILL_HERE))
}

/// One at once, and one after each change, [`SAYS_EVERY`] apart at least.
fn words(mut written: watch::Receiver<i64>) -> impl Stream<Item = ()> {
    written.mark_changed();
    stream::unfold((written, None::<Instant>), async |(mut written, last)| {
        written.changed().await.ok()?;
        if let Some(last) = last {
            tokio::time::sleep_until(last + SAYS_EVERY).await;
        }
        written.mark_unchanged();
        Some(((), (written, Some(Instant::now()))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_storm_of_writing_is_a_word_a_second() {
        let (sender, written) = watch::channel(0);
        let begun = Instant::now();
        let mut heard = Box::pin(words(written));
        heard.next().await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
        let storm = tokio::spawn(async move {
            for n in 0..30 {
                sender.send_replace(n);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        let n = heard.count().await;
        storm.await.unwrap();
        assert_eq!(n, 3);
    }
}
