//! What the queue shows, and what acts do to it.

use std::time::Duration;

use domain::{
    campaign::Unit,
    changes::StatementState,
    id::{RecordId, UnitId},
    problem::Code,
    queue::{Act, ActRequest, Item, Others, QueueCounts, QueueLine, QueuePage},
    statement::Kind,
};
use leptos::task::spawn_local;

use crate::{
    api::{self, ApiError},
    i18n::{problem, text},
    parts::toast,
    prelude::*,
};

/// How often this person is said to be looking, in milliseconds.
const PRESENCE_EVERY_MS: u64 = 20_000;

/// What the list is filtered by.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    pub state: Option<StatementState>,
    pub kind: Option<Kind>,
    pub unit: Option<UnitId>,
    /// Code of the taxonomy.
    pub category: Option<String>,
    pub text: String,
}

/// What the right column is for at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    Decide,
    Type,
    Join,
    Refer,
    SendBack,
}

/// The queue at one desk.
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
    pub panel: RwSignal<Panel>,
    pub others: RwSignal<Vec<String>>,
    pub conflict: RwSignal<bool>,
    pub trouble: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
    /// What was acted on last, with its version after the act.
    last: RwSignal<Option<(RecordId, u32)>>,
}

impl QueueDesk {
    /// A desk that begins with what waits.
    pub fn open() -> Self {
        let asked = |name: &str| untrack(|| router::asked(name));
        let (kind, category) = (asked("kind").and_then(|it| Kind::from_word(&it)), asked("category"));
        // A figure opens all that it counts, not only what waits.
        let state = (kind.is_none() && category.is_none()).then_some(StatementState::Waiting);
        let filter = Filter { state, kind, unit: None, category, text: String::new() };
        let desk = Self {
            filter: RwSignal::new(filter),
            lines: RwSignal::default(),
            cursor: RwSignal::new(None),
            counts: RwSignal::default(),
            units: RwSignal::default(),
            loaded: RwSignal::new(false),
            current: RwSignal::new(None),
            item: RwSignal::new(None),
            kind: RwSignal::new(Kind::Problem),
            category: RwSignal::new(None),
            panel: RwSignal::new(Panel::Decide),
            others: RwSignal::default(),
            conflict: RwSignal::new(false),
            trouble: RwSignal::new(None),
            busy: RwSignal::new(false),
            last: RwSignal::new(None),
        };
        desk.load();
        let presence =
            set_interval_with_handle(move || desk.look(), Duration::from_millis(PRESENCE_EVERY_MS));
        on_cleanup(move || {
            if let Ok(presence) = presence {
                presence.clear();
            }
        });
        desk
    }

    fn address(self, cursor: Option<&str>) -> String {
        self.filter.with_untracked(|it| {
            let mut address = format!("/api/v1/queue?text={}", js_sys::encode_uri_component(&it.text));
            let mut add = |name: &str, value: Option<String>| {
                if let Some(value) = value {
                    address += &format!("&{name}={value}");
                }
            };
            add("state", it.state.map(|it| it.as_str().to_owned()));
            add("kind", it.kind.map(|it| it.as_str().to_owned()));
            add("unit", it.unit.map(|it| it.to_string()));
            add("category", it.category.clone());
            add("cursor", cursor.map(str::to_owned));
            address
        })
    }

    /// Reads the list anew and shows its first statement.
    pub fn load(self) {
        spawn_local(async move {
            match api::get::<QueuePage>(&self.address(None)).await {
                Ok(page) => {
                    let first = page.lines.first().map(|it| it.id);
                    self.take_page(page, false);
                    match first {
                        Some(first) => self.go(first),
                        None => self.show_none(),
                    }
                }
                Err(cause) => drop(self.trouble.try_set(Some(cause))),
            }
        });
    }

    pub fn load_more(self) {
        let Some(cursor) = self.cursor.get_untracked() else { return };
        spawn_local(async move {
            match api::get::<QueuePage>(&self.address(Some(&cursor))).await {
                Ok(page) => self.take_page(page, true),
                Err(cause) => drop(self.trouble.try_set(Some(cause))),
            }
        });
    }

    fn take_page(self, page: QueuePage, more: bool) {
        self.trouble.set(None);
        self.cursor.set(page.cursor);
        self.counts.set(page.counts);
        self.units.set(page.units);
        if more {
            self.lines.update(|it| it.extend(page.lines));
        } else {
            self.lines.set(page.lines);
        }
        self.loaded.set(true);
    }

    fn show_none(self) {
        self.current.set(None);
        self.item.set(None);
    }

    /// Changes the filter and reads the list anew.
    pub fn refilter(self, change: impl FnOnce(&mut Filter)) {
        self.filter.update(change);
        self.load();
    }

    pub fn search(self, words: String) {
        self.refilter(|it| it.text = words);
    }

    /// Shows a statement.
    pub fn go(self, id: RecordId) {
        self.current.set(Some(id));
        self.panel.set(Panel::Decide);
        self.conflict.set(false);
        spawn_local(async move {
            match api::get::<Item>(&format!("/api/v1/queue/{id}")).await {
                Ok(item) if self.current.try_get_untracked() == Some(Some(id)) => self.show(item),
                Ok(_) => {}
                Err(cause) => drop(self.trouble.try_set(Some(cause))),
            }
        });
        self.look();
    }

    /// Shows a statement with the machine's best or the office's own choice chosen.
    fn show(self, item: Item) {
        let best = item.suggestion.as_ref().and_then(|it| it.suggestions.first()).map(|it| it.code.clone());
        let decided = item.standing.state == StatementState::Sorted;
        let guessed = item.suggestion.as_ref().map(|it| it.kind.value);
        let kind = if decided { item.standing.kind } else { likely_kind(item.kind_said, guessed) };
        let proposed = item.proposed.first().cloned();
        let category = item.standing.category.clone().or(proposed).or(best);
        self.kind.set(kind);
        self.category.set(category.filter(|_| kind == Kind::Problem || decided));
        self.item.set(Some(item));
    }

    /// Moves up or down the list, reading on at its end.
    pub fn step(self, by: i32) {
        let next = self.lines.with_untracked(|lines| {
            let at = lines.iter().position(|it| Some(it.id) == self.current.get_untracked())?;
            let next = at.checked_add_signed(by.try_into().ok()?)?;
            lines.get(next).map(|it| (it.id, next + 3 >= lines.len()))
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
            self.choose_code(Some(code));
        }
    }

    /// Chooses a type, which makes a problem of it, or none.
    pub fn choose_code(self, code: Option<String>) {
        if code.is_some() {
            self.kind.set(Kind::Problem);
        }
        self.category.set(code);
        self.panel.set(Panel::Decide);
    }

    /// Confirms what is chosen and goes on.
    pub fn confirm(self) {
        let (kind, category) = (self.kind.get_untracked(), self.category.get_untracked());
        if kind == Kind::Problem && category.is_none() {
            toast::say(text().office.needs_type.to_owned());
            self.panel.set(Panel::Type);
            return;
        }
        self.act(Act::Sort { kind, category });
    }

    /// Does an act on the statement that is shown, then goes on to the next.
    pub fn act(self, act: Act) {
        let Some((id, version)) = self.item.with_untracked(|it| it.as_ref().map(|it| (it.id, it.version)))
        else {
            return;
        };
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        let stays = matches!(act, Act::Leave);
        let done = format!("{} · {}", (text().office.act)(act.as_str()), text().office.done);
        spawn_local(async move {
            let answer =
                api::post::<Item>(&format!("/api/v1/queue/{id}/acts"), &ActRequest { version, act }).await;
            let _ = self.busy.try_set(false);
            match answer {
                Ok(item) => {
                    self.last.set(Some((id, item.version)));
                    toast::say_with_undo(done, move || self.undo());
                    if stays { self.show(item) } else { self.go_on_from(id) }
                }
                Err(cause) => self.not_done(cause),
            }
        });
    }

    fn not_done(self, cause: ApiError) {
        if let ApiError::Problem(it) = &cause
            && it.code == Code::Conflict
            && let Some(current) = it.current.clone().and_then(|it| serde_json::from_value::<Item>(it).ok())
        {
            // What was chosen stays chosen.
            self.conflict.set(true);
            self.item.set(Some(current));
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
            Some(next) => self.go(next),
            None => self.load(),
        }
    }

    /// Takes the last act back and shows what it was done to.
    pub fn undo(self) {
        let Some((id, version)) = self.last.get_untracked() else { return };
        self.last.set(None);
        spawn_local(async move {
            let request = ActRequest { version, act: Act::Undo };
            match api::post::<Item>(&format!("/api/v1/queue/{id}/acts"), &request).await {
                Ok(_) => {
                    toast::say(text().office.undone.to_owned());
                    match api::get::<QueuePage>(&self.address(None)).await {
                        Ok(page) => self.take_page(page, false),
                        Err(cause) => drop(self.trouble.try_set(Some(cause))),
                    }
                    self.go(id);
                }
                Err(cause) => self.not_done(cause),
            }
        });
    }

    /// Says that this person looks at the statement, and learns who else does.
    fn look(self) {
        let Some(Some(id)) = self.current.try_get_untracked() else { return };
        spawn_local(async move {
            // Not knowing who else looks is no reason to stop.
            if let Ok(others) = api::put::<Others>(&format!("/api/v1/queue/{id}/presence"), &()).await
                && self.current.try_get_untracked() == Some(Some(id))
            {
                self.others.set(others.names);
            }
        });
    }
}

/// The visitor's word on the kind, unless it is the one the form begins with and the machine knows better.
fn likely_kind(said: Kind, guessed: Option<Kind>) -> Kind {
    if said == Kind::Problem { guessed.unwrap_or(said) } else { said }
}
