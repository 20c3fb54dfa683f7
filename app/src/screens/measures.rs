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

/// The list of measures, overdue ones first. The address carries the filter; what is typed into one stays
/// when another is saved.
#[component]
pub fn MeasuresScreen() -> impl IntoView {
    let asked = |name: &str| router::asked(name).unwrap_or_default();
    let list = Remote::<Measures>::load(move || match &*asked("only") {
        "" => "/api/v1/measures".to_owned(),
        "overdue" => "/api/v1/measures?overdue=true".to_owned(),
        state => format!("/api/v1/measures?state={state}"),
    });
    let choose = move |event| {
        let word = event_target_value(&event);
        let address = if word.is_empty() { "/measures".to_owned() } else { format!("/measures?only={word}") };
        router::rename(&address);
    };
    let nothing = move || list.get().is_some_and(|it| it.measures.is_empty());
    view! {
        <DeskFrame title=Signal::derive(|| text().branch.our_measures.to_owned())>
            <main class="page">
                <header>
                    <h1>{move || text().branch.our_measures}</h1>
                    <select aria-label=move || text().office.state on:change=choose>
                        <option value="" selected=move || asked("only").is_empty()>{move || text().office.all}</option>
                        <option value="overdue" selected=move || asked("only") == "overdue">{move || text().branch.overdue}</option>
                        {move || MeasureState::ALL.map(|it| view! {
                            <option value=it.as_str() selected=move || asked("only") == it.as_str()>{(text().branch.measure_state)(it)}</option>
                        }).collect_view()}
                    </select>
                </header>
                {list.trouble_view()}
                <Show when=nothing>
                    {move || if asked("only").is_empty() {
                        view! { <Empty words=Signal::derive(|| text().branch.no_measures.to_owned())/> }.into_any()
                    } else {
                        view! { <Empty words=Signal::derive(|| text().branch.no_such_measures.to_owned())/> }.into_any()
                    }}
                </Show>
                <For each=move || list.get().map(|it| it.measures).unwrap_or_default() key=|it| it.agreed.id let:measure>
                    <One list measure/>
                </For>
            </main>
        </DeskFrame>
    }
}

#[component]
fn One(list: Remote<Measures>, measure: Measure) -> impl IntoView {
    let (id, first) = (measure.agreed.id, measure.clone());
    // As the server has it; the fields hold what is typed.
    let known = Memo::new(move || {
        let of = |all: &Measures| all.measures.iter().find(|it| it.agreed.id == id).cloned();
        list.value.with(|all| all.as_ref().and_then(of)).unwrap_or_else(|| first.clone())
    });
    let pill = move || {
        known.with(|it| {
            if it.overdue {
                (Tone::Cinnabar, text().branch.overdue)
            } else {
                (Tone::Plain, (text().branch.measure_state)(it.state))
            }
        })
    };
    view! {
        <section class="card">
            <header>
                <h2>{move || known.get().agreed.what}</h2>
                {move || { let (tone, words) = pill(); view! { <Pill tone>{words}</Pill> } }}
            </header>
            <p class="quiet">{move || known.with(facts)}</p>
            {move || Some(known.get().agreed.proof).filter(|it| !it.trim().is_empty()).map(|it| view! {
                <p>{(text().office.named)(text().branch.proof, &it)}</p>
            })}
            {move || known.with(|it| it.agreed.proposed_to_party_group).then(|| view! {
                <p><Pill tone=Tone::Amber>{text().branch.proposed}</Pill></p>
            })}
            {move || known.with(|it| it.issue).map(|it| view! {
                <p><a href=format!("/issues/{it}")>{text().office.see_issue}</a></p>
            })}
            {move || known.get().progress.into_iter().map(|it| view! {
                <p class="quiet">{join(&[when(it.at), (text().branch.measure_state)(it.state).to_owned(), it.note])}</p>
            }).collect_view()}
            {session().may(Action::Discuss).then(|| view! { <MoveOn list known/> })}
        </section>
    }
}

/// `机关第一党支部 · 办件拖延 · 李梅 · 12月5日前`
fn facts(measure: &Measure) -> String {
    let due = match &measure.agreed.by_when {
        Some(day) => (text().visitor.due)(&(text().office.day_words)(day)),
        None if measure.agreed.long_term => text().branch.long_term.to_owned(),
        None => String::new(),
    };
    let agreed = &measure.agreed;
    join(&[
        measure.unit_name.clone(),
        measure.about.clone(),
        agreed.leader.clone(),
        agreed.person.clone(),
        due,
    ])
}

/// How far it is by now.
#[component]
fn MoveOn(list: Remote<Measures>, known: Memo<Measure>) -> impl IntoView {
    let id = known.get_untracked().agreed.id;
    let state = RwSignal::new(known.get_untracked().state);
    let note = RwSignal::new(String::new());
    let trouble = RwSignal::new(String::new());
    // Made once for what is typed, so that saying it twice notes it once.
    let progress = RwSignal::new(ids::new_public_id());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let new = NewProgress {
            id: progress.get_untracked(),
            version: known.get_untracked().version,
            state: state.get_untracked(),
            note: note.get_untracked(),
        };
        spawn_local(async move {
            match api::post::<Measure>(&format!("/api/v1/measures/{id}/progress"), &new).await {
                Ok(_) => {
                    let _ = note.try_set(String::new());
                    let _ = trouble.try_set(String::new());
                    let _ = progress.try_set(ids::new_public_id());
                    toast::say(text().office.saved.to_owned());
                }
                Err(cause) => drop(trouble.try_set(problem::form_words(&cause))),
            }
            list.reload();
        });
    };
    view! {
        <form class="line" on:submit=submit>
            <select aria-label=move || text().office.state on:change=move |event| {
                if let Some(it) = MeasureState::from_word(&event_target_value(&event)) { state.set(it) }
            }>
                {move || MeasureState::ALL.map(|it| view! {
                    <option value=it.as_str() selected=move || state.get() == it>{(text().branch.measure_state)(it)}</option>
                }).collect_view()}
            </select>
            <input id=format!("note-{id}") aria-label=move || text().branch.progress_note placeholder=move || text().branch.progress_note bind:value=note/>
            <button type="submit">{move || text().branch.note_progress}</button>
            <p class="error" role="alert">{move || trouble.get()}</p>
        </form>
    }
}
