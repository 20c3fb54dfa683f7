//! One person's data: found, handed out, and destroyed once a second person signed it off.

use domain::{
    id::{RecordId, RespondentId},
    person::{NewErasure, PersonAsked, PersonChosen, PersonErasure, PersonFound},
    role::Action,
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api, confirming,
    i18n::{problem, text},
    parts::{
        desk_frame::DeskFrame, empty::Empty, field::Field, remote::Remote, sign_off::SignOffCard, tick::tick,
        toast,
    },
    prelude::*,
    screens::today::join,
    session::session,
};

/// Whoever finds and proposes, and whoever signs off.
#[component]
pub fn PersonsScreen() -> impl IntoView {
    let erasures = Remote::<Vec<PersonErasure>>::load(|| "/api/v1/persons/erasures".to_owned());
    view! {
        <DeskFrame title=Signal::derive(|| text().persons.title.to_owned())>
            <main class="page">
                <h1>{move || text().persons.title}</h1>
                <p class="quiet">{move || text().persons.hint}</p>
                <Show when=move || session().may(Action::KeepPersons)>
                    <Finding erasures/>
                </Show>
                <h2>{move || text().persons.erasures}</h2>
                {erasures.trouble_view()}
                {move || erasures.get().map(|it| if it.is_empty() {
                    view! { <Empty words=Signal::derive(|| text().persons.no_erasures.to_owned())/> }.into_any()
                } else {
                    it.into_iter().map(|it| view! { <OneErasure erasure=it erasures/> }).collect_view().into_any()
                })}
            </main>
        </DeskFrame>
    }
}

/// What was ticked.
#[derive(Clone, Copy)]
struct Chosen {
    respondents: RwSignal<Vec<RespondentId>>,
    visits: RwSignal<Vec<RecordId>>,
}

#[component]
fn Finding(erasures: Remote<Vec<PersonErasure>>) -> impl IntoView {
    let (asked, reason) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (found, trouble) = (RwSignal::new(None::<PersonFound>), RwSignal::new(String::new()));
    let chosen = Chosen { respondents: RwSignal::new(Vec::new()), visits: RwSignal::new(Vec::new()) };
    let search = move |event: SubmitEvent| {
        event.prevent_default();
        trouble.set(String::new());
        let body = PersonAsked { text: asked.get_untracked(), reason: reason.get_untracked() };
        spawn_local(async move {
            match api::post::<PersonFound>("/api/v1/persons/search", &body).await {
                Ok(it) => {
                    chosen.respondents.set(Vec::new());
                    chosen.visits.set(Vec::new());
                    found.set(Some(it));
                }
                Err(cause) => trouble.set(problem::words(&cause)),
            }
        });
    };
    view! {
        <section class="card">
            <form on:submit=search>
                <div class="fields">
                    <Field id="person" label=Signal::derive(|| text().persons.who.to_owned()) value=asked required=true/>
                    <Field id="person-reason" label=Signal::derive(|| text().office.reason.to_owned()) value=reason required=true/>
                </div>
                <p class="error" role="alert">{move || trouble.get()}</p>
                <button class="main" type="submit">{move || text().persons.search}</button>
            </form>
            {move || found.get().map(|it| view! { <Found found=it chosen/> })}
            <Show when=move || found.with(|it| it.as_ref().is_some_and(|it| !it.visits.is_empty() || !it.respondents.is_empty()))>
                <Acting chosen reason erasures/>
            </Show>
        </section>
    }
}

#[component]
fn Found(found: PersonFound, chosen: Chosen) -> impl IntoView {
    let persons = text().persons;
    if found.visits.is_empty() && found.respondents.is_empty() {
        return view! { <Empty words=Signal::derive(|| text().persons.nobody.to_owned())/> }.into_any();
    }
    let respondents = found.respondents.into_iter().map(|it| {
        let words = join(&[
            persons.on_the_list.to_owned(),
            it.respondent.name,
            it.respondent.organisation,
            it.respondent.place,
            it.respondent.telephone,
        ]);
        let id = it.id;
        tick(chosen.respondents, id, words)
    });
    let visits = found.visits.into_iter().map(|it| {
        let words = join(&[
            it.day,
            it.name,
            it.place,
            it.telephone,
            if it.set_aside {
                persons.set_aside.to_owned()
            } else {
                (persons.holds)(it.statements_n, it.attachments_n)
            },
            if it.in_answers { persons.in_answers.to_owned() } else { String::new() },
        ]);
        let id = it.id;
        tick(chosen.visits, id, words)
    });
    view! {
        <fieldset>
            <legend>{persons.which}</legend>
            {respondents.collect_view()}
            {visits.collect_view()}
        </fieldset>
        {found.more.then(|| view! { <p class="notice amber">{persons.more}</p> })}
    }
    .into_any()
}

/// Handing out what was ticked, or proposing to destroy it.
#[component]
fn Acting(chosen: Chosen, reason: RwSignal<String>, erasures: Remote<Vec<PersonErasure>>) -> impl IntoView {
    let words = RwSignal::new(false);
    let nobody = move || chosen.respondents.with(Vec::is_empty) && chosen.visits.with(Vec::is_empty);
    let copy = move |_| {
        let ids = |it: Vec<String>| it.join(",");
        let address = format!(
            "/api/v1/persons/copy?respondents={}&visits={}&reason={}",
            ids(chosen.respondents.get_untracked().iter().map(ToString::to_string).collect()),
            ids(chosen.visits.get_untracked().iter().map(ToString::to_string).collect()),
            js_sys::encode_uri_component(&reason.get_untracked()),
        );
        spawn_local(async move {
            match confirming::confirmed().await {
                // The answer is a file: this page stays.
                Ok(()) => drop(window().location().set_href(&address)),
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    };
    let propose = move |_| {
        let new = NewErasure {
            chosen: PersonChosen {
                respondents: chosen.respondents.get_untracked(),
                visits: chosen.visits.get_untracked(),
                reason: reason.get_untracked(),
            },
            words: words.get_untracked(),
        };
        spawn_local(async move {
            match api::post::<PersonErasure>("/api/v1/persons/erasures", &new).await {
                Ok(_) => {
                    toast::say(text().sign_off.proposed.to_owned());
                    erasures.reload();
                }
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    };
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=move || words.get() on:change=move |event| words.set(event_target_checked(&event))/>
            {move || text().persons.words_too}
        </label>
        <p class="quiet">{move || text().persons.erase_hint}</p>
        <div class="buttons">
            <button disabled=nobody on:click=propose>{move || text().persons.propose}</button>
            <button class="main" disabled=nobody on:click=copy>{move || text().persons.copy}</button>
        </div>
    }
}

/// What was proposed and what became of it; whoever signs off decides here.
#[component]
fn OneErasure(erasure: PersonErasure, erasures: Remote<Vec<PersonErasure>>) -> impl IntoView {
    let persons = text().persons;
    let path = format!("/api/v1/persons/erasures/{}/decision", erasure.sign_off.id);
    view! {
        <SignOffCard
            of=erasure.sign_off
            extent=(persons.extent)(erasure.respondents_n, erasure.visits_n, erasure.words)
            done=persons.state_approved
            decision=session().may(Action::SignOffErasure).then_some(path)
            for_good=persons.for_good
            approve=persons.approve
            on_decided=Callback::new(move |()| erasures.reload())
        />
    }
}
