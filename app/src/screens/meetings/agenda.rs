//! Changing what a meeting discusses: adding, leaving out, putting in another order.

use domain::{
    id::ReleaseId,
    meeting::{AgendaChange, Meeting},
    problem::Code,
    release::Release,
};
use leptos::task::spawn_local;

use super::hold::Table;
use crate::{
    api,
    i18n::{problem, text},
    parts::{remote::Remote, toast},
    prelude::*,
};

/// Sends an agenda; another's change comes first and is shown.
fn send(table: Table, releases: Vec<ReleaseId>) {
    let (id, version) = table.meeting.with_untracked(|it| (it.id, it.version));
    spawn_local(async move {
        let path = format!("/api/v1/meetings/{id}");
        match api::put::<Meeting>(&format!("{path}/agenda"), &AgendaChange { version, releases }).await {
            Ok(meeting) => table.take(meeting),
            Err(cause) => {
                let noted = cause.code() == Some(Code::Invalid);
                if let Ok(meeting) = api::get::<Meeting>(&path).await {
                    table.take(meeting);
                }
                toast::say(if noted {
                    text().branch.item_is_noted.to_owned()
                } else {
                    problem::words(&cause)
                });
            }
        }
    });
}

/// The agenda as it can be changed, folded.
#[component]
pub fn AgendaFields(table: Table) -> impl IntoView {
    let offered = Remote::<Vec<Release>>::load(|| "/api/v1/releases".to_owned());
    let agenda =
        move || table.meeting.with(|it| it.items.iter().map(|it| it.release.clone()).collect::<Vec<_>>());
    let ids = move || {
        table.meeting.with_untracked(|it| it.items.iter().map(|it| it.release.id).collect::<Vec<_>>())
    };
    let swap = move |at: usize, with: usize| {
        let mut ids = ids();
        if at.max(with) < ids.len() {
            ids.swap(at, with);
            send(table, ids);
        }
    };
    let leave_out = move |id: ReleaseId| send(table, ids().into_iter().filter(|it| *it != id).collect());
    let add = move |id: ReleaseId| send(table, ids().into_iter().chain([id]).collect());
    let more = move || {
        let known = agenda();
        let fresh = |it: &Release| known.iter().all(|known| known.id != it.id);
        offered.get().unwrap_or_default().into_iter().filter(fresh).collect::<Vec<_>>()
    };
    view! {
        <details class="no-print">
            <summary>{move || text().branch.change_agenda}</summary>
            <ol class="rows">
                {move || agenda().into_iter().enumerate().map(|(n, it)| {
                    let id = it.id;
                    let title = if it.is_taken_back() { text().branch.taken_back.to_owned() } else { it.title };
                    let label = title.clone();
                    let named = move |words: &str| format!("{words} {label}");
                    view! {
                        <li class="agenda-edit">
                            <span class="grow">{n + 1} ". " {title}</span>
                            <button class="link" disabled=n == 0 aria-label=named(text().branch.up) on:click=move |_| swap(n, n.saturating_sub(1))>"↑"</button>
                            <button class="link" aria-label=named(text().branch.down) on:click=move |_| swap(n, n + 1)>"↓"</button>
                            <button class="link" aria-label=named(text().branch.leave_out) on:click=move |_| leave_out(id)>"×"</button>
                        </li>
                    }
                }).collect_view()}
            </ol>
            {offered.trouble_view()}
            {move || more().into_iter().map(|it| {
                let id = it.id;
                view! { <button on:click=move |_| add(id)>"＋ " {it.title}</button> }
            }).collect_view()}
        </details>
    }
}
