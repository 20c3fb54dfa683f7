//! The built site.

use axum::Router;

/// The site's addresses: everything outside `/api`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
}
