//! Stores that forget on a crash what was not synced.

/// Something kept: what is durable, and what it is meant to become.
#[derive(Clone, Debug, Default)]
pub struct Store<T> {
    durable: T,
    now: T,
    dirty: bool,
}

impl<T: Clone> Store<T> {
    /// What a crash would leave.
    pub fn durable(&self) -> &T {
        &self.durable
    }

    /// What whoever is running sees.
    pub fn now(&self) -> &T {
        &self.now
    }

    /// Changes it; durable after the next [`Self::sync`].
    pub fn change(&mut self) -> &mut T {
        self.dirty = true;
        &mut self.now
    }

    /// All changes are on disk when this returns.
    pub fn sync(&mut self) {
        if std::mem::take(&mut self.dirty) {
            self.durable.clone_from(&self.now);
        }
    }

    /// Ends without a sync.
    pub fn crash(&mut self) {
        if std::mem::take(&mut self.dirty) {
            self.now.clone_from(&self.durable);
        }
    }

    /// Puts something else in its place, as a restore does.
    pub fn replace(&mut self, whole: &T) {
        self.durable.clone_from(whole);
        self.now.clone_from(whole);
        self.dirty = false;
    }
}
