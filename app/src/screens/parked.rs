//! What phones sent and was set aside: shown whole, with the reason, and judged once more.

use domain::{
    envelope::RecordKind,
    problem::{Code, Problem},
    record::{JudgedAgain, Parked, ParkedPage},
    role::Action,
    sealed_file::{self, PIECE_BYTES_MAX, TakenIn},
    sync::ParkReason,
};
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlInputElement;

use crate::{
    api::{self, ApiError},
    clock,
    i18n::{problem, text},
    parts::{desk_frame::DeskFrame, empty::Empty, remote::Remote, toast},
    prelude::*,
    screens::visits::said_view,
    session::session,
};

/// What a row has beside its bytes, at most.
const ROW_BYTES_MAX: usize = 1024;

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
                <Show when=move || session().may(Action::Sort)>
                    <TakeInFile done=Callback::new(move |()| list.reload())/>
                </Show>
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

/// Takes in a file that a phone saved because it could not send.
#[component]
fn TakeInFile(done: Callback<()>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let choose = move |event: leptos::ev::Event| {
        let input: HtmlInputElement = event_target(&event);
        let Some(file) = input.files().and_then(|it| it.get(0)) else { return };
        busy.set(true);
        spawn_local(async move {
            let words = match take_in(&file).await {
                Ok(it) => (text().records.taken_in)(&it),
                Err(cause) => problem::words(&cause),
            };
            // The same file can be chosen again.
            input.set_value("");
            let _ = busy.try_set(false);
            toast::say(words);
            done.run(());
        });
    };
    view! {
        <p>
            <label class="button">
                {move || text().records.take_in_file}
                <input type="file" accept=".sealed" class="visually-hidden" disabled=move || busy.get() on:change=choose/>
            </label>
        </p>
    }
}

/// Sends a file in pieces, each of which the server takes by itself.
async fn take_in(file: &web_sys::File) -> Result<TakenIn, ApiError> {
    let no_file = || ApiError::Problem(Problem::new(Code::Malformed));
    let bytes = JsFuture::from(file.array_buffer()).await.map_err(|_| no_file())?;
    let bytes = js_sys::Uint8Array::new(&bytes).to_vec();
    let (header, rows) = sealed_file::read(&bytes).map_err(|_| no_file())?;
    let begun = sealed_file::begin(&header);
    let (mut piece, mut taken_in) = (begun.clone(), TakenIn::default());
    for (n, row) in rows.iter().enumerate() {
        sealed_file::push(&mut piece, *row);
        let next = rows.get(n + 1).map_or(PIECE_BYTES_MAX, |it| it.bytes.len());
        if piece.len() + next + ROW_BYTES_MAX > PIECE_BYTES_MAX {
            let body = js_sys::Uint8Array::from(&*piece).into();
            let headers = [("content-type", "application/octet-stream")];
            let answer =
                api::send("POST", "/api/v1/records/sealed?drafts=true", &headers, Some(body)).await?;
            let text = answer.text().map_err(|_| ApiError::Offline)?;
            let text =
                JsFuture::from(text).await.map_err(|_| ApiError::Offline)?.as_string().unwrap_or_default();
            taken_in.add(&crate::json::read(text.as_bytes()).map_err(|_| ApiError::NotOurs)?);
            piece.clone_from(&begun);
        }
    }
    Ok(taken_in)
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
