//! Holding a meeting: one item at a time, on a projector; what is noted is saved as it goes.

use domain::{
    meeting::{Closing, Header, HeaderChange, Item, ItemState, Meeting},
    problem::Code,
    role::Action,
};
use leptos::{ev, task::spawn_local};
use wasm_bindgen::JsCast;

use super::agenda_item::AgendaItem;
use crate::{
    api,
    i18n::{problem, text},
    parts::{
        dialog::Dialog,
        network_strip::NetworkStrip,
        page_title::page_title,
        pill::{Pill, Tone},
        remote::Remote,
        toast,
    },
    prelude::*,
    screens::queue::type_name,
    session::session,
};

/// How often a field of the header is saved on top of others' changes before it is given up.
const TRIES_MAX: usize = 3;

/// One meeting.
#[component]
pub fn MeetingScreen() -> impl IntoView {
    let id = router::part(1);
    let id = move || id.get();
    let meeting = Remote::<Meeting>::load(move || format!("/api/v1/meetings/{}", id()));
    page_title(|| text().branch.meetings.to_owned());
    // Drawn once it is there; what is typed afterwards lives in the fields, not in what was read.
    let first = Memo::new(move |_| meeting.value.with(|it| it.as_ref().map(|it| it.id)));
    view! {
        <div class="projector">
            <NetworkStrip/>
            {meeting.trouble_view()}
            {move || first.get().and_then(|_| meeting.value.get_untracked()).map(|it| view! { <Hold remote=meeting meeting=it/> })}
        </div>
    }
}

#[component]
fn Hold(remote: Remote<Meeting>, meeting: Meeting) -> impl IntoView {
    let at = RwSignal::new(0_usize);
    let items = StoredValue::new(meeting.items.clone());
    let items_n = meeting.items.len();
    let editable = meeting.closed_at.is_none() && session().may(Action::Discuss);
    let projected = RwSignal::new(!editable);
    let states = RwSignal::new(meeting.items.iter().map(|it| it.discussion.state).collect::<Vec<_>>());
    let go =
        move |by: isize| at.update(|it| *it = it.saturating_add_signed(by).min(items_n.saturating_sub(1)));
    let keys = window_event_listener(ev::keydown, move |event| {
        let typing = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
        if typing.is_some_and(|it| matches!(&*it.tag_name(), "INPUT" | "TEXTAREA" | "SELECT")) {
            return;
        }
        match &*event.key() {
            "ArrowRight" | "PageDown" => go(1),
            "ArrowLeft" | "PageUp" => go(-1),
            _ => {}
        }
    });
    on_cleanup(move || keys.remove());
    let id = meeting.id;
    view! {
        <main class="meeting">
            <div class="meeting-side no-print">
                <header>
                    <h1 class="small-title">{meeting.header.title.clone()}</h1>
                    <p class="quiet">{meeting.unit_name.clone()} " · " {meeting.header.held_on.clone()}</p>
                </header>
                <HeaderFields meeting=meeting.clone() editable/>
                <ol class="agenda" aria-label=move || text().branch.agenda>
                    {meeting.items.iter().enumerate().map(|(n, it)| {
                        let title = it.release.title.clone();
                        let state = move || states.with(|it| it.get(n).copied()).unwrap_or_default();
                        view! {
                            <li>
                                <button aria-current=move || (at.get() == n).then_some("true") on:click=move |_| at.set(n)>
                                    <span class="quiet">
                                        {n + 1}
                                        {move || match (state(), at.get() == n) {
                                            (ItemState::Agreed, _) => Some((text().branch.item_state)(ItemState::Agreed)),
                                            (_, true) => Some((text().branch.item_state)(ItemState::Discussing)),
                                            (_, false) => None,
                                        }.map(|it| format!(" · {it}"))}
                                    </span>
                                    <span>{title}</span>
                                </button>
                            </li>
                        }
                    }).collect_view()}
                </ol>
                <nav class="buttons">
                    <button aria-pressed=move || projected.get().to_string() on:click=move |_| projected.update(|it| *it = !*it)>
                        {move || text().branch.projector}
                    </button>
                    <a href=format!("/meetings/{id}/minutes") class="button">{move || text().branch.minutes}</a>
                    {editable.then(|| view! { <CloseMeeting remote version=meeting.version id=id.to_string()/> })}
                    <a href="/meetings" class="button">{move || text().common.back}</a>
                </nav>
            </div>
            <div class="meeting-item">
                {items.with_value(|all| all.iter().cloned().enumerate().map(|(n, item)| {
                    view! {
                        <section hidden=move || at.get() != n>
                            <Head item=item.clone() n items_n/>
                            <AgendaItem meeting=id item=item.clone() editable projected on_state=Callback::new(move |state| {
                                states.update(|it| if let Some(it) = it.get_mut(n) { *it = state });
                                if state == ItemState::Agreed { go(1) }
                            })/>
                        </section>
                    }
                }).collect_view())}
                <div class="buttons turn">
                    <button disabled=move || at.get() == 0 on:click=move |_| go(-1)>{move || text().branch.previous}</button>
                    <button disabled={move || items_n.saturating_sub(1) <= at.get()} on:click=move |_| go(1)>{move || text().branch.next}</button>
                </div>
            </div>
        </main>
    }
}

/// What the item is about: the approved wording, large.
#[component]
fn Head(item: Item, n: usize, items_n: usize) -> impl IntoView {
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
}

#[component]
fn CloseMeeting(remote: Remote<Meeting>, version: u32, id: String) -> impl IntoView {
    let asked = RwSignal::new(false);
    let id = StoredValue::new(id);
    let close = move |_| {
        asked.set(false);
        // The header may have been changed since: the newest version is the one to close.
        spawn_local(async move {
            let path = id.with_value(|it| format!("/api/v1/meetings/{it}"));
            let version = api::get::<Meeting>(&path).await.map_or(version, |it| it.version);
            match api::post::<Meeting>(&format!("{path}/closing"), &Closing { version }).await {
                Ok(_) => {
                    remote.value.set(None);
                    remote.reload();
                }
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    };
    view! {
        <button on:click=move |_| asked.set(true)>{move || text().branch.close}</button>
        <Dialog open=asked title=Signal::derive(|| text().branch.close_title.to_owned())>
            <p>{move || text().branch.close_words}</p>
            <div class="buttons">
                <button on:click=move |_| asked.set(false)>{move || text().common.cancel}</button>
                <button class="main grow" on:click=close>{move || text().branch.close}</button>
            </div>
        </Dialog>
    }
}

/// Host, recorder, who came; saved when a field is left.
#[component]
fn HeaderFields(meeting: Meeting, editable: bool) -> impl IntoView {
    let header = RwSignal::new(meeting.header.clone());
    let version = RwSignal::new(meeting.version);
    let id = meeting.id;
    // A field is changed on top of what others changed meanwhile: theirs stays, and so does ours.
    let save = move |write: fn(&mut Header, String), words: String| {
        header.update(|it| write(it, words.clone()));
        spawn_local(async move {
            let path = format!("/api/v1/meetings/{id}");
            for _ in 0..TRIES_MAX {
                let (Some(version_seen), Some(seen)) =
                    (version.try_get_untracked(), header.try_get_untracked())
                else {
                    return;
                };
                let change = HeaderChange { version: version_seen, header: seen };
                match api::put::<Meeting>(&path, &change).await {
                    Ok(saved) => {
                        let _ = version.try_set(saved.version);
                        return;
                    }
                    Err(cause) if cause.code() == Some(Code::Conflict) => {
                        let Ok(mut theirs) = api::get::<Meeting>(&path).await else { break };
                        write(&mut theirs.header, words.clone());
                        let _ = version.try_set(theirs.version);
                        let _ = header.try_set(theirs.header);
                    }
                    Err(cause) => return toast::say(problem::words(&cause)),
                }
            }
            toast::say(text().branch.not_kept.to_owned());
        });
    };
    let line = move |field: &'static str,
                     label: fn() -> &'static str,
                     read: fn(&Header) -> String,
                     write: fn(&mut Header, String)| {
        view! {
            <div class="field">
                <label for=field>{label}</label>
                <input id=field autocomplete="off" readonly=!editable
                    prop:value=move || header.with(read)
                    on:change=move |event| save(write, event_target_value(&event))/>
            </div>
        }
    };
    view! {
        <details class="no-print">
            <summary>{move || text().branch.header} " · " {move || header.with(|it| (text().branch.attendance)(it.due_n, it.present_n, it.excused_n))}</summary>
            <div class="fields">
                {line("host", || text().branch.host, |it| it.host.clone(), |it, words| it.host = words)}
                {line("recorder", || text().branch.recorder, |it| it.recorder.clone(), |it, words| it.recorder = words)}
                {line("place", || text().branch.place, |it| it.place.clone(), |it, words| it.place = words)}
                {line("due", || text().branch.due_n, |it| it.due_n.to_string(), |it, words| it.due_n = number(&words))}
                {line("present", || text().branch.present_n, |it| it.present_n.to_string(), |it, words| it.present_n = number(&words))}
                {line("excused-n", || text().branch.excused_n, |it| it.excused_n.to_string(), |it, words| it.excused_n = number(&words))}
                {line("excused", || text().branch.excused, |it| it.excused.clone(), |it, words| it.excused = words)}
                {line("effort-all", || text().branch.effort, |it| it.effort.clone(), |it, words| it.effort = words)}
            </div>
        </details>
    }
}

/// A head count as typed; nothing readable is nobody.
fn number(words: &str) -> u32 {
    words.trim().parse().unwrap_or(0)
}
