//! What is noted of an item, and whether it is with the server: saved as it goes.

use std::time::Duration;

use domain::{
    id::MeetingId,
    meeting::{Discussion, DiscussionChange, Item, Lack, Meeting},
    problem::Code,
};
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::{
    api::{self, ApiError},
    i18n::{problem, text},
    prelude::*,
};

/// What is typed is sent after this much quiet, in milliseconds.
const KEEP_AFTER_MS: u64 = 600;
/// What could not be sent is tried again this often, in milliseconds.
const AGAIN_AFTER_MS: u64 = 5_000;

/// Whether what is on the screen is with the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    Kept,
    Keeping,
    /// The rest is; these lines lack something and wait on the screen.
    Lacking(Vec<Lack>),
    /// No network; it is tried again.
    Not,
    /// The server does not take it, and says why; changing it tries again.
    Refused(String),
    /// Someone else changed it meanwhile; theirs is with the server, ours on the screen.
    Conflict,
}

impl Kept {
    /// In words.
    pub fn words(&self) -> String {
        let branch = text().branch;
        match self {
            Self::Kept => branch.kept.to_owned(),
            Self::Keeping => branch.keeping.to_owned(),
            Self::Lacking(lacks) => (branch.lacking)(lacks),
            Self::Not => branch.not_kept.to_owned(),
            Self::Refused(words) => words.clone(),
            Self::Conflict => branch.conflict.to_owned(),
        }
    }

    /// In few words, for the agenda.
    pub fn short(&self) -> &'static str {
        let branch = text().branch;
        match self {
            Self::Kept => branch.kept,
            Self::Keeping => branch.keeping,
            Self::Lacking(_) | Self::Not | Self::Refused(_) | Self::Conflict => branch.not_all_kept,
        }
    }
}

/// The item while it is being noted.
#[derive(Clone, Copy)]
pub struct Noting {
    pub meeting: MeetingId,
    pub item: Uuid,
    pub discussion: RwSignal<Discussion>,
    pub kept: RwSignal<Kept>,
    version: RwSignal<u32>,
    /// Counts changes; only the latest timer sends.
    change: RwSignal<u64>,
    /// One write at a time: a second one would name the version that the first is about to count up.
    busy: StoredValue<bool>,
}

impl Noting {
    pub fn new(meeting: MeetingId, item: &Item) -> Self {
        Self {
            meeting,
            item: item.id,
            discussion: RwSignal::new(item.discussion.clone()),
            kept: RwSignal::new(Kept::Kept),
            version: RwSignal::new(item.version),
            change: RwSignal::new(0),
            busy: StoredValue::new(false),
        }
    }

    /// Changes what stands on the screen.
    pub fn edit(self, change: impl FnOnce(&mut Discussion)) {
        self.discussion.update(change);
        self.touch();
    }

    /// The same for what a field shows already.
    pub fn write(self, change: impl FnOnce(&mut Discussion)) {
        self.discussion.update_untracked(change);
        self.touch();
    }

    fn touch(self) {
        if !self.is(&Kept::Conflict) {
            self.kept.set(Kept::Keeping);
        }
        self.later(KEEP_AFTER_MS);
    }

    pub fn is(self, kept: &Kept) -> bool {
        self.kept.try_with_untracked(|it| it == kept).unwrap_or(false)
    }

    fn later(self, ms: u64) {
        let Some(number) = self.change.try_update(|it| {
            *it += 1;
            *it
        }) else {
            return;
        };
        let send = move || {
            if self.change.try_get_untracked() == Some(number) {
                self.send();
            }
        };
        set_timeout(send, Duration::from_millis(ms));
    }

    /// Sends what stands on the screen, once no other write is under way.
    pub fn send(self) {
        let Some((number, version, noted)) = self
            .change
            .try_get_untracked()
            .zip(self.version.try_get_untracked())
            .zip(self.discussion.try_get_untracked())
            .map(|((number, version), discussion)| (number, version, discussion))
        else {
            return;
        };
        if self.is(&Kept::Conflict) || self.busy.try_get_value().unwrap_or(true) {
            return;
        }
        self.busy.set_value(true);
        // A line that was only begun waits on the screen, and the screen says so.
        let (discussion, lacks) = noted.complete_part();
        let change = DiscussionChange { version, discussion };
        spawn_local(async move {
            let path = format!("/api/v1/meetings/{}/items/{}", self.meeting, self.item);
            let answer = api::put::<Meeting>(&path, &change).await;
            let _ = self.busy.try_set_value(false);
            match answer {
                Ok(meeting) => self.taken(&meeting, number, lacks),
                Err(cause) => self.not_taken(cause, &change.discussion, number, lacks).await,
            }
        });
    }

    fn taken(self, meeting: &Meeting, number: u64, lacks: Vec<Lack>) {
        if let Some(item) = meeting.items.iter().find(|it| it.id == self.item) {
            let _ = self.version.try_set(item.version);
        }
        if self.change.try_get_untracked() == Some(number) {
            let _ = self.kept.try_set(if lacks.is_empty() { Kept::Kept } else { Kept::Lacking(lacks) });
        } else {
            // What was typed meanwhile goes next.
            self.send();
        }
    }

    async fn not_taken(self, cause: ApiError, sent: &Discussion, number: u64, lacks: Vec<Lack>) {
        match cause.code() {
            Some(Code::Conflict) => {
                // The answer to our own write may have been lost on the way.
                let meeting = api::get::<Meeting>(&format!("/api/v1/meetings/{}", self.meeting)).await;
                let ours =
                    |it: &Meeting| it.items.iter().any(|it| it.id == self.item && it.discussion == *sent);
                match meeting {
                    Ok(meeting) if ours(&meeting) => self.taken(&meeting, number, lacks),
                    Ok(_) => drop(self.kept.try_set(Kept::Conflict)),
                    Err(_) => self.not_there(),
                }
            }
            Some(Code::Invalid | Code::TooLarge | Code::Gone | Code::Forbidden | Code::NotFound) => {
                let _ = self.kept.try_set(Kept::Refused(problem::form_words(&cause)));
            }
            Some(_) | None => self.not_there(),
        }
    }

    fn not_there(self) {
        let _ = self.kept.try_set(Kept::Not);
        self.later(AGAIN_AFTER_MS);
    }

    /// Shows what the other computer wrote in the place of what stands here.
    pub fn take_theirs(self) {
        self.theirs(|noting, theirs| {
            noting.discussion.set(theirs.discussion);
            noting.kept.set(Kept::Kept);
        });
    }

    /// Sends what stands here on top of theirs, which stays on record.
    pub fn keep_ours(self) {
        self.theirs(|noting, _| {
            noting.kept.set(Kept::Keeping);
            noting.send();
        });
    }

    fn theirs(self, then: fn(Self, Item)) {
        spawn_local(async move {
            let meeting = api::get::<Meeting>(&format!("/api/v1/meetings/{}", self.meeting)).await;
            if let Ok(meeting) = meeting
                && let Some(theirs) = meeting.items.into_iter().find(|it| it.id == self.item)
                && self.version.try_set(theirs.version).is_none()
            {
                then(self, theirs);
            }
        });
    }
}
