//! When a meeting is, who holds it, who came; saved when a field is left.

use domain::{
    meeting::{Header, HeaderChange, Meeting},
    problem::Code,
};
use leptos::task::spawn_local;

use super::hold::Table;
use crate::{
    api,
    i18n::{problem, text},
    parts::toast,
    prelude::*,
};

/// How often a field is saved on top of others' changes before it is given up.
const TRIES_MAX: usize = 3;

/// Changes one field on top of what others changed meanwhile: theirs stays, and so does ours.
async fn save(table: Table, write: fn(&mut Header, String), words: String) {
    for _ in 0..TRIES_MAX {
        let Some(mut meeting) = table.meeting.try_get_untracked() else { return };
        write(&mut meeting.header, words.clone());
        let path = format!("/api/v1/meetings/{}", meeting.id);
        let change = HeaderChange { version: meeting.version, header: meeting.header };
        match api::put::<Meeting>(&path, &change).await {
            Ok(saved) => return table.take(saved),
            Err(cause) if cause.code() == Some(Code::Conflict) => {
                let Ok(theirs) = api::get::<Meeting>(&path).await else { break };
                table.take(theirs);
            }
            Err(cause) => return toast::say(problem::form_words(&cause)),
        }
    }
    toast::say(text().branch.not_kept.to_owned());
}

/// All of the header, folded.
#[component]
pub fn HeaderFields(table: Table, editable: bool) -> impl IntoView {
    let line = move |field: &'static str,
                     kind: &'static str,
                     label: fn() -> &'static str,
                     read: fn(&Header) -> String,
                     write: fn(&mut Header, String)| {
        view! {
            <div class="field">
                <label for=field>{label}</label>
                <input id=field type=kind autocomplete="off" readonly=!editable
                    prop:value=move || table.meeting.with(|it| read(&it.header))
                    on:change=move |event| spawn_local(save(table, write, event_target_value(&event)))/>
            </div>
        }
    };
    let attendance = move || {
        table
            .meeting
            .with(|it| (text().branch.attendance)(it.header.due_n, it.header.present_n, it.header.excused_n))
    };
    view! {
        <details class="no-print">
            <summary>{move || text().branch.header} {move || Some(attendance()).filter(|it| !it.is_empty()).map(|it| format!(" · {it}"))}</summary>
            <div class="fields">
                {line("title", "text", || text().branch.meeting_title, |it| it.title.clone(), |it, words| it.title = words)}
                {line("held-on", "date", || text().branch.held_on, |it| it.held_on.clone(), |it, words| it.held_on = words)}
                {line("host", "text", || text().branch.host, |it| it.host.clone(), |it, words| it.host = words)}
                {line("recorder", "text", || text().branch.recorder, |it| it.recorder.clone(), |it, words| it.recorder = words)}
                {line("place", "text", || text().branch.place, |it| it.place.clone(), |it, words| it.place = words)}
                {line("due", "number", || text().branch.due_n, |it| count(it.due_n), |it, words| it.due_n = number(&words))}
                {line("present", "number", || text().branch.present_n, |it| count(it.present_n), |it, words| it.present_n = number(&words))}
                {line("excused-n", "number", || text().branch.excused_n, |it| count(it.excused_n), |it, words| it.excused_n = number(&words))}
                {line("excused", "text", || text().branch.excused, |it| it.excused.clone(), |it, words| it.excused = words)}
                {line("effort-all", "text", || text().branch.effort, |it| it.effort.clone(), |it, words| it.effort = words)}
            </div>
        </details>
    }
}

/// A head count as typed; nothing readable is nobody.
fn number(words: &str) -> u32 {
    words.trim().parse().unwrap_or(0)
}

/// Nobody is an empty field.
fn count(n: u32) -> String {
    if n == 0 { String::new() } else { n.to_string() }
}
