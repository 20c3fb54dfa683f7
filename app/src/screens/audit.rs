//! The audit log, as the auditor reads it.

use domain::{
    audit::{AuditLine, AuditPage, ChainState, Look, LooksOfDay},
    retention::{Days, Kept, Removal},
    role::Role,
};

use crate::{
    clock,
    i18n::text,
    parts::{desk_frame::DeskFrame, empty::Empty, page_title::page_title, remote::Remote},
    prelude::*,
};

/// Characters of an id that are shown.
const TAIL_CHARS: usize = 6;

/// Who looked at or changed what, and why.
#[component]
pub fn AuditScreen() -> impl IntoView {
    view! {
        <DeskFrame title=Signal::derive(|| text().records.audit.to_owned())>
            <main class="page">
                <h1>{move || text().records.audit}</h1>
                <AuditLog/>
            </main>
        </DeskFrame>
    }
}

/// The log, the latest first.
#[component]
pub fn AuditLog() -> impl IntoView {
    let (looks_only, before) = (RwSignal::new(true), RwSignal::new(None::<i64>));
    let page = Remote::<AuditPage>::load(move || {
        let before = before.get().map(|it| format!("&before={it}")).unwrap_or_default();
        format!("/api/v1/audit?looks_only={}{before}", looks_only.get())
    });
    let choose = move |event| {
        before.set(None);
        looks_only.set(event_target_checked(&event));
    };
    view! {
        <p class="quiet">{move || text().records.audit_hint}</p>
        <p><a href="/audit/checkpoints">{move || text().records.checkpoints}</a></p>
        <label class="check">
            <input type="checkbox" prop:checked=move || looks_only.get() on:change=choose/>
            {move || text().records.looks_only}
        </label>
        {page.trouble_view()}
        {move || page.get().map(|it| if it.lines.is_empty() {
            view! { <Empty words=Signal::derive(|| text().records.nothing_noted.to_owned())/> }.into_any()
        } else {
            view! { <Lines lines=it.lines/> }.into_any()
        })}
        <nav class="buttons" aria-label=move || text().records.earlier>
            <button disabled=move || before.get().is_none() on:click=move |_| before.set(None)>{move || text().records.latest}</button>
            <button
                disabled=move || page.get().is_none_or(|it| it.next.is_none())
                on:click=move |_| before.set(page.value.with_untracked(|it| it.as_ref().and_then(|it| it.next)))
            >{move || text().records.earlier}</button>
        </nav>
    }
}

/// The signed checkpoints of the log, as a clean page for the archive.
#[component]
pub fn Checkpoints() -> impl IntoView {
    let chain = Remote::<ChainState>::load(|| "/api/v1/audit/chain".to_owned());
    page_title(|| text().records.checkpoints.to_owned());
    let print = move |_| {
        // Fails only where the browser has no printer at all.
        let _ = window().print();
    };
    view! {
        <main class="page paper">
            <nav class="buttons no-print">
                <a href="/audit" class="button">{move || text().common.back}</a>
                <button class="main" on:click=print>{move || text().branch.print}</button>
            </nav>
            <h1>{move || text().records.checkpoints}</h1>
            <p>{move || text().records.checkpoints_hint}</p>
            {chain.trouble_view()}
            {move || chain.get().map(|it| view! { <CheckpointTable chain=it/> })}
        </main>
    }
}

#[component]
fn CheckpointTable(chain: ChainState) -> impl IntoView {
    let records = text().records;
    let is_empty = chain.checkpoints.is_empty();
    let lines = chain.checkpoints.into_iter().map(|it| {
        view! { <tr><td>{clock::date_time(it.at)}</td><td>{it.n}</td><td><code>{in_groups(&it.hash)}</code></td></tr> }
    });
    let lines = lines.collect_view();
    view! {
        <p>{(records.linked)(chain.linked_n, chain.waiting_n)}</p>
        <p>{records.signed_by} " " <code>{in_groups(&chain.key)}</code></p>
        {if is_empty {
            view! { <Empty words=Signal::derive(|| text().records.no_checkpoint.to_owned())/> }.into_any()
        } else {
            view! {
                <table>
                    <thead><tr><th>{records.at}</th><th>{records.place_in_log}</th><th>{records.hash}</th></tr></thead>
                    <tbody>{lines}</tbody>
                </table>
            }.into_any()
        }}
    }
}

/// Digits in groups of eight, to be compared by eye, and to be broken between.
fn in_groups(digits: &str) -> String {
    let groups: Vec<&str> =
        (0..digits.len()).step_by(8).filter_map(|at| digits.get(at..(at + 8).min(digits.len()))).collect();
    groups.join(" ")
}

#[component]
fn Lines(lines: Vec<AuditLine>) -> impl IntoView {
    let records = text().records;
    view! {
        <div class="table-holder" tabindex="0" role="region" aria-label=records.audit>
            <table>
                <thead>
                    <tr><th>{records.at}</th><th>{records.who}</th><th>{records.act}</th><th>{records.object}</th><th>{text().office.reason}</th></tr>
                </thead>
                <tbody>{lines.into_iter().map(|it| {
                    let who = who_words(it.by, it.role);
                    let act = act_words(it.act);
                    view! { <tr><td>{clock::date_time(it.at)}</td><td>{who}</td><td>{act}</td><td class="quiet" title=it.object.clone()>{object_words(&it.object)}</td><td>{it.reason}</td></tr> }
                }).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn who_words(by: Option<String>, role: Option<Role>) -> String {
    match (by, role) {
        (Some(name), Some(role)) => format!("{name} · {}", (text().common.role)(role)),
        (Some(name), None) => name,
        (None, _) => text().records.command_line.to_owned(),
    }
}

fn act_words(act: String) -> String {
    (text().records.act_word)(&act).map_or(act, str::to_owned)
}

/// Who opened names, voices and photos on a day, for the office's head and the auditor.
#[component]
pub fn LooksScreen() -> impl IntoView {
    let day = RwSignal::new(clock::date(clock::now()));
    let looks = Remote::<LooksOfDay>::load(move || format!("/api/v1/audit/looks?day={}", day.get()));
    view! {
        <DeskFrame title=Signal::derive(|| text().records.looks.to_owned())>
            <main class="page">
                <h1>{move || text().records.looks}</h1>
                {move || looks.get().map(|it| view! { <p class="quiet">{(text().records.looks_hint)(it.a_day)}</p> })}
                <div class="field">
                    <label for="looks-day">{move || text().records.looks_day}</label>
                    <input id="looks-day" type="date" bind:value=day/>
                </div>
                {looks.trouble_view()}
                {move || looks.get().map(|it| if it.looks.is_empty() {
                    view! { <Empty words=Signal::derive(|| text().records.nothing_noted.to_owned())/> }.into_any()
                } else {
                    view! { <LookLines looks=it.looks/> }.into_any()
                })}
            </main>
        </DeskFrame>
    }
}

#[component]
fn LookLines(looks: Vec<Look>) -> impl IntoView {
    let records = text().records;
    let lines = looks.into_iter().map(|it| {
        let (who, act) = (who_words(it.by, it.role), act_words(it.act));
        view! { <tr><td>{clock::date_time(it.at)}</td><td>{who}</td><td>{act}</td><td class="quiet" title=it.object.clone()>{object_words(&it.object)}</td></tr> }
    });
    let lines = lines.collect_view();
    view! {
        <div class="table-holder" tabindex="0" role="region" aria-label=records.looks>
            <table>
                <thead><tr><th>{records.at}</th><th>{records.who}</th><th>{records.act}</th><th>{records.object}</th></tr></thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
}

/// What is kept for how long, and what went when, for the office and the auditor.
#[component]
pub fn RemovalsScreen() -> impl IntoView {
    let kept = Remote::<Kept>::load(|| "/api/v1/audit/removals".to_owned());
    view! {
        <DeskFrame title=Signal::derive(|| text().records.removals.to_owned())>
            <main class="page">
                <h1>{move || text().records.removals}</h1>
                <p class="quiet">{move || text().records.removals_hint}</p>
                {kept.trouble_view()}
                {move || kept.get().map(|it| view! { <DaysTable days=it.days/> <RemovalLines removals=it.removals/> })}
            </main>
        </DeskFrame>
    }
}

#[component]
fn DaysTable(days: Vec<Days>) -> impl IntoView {
    let records = text().records;
    let lines = days.into_iter().map(|it| {
        let kept = it.days.map_or_else(|| records.for_good.to_owned(), records.days);
        let due = it.days.map(|_| it.due_n.to_string());
        view! { <tr><td>{(records.removed_kind)(it.kind)}</td><td>{kept}</td><td>{due}</td></tr> }
    });
    let lines = lines.collect_view();
    view! {
        <table>
            <thead><tr><th>{records.object}</th><th>{records.kept_for}</th><th>{records.due_next_week}</th></tr></thead>
            <tbody>{lines}</tbody>
        </table>
    }
}

#[component]
fn RemovalLines(removals: Vec<Removal>) -> impl IntoView {
    let records = text().records;
    if removals.is_empty() {
        return view! { <Empty words=Signal::derive(|| text().records.nothing_went.to_owned())/> }.into_any();
    }
    let lines = removals.into_iter().map(|it| {
        view! { <tr><td>{clock::date_time(it.at)}</td><td>{(records.removed_kind)(it.kind)}</td><td>{it.n}</td></tr> }
    });
    let lines = lines.collect_view();
    view! {
        <table>
            <thead><tr><th>{records.at}</th><th>{records.object}</th><th>{records.how_many}</th></tr></thead>
            <tbody>{lines}</tbody>
        </table>
    }
    .into_any()
}

/// A kind of thing and the end of its id, enough to tell two apart; the whole is in the title.
fn object_words(object: &str) -> String {
    let (kind, id) = object.split_once(' ').unwrap_or((object, ""));
    let Some(kind) = (text().records.thing)(kind) else { return object.to_owned() };
    let tail = id.len().checked_sub(TAIL_CHARS).and_then(|at| id.get(at..)).unwrap_or(id);
    if tail.is_empty() { kind.to_owned() } else { format!("{kind} {tail}") }
}
