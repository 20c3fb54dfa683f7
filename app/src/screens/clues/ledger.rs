//! A clue's ledger: what the group did about it, line by line.

use domain::clue::{ClueState, Disposal, NewNote, Note, Step};
use leptos::{ev::SubmitEvent, task::spawn_local};

use super::{Desk, Shown};
use crate::{
    api, clock,
    i18n::{problem, text},
    ids,
    parts::field::Field,
    prelude::*,
    screens::today::join,
    session::session,
};

/// A line in words.
pub fn words_of(note: &Note) -> String {
    let words = text().clues;
    let [dispose, hand_over, pass_on, close, remark] = words.kinds;
    let labelled = |label: &str, value: &str| {
        if value.trim().is_empty() { String::new() } else { format!("{label}：{value}") }
    };
    match note {
        Note::Dispose { how, opinion } => {
            join(&[format!("{dispose}：{}", (words.disposal)(*how)), opinion.clone()])
        }
        Note::HandOver { to, approved_by } => {
            join(&[labelled(hand_over, to), labelled(words.approved_by, approved_by)])
        }
        Note::PassOn { to, approved_by } => {
            join(&[labelled(pass_on, to), labelled(words.approved_by, approved_by)])
        }
        Note::Complete { received_by } => {
            join(&[words.complete.to_owned(), labelled(words.received_by, received_by)])
        }
        Note::Close { outcome } => labelled(close, outcome),
        Note::Remark { text } => labelled(remark, text),
    }
}

/// The lines, and a form for one more.
#[component]
pub fn Ledger(desk: Desk, clue: Shown) -> impl IntoView {
    let words = text().clues;
    let state = clue.state();
    let lines = clue.notes.iter().map(|(sealed, note)| {
        let line = note.as_ref().map_or_else(|| words.not_opened.to_owned(), words_of);
        let (at, by) = (clock::date_time(sealed.at), sealed.by_name.clone());
        view! { <li class="row"><span class="grow"><bdi>{line}</bdi></span><span class="quiet">{at} " · " {by}</span></li> }
    });
    let lines = lines.collect_view();
    let proposed = clue.notes.iter().rev().find(|it| it.0.step != Step::Note).cloned();
    let proposed_by_me = untrack(|| session().account())
        .is_some_and(|me| proposed.is_some_and(|it| it.0.step == Step::Propose && it.0.by == me.id));
    let form = match (state, proposed_by_me) {
        (ClueState::Leaving, true) => {
            view! { <p class="notice amber">{words.waits_for_second}</p> }.into_any()
        }
        (ClueState::Leaving, false) => view! { <Completing desk clue=clue.clone()/> }.into_any(),
        _ => ().into_any(),
    };
    view! {
        <section class="card">
            <h2>{words.ledger}</h2>
            {clue.notes.is_empty().then(|| view! { <p class="quiet">{words.no_notes}</p> })}
            <ul class="rows">{lines}</ul>
            {form}
        </section>
        <Adding desk clue/>
    }
}

/// Seals a line and adds it; answers what went wrong, in words.
async fn add(desk: Desk, clue: &Shown, note: Note) -> Result<(), String> {
    let not_done = || text().clues.not_done.to_owned();
    let worker = desk.worker().ok_or_else(not_done)?;
    let id = ids::new_public_id();
    let sealed = worker.seal_note(clue.listed.id, &clue.listed.wrap, id, &note).await;
    let new = NewNote { id, step: note.step(), sealed: sealed.map_err(|_| not_done())? };
    let path = format!("/api/v1/clues/{}/notes", clue.listed.id);
    api::post::<()>(&path, &new).await.map_err(|cause| problem::form_words(&cause))?;
    desk.read();
    Ok(())
}

/// The second member completes a handover.
#[component]
fn Completing(desk: Desk, clue: Shown) -> impl IntoView {
    let (received_by, trouble) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let clue = clue.clone();
        spawn_local(async move {
            let note = Note::Complete { received_by: received_by.get_untracked() };
            if let Err(words) = add(desk, &clue, note).await {
                let _ = trouble.try_set(words);
            }
        });
    };
    view! {
        <form class="no-print" on:submit=submit novalidate>
            <p class="quiet">{text().clues.complete_hint}</p>
            <Field id="received-by" label=Signal::derive(|| text().clues.received_by.to_owned()) value=received_by/>
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button type="submit" class="main">{text().clues.complete}</button>
        </form>
    }
}

/// One more line.
#[component]
fn Adding(desk: Desk, clue: Shown) -> impl IntoView {
    let words = text().clues;
    let kind = RwSignal::new(0_usize);
    let how = RwSignal::new(Disposal::ALL[0]);
    let (what, approved_by) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let trouble = RwSignal::new(String::new());
    let leaving = clue.state() == ClueState::Leaving;
    let note = move || {
        let (what, approved_by) = (what.get_untracked(), approved_by.get_untracked());
        match kind.get_untracked() {
            0 => Note::Dispose { how: how.get_untracked(), opinion: what },
            1 => Note::HandOver { to: what, approved_by },
            2 => Note::PassOn { to: what, approved_by },
            3 => Note::Close { outcome: what },
            _ => Note::Remark { text: what },
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (clue, note) = (clue.clone(), note());
        if what.with_untracked(|it| it.trim().is_empty()) {
            trouble.set((text().problem.wrong_field)(text().clues.remark));
            return;
        }
        spawn_local(async move {
            if let Err(words) = add(desk, &clue, note).await {
                let _ = trouble.try_set(words);
            }
        });
    };
    let choose = move |event| kind.set(event_target_value(&event).parse().unwrap_or(0));
    let dispose = move |event| {
        let chosen =
            event_target_value(&event).parse().ok().and_then(|it: usize| Disposal::ALL.get(it).copied());
        how.set(chosen.unwrap_or(Disposal::ALL[0]));
    };
    let label = move || {
        let words = text().clues;
        [words.opinion, words.to_whom, words.to_whom, words.outcome, words.remark][kind.get().min(4)]
            .to_owned()
    };
    // While a handover waits, nothing else is proposed.
    let offered = move |it: &usize| !(leaving && (*it == 1 || *it == 2));
    view! {
        <form class="card no-print" on:submit=submit novalidate>
            <h2>{words.add}</h2>
            <div class="field">
                <label for="ledger-kind" class="visually-hidden">{words.add}</label>
                <select id="ledger-kind" on:change=choose>
                    {(0..5).filter(offered).map(|it| view! { <option value=it.to_string() prop:selected=move || kind.get() == it>{words.kinds[it]}</option> }).collect_view()}
                </select>
            </div>
            {move || (kind.get() == 0).then(|| view! {
                <div class="field">
                    <label for="ledger-how" class="visually-hidden">{words.how_disposed}</label>
                    <select id="ledger-how" on:change=dispose>
                        {Disposal::ALL.into_iter().enumerate().map(|(n, it)| view! { <option value=n.to_string() prop:selected=move || how.get() == it>{(words.disposal)(it)}</option> }).collect_view()}
                    </select>
                </div>
            })}
            <Field id="ledger-what" label=Signal::derive(label) value=what/>
            {move || matches!(kind.get(), 1 | 2).then(|| view! {
                <Field id="ledger-approved" label=Signal::derive(|| text().clues.approved_by.to_owned()) value=approved_by/>
            })}
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button type="submit">{words.keep}</button>
        </form>
    }
}
