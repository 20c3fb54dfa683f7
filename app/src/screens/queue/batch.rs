//! Accepting suggestions together: shown first, then done, and one undo for all.

use domain::{
    batch::{BatchDone, BatchOffer, BatchRequest, OfferedType},
    categorize::{FAIR_MIN, SURE_MIN, Sureness},
    id::BatchId,
};
use leptos::task::spawn_local;

use crate::{
    api,
    i18n::{problem, text},
    parts::{remote::Remote, segmented::Segmented, toast},
    prelude::*,
    screens::queue::{
        state::{Panel, QueueDesk},
        type_name,
    },
};

/// What can be accepted within the present filter, at the level that is chosen.
#[component]
pub fn Batch(desk: QueueDesk) -> impl IntoView {
    let level = RwSignal::new(SURE_MIN);
    let offer = Remote::<BatchOffer>::load(move || desk.filter.with(|it| it.offer(level.get())));
    let levels = || {
        let word = text().office.sureness;
        vec![(SURE_MIN, word(Sureness::Large).to_owned()), (FAIR_MIN, word(Sureness::Fair).to_owned())]
    };
    let choose = move |it: f64| {
        // What was offered at another level must not be accepted at this one.
        offer.value.set(None);
        level.set(it);
    };
    view! {
        <h2>{move || text().suggestions.batch}</h2>
        <p class="quiet">{move || text().suggestions.batch_hint}</p>
        <Segmented
            name="batch-level"
            label=Signal::derive(|| text().suggestions.level.to_owned())
            options=Signal::derive(levels)
            value=level
            on_choose=choose
        />
        {offer.trouble_view()}
        {move || offer.get().map(|it| view! { <Offer desk offer=it level=level.get_untracked()/> })}
        <button class="link" on:click=move |_| desk.panel.set(Panel::Decide)>{move || text().common.cancel}</button>
    }
}

#[component]
fn Offer(desk: QueueDesk, offer: BatchOffer, level: f64) -> impl IntoView {
    let words = text().suggestions;
    let n = offer.statements.len();
    let busy = RwSignal::new(false);
    if n == 0 {
        return view! { <p>{words.none_offered}</p> }.into_any();
    }
    let statements = StoredValue::new(offer.statements);
    let accept = move |_| {
        busy.set(true);
        let request = BatchRequest { level, statements: statements.get_value() };
        spawn_local(async move {
            match api::post::<BatchDone>("/api/v1/queue/batches", &request).await {
                Ok(done) => {
                    let words = (text().suggestions.accepted)(done.done_n, done.passed_over_n);
                    toast::say_with_undo(words, move || take_back(desk, done.batch));
                    desk.panel.set(Panel::Decide);
                    desk.load(false);
                }
                Err(cause) => {
                    toast::say(problem::words(&cause));
                    let _ = busy.try_set(false);
                }
            }
        });
    };
    let of_type = |it: OfferedType| {
        let samples = it
            .samples
            .into_iter()
            .map(|it| view! { <p class="quiet clamped">{(text().office.quoted)(&it)}</p> });
        view! {
            <div class="card">
                <p class="title">{(text().suggestions.type_n)(&type_name(&it.category), it.n)}</p>
                {samples.collect_view()}
            </div>
        }
    };
    view! {
        <p>{(words.offered)(n, offer.left_n)}</p>
        {offer.types.into_iter().map(of_type).collect_view()}
        {offer.more.then(|| view! { <p class="quiet">{words.more}</p> })}
        <button class="main" disabled=move || busy.get() on:click=accept>{(words.accept)(n)}</button>
    }
    .into_any()
}

fn take_back(desk: QueueDesk, batch: BatchId) {
    spawn_local(async move {
        match api::post::<BatchDone>(&format!("/api/v1/queue/batches/{batch}/undoing"), &()).await {
            Ok(done) => {
                toast::say((text().suggestions.taken_back)(done.done_n, done.passed_over_n));
                desk.load(false);
            }
            Err(cause) => toast::say(problem::words(&cause)),
        }
    });
}
