//! Holding a meeting: one item at a time, on a projector; what is noted is saved as it goes.

use domain::{
    meeting::{Closing, Item, ItemState, Meeting},
    role::Action,
};
use leptos::{ev, task::spawn_local};
use wasm_bindgen::JsCast;

use super::{
    agenda::AgendaFields,
    agenda_item::AgendaItem,
    header::HeaderFields,
    noting::{Kept, Noting},
};
use crate::{
    api,
    i18n::{problem, text},
    parts::{
        desk_frame::SignedOutLine,
        dialog::Dialog,
        network_strip::NetworkStrip,
        page_title::page_title,
        pill::{Pill, Tone},
        remote::Remote,
    },
    prelude::*,
    screens::queue::type_name,
    session::session,
};

/// One meeting.
#[component]
pub fn MeetingScreen() -> impl IntoView {
    let id = router::part(1);
    let id = move || id.get();
    let meeting = Remote::<Meeting>::load(move || format!("/api/v1/meetings/{}", id()));
    page_title(|| text().branch.meetings.to_owned());
    // Drawn once it is there; what is typed afterwards lives in the fields, not in what was read.
    let first = Memo::new(move || meeting.value.with(|it| it.as_ref().map(|it| it.id)));
    view! {
        <div class="projector">
            <NetworkStrip/>
            <SignedOutLine/>
            {meeting.trouble_view()}
            {move || first.get().and_then(|_| meeting.value.get_untracked()).map(|it| view! { <Hold remote=meeting meeting=it/> })}
        </div>
    }
}

/// The meeting while it is held.
#[derive(Clone, Copy)]
pub struct Table {
    /// As the server has it: header, version, and what the items are about.
    pub meeting: RwSignal<Meeting>,
    /// What is noted, item by item; kept when the agenda changes.
    notings: RwSignal<Vec<Noting>>,
    at: RwSignal<usize>,
    owner: StoredValue<Option<Owner>>,
}

impl Table {
    fn new(meeting: Meeting) -> Self {
        let notings = meeting.items.iter().map(|it| Noting::new(meeting.id, it)).collect::<Vec<_>>();
        Self {
            meeting: RwSignal::new(meeting),
            notings: RwSignal::new(notings),
            at: RwSignal::new(0),
            owner: StoredValue::new(Owner::current()),
        }
    }

    /// Takes over a header or an agenda as the server has it by now.
    pub fn take(self, meeting: Meeting) {
        let Some(known) = self.notings.try_get_untracked() else { return };
        let made = |it: &Item| match self.owner.get_value() {
            Some(owner) => owner.with(|| Noting::new(meeting.id, it)),
            None => Noting::new(meeting.id, it),
        };
        let noting =
            |it: &Item| known.iter().find(|known| known.item == it.id).copied().unwrap_or_else(|| made(it));
        let notings: Vec<Noting> = meeting.items.iter().map(noting).collect();
        let last = notings.len().saturating_sub(1);
        let same = notings.iter().map(|it| it.item).eq(known.iter().map(|it| it.item));
        self.meeting.set(meeting);
        if !same {
            self.notings.set(notings);
            self.at.update(|it| *it = (*it).min(last));
        }
    }

    fn go(self, by: isize) {
        let last = self.notings.with_untracked(Vec::len).saturating_sub(1);
        self.at.update(|it| *it = it.saturating_add_signed(by).min(last));
    }

    /// The item of a noting.
    fn item(self, noting: Noting) -> Option<Item> {
        self.meeting.with(|it| it.items.iter().find(|it| it.id == noting.item).cloned())
    }

    /// Titles of the items that `fits`.
    fn titles(self, fits: impl Fn(Noting) -> bool) -> Vec<String> {
        let notings = self.notings.get();
        let found = notings.into_iter().filter(|it| fits(*it)).filter_map(|it| self.item(it));
        found.map(|it| title_of(&it)).collect()
    }
}

/// What an item is called; one that was taken back says so.
fn title_of(item: &Item) -> String {
    if item.release.is_taken_back() {
        text().branch.taken_back.to_owned()
    } else {
        item.release.title.clone()
    }
}

#[component]
fn Hold(remote: Remote<Meeting>, meeting: Meeting) -> impl IntoView {
    let editable = meeting.closed_at.is_none() && session().may(Action::Discuss);
    let projected = RwSignal::new(!editable);
    let id = meeting.id;
    let table = Table::new(meeting);
    let keys = window_event_listener(ev::keydown, move |event| {
        let typing = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
        if typing.is_some_and(|it| matches!(&*it.tag_name(), "INPUT" | "TEXTAREA" | "SELECT")) {
            return;
        }
        match &*event.key() {
            "ArrowRight" | "PageDown" => table.go(1),
            "ArrowLeft" | "PageUp" => table.go(-1),
            _ => {}
        }
    });
    on_cleanup(move || keys.remove());
    keep_before_leaving(table);
    view! {
        <main class="meeting">
            <div class="meeting-side no-print">
                <header>
                    <h1 class="small-title">{move || table.meeting.with(|it| it.header.title.clone())}</h1>
                    <p class="quiet">{move || table.meeting.with(|it| format!("{} · {}", it.unit_name, (text().branch.long_day)(&it.header.held_on)))}</p>
                </header>
                <HeaderFields table editable/>
                <Agenda table/>
                {editable.then(|| view! { <AgendaFields table/> })}
                <nav class="buttons">
                    <button aria-pressed=move || projected.get().to_string() on:click=move |_| projected.update(|it| *it = !*it)>
                        {move || text().branch.projector}
                    </button>
                    <a href=format!("/meetings/{id}/minutes") class="button">{move || text().branch.minutes}</a>
                    {editable.then(|| view! { <CloseMeeting remote table/> })}
                    <a href="/meetings" class="button">{move || text().common.back}</a>
                </nav>
            </div>
            <Items table editable projected/>
        </main>
    }
}

/// Leaving the screen sends what waits for its timer; leaving the page asks first.
fn keep_before_leaving(table: Table) {
    on_cleanup(move || {
        for noting in table.notings.try_get_untracked().unwrap_or_default() {
            if noting.is(&Kept::Keeping) {
                noting.send();
            }
        }
    });
    let leaving = window_event_listener(ev::beforeunload, move |event| {
        if table.notings.with_untracked(|all| all.iter().any(|it| !it.is(&Kept::Kept))) {
            event.prevent_default();
        }
    });
    on_cleanup(move || leaving.remove());
}

/// What is discussed, how far each item is, and whether it is with the server.
#[component]
fn Agenda(table: Table) -> impl IntoView {
    let rows = move || {
        table.notings.get().into_iter().enumerate().map(|(n, noting)| {
            let current = move || table.at.get() == n;
            let state = move || match (noting.discussion.with(|it| it.state), current()) {
                (ItemState::Agreed, _) => Some((text().branch.item_state)(ItemState::Agreed)),
                (_, true) => Some((text().branch.item_state)(ItemState::Discussing)),
                (_, false) => None,
            };
            let kept = move || noting.kept.with(|it| (*it != Kept::Kept).then(|| it.short()));
            view! {
                <li>
                    <button aria-current=move || current().then_some("true") on:click=move |_| table.at.set(n)>
                        <span class="quiet">
                            {n + 1}
                            {move || state().map(|it| format!(" · {it}"))}
                            {move || kept().map(|it| view! { " · " <span class="amber-words">{it}</span> })}
                        </span>
                        <span>{move || table.item(noting).map(|it| title_of(&it))}</span>
                    </button>
                </li>
            }
        }).collect_view()
    };
    view! { <ol class="agenda" aria-label=move || text().branch.agenda>{rows}</ol> }
}

#[component]
fn Items(table: Table, editable: bool, projected: RwSignal<bool>) -> impl IntoView {
    let n = move || table.notings.with(Vec::len);
    let place = move |id: uuid::Uuid| table.notings.with(|all| all.iter().position(|it| it.item == id));
    view! {
        <div class="meeting-item">
            <For each=move || table.notings.get() key=|it| it.item let:noting>
                <section hidden=move || place(noting.item) != Some(table.at.get())>
                    {move || table.item(noting).map(|item| view! { <Head item n=place(noting.item).unwrap_or(0) items_n=n()/> })}
                    <AgendaItem noting editable projected on_agree=Callback::new(move |()| table.go(1))/>
                </section>
            </For>
            <div class="buttons turn">
                <button disabled=move || table.at.get() == 0 on:click=move |_| table.go(-1)>{move || text().branch.previous}</button>
                <button disabled={move || n() <= table.at.get() + 1} on:click=move |_| table.go(1)>{move || text().branch.next}</button>
            </div>
        </div>
    }
}

/// What the item is about: the approved wording, large.
#[component]
fn Head(item: Item, n: usize, items_n: usize) -> impl IntoView {
    if item.release.is_taken_back() {
        return view! {
            <header class="item-head">
                <h2 class="item-title">{move || text().branch.taken_back}</h2>
                <p class="notice amber">{move || text().branch.taken_back_hint}</p>
            </header>
        }
        .into_any();
    }
    let release = item.release;
    let branch = || text().branch;
    let month = release.month.clone();
    let stat = |n: u32, label: fn() -> &'static str, again: bool| {
        (n > 0).then(|| {
            view! {
                <p><strong class:late=again>{n}</strong><span class="quiet">{label}</span></p>
            }
        })
    };
    view! {
        <header class="item-head">
            <div class="item-line">
                <span>{release.category.map(|it| view! { <Pill tone=Tone::Indigo>{type_name(&it)}</Pill> })}</span>
                <span class="quiet">
                    {move || (branch().item_n)(n + 1, items_n)}
                    {move || (!month.is_empty()).then(|| format!(" · {}", (branch().month)(&month)))}
                    " · " {move || branch().no_names}
                </span>
            </div>
            <h2 class="item-title">{release.title}</h2>
            <div class="stats">
                {stat(release.n_said, || text().branch.times_said, false)}
                {stat(release.n_households, || text().branch.households, false)}
                {stat(release.again_n, || text().branch.times_again, true)}
            </div>
            <blockquote aria-label=move || branch().approved_wording>{release.wording}</blockquote>
        </header>
    }
    .into_any()
}

/// Closing: only when all that was noted is with the server; what is not agreed is named.
#[component]
fn CloseMeeting(remote: Remote<Meeting>, table: Table) -> impl IntoView {
    let asked = RwSignal::new(false);
    let trouble = RwSignal::new(None::<String>);
    let not_kept = move || table.titles(|it| it.kept.with(|it| *it != Kept::Kept));
    let not_agreed = move || table.titles(|it| it.discussion.with(|it| it.state != ItemState::Agreed));
    let close = move |_| {
        trouble.set(None);
        // The header may have been changed since: the newest version is the one to close.
        spawn_local(async move {
            let meeting = table.meeting.get_untracked();
            let path = format!("/api/v1/meetings/{}", meeting.id);
            let version = api::get::<Meeting>(&path).await.map_or(meeting.version, |it| it.version);
            match api::post::<Meeting>(&format!("{path}/closing"), &Closing { version }).await {
                Ok(_) => {
                    let _ = remote.value.try_set(None);
                    remote.reload();
                }
                Err(cause) => drop(trouble.try_set(Some(problem::words(&cause)))),
            }
        });
    };
    view! {
        <button on:click=move |_| asked.set(true)>{move || text().branch.close}</button>
        <Dialog open=asked title=Signal::derive(|| text().branch.close_title.to_owned())>
            <p>{move || text().branch.close_words}</p>
            {move || Some(not_agreed()).filter(|it| !it.is_empty()).map(|it| view! {
                <p>{text().branch.not_agreed}</p>
                <ul>{it.into_iter().map(|it| view! { <li>{it}</li> }).collect_view()}</ul>
            })}
            {move || Some(not_kept()).filter(|it| !it.is_empty()).map(|it| view! {
                <div class="notice amber" role="alert">
                    <p>{text().branch.close_waits}</p>
                    <ul>{it.into_iter().map(|it| view! { <li>{it}</li> }).collect_view()}</ul>
                </div>
            })}
            <p class="error" role="alert">{move || trouble.get()}</p>
            <div class="buttons">
                <button on:click=move |_| asked.set(false)>{move || text().common.cancel}</button>
                <button class="main grow" disabled=move || !not_kept().is_empty() on:click=close>{move || text().branch.close}</button>
            </div>
        </Dialog>
    }
}
