//! Reading a second time what others decided, without knowing what they did.

use domain::{
    agreement::{SecondReading, SecondReadings, Unseen},
    queue::Act,
    statement::Kind,
};
use leptos::task::spawn_local;

use crate::{
    api,
    i18n::{problem, text},
    parts::{desk_frame::DeskFrame, empty::Empty, remote::Remote, segmented::Segmented, toast},
    prelude::*,
    screens::queue::type_path,
    taxonomy,
};

/// One statement after the other.
#[component]
pub fn SecondReadingsScreen() -> impl IntoView {
    let waiting = Remote::<SecondReadings>::load(|| "/api/v1/second-readings".to_owned());
    view! {
        <DeskFrame title=Signal::derive(|| text().suggestions.second.to_owned())>
            <main class="page narrow">
                <h1>{move || text().suggestions.second}</h1>
                <p class="quiet">{move || text().suggestions.second_blind}</p>
                {waiting.trouble_view()}
                {move || waiting.get().map(|it| match it.next {
                    Some(next) => view! { <One next waiting/> }.into_any(),
                    None => view! {
                        <Empty words=Signal::derive(|| text().suggestions.nothing_to_read.to_owned())>
                            <a class="button" href="/suggestions">{text().suggestions.title}</a>
                        </Empty>
                    }.into_any(),
                })}
            </main>
        </DeskFrame>
    }
}

#[component]
fn One(next: Unseen, waiting: Remote<SecondReadings>) -> impl IntoView {
    let (kind, category, busy) =
        (RwSignal::new(Kind::Problem), RwSignal::new(None::<String>), RwSignal::new(false));
    let said = if next.words.trim().is_empty() { next.summary } else { next.words };
    let kinds = || {
        let word = text().visitor.kinds;
        Kind::ALL.map(|it| (it, word(it).to_owned())).to_vec()
    };
    let id = next.id;
    let keep = move |_| {
        let reading = SecondReading { kind: kind.get_untracked(), category: category.get_untracked() };
        let act = Act::Sort { kind: reading.kind, category: reading.category.clone() };
        if act.check(&taxonomy::scheme_untracked().taxonomy).is_err() {
            toast::say(text().office.needs_type.to_owned());
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer =
                api::post::<SecondReadings>(&format!("/api/v1/second-readings/{id}"), &reading).await;
            busy.set(false);
            match answer {
                Ok(it) => waiting.value.set(Some(it)),
                Err(cause) => {
                    toast::say(problem::words(&cause));
                    waiting.reload();
                }
            }
        });
    };
    let choose = move |event| category.set(Some(event_target_value(&event)).filter(|it| !it.is_empty()));
    view! {
        <section class="card"><p class="words read-aloud">{said}</p></section>
        <Segmented
            name="second-kind"
            label=Signal::derive(|| text().office.kind.to_owned())
            options=Signal::derive(kinds)
            value=kind
            on_choose=move |it| kind.set(it)
        />
        <div class="field">
            <label for="second-type">{text().suggestions.category}</label>
            <select id="second-type" on:change=choose>
                <option value="">{text().suggestions.no_type}</option>
                {taxonomy::scheme().taxonomy.leaves().map(|it| view! { <option value=it.code.clone()>{type_path(&it.code)}</option> }).collect_view()}
            </select>
        </div>
        <p class="buttons"><button class="main" disabled=move || busy.get() on:click=keep>{text().suggestions.keep_next}</button></p>
    }
}
