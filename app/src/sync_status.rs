//! What waits to be sent, for the strip at the top.

use crate::prelude::*;

/// The state of sending, as the strip shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Records and attachments kept here that the server has not confirmed.
    pub n_waiting: usize,
    /// Visits of which something was set aside or not taken, and nothing else waits.
    pub aside_n: usize,
    /// When the oldest of them was kept, in milliseconds since 1970, UTC.
    pub oldest_at: Option<i64>,
    /// Whether something is being sent.
    pub sending: bool,
}

/// The context by which screens know of the network and of what waits.
#[derive(Clone, Copy)]
pub struct SyncStatus {
    pub online: RwSignal<bool>,
    pub waiting: RwSignal<Waiting>,
    /// Whether a draft is open: then no new version of the app comes in.
    pub draft_open: RwSignal<bool>,
    /// Whether a new version of the app waits to be taken.
    pub new_version: RwSignal<bool>,
}

impl SyncStatus {
    /// Follows the browser's word on the network.
    pub fn new() -> Self {
        let status = Self {
            online: RwSignal::new(window().navigator().on_line()),
            waiting: RwSignal::new(Waiting::default()),
            draft_open: RwSignal::new(false),
            new_version: RwSignal::new(false),
        };
        window_event_listener(leptos::ev::online, move |_| status.online.set(true));
        window_event_listener(leptos::ev::offline, move |_| status.online.set(false));
        status
    }
}

impl Default for SyncStatus {
    fn default() -> Self {
        Self::new()
    }
}

/// The state of sending, of this screen.
pub fn sync_status() -> SyncStatus {
    expect_context::<SyncStatus>()
}
