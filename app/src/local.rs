//! The phone's own store. Every byte that rests on the phone passes through here.
//!
//! Tables hold bytes under text keys; a person's rest sealed. A write is one strict transaction: it is on disk and has been
//! read back before it counts as kept.

mod database;
mod lock;
mod news;
mod seal;

pub use database::{Database, LocalError, Write, before_closing, flush, wait};
pub use lock::{Lock, TRIES, TRY_EVERY_MS, lock_soon, try_lock};
pub use news::{Listening, listen};
pub use seal::Key;

/// A table of a visitor's store. Names are part of the stored format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Visits being written, JSON of `Draft` by visit id.
    Draft,
    /// Visits that were sent, JSON of `Draft` by visit id.
    Sent,
    /// What is owed to the server, JSON of `OutboxItem` by record id and hash.
    Outbox,
    /// Frozen envelopes, byte for byte, by the key of their outbox item.
    Envelope,
    /// Voices and photos, JSON of `MediaItem` by attachment id.
    Media,
    /// Their bytes in slices, by attachment id and number.
    Slice,
    /// What was pulled, JSON by a name of its own.
    Pulled,
    /// Small things about this store, by name.
    Meta,
}

impl Table {
    /// All tables, in the order in which they came to be.
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::Sent,
        Self::Outbox,
        Self::Envelope,
        Self::Media,
        Self::Slice,
        Self::Pulled,
        Self::Meta,
    ];

    /// Its name in IndexedDB.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sent => "sent",
            Self::Outbox => "outbox",
            Self::Envelope => "envelope",
            Self::Media => "media",
            Self::Slice => "slice",
            Self::Pulled => "pulled",
            Self::Meta => "meta",
        }
    }
}

const DEVICE: &str = "zoufang-device";

thread_local! {
    static OF_DEVICE: Database = Database::new(DEVICE);
}

/// The database that belongs to the device rather than to a person.
pub fn device() -> Database {
    OF_DEVICE.with(Clone::clone)
}
