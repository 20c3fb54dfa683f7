//! Meetings: the list, preparing one, holding it, its minutes.

mod agenda;
mod agenda_item;
mod header;
mod hold;
mod noting;
mod projected;

use domain::{
    id::{MeetingId, ReleaseId},
    meeting::{Header, Meeting, MeetingLine, NewMeeting},
    release::Release,
    role::Action,
};
use leptos::{ev::SubmitEvent, task::spawn_local};

pub use self::hold::MeetingScreen;
use self::projected::MeasureTable;
use crate::{
    api, clock,
    i18n::{problem, text},
    ids,
    parts::{
        desk_frame::DeskFrame,
        field::Field,
        page_title::page_title,
        pill::{Pill, Tone},
        remote::Remote,
    },
    prelude::*,
    screens::{queue::type_name, today::join},
    session::session,
};

/// The list of meetings, and preparing the next.
#[component]
pub fn Meetings() -> impl IntoView {
    let meetings = Remote::<Vec<MeetingLine>>::load(|| "/api/v1/meetings".to_owned());
    view! {
        <DeskFrame title=Signal::derive(|| text().branch.meetings.to_owned())>
            <main class="page">
                <h1>{move || text().branch.meetings}</h1>
                {meetings.trouble_view()}
                <section class="card">
                    {move || meetings.get().map(|all| view! { <MeetingRows meetings=all/> })}
                </section>
                <Show when=move || session().may(Action::Discuss)><Prepare/></Show>
            </main>
        </DeskFrame>
    }
}

/// Meetings as rows.
#[component]
pub fn MeetingRows(meetings: Vec<MeetingLine>) -> impl IntoView {
    if meetings.is_empty() {
        return view! { <p class="quiet">{move || text().branch.no_meetings}</p> }.into_any();
    }
    view! {
        <div class="rows">
            {meetings.into_iter().map(|it| {
                let closed = it.closed;
                view! {
                    <a href=format!("/meetings/{}", it.id) class="row">
                        <span class="grow">
                            <span class="title">{it.title}</span>
                            <span class="quiet">{join(&[(text().office.day_words)(&it.held_on), it.unit_name, (text().branch.agreed_n)(it.agreed_n, it.items_n)])}</span>
                        </span>
                        <Pill tone=if closed { Tone::Plain } else { Tone::Pine }>
                            {move || if closed { text().branch.closed } else { text().branch.open }}
                        </Pill>
                    </a>
                }
            }).collect_view()}
        </div>
    }
    .into_any()
}

/// A title, a day and an agenda; everything else can wait for the meeting.
#[component]
fn Prepare() -> impl IntoView {
    let releases = Remote::<Vec<Release>>::load(|| "/api/v1/releases".to_owned());
    let title = RwSignal::new(String::new());
    let held_on = RwSignal::new(clock::date(clock::now()));
    let chosen = RwSignal::new(Vec::<ReleaseId>::new());
    let trouble = RwSignal::new(String::new());
    // Made once, so that asking twice makes one meeting.
    let id = MeetingId(ids::new_public_id());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let header =
            Header { title: title.get_untracked(), held_on: held_on.get_untracked(), ..Header::default() };
        if let Err(field) = header.check() {
            trouble.set((text().problem.wrong_field)(if field == "title" { "meeting_title" } else { field }));
            return;
        }
        trouble.set(String::new());
        let new = NewMeeting { id, header, releases: chosen.get_untracked() };
        spawn_local(async move {
            match api::post::<Meeting>("/api/v1/meetings", &new).await {
                Ok(_) => router::go(&format!("/meetings/{id}")),
                Err(cause) => drop(trouble.try_set(problem::form_words(&cause))),
            }
        });
    };
    view! {
        <section class="card">
            <h2>{move || text().branch.new_meeting}</h2>
            {releases.trouble_view()}
            <form on:submit=submit>
                <div class="fields">
                    <Field id="meeting-title" label=Signal::derive(|| text().branch.meeting_title.to_owned()) value=title required=true/>
                    <Field id="held-on" kind="date" label=Signal::derive(|| text().branch.held_on.to_owned()) value=held_on required=true/>
                </div>
                <fieldset>
                    <legend>{move || text().branch.agenda_choose}</legend>
                    {move || releases.get().unwrap_or_default().into_iter().map(|it| {
                        let id = it.id;
                        view! {
                            <label class="check">
                                <input type="checkbox" on:change=move |event| chosen.update(|all| {
                                    all.retain(|it| *it != id);
                                    if event_target_checked(&event) { all.push(id) }
                                })/>
                                <span>{it.title} <span class="quiet">" · " {(text().branch.said_n)(it.n_said)}</span></span>
                            </label>
                        }
                    }).collect_view()}
                    {move || releases.get().is_some_and(|it| it.is_empty()).then(|| view! {
                        <p class="quiet">{text().branch.nothing_released}</p>
                    })}
                </fieldset>
                <p class="error" role="alert">{move || trouble.get()}</p>
                <button class="main" type="submit" disabled=move || title.with(|it| it.trim().is_empty()) || chosen.with(Vec::is_empty)>
                    {move || text().branch.new_meeting}
                </button>
            </form>
        </section>
    }
}

/// The minutes as a clean page.
#[component]
pub fn Minutes() -> impl IntoView {
    let id = router::part(1);
    let meeting = Remote::<Meeting>::load(move || format!("/api/v1/meetings/{}", id.get()));
    page_title(|| text().branch.minutes.to_owned());
    let print = move |_| {
        // Fails only where the browser has no printer at all.
        let _ = window().print();
    };
    view! {
        <main class="page paper">
            <nav class="buttons no-print">
                <a href=move || format!("/meetings/{}", id.get()) class="button">{move || text().common.back}</a>
                <button class="main" on:click=print>{move || text().branch.print}</button>
            </nav>
            {meeting.trouble_view()}
            {move || meeting.get().map(|it| view! { <MinutesPage meeting=it/> })}
        </main>
    }
}

#[component]
fn MinutesPage(meeting: Meeting) -> impl IntoView {
    let branch = text().branch;
    let header = meeting.header;
    let rows = [
        (branch.held_on, (branch.long_day)(&header.held_on)),
        (branch.place, header.place.clone()),
        (branch.host, header.host.clone()),
        (branch.recorder, header.recorder.clone()),
        (branch.present, (branch.attendance)(header.due_n, header.present_n, header.excused_n)),
        (branch.excused, header.excused.clone()),
    ];
    view! {
        <header><h1>{header.title.clone()}</h1><p>{meeting.unit_name}</p></header>
        <dl>{rows.into_iter().filter(|it| !it.1.is_empty()).map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect_view()}</dl>
        {meeting.items.into_iter().enumerate().map(|(n, item)| {
            let discussion = item.discussion;
            let facts = release_facts(&item.release);
            let title = if item.release.is_taken_back() { branch.taken_back.to_owned() } else { item.release.title };
            let empty = discussion.measures.is_empty();
            view! {
                <section>
                    <h2>{n + 1} "．" {title}</h2>
                    <p class="quiet">{facts}</p>
                    <p>{item.release.wording}</p>
                    {(!discussion.points.is_empty()).then(|| view! {
                        <h3>{branch.points}</h3>
                        <ul>{discussion.points.into_iter().map(|it| view! { <li>{(text().office.named)(&it.speaker, &it.text)}</li> }).collect_view()}</ul>
                    })}
                    {(!discussion.cause.is_empty()).then(|| view! { <h3>{branch.cause}</h3><p>{discussion.cause}</p> })}
                    {(!empty).then(|| view! { <h3>{branch.measures}</h3><MeasureTable measures=discussion.measures/> })}
                    {(!discussion.effort.is_empty()).then(|| view! { <h3>{branch.effort}</h3><p>{discussion.effort}</p> })}
                </section>
            }
        }).collect_view()}
        {(!header.effort.is_empty()).then(|| view! { <h2>{branch.effort}</h2><p>{header.effort}</p> })}
    }
}

/// Its type, how often it was said and in which month.
fn release_facts(release: &Release) -> String {
    let branch = text().branch;
    join(&[
        release.category.as_deref().map(type_name).unwrap_or_default(),
        if release.n_said > 0 { (branch.said_n)(release.n_said) } else { String::new() },
        if release.month.is_empty() { String::new() } else { (branch.month)(&release.month) },
    ])
}
