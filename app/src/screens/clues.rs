//! The discipline group's desk: clues that are sealed to whoever is here, opened in this window and nowhere else.

mod group;
mod handover_list;
mod ledger;
mod one;
mod slips;
mod unlock;
mod worker;

use domain::{
    clue::{ClueState, GroupKeys, ListedClue, Note, OPINION_DAYS, SealedNote, number, state_of},
    id::ClueId,
};
use leptos::task::spawn_local;

use crate::{
    api, clock,
    i18n::{problem, text},
    parts::{
        desk_frame::DeskFrame,
        empty::Empty,
        pill::{Pill, Tone},
        remote::Remote,
        toast,
    },
    prelude::*,
};

use slips::Slips;
use worker::Worker;

/// A clue with its ledger in the clear.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    listed: ListedClue,
    /// Without text where it does not open.
    notes: Vec<(SealedNote, Option<Note>)>,
}

impl Shown {
    fn number(&self) -> String {
        number(self.listed.id, &self.listed.received_day)
    }

    fn state(&self) -> ClueState {
        state_of(self.notes.iter().filter_map(|it| it.1.as_ref()))
    }

    /// yyyy-MM-dd, by when an opinion is due.
    fn opinion_by(&self) -> String {
        domain::day::read(&self.listed.received_day)
            .and_then(|it| it.checked_add_signed(chrono::TimeDelta::days(OPINION_DAYS)))
            .map(|it| it.to_string())
            .unwrap_or_default()
    }
}

/// Which of the screen's pages shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    List,
    One(ClueId),
    Group,
}

/// What the parts of this screen share.
#[derive(Clone, Copy)]
struct Desk {
    keys: Remote<GroupKeys>,
    /// There while the member's key is unlocked.
    worker: StoredValue<Option<Worker>, LocalStorage>,
    unlocked: RwSignal<bool>,
    clues: RwSignal<Option<Vec<Shown>>>,
    page: RwSignal<Page>,
}

impl Desk {
    fn worker(self) -> Option<Worker> {
        self.worker.try_get_value().flatten()
    }

    /// The key is unlocked in `worker`.
    fn enter(self, worker: Worker) {
        self.worker.set_value(Some(worker));
        self.unlocked.set(true);
        self.read();
    }

    fn lock(self) {
        if let Some(worker) = self.worker.try_update_value(Option::take).flatten() {
            worker.end();
        }
        let _ = self.clues.try_set(None);
        let _ = self.unlocked.try_set(false);
    }

    /// Reads the list, which is on record, and opens the ledgers.
    fn read(self) {
        let Some(worker) = self.worker() else { return };
        spawn_local(async move {
            let listed = match api::get::<Vec<ListedClue>>("/api/v1/clues").await {
                Ok(listed) => listed,
                Err(cause) => return toast::say(problem::words(&cause)),
            };
            let mut shown = Vec::with_capacity(listed.len());
            for listed in listed {
                let mut notes = Vec::with_capacity(listed.notes.len());
                for note in &listed.notes {
                    notes.push((note.clone(), worker.open_note(&listed, note).await));
                }
                shown.push(Shown { listed, notes });
            }
            let _ = self.clues.try_set(Some(shown));
        });
    }

    fn find(self, id: ClueId) -> Option<Shown> {
        self.clues.with(|all| all.iter().flatten().find(|it| it.listed.id == id).cloned())
    }
}

/// The clues of whoever is here.
#[component]
pub fn Clues() -> impl IntoView {
    let desk = Desk {
        keys: Remote::load(|| "/api/v1/clue-group".to_owned()),
        worker: StoredValue::new_local(None),
        unlocked: RwSignal::new(false),
        clues: RwSignal::new(None),
        page: RwSignal::new(Page::List),
    };
    on_cleanup(move || desk.lock());
    let content = move || {
        if !desk.unlocked.get() {
            return view! { <unlock::Unlock desk/> }.into_any();
        }
        match desk.page.get() {
            Page::List => view! { <List desk/> }.into_any(),
            Page::One(id) => view! { <one::One desk id/> }.into_any(),
            Page::Group => view! { <group::Group desk/> }.into_any(),
        }
    };
    view! {
        <DeskFrame title=Signal::derive(|| text().clues.clues.to_owned())>
            <main class="page">
                {desk.keys.trouble_view()}
                {content}
            </main>
        </DeskFrame>
    }
}

#[component]
fn List(desk: Desk) -> impl IntoView {
    let on_paper = move || desk.keys.get().is_some_and(|it| it.on_paper);
    view! {
        <header>
            <h1>{move || text().clues.clues}</h1>
            <nav class="buttons no-print">
                <button on:click=move |_| desk.page.set(Page::Group)>{move || text().clues.group}</button>
                <button on:click=move |_| desk.lock()>{move || text().clues.lock}</button>
            </nav>
        </header>
        <p class="quiet">{move || text().clues.hint}</p>
        {move || on_paper().then(|| view! { <Slips desk/> })}
        {move || match desk.clues.get() {
            None => view! { <p class="quiet">{text().clues.making}</p> }.into_any(),
            Some(all) if all.is_empty() => {
                view! { <Empty words=Signal::derive(|| text().clues.none.to_owned())/> }.into_any()
            }
            Some(all) => all.into_iter().map(|clue| view! { <Row desk clue/> }).collect_view().into_any(),
        }}
    }
}

#[component]
fn Row(desk: Desk, clue: Shown) -> impl IntoView {
    let words = text().clues;
    let (id, state, by) = (clue.listed.id, clue.state(), clue.opinion_by());
    let overdue = state == ClueState::Received && by < clock::date(clock::now());
    let tone = match state {
        ClueState::Received if overdue => Tone::Cinnabar,
        ClueState::Received | ClueState::Leaving => Tone::Amber,
        ClueState::Disposed(_) => Tone::Plain,
        ClueState::Left | ClueState::Closed => Tone::Pine,
    };
    let due = (state == ClueState::Received).then(|| (words.opinion_by)(&by));
    view! {
        <article class="card">
            <header>
                <h2>{clue.number()}</h2>
                <Pill tone>{(words.states)(state)} {overdue.then(|| format!(" · {}", words.overdue))}</Pill>
            </header>
            <p class="quiet">{words.received} " " {clue.listed.received_day.clone()} {due.map(|it| format!(" · {it}"))}</p>
            <button on:click=move |_| desk.page.set(Page::One(id))>{words.open}</button>
        </article>
    }
}
