//! What phones sent and was set aside: shown whole, with the reason, and judged once more.

use domain::{
    envelope::RecordKind,
    record::{JudgedAgain, Parked, ParkedPage},
    role::Action,
    sync::ParkReason,
};
use leptos::task::spawn_local;

use crate::{
    api, clock,
    i18n::{problem, text},
    parts::{desk_frame::DeskFrame, empty::Empty, remote::Remote, toast},
    prelude::*,
    screens::visits::said_view,
    session::session,
};

/// The list of what was set aside, the latest first.
#[component]
pub fn ParkedScreen() -> impl IntoView {
    let before = RwSignal::new(None::<i64>);
    let list = Remote::<ParkedPage>::load(move || match before.get() {
        Some(before) => format!("/api/v1/parked?before={before}"),
        None => "/api/v1/parked".to_owned(),
    });
    let judge = Callback::new(move |path: String| {
        spawn_local(async move {
            match api::post::<JudgedAgain>(&path, &()).await {
                Ok(it) => {
                    toast::say((text().records.judged)(it.taken_n, it.parked_n));
                    before.set(None);
                    list.reload();
                }
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    });
    let any = move || list.value.with(|it| it.as_ref().is_some_and(|it| it.total_n > 0));
    view! {
        <DeskFrame title=Signal::derive(|| text().records.parked.to_owned())>
            <main class="page">
                <p><a href="/visits">"‹ " {move || text().office.visits}</a></p>
                <header>
                    <h1>{move || text().records.parked}</h1>
                    <Show when=move || any() && session().may(Action::Sort)>
                        <button class="main" on:click=move |_| judge.run("/api/v1/parked/judging".to_owned())>{move || text().records.judge_again}</button>
                    </Show>
                </header>
                <p class="quiet">{move || text().records.parked_hint}</p>
                {list.trouble_view()}
                {move || list.get().map(|it| if it.parked.is_empty() {
                    view! { <Empty words=Signal::derive(|| text().records.none_parked.to_owned())/> }.into_any()
                } else {
                    let next = it.next;
                    view! {
                        {it.parked.into_iter().map(|it| view! { <OneParked parked=it judge=judge/> }).collect_view()}
                        {next.map(|next| view! {
                            <button on:click=move |_| before.set(Some(next))>{text().records.earlier}</button>
                        })}
                    }.into_any()
                })}
            </main>
        </DeskFrame>
    }
}

#[component]
fn OneParked(parked: Parked, judge: Callback<String>) -> impl IntoView {
    let Parked { revision, author, visit, visit_known, unit_name } = parked;
    let records = text().records;
    let unit = if unit_name.is_empty() { records.unknown_unit.to_owned() } else { unit_name };
    let signed_out = revision.parked == Some(ParkReason::SignedOut) && session().may(Action::Sort);
    let take_in = signed_out.then(|| {
        let label = (records.take_in)(&revision.by);
        let take_in = move |_| judge.run(format!("/api/v1/parked/signed-out/{author}"));
        view! { <p><button on:click=take_in>{label}</button></p> }
    });
    let head = (text().office.revision_by)(&revision.by, &clock::date_time(revision.received_at));
    let said = match (revision.kind, revision.said) {
        (RecordKind::Identity, _) => view! { <p class="quiet">{records.identity_hidden}</p> }.into_any(),
        (_, None) => view! { <p class="quiet">{records.unreadable}</p> }.into_any(),
        (_, said) => said_view(said),
    };
    view! {
        <section class="card">
            <header><span class="quiet">{unit} " · " {head}</span></header>
            {revision.parked.map(|it| view! { <p class="notice amber">{(records.why)(it)}</p> })}
            {said}
            {take_in}
            {visit_known.then(|| view! { <p><a href=format!("/visits/{visit}")>{records.open_visit} " ›"</a></p> })}
        </section>
    }
}
