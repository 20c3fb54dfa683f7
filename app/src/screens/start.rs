//! Whom to visit: from the list, on the spot, or without a name.

use domain::{id::RespondentId, respondent::Respondent};
use leptos::task::spawn_local;

use crate::{
    i18n::text,
    parts::{empty::Empty, frame::Frame, toast},
    phone::{
        Phone,
        beginning::{NoBeginning, Whom, begin},
        phone,
    },
    place::{self, Refusal},
    prelude::*,
    screens::{
        install::InstallSteps,
        today::{RespondentRow, ToVisitRow, Troubles, open_assignments},
    },
};

/// Rows that a search shows; whoever looks for more types one more character.
const SHOWN_MAX: usize = 20;

/// The list of respondents, and the two ways around it.
#[component]
pub fn Start() -> impl IntoView {
    match place::refusal() {
        Some(refusal) => view! { <NotHere refusal/> }.into_any(),
        None => {
            let phone = phone();
            // Before the store is read there is no list and no campaign to begin with.
            view! {
                <Show
                    when=move || phone.ready.get()
                    fallback=|| view! { <p class="opening">{move || text().common.opening}</p> }
                >
                    <Choose/>
                </Show>
            }
            .into_any()
        }
    }
}

/// Explains how to open the app where what is recorded lasts.
#[component]
fn NotHere(refusal: Refusal) -> impl IntoView {
    view! {
        <Frame title=Signal::derive(|| text().visitor.not_here_title.to_owned()) back="/">
            <p class="notice amber">{move || text().visitor.not_here}</p>
            <InstallSteps refusal=Some(refusal)/>
        </Frame>
    }
}

#[component]
fn Choose() -> impl IntoView {
    let phone = phone();
    let wanted = RwSignal::new(String::new());
    let found = Memo::new(move || {
        phone.pulled.with(|it| wanted.with(|wanted| search(it.directory.things(), wanted)))
    });
    let start = move |whom: Whom| {
        spawn_local(async move {
            begin_and_go(phone, whom).await;
        });
    };
    let foot = move || {
        view! {
            <button on:click=move |_| start(Whom::Unnamed)>{move || text().visitor.no_name}</button>
            <button class="main" on:click=move |_| start(Whom::OnTheSpot)>
                {move || text().visitor.on_the_spot}
            </button>
        }
    };
    view! {
        <Frame title=Signal::derive(|| text().visitor.whom.to_owned()) back="/" foot>
            <Troubles/>
            <div class="field">
                <label for="search">{move || text().visitor.search}</label>
                <input
                    id="search"
                    type="search"
                    autocomplete="off"
                    placeholder=move || text().visitor.search_hint
                    bind:value=wanted
                />
            </div>
            <Show when=move || wanted.with(|it| it.trim().is_empty()) fallback=move || view! { <Found found/> }>
                <Assigned/>
                <Found found/>
            </Show>
        </Frame>
    }
}

/// The ids that match every word of `wanted`, the best-known order: as the list came; and how many.
fn search<'a>(all: impl Iterator<Item = &'a Respondent>, wanted: &str) -> (Vec<RespondentId>, usize) {
    let words: Vec<&str> = wanted.split_whitespace().collect();
    let mut shown = Vec::new();
    let mut n = 0;
    for respondent in all {
        let fields = [
            &respondent.name,
            &respondent.place,
            &respondent.organisation,
            &respondent.telephone,
            &respondent.address,
        ];
        if words.iter().all(|word| fields.iter().any(|it| it.contains(word))) {
            n += 1;
            if shown.len() < SHOWN_MAX {
                shown.push(respondent.id);
            }
        }
    }
    (shown, n)
}

#[component]
fn Assigned() -> impl IntoView {
    let phone = phone();
    let open = move || {
        let mut open = open_assignments(phone);
        open.truncate(SHOWN_MAX);
        open
    };
    view! {
        <Show when=move || !open().is_empty()>
            <section class="card">
                <header><h2>{move || text().visitor.to_visit}</h2></header>
                <div class="rows">
                    <For each=open key=|(one, _)| one.id let((assignment, respondent))>
                        <ToVisitRow assignment respondent/>
                    </For>
                </div>
            </section>
        </Show>
    }
}

#[component]
fn Found(found: Memo<(Vec<RespondentId>, usize)>) -> impl IntoView {
    let phone = phone();
    let open = Memo::new(move || open_assignments(phone));
    let empty_list = move || phone.pulled.with(|it| it.directory.is_empty());
    let none = move || {
        let visitor = text().visitor;
        if empty_list() { visitor.empty_list.to_owned() } else { visitor.none_found.to_owned() }
    };
    view! {
        <Show
            when=move || found.with(|it| it.1 > 0)
            fallback=move || view! { <Empty words=Signal::derive(none)/> }
        >
            <section class="card">
                <header>
                    <h2>{move || text().visitor.list}</h2>
                    <span class="quiet" role="status">{move || (text().visitor.found_n)(found.with(|it| it.1))}</span>
                </header>
                <div class="rows">
                    <For each=move || found.with(|it| it.0.clone()) key=|it| *it let:id>
                        {phone.pulled.with_untracked(|it| it.directory.get(id.0).cloned()).map(|respondent| {
                            let assignment = open.get_untracked().into_iter().find(|it| it.0.respondent == id);
                            let assignment = assignment.map(|it| it.0);
                            view! { <RespondentRow respondent assignment/> }
                        })}
                    </For>
                </div>
            </section>
        </Show>
        <nav class="small-links"><a href="/">{move || text().common.today}</a></nav>
    }
}

/// Begins a visit and goes to its first page, which leads on to the questionnaire that the address names behind `/start/form/`, as
/// the code on a printed one does; or to how to open the app where it can be.
pub async fn begin_and_go(phone: Phone, whom: Whom) {
    match begin(phone, whom).await {
        Ok(id) => {
            let path = router::path();
            router::go(&format!(
                "/record/{id}/about{}",
                path.strip_prefix("/start/form").unwrap_or_default()
            ));
        }
        // Which says so, with the way out.
        Err(NoBeginning::NotHere) => router::go("/start"),
        Err(cause) => toast::say(beginning_trouble(&cause)),
    }
}

/// Why no visit began, in words.
fn beginning_trouble(cause: &NoBeginning) -> String {
    let visitor = text().visitor;
    match cause {
        NoBeginning::NoCampaign => visitor.no_campaign.to_owned(),
        NoBeginning::NoUnit => visitor.no_unit.to_owned(),
        NoBeginning::NotHere => visitor.not_here.to_owned(),
        NoBeginning::Local(cause) => (visitor.local_error)(cause),
    }
}
