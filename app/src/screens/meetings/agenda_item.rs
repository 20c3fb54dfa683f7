//! One item of an agenda: points, cause, measures, direction of effort; saved as it goes.

use std::time::Duration;

use domain::{
    id::{MeasureId, MeetingId},
    measure::Agreed,
    meeting::{Discussion, DiscussionChange, Item, ItemState, Meeting, Point},
    problem::Code,
};
use leptos::{ev, task::spawn_local};

use super::projected::Projected;
use crate::{
    api::{self, ApiError},
    i18n::{problem, text},
    ids,
    parts::pill::{Pill, Tone},
    prelude::*,
};

/// What is typed is sent after this much quiet, in milliseconds.
const KEEP_AFTER_MS: u64 = 600;
/// What could not be sent is tried again this often, in milliseconds.
const AGAIN_AFTER_MS: u64 = 5_000;

/// Whether what is on the screen is with the server.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kept {
    Kept,
    Keeping,
    /// No network; it is tried again.
    Not,
    /// The server does not take it, and says why; changing it tries again.
    Refused(String),
    /// Someone else changed it meanwhile; theirs is with the server, ours on the screen.
    Conflict,
}

/// The item while it is being noted.
#[derive(Clone, Copy)]
struct Noting {
    meeting: MeetingId,
    item: uuid::Uuid,
    discussion: RwSignal<Discussion>,
    version: RwSignal<u32>,
    kept: RwSignal<Kept>,
    /// Counts changes; only the latest timer sends.
    change: RwSignal<u64>,
    /// One write at a time: a second one would name the version that the first is about to count up.
    busy: StoredValue<bool>,
}

impl Noting {
    /// Changes what stands on the screen.
    fn edit(self, change: impl FnOnce(&mut Discussion)) {
        self.discussion.update(change);
        self.touch();
    }

    /// The same for what a field shows already.
    fn write(self, change: impl FnOnce(&mut Discussion)) {
        self.discussion.update_untracked(change);
        self.touch();
    }

    fn touch(self) {
        if !self.is(&Kept::Conflict) {
            self.kept.set(Kept::Keeping);
        }
        self.later(KEEP_AFTER_MS);
    }

    fn is(self, kept: &Kept) -> bool {
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
    fn send(self) {
        let Some((number, version, mut discussion)) = self
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
        // A line that was only begun waits on the screen.
        discussion.points.retain(|it| !it.speaker.trim().is_empty() && !it.text.trim().is_empty());
        discussion.measures.retain(|it| !it.what.trim().is_empty());
        let change = DiscussionChange { version, discussion };
        spawn_local(async move {
            let path = format!("/api/v1/meetings/{}/items/{}", self.meeting, self.item);
            let answer = api::put::<Meeting>(&path, &change).await;
            let _ = self.busy.try_set_value(false);
            match answer {
                Ok(meeting) => self.taken(&meeting, number),
                Err(cause) => self.not_taken(cause, &change.discussion, number).await,
            }
        });
    }

    fn taken(self, meeting: &Meeting, number: u64) {
        if let Some(item) = meeting.items.iter().find(|it| it.id == self.item) {
            let _ = self.version.try_set(item.version);
        }
        if self.change.try_get_untracked() == Some(number) {
            let _ = self.kept.try_set(Kept::Kept);
        } else {
            // What was typed meanwhile goes next.
            self.send();
        }
    }

    async fn not_taken(self, cause: ApiError, sent: &Discussion, number: u64) {
        match cause.code() {
            Some(Code::Conflict) => {
                // The answer to our own write may have been lost on the way.
                let meeting = api::get::<Meeting>(&format!("/api/v1/meetings/{}", self.meeting)).await;
                let ours =
                    |it: &Meeting| it.items.iter().any(|it| it.id == self.item && it.discussion == *sent);
                match meeting {
                    Ok(meeting) if ours(&meeting) => self.taken(&meeting, number),
                    Ok(_) => drop(self.kept.try_set(Kept::Conflict)),
                    Err(_) => self.not_there(),
                }
            }
            Some(Code::Invalid | Code::TooLarge | Code::Gone | Code::Forbidden | Code::NotFound) => {
                let _ = self.kept.try_set(Kept::Refused(problem::words(&cause)));
            }
            Some(_) | None => self.not_there(),
        }
    }

    fn not_there(self) {
        let _ = self.kept.try_set(Kept::Not);
        self.later(AGAIN_AFTER_MS);
    }

    /// Shows what the other computer wrote.
    fn take_theirs(self) {
        spawn_local(async move {
            if let Ok(meeting) = api::get::<Meeting>(&format!("/api/v1/meetings/{}", self.meeting)).await
                && let Some(theirs) = meeting.items.into_iter().find(|it| it.id == self.item)
            {
                self.version.set(theirs.version);
                self.discussion.set(theirs.discussion);
                self.kept.set(Kept::Kept);
            }
        });
    }
}

/// What is noted of one item; large and to be read while it is projected.
#[component]
pub fn AgendaItem(
    meeting: MeetingId,
    item: Item,
    editable: bool,
    projected: RwSignal<bool>,
    on_state: Callback<ItemState>,
) -> impl IntoView {
    let noting = Noting {
        meeting,
        item: item.id,
        discussion: RwSignal::new(item.discussion),
        version: RwSignal::new(item.version),
        kept: RwSignal::new(Kept::Kept),
        change: RwSignal::new(0),
        busy: StoredValue::new(false),
    };
    let agree = move |_| {
        noting.edit(|it| it.state = ItemState::Agreed);
        on_state.run(ItemState::Agreed);
    };
    // Leaving the screen sends what waits for its timer; leaving the page asks first.
    on_cleanup(move || {
        if noting.is(&Kept::Keeping) {
            noting.send();
        }
    });
    let leaving = window_event_listener(ev::beforeunload, move |event| {
        if !noting.is(&Kept::Kept) {
            event.prevent_default();
        }
    });
    on_cleanup(move || leaving.remove());
    view! {
        <Show when=move || projected.get()>
            <Projected discussion=noting.discussion/>
        </Show>
        <div class="noting" hidden=move || projected.get()>
            <KeptLine noting/>
            <Points noting editable/>
            <Long noting editable field="cause" label=|| text().branch.cause
                read=|it| it.cause.clone() write=|it, words| it.cause = words/>
            <Measures noting editable/>
            <Long noting editable field="effort" label=|| text().branch.effort
                read=|it| it.effort.clone() write=|it, words| it.effort = words/>
        </div>
        {editable.then(|| view! { <button class="main" on:click=agree>{move || text().branch.agree_next}</button> })}
    }
}

/// How far the item is, and whether what stands on the screen is with the server.
#[component]
fn KeptLine(noting: Noting) -> impl IntoView {
    view! {
        <p class="kept-line" role="status">
            <Pill tone=Tone::Plain>{move || (text().branch.item_state)(noting.discussion.with(|it| it.state))}</Pill>
            " "
            <span class="quiet">{move || match noting.kept.get() {
                Kept::Kept => text().branch.kept.to_owned(),
                Kept::Keeping => text().branch.keeping.to_owned(),
                Kept::Not => text().branch.not_kept.to_owned(),
                Kept::Refused(words) => words,
                Kept::Conflict => text().branch.conflict.to_owned(),
            }}</span>
            {move || (noting.kept.get() == Kept::Conflict).then(|| view! {
                <button on:click=move |_| noting.take_theirs()>{text().branch.take_theirs}</button>
            })}
        </p>
    }
}

#[component]
fn Long(
    noting: Noting,
    editable: bool,
    field: &'static str,
    label: fn() -> &'static str,
    read: fn(&Discussion) -> String,
    write: fn(&mut Discussion, String),
) -> impl IntoView {
    let id = format!("{field}-{}", noting.item);
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <textarea id=id class="short" readonly=!editable
                prop:value=move || noting.discussion.with(read)
                on:input=move |event| noting.write(|it| write(it, event_target_value(&event)))></textarea>
        </div>
    }
}

#[component]
fn Points(noting: Noting, editable: bool) -> impl IntoView {
    let n = Memo::new(move |_| noting.discussion.with(|it| it.points.len()));
    view! {
        <section>
            <h3>{move || text().branch.points}</h3>
            {move || (0..n.get()).map(|at| view! { <PointLine noting editable at/> }).collect_view()}
            {editable.then(|| view! {
                <button on:click=move |_| noting.edit(|it| it.points.push(Point { speaker: String::new(), text: String::new() }))>
                    {move || text().branch.add_point}
                </button>
            })}
        </section>
    }
}

#[component]
fn PointLine(noting: Noting, editable: bool, at: usize) -> impl IntoView {
    let (speaker, words) = noting.discussion.with_untracked(|it| {
        it.points.get(at).map(|it| (it.speaker.clone(), it.text.clone())).unwrap_or_default()
    });
    let write = move |change: &dyn Fn(&mut Point)| {
        noting.write(|it| {
            if let Some(point) = it.points.get_mut(at) {
                change(point);
            }
        });
    };
    view! {
        <div class="point">
            <input class="surname" maxlength="2" readonly=!editable aria-label=move || text().branch.speaker
                placeholder=move || text().branch.speaker_hint prop:value=speaker
                on:input=move |event| write(&|it| it.speaker = event_target_value(&event))/>
            <input readonly=!editable aria-label=move || text().branch.point prop:value=words
                on:input=move |event| write(&|it| it.text = event_target_value(&event))/>
        </div>
    }
}

#[component]
fn Measures(noting: Noting, editable: bool) -> impl IntoView {
    let all = Memo::new(move |_| {
        noting.discussion.with(|it| it.measures.iter().map(|it| it.id).collect::<Vec<_>>())
    });
    let add = move |_| {
        let measure = Agreed {
            id: MeasureId(ids::new_public_id()),
            what: String::new(),
            leader: String::new(),
            person: String::new(),
            by_when: None,
            long_term: false,
            proof: String::new(),
            proposed_to_party_group: false,
        };
        noting.edit(|it| it.measures.push(measure));
    };
    view! {
        <section>
            <h3>{move || text().branch.measures}</h3>
            <For each=move || all.get() key=|it| *it let:id><MeasureCard noting editable id/></For>
            {editable.then(|| view! { <button on:click=add>{move || text().branch.add_measure}</button> })}
        </section>
    }
}

#[component]
fn MeasureCard(noting: Noting, editable: bool, id: MeasureId) -> impl IntoView {
    let read = move |it: &Discussion| it.measures.iter().find(|it| it.id == id).cloned();
    let value = noting.discussion.with_untracked(read);
    let write = move |change: &dyn Fn(&mut Agreed)| {
        noting.write(|it| {
            if let Some(measure) = it.measures.iter_mut().find(|it| it.id == id) {
                change(measure);
            }
        });
    };
    let line = move |label: fn() -> &'static str,
                     kind: &'static str,
                     value: String,
                     change: fn(&mut Agreed, String)| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input type=kind readonly=!editable prop:value=value
                    on:input=move |event| write(&|it| change(it, event_target_value(&event)))/>
            </label>
        }
    };
    let check = move |label: fn() -> &'static str, on: bool, change: fn(&mut Agreed, bool)| {
        view! {
            <label class="check">
                <input type="checkbox" disabled=!editable prop:checked=on
                    on:change=move |event| write(&|it| change(it, event_target_checked(&event)))/>
                <span>{label}</span>
            </label>
        }
    };
    let Some(it) = value else { return ().into_any() };
    let hints = move || {
        noting.kept.with(|_| noting.discussion.with_untracked(read)).map(|it| it.hints()).unwrap_or_default()
    };
    view! {
        <div class="card measure">
            {line(|| text().branch.what, "text", it.what, |it, words| it.what = words)}
            <div class="fields">
                {line(|| text().branch.leader, "text", it.leader, |it, words| it.leader = words)}
                {line(|| text().branch.person, "text", it.person, |it, words| it.person = words)}
                {line(|| text().branch.by_when, "date", it.by_when.unwrap_or_default(), |it, words| it.by_when = Some(words).filter(|it| !it.is_empty()))}
            </div>
            {line(|| text().branch.proof, "text", it.proof, |it, words| it.proof = words)}
            <div class="buttons">
                {check(|| text().branch.long_term, it.long_term, |it, on| it.long_term = on)}
                {check(|| text().branch.proposed, it.proposed_to_party_group, |it, on| it.proposed_to_party_group = on)}
                {editable.then(|| view! {
                    <button class="link quiet" on:click=move |_| noting.edit(|it| it.measures.retain(|it| it.id != id))>
                        {move || text().branch.remove}
                    </button>
                })}
            </div>
            {editable.then(|| view! {
                <p class="quiet">{move || hints().into_iter().map(text().branch.hint).collect::<Vec<_>>().join("；")}</p>
            })}
        </div>
    }
    .into_any()
}
