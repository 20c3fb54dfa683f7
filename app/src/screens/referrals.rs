//! What was passed on, and what came back.

use domain::referral::{Referral, ReferralChange};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api, clock,
    i18n::{problem, text},
    parts::{
        desk_frame::DeskFrame,
        empty::Empty,
        pill::{Pill, Tone},
        remote::Remote,
        toast,
    },
    prelude::*,
};

/// The list of referrals, by the day of the answer.
#[component]
pub fn Referrals() -> impl IntoView {
    let open_only = RwSignal::new(true);
    let list =
        Remote::<Vec<Referral>>::load(move || format!("/api/v1/referrals?open_only={}", open_only.get()));
    view! {
        <DeskFrame title=Signal::derive(|| text().office.referrals.to_owned())>
            <main class="page">
                <header>
                    <h1>{move || text().office.referrals}</h1>
                    <label class="check">
                        <input type="checkbox" prop:checked=open_only on:change=move |event| open_only.set(event_target_checked(&event))/>
                        {move || text().office.open_only}
                    </label>
                </header>
                {list.trouble_view()}
                {move || list.get().map(|all| if all.is_empty() {
                    view! { <Empty words=Signal::derive(|| text().office.no_referrals.to_owned())/> }.into_any()
                } else {
                    all.into_iter().map(|it| view! { <One list referral=it/> }).collect_view().into_any()
                })}
            </main>
        </DeskFrame>
    }
}

#[component]
fn One(list: Remote<Vec<Referral>>, referral: Referral) -> impl IntoView {
    let late = referral.is_overdue(&clock::date(clock::now()));
    let answer = RwSignal::new(referral.answer.clone().unwrap_or_default());
    let answered = referral.answer.is_some();
    let field = format!("answer-{}", referral.id);
    let (to, by, about, note) = (
        referral.passing.to.clone(),
        referral.passing.answer_by.clone(),
        referral.about.clone(),
        referral.passing.note.clone(),
    );
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let change = ReferralChange {
            version: referral.version,
            passing: referral.passing.clone(),
            answer: Some(answer.get_untracked()).filter(|it| !it.trim().is_empty()),
        };
        let id = referral.id;
        spawn_local(async move {
            match api::put::<()>(&format!("/api/v1/referrals/{id}"), &change).await {
                Ok(()) => toast::say(text().office.saved.to_owned()),
                Err(cause) => toast::say(problem::words(&cause)),
            }
            list.reload();
        });
    };
    view! {
        <section class="card">
            <header>
                <h2>{to}</h2>
                <Pill tone=if answered { Tone::Pine } else if late { Tone::Cinnabar } else { Tone::Amber }>
                    {move || {
                        let office = text().office;
                        if answered { office.answered.to_owned() } else if late { office.overdue.to_owned() } else { (text().visitor.due)(&by) }
                    }}
                </Pill>
            </header>
            <p class="words">{about}</p>
            {(!note.is_empty()).then(|| view! { <p class="quiet">{note}</p> })}
            <form class="line" on:submit=submit>
                <label for=field.clone()>{move || text().office.answer}</label>
                <input id=field autocomplete="off" bind:value=answer/>
                <button type="submit">{move || text().common.save}</button>
            </form>
        </section>
    }
}
