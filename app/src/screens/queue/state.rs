//! What the queue shows, and what acts do to it.

use std::{cell::Cell, time::Duration};

use domain::{
    campaign::Unit,
    changes::StatementState,
    id::{AccountId, RecordId},
    problem::Code,
    queue::{Act, ActRequest, Item, Others, QueueCounts, QueueLine, QueuePage, likely_kind, likely_type},
    statement::Kind,
};
use leptos::task::spawn_local;

use crate::{
    api::{self, ApiError},
    i18n::{problem, text},
    parts::{lasting::lasting, live::live, toast},
    prelude::*,
    screens::queue::{filter::Filter, like::going_along},
    session::session,
    taxonomy,
};

/// How often this person is said to be looking, in milliseconds.
const PRESENCE_EVERY_MS: u64 = 20_000;
/// So near its end the list is read on, in lines.
const NEAR_END: usize = 3;

/// What the right column is for at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    Decide,
    Type,
    Join,
    Refer,
    SendBack,
    HandOver,
    /// Before an act that confirms a type which often concerns a person.
    AskHandOver,
    /// Several at once: no matter which statement is shown.
    Batch,
}

/// The queue at one desk. It outlives its screen: an answer or an undo may come when another is shown,
/// and the list keeps its place.
#[derive(Clone, Copy)]
pub struct QueueDesk {
    pub filter: RwSignal<Filter>,
    pub lines: RwSignal<Vec<QueueLine>>,
    pub cursor: RwSignal<Option<String>>,
    pub counts: RwSignal<QueueCounts>,
    pub units: RwSignal<Vec<Unit>>,
    pub loaded: RwSignal<bool>,
    pub current: RwSignal<Option<RecordId>>,
    pub item: RwSignal<Option<Item>>,
    pub kind: RwSignal<Kind>,
    pub category: RwSignal<Option<String>>,
    /// The type was chosen by the clerk, not by the machine.
    pub chosen: RwSignal<bool>,
    pub panel: RwSignal<Panel>,
    /// What waits for the answer whether to hand it over.
    asked: RwSignal<Option<Act>>,
    pub others: RwSignal<Vec<String>>,
    pub conflict: RwSignal<bool>,
    pub trouble: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
    /// Counts the lists that were asked for; late answers about an earlier one are dropped.
    list: RwSignal<u32>,
    reading_on: RwSignal<bool>,
    /// What was acted on last, with its version after the act.
    last: RwSignal<Option<(RecordId, u32)>>,
    /// Whose desk it is.
    whose: RwSignal<Option<AccountId>>,
}

thread_local! {
    static DESK: Cell<Option<QueueDesk>> = const { Cell::new(None) };
}

impl QueueDesk {
    /// The desk of this window, for whoever is signed in.
    pub fn open() -> Self {
        let desk = DESK.get().unwrap_or_else(|| {
            let desk = lasting(Self::blank);
            DESK.set(Some(desk));
            desk
        });
        let account = session().account().map(|it| it.id);
        if desk.whose.get_untracked() != account {
            desk.clear();
            desk.whose.set(account);
        }
        let presence =
            set_interval_with_handle(move || desk.look(), Duration::from_millis(PRESENCE_EVERY_MS));
        on_cleanup(move || {
            if let Ok(presence) = presence {
                presence.clear();
            }
        });
        live(move || desk.freshen());
        desk
    }

    fn blank() -> Self {
        Self {
            filter: RwSignal::new(Filter::default()),
            lines: RwSignal::default(),
            cursor: RwSignal::new(None),
            counts: RwSignal::default(),
            units: RwSignal::default(),
            loaded: RwSignal::new(false),
            current: RwSignal::new(None),
            item: RwSignal::new(None),
            kind: RwSignal::new(Kind::Problem),
            category: RwSignal::new(None),
            chosen: RwSignal::new(false),
            panel: RwSignal::new(Panel::Decide),
            asked: RwSignal::new(None),
            others: RwSignal::default(),
            conflict: RwSignal::new(false),
            trouble: RwSignal::new(None),
            busy: RwSignal::new(false),
            list: RwSignal::new(0),
            reading_on: RwSignal::new(false),
            last: RwSignal::new(None),
            whose: RwSignal::new(None),
        }
    }

    /// Forgets what someone else left here.
    fn clear(self) {
        self.lines.set(Vec::new());
        self.cursor.set(None);
        self.loaded.set(false);
        self.last.set(None);
        self.show_none();
    }

    /// Shows what an address asks for, one statement of it or the first; the same again keeps its place.
    pub fn ask(self, filter: Filter, statement: Option<RecordId>) {
        if statement.is_some() {
            self.current.set(statement);
        }
        let same = self.loaded.get_untracked() && self.filter.with_untracked(|it| *it == filter);
        self.filter.set(filter);
        self.load(same || statement.is_some());
    }

    /// Reads the list anew and shows its first statement, or goes on with the one that is shown.
    pub fn load(self, keeps_place: bool) {
        self.list.update(|it| *it += 1);
        let number = self.list.get_untracked();
        let address = self.filter.with_untracked(|it| it.request(None));
        spawn_local(async move {
            let answer = api::get::<QueuePage>(&address).await;
            if self.list.get_untracked() != number {
                return;
            }
            match answer {
                Ok(page) => {
                    let shown = self.current.get_untracked().filter(|_| keeps_place);
                    let next = shown.or_else(|| page.lines.first().map(|it| it.id));
                    self.take_page(page);
                    match next {
                        Some(next) => self.go(next),
                        None => self.show_none(),
                    }
                }
                Err(cause) => self.trouble.set(Some(cause)),
            }
        });
    }

    /// Reads on at the end of the list.
    pub fn load_more(self) {
        let Some(cursor) = self.cursor.get_untracked() else { return };
        if self.reading_on.get_untracked() {
            return;
        }
        self.reading_on.set(true);
        let number = self.list.get_untracked();
        let address = self.filter.with_untracked(|it| it.request(Some(&cursor)));
        spawn_local(async move {
            let answer = api::get::<QueuePage>(&address).await;
            self.reading_on.set(false);
            if self.list.get_untracked() != number {
                return;
            }
            match answer {
                Ok(page) => {
                    self.cursor.set(page.cursor);
                    self.counts.set(page.counts);
                    self.lines.update(|it| {
                        let fresh = |line: &QueueLine| it.iter().all(|known| known.id != line.id);
                        let more: Vec<QueueLine> = page.lines.into_iter().filter(fresh).collect();
                        it.extend(more);
                    });
                }
                Err(cause) => self.trouble.set(Some(cause)),
            }
        });
    }

    /// Takes in what arrived and what others did since the list was read. The statement that is shown stays, and
    /// what is chosen for it.
    fn freshen(self) {
        if !self.loaded.get_untracked() || self.busy.get_untracked() || self.reading_on.get_untracked() {
            return;
        }
        let number = self.list.get_untracked();
        let address = self.filter.with_untracked(|it| it.request(None));
        spawn_local(async move {
            // What could not be read is read with the next word.
            let Ok(page) = api::get::<QueuePage>(&address).await else { return };
            if self.list.get_untracked() != number || self.busy.get_untracked() {
                return;
            }
            let current = self.current.get_untracked();
            let (lines, read_on) = self.lines.with_untracked(|known| freshened(known, page.lines, current));
            if !read_on {
                self.cursor.set(page.cursor);
            }
            if self.lines.with_untracked(|it| *it != lines) {
                self.lines.set(lines);
            }
            if self.counts.get_untracked() != page.counts {
                self.counts.set(page.counts);
            }
            if let (None, Some(first)) = (current, self.lines.with_untracked(|it| it.first().map(|it| it.id)))
            {
                self.go(first);
            }
        });
    }

    fn take_page(self, page: QueuePage) {
        self.trouble.set(None);
        self.cursor.set(page.cursor);
        self.counts.set(page.counts);
        self.units.set(page.units);
        self.lines.set(page.lines);
        self.loaded.set(true);
    }

    fn show_none(self) {
        self.current.set(None);
        self.item.set(None);
        self.conflict.set(false);
    }

    /// Shows a statement.
    pub fn go(self, id: RecordId) {
        self.current.set(Some(id));
        self.panel.set(Panel::Decide);
        spawn_local(async move {
            let answer = api::get::<Item>(&format!("/api/v1/queue/{id}")).await;
            if self.current.get_untracked() != Some(id) {
                return;
            }
            match answer {
                Ok(item) => self.show(item),
                Err(cause) => self.trouble.set(Some(cause)),
            }
        });
        self.look();
    }

    /// Shows a statement with the machine's best or the office's own choice chosen.
    fn show(self, item: Item) {
        let decided = item.standing.state == StatementState::Sorted;
        let guessed = item.suggestion.as_ref().map(|it| it.kind.value);
        let kind = if decided { item.standing.kind } else { likely_kind(item.kind_said, guessed) };
        self.conflict.set(false);
        self.trouble.set(None);
        self.chosen.set(item.standing.category.is_some());
        self.category.set(item.standing.category.as_deref().map_or_else(|| likely(&item, kind), offered));
        self.kind.set(kind);
        self.item.set(Some(item));
    }

    /// Moves up or down the list, reading on at its end.
    pub fn step(self, by: i32) {
        let next = self.lines.with_untracked(|lines| {
            let at = lines.iter().position(|it| Some(it.id) == self.current.get_untracked())?;
            let next = at.checked_add_signed(by.try_into().ok()?)?;
            lines.get(next).map(|it| (it.id, next + NEAR_END >= lines.len()))
        });
        if let Some((id, near_end)) = next {
            self.go(id);
            if near_end {
                self.load_more();
            }
        }
    }

    /// Chooses a suggestion, counted from 0.
    pub fn choose(self, n: usize) {
        let code = self.item.with_untracked(|it| {
            it.as_ref()?.suggestion.as_ref()?.suggestions.get(n).map(|it| it.code.clone())
        });
        if let Some(code) = code {
            self.choose_code(code);
        }
    }

    /// Chooses a type; the kind stays as it is.
    pub fn choose_code(self, code: String) {
        self.category.set(Some(code));
        self.chosen.set(true);
        if self.kind.get_untracked() == Kind::Nothing {
            self.kind.set(Kind::Problem);
        }
        self.panel.set(Panel::Decide);
    }

    /// Takes the type back: none.
    pub fn clear_code(self) {
        self.category.set(None);
        self.chosen.set(true);
    }

    /// Chooses a kind; a type that the clerk chose stays, the machine's goes with the kind.
    pub fn choose_kind(self, kind: Kind) {
        self.kind.set(kind);
        if kind == Kind::Nothing {
            self.category.set(None);
            self.chosen.set(false);
        } else if !self.chosen.get_untracked() {
            let likely = self.item.with_untracked(|it| it.as_ref().and_then(|it| likely(it, kind)));
            self.category.set(likely);
        }
    }

    /// Confirms what is chosen and goes on.
    pub fn confirm(self) {
        // Enter is not for a statement that nobody looks at.
        if self.panel.get_untracked() == Panel::Batch {
            return;
        }
        if self.panel.get_untracked() == Panel::AskHandOver {
            return self.go_ahead();
        }
        let (kind, category) = (self.kind.get_untracked(), self.category.get_untracked());
        if kind == Kind::Problem && category.is_none() {
            toast::say(text().office.needs_type.to_owned());
            self.panel.set(Panel::Type);
            return;
        }
        self.act(Act::Sort { kind, category });
    }

    /// Joins an issue: its type stands unless the clerk chose one.
    pub fn join(self, issue: domain::id::IssueId) {
        let chosen = self.chosen.get_untracked();
        let category = self.category.get_untracked().filter(|_| chosen);
        self.act(Act::Join { issue, kind: Some(self.kind.get_untracked()), category });
    }

    /// Does an act on the statement that is shown, then goes on to the next; asks first whether to hand it over, where
    /// its type often concerns a person and a breach of discipline.
    pub fn act(self, act: Act) {
        if confirmed_type(&act).is_some_and(is_sensitive) {
            self.asked.set(Some(act));
            self.panel.set(Panel::AskHandOver);
        } else {
            self.do_now(act);
        }
    }

    /// Does what was asked about: it is not handed over.
    pub fn go_ahead(self) {
        if let Some(act) = self.asked.get_untracked() {
            self.do_now(act);
        }
    }

    fn do_now(self, act: Act) {
        let Some((id, version)) = self.item.with_untracked(|it| it.as_ref().map(|it| (it.id, it.version)))
        else {
            return;
        };
        let is_counted = self.item.with_untracked(|it| it.as_ref().is_some_and(|it| it.counted));
        if !is_counted && act != Act::Undo {
            return;
        }
        // What is read does not show yet: nobody acts on what they do not see.
        if self.busy.get_untracked() || self.current.get_untracked() != Some(id) {
            return;
        }
        self.busy.set(true);
        let with = self.item.with_untracked(|it| going_along(it.as_ref(), &act));
        let stays = matches!(act, Act::Leave | Act::OneMatter);
        let changes_list = matches!(act, Act::Divide { .. } | Act::Undo);
        // What was put together again is divided again by hand.
        let can_be_undone = act != Act::Undo;
        let done = format!("{} · {}", (text().office.act)(act.as_str()), text().office.done);
        spawn_local(async move {
            let answer =
                api::post::<Item>(&format!("/api/v1/queue/{id}/acts"), &ActRequest { version, act, with })
                    .await;
            self.busy.set(false);
            match answer {
                Ok(item) => {
                    self.last.set(can_be_undone.then_some((id, item.version)));
                    if can_be_undone {
                        toast::say_with_undo(done, move || self.undo());
                    } else {
                        toast::say(text().office.undone.to_owned());
                    }
                    if changes_list {
                        // Its parts stand in its place, or it in theirs.
                        self.current.set(Some(item.parts.first().map_or(id, |it| it.id)));
                        self.load(true);
                    } else if !stays {
                        self.go_on_from(id);
                    } else if self.current.get_untracked() == Some(id) {
                        self.show(item);
                    }
                }
                Err(cause) => self.not_done(cause, id),
            }
        });
    }

    /// Shows what a statement is like by now, if it is the one that is read.
    pub fn show_if_current(self, item: Item) {
        if self.current.get_untracked() == Some(item.id) {
            self.item.set(Some(item));
        }
    }

    /// Reads the statement that is shown once more: it says something else by now.
    pub fn read_again(self) {
        if let Some(id) = self.current.get_untracked() {
            self.go(id);
        }
    }

    fn not_done(self, cause: ApiError, id: RecordId) {
        if let ApiError::Problem(it) = &cause
            && it.code == Code::Conflict
            && let Some(current) = it.current.clone().and_then(|it| serde_json::from_value::<Item>(it).ok())
        {
            if self.current.get_untracked() == Some(id) {
                // What was chosen stays chosen.
                self.item.set(Some(current));
            } else {
                self.current.set(Some(id));
                self.panel.set(Panel::Decide);
                self.show(current);
            }
            self.conflict.set(true);
            return;
        }
        toast::say(problem::words(&cause));
    }

    /// The statement leaves the list of what waits; the next one is shown.
    fn go_on_from(self, id: RecordId) {
        let waiting_only = self.filter.with_untracked(|it| it.state == Some(StatementState::Waiting));
        let next = self.lines.with_untracked(|lines| {
            let at = lines.iter().position(|it| it.id == id)?;
            lines.get(at + 1).or_else(|| lines.get(at.checked_sub(1)?)).map(|it| it.id)
        });
        if waiting_only {
            self.lines.update(|it| it.retain(|it| it.id != id));
            self.counts.update(|it| it.waiting = it.waiting.saturating_sub(1));
        }
        match next {
            // Whoever went elsewhere in the meantime stays there.
            Some(next) if self.current.get_untracked() == Some(id) => self.go(next),
            Some(_) => {}
            None => self.load(false),
        }
    }

    /// Takes the last act back and shows what it was done to.
    pub fn undo(self) {
        let Some((id, version)) = self.last.get_untracked() else { return };
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.last.set(None);
        spawn_local(async move {
            let request = ActRequest::alone(version, Act::Undo);
            let answer = api::post::<Item>(&format!("/api/v1/queue/{id}/acts"), &request).await;
            self.busy.set(false);
            match answer {
                Ok(_) => {
                    toast::say(text().office.undone.to_owned());
                    self.current.set(Some(id));
                    self.load(true);
                }
                Err(cause) => self.not_done(cause, id),
            }
        });
    }

    /// Says that this person looks at the statement, and learns who else does.
    fn look(self) {
        let Some(id) = self.current.get_untracked() else { return };
        spawn_local(async move {
            // Not knowing who else looks is no reason to stop.
            if let Ok(others) = api::put::<Others>(&format!("/api/v1/queue/{id}/presence"), &()).await
                && self.current.get_untracked() == Some(id)
            {
                self.others.set(others.names);
            }
        });
    }
}

/// A list with its first page read anew: what was read on behind it stays, and so does the line that is shown. Tells
/// whether something was read on.
fn freshened(
    known: &[QueueLine],
    mut page: Vec<QueueLine>,
    current: Option<RecordId>,
) -> (Vec<QueueLine>, bool) {
    let end = page.last().and_then(|last| known.iter().position(|it| it.id == last.id));
    let behind: Vec<QueueLine> = end.map_or_else(Vec::new, |end| known[end + 1..].to_vec());
    let read_on = !behind.is_empty();
    page.extend(behind);
    let shown = known.iter().position(|it| Some(it.id) == current);
    if let Some(at) = shown.filter(|at| page.iter().all(|it| it.id != known[*at].id)) {
        page.insert(at.min(page.len()), known[at].clone());
    }
    (page, read_on)
}

/// The type that an act confirms of a problem.
fn confirmed_type(act: &Act) -> Option<&str> {
    match act {
        Act::Sort { kind: Kind::Problem, category }
        | Act::Join { kind: Some(Kind::Problem), category, .. }
        | Act::MakeIssue { kind: Some(Kind::Problem), category, .. } => category.as_deref(),
        Act::Sort { .. }
        | Act::Join { .. }
        | Act::MakeIssue { .. }
        | Act::Leave
        | Act::Refer { .. }
        | Act::SendBack { .. }
        | Act::Divide { .. }
        | Act::OneMatter
        | Act::Undo => None,
    }
}

/// The type that is offered in the place of one that may be no longer.
fn offered(code: &str) -> Option<String> {
    taxonomy::scheme_untracked().offered(code).map(str::to_owned)
}

/// What is likely of a statement, of the types that are offered.
fn likely(item: &Item, kind: Kind) -> Option<String> {
    let proposed: Vec<String> = item.proposed.iter().filter_map(|it| offered(it)).collect();
    likely_type(&proposed, item.suggestion.as_ref(), kind)
}

fn is_sensitive(code: &str) -> bool {
    taxonomy::scheme_untracked().get(code).is_some_and(|it| it.attention == 2)
}
