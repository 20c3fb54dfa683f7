//! Measures and how far they are.

use domain::measure::{Measure, MeasureState, Measures, NewProgress};
use domain::role::Action;
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api,
    i18n::{problem, text},
    ids,
    parts::{
        desk_frame::DeskFrame,
        empty::Empty,
        pill::{Pill, Tone},
        remote::Remote,
        toast,
    },
    prelude::*,
    screens::today::{join, when},
    session::session,
};

/// The list of measures, overdue ones first.
#[component]
pub fn MeasuresScreen() -> impl IntoView {
    let list = Remote::<Measures>::load(|| "/api/v1/measures".to_owned());
    view! {
        <DeskFrame title=Signal::derive(|| text().branch.our_measures.to_owned())>
            <main class="page">
                <h1>{move || text().branch.our_measures}</h1>
                {list.trouble_view()}
                {move || list.get().map(|it| if it.measures.is_empty() {
                    view! { <Empty words=Signal::derive(|| text().branch.no_measures.to_owned())/> }.into_any()
                } else {
                    it.measures.into_iter().map(|it| view! { <One list measure=it/> }).collect_view().into_any()
                })}
            </main>
        </DeskFrame>
    }
}

#[component]
fn One(list: Remote<Measures>, measure: Measure) -> impl IntoView {
    let agreed = measure.agreed;
    let when_due = agreed
        .by_when
        .clone()
        .unwrap_or_else(|| if agreed.long_term { text().branch.long_term.to_owned() } else { String::new() });
    let facts = join(&[measure.unit_name, measure.about, agreed.leader, agreed.person, when_due]);
    let state = RwSignal::new(measure.state);
    let note = RwSignal::new(String::new());
    let (id, version) = (agreed.id, measure.version);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let new = NewProgress {
            id: ids::new_public_id(),
            version,
            state: state.get_untracked(),
            note: note.get_untracked(),
        };
        spawn_local(async move {
            match api::post::<Measure>(&format!("/api/v1/measures/{id}/progress"), &new).await {
                Ok(_) => toast::say(text().office.saved.to_owned()),
                Err(cause) => toast::say(problem::words(&cause)),
            }
            list.reload();
        });
    };
    let field = format!("note-{id}");
    let shown = measure.state;
    view! {
        <section class="card">
            <header>
                <h2>{agreed.what}</h2>
                <Pill tone=if measure.overdue { Tone::Cinnabar } else { Tone::Plain }>
                    {move || if measure.overdue { text().branch.overdue } else { (text().branch.measure_state)(shown) }}
                </Pill>
            </header>
            <p class="quiet">{facts}</p>
            {measure.progress.into_iter().map(|it| view! {
                <p class="quiet">{when(it.at)} " · " {(text().branch.measure_state)(it.state)} " · " {it.note}</p>
            }).collect_view()}
            {session().may(Action::Discuss).then(|| view! {
                <form class="line" on:submit=submit>
                    <select aria-label=move || text().office.state on:change=move |event| {
                        if let Some(it) = MeasureState::from_word(&event_target_value(&event)) { state.set(it) }
                    }>
                        {MeasureState::ALL.map(|it| view! {
                            <option value=it.as_str() selected=shown == it>{(text().branch.measure_state)(it)}</option>
                        }).collect_view()}
                    </select>
                    <input id=field aria-label=move || text().branch.progress_note placeholder=move || text().branch.progress_note bind:value=note/>
                    <button type="submit">{move || text().branch.note_progress}</button>
                </form>
            })}
        </section>
    }
}
