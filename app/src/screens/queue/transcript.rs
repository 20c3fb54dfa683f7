//! Beside a recording what a machine heard in it, with the sound; and accepting it.

use domain::{
    id::RecordId,
    queue::ItemAttachment,
    transcript::{Heard, ItemTranscript, TranscriptAct, TranscriptState},
};
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{HtmlAudioElement, HtmlElement};

use super::{
    reading::{AttachmentLine, field_of, voice_of},
    state::QueueDesk,
};
use crate::{
    api,
    i18n::{problem, text},
    parts::toast,
    prelude::*,
    screens::today::when,
};

/// A voice or photo with what a machine heard in it.
#[component]
pub fn Attached(
    desk: QueueDesk,
    attachment: ItemAttachment,
    transcript: Option<ItemTranscript>,
) -> impl IntoView {
    // How far the recording is played, in milliseconds.
    let played = RwSignal::new(None::<u64>);
    let words = text().transcripts;
    let hint = if attachment.statement.is_some() { words.hint } else { words.hint_of_visit };
    view! {
        <AttachmentLine attachment played/>
        {transcript.map(|it| view! { <Transcript desk transcript=it hint played/> })}
    }
}

#[component]
fn Transcript(
    desk: QueueDesk,
    transcript: ItemTranscript,
    /// What accepting it does.
    hint: &'static str,
    played: RwSignal<Option<u64>>,
) -> impl IntoView {
    let words = text().transcripts;
    let id = transcript.attachment;
    let why = transcript.reason.map(|it| (words.failed)(it));
    let content = match (transcript.state, transcript.accepted) {
        (TranscriptState::Waiting, _) => {
            let told = why.map_or_else(|| words.waiting.to_owned(), |it| (words.not_yet)(it));
            view! { <p class="quiet">{told}</p> }.into_any()
        }
        (TranscriptState::UnderWay, _) => view! { <p class="quiet">{words.under_way}</p> }.into_any(),
        (TranscriptState::Failed, _) => view! {
            <p class="amber-words">{(words.given_up)(why.unwrap_or_default())}</p>
            <button class="link" on:click=move |_| act(desk, id, TranscriptAct::TryAgain)>{words.try_again}</button>
        }
        .into_any(),
        (TranscriptState::Accepted, Some(accepted)) => view! {
            <p class="said">{accepted.text}</p>
            <p class="quiet">{(words.accepted_by)(&accepted.by, &when(accepted.at))}</p>
            <button class="link" on:click=move |_| act(desk, id, TranscriptAct::TakeBack)>{words.take_back}</button>
        }
        .into_any(),
        (TranscriptState::Heard | TranscriptState::Accepted, _) => {
            let heard = transcript.heard.unwrap_or_default();
            view! { <ToAccept desk id heard hint played/> }.into_any()
        }
    };
    view! {
        <section class="transcript" aria-label=words.title>
            <h2>{words.title}</h2>
            {content}
        </section>
    }
}

/// What a machine heard, to be checked against the sound, put right and accepted.
#[component]
fn ToAccept(
    desk: QueueDesk,
    id: RecordId,
    heard: Heard,
    hint: &'static str,
    played: RwSignal<Option<u64>>,
) -> impl IntoView {
    let words = text().transcripts;
    let typed = RwSignal::new(heard.text.clone());
    let field = format!("transcript-{id}");
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        act(desk, id, TranscriptAct::Accept { text: typed.get_untracked() });
    };
    view! {
        <p class="indigo-words">{words.by_machine}</p>
        {heard.text.is_empty().then(|| view! { <p class="quiet">{words.nothing_heard}</p> })}
        {(!heard.segments.is_empty()).then(|| view! { <Segments id heard played/> })}
        <form on:submit=submit>
            <div class="field">
                <label for=field.clone()>{words.edit}</label>
                <textarea id=field prop:value=move || typed.get() on:input=move |event| typed.set(event_target_value(&event))></textarea>
            </div>
            <p class="quiet">{hint}</p>
            <button type="submit" disabled=move || typed.with(|it| it.trim().is_empty())>{words.accept}</button>
        </form>
    }
}

/// The sentences as they follow each other in the sound; the one that is heard is marked.
#[component]
fn Segments(id: RecordId, heard: Heard, played: RwSignal<Option<u64>>) -> impl IntoView {
    let segments = heard.segments.clone();
    let current = Memo::new(move || played.get().and_then(|ms| heard.at(ms)));
    view! {
        <p class="quiet">{text().transcripts.press}</p>
        <p class="segments-heard">
            {segments.into_iter().enumerate().map(|(n, it)| view! {
                <button
                    class="segment-heard"
                    aria-current=move || (current.get() == Some(n)).then_some("true")
                    on:click=move |_| play_from(id, it.start_ms)
                >{it.text}</button>
            }).collect_view()}
        </p>
    }
}

/// Plays from a place; where the recording is not opened yet, its reason is asked for first.
fn play_from(id: RecordId, ms: u64) {
    let found = |name: &str| document().get_element_by_id(name);
    if let Some(voice) = found(&voice_of(id)).and_then(|it| it.dyn_into::<HtmlAudioElement>().ok()) {
        #[expect(clippy::cast_precision_loss, reason = "a recording has hours, not millennia")]
        voice.set_current_time(ms as f64 / 1_000.0);
        // A voice that cannot be played says so itself.
        let _ = voice.play();
        return;
    }
    toast::say(text().transcripts.listen_first.to_owned());
    if let Some(reason) = found(&field_of(id)).and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        let _ = reason.focus();
    }
}

/// Does an act, and shows what the statement is like by then.
fn act(desk: QueueDesk, id: RecordId, act: TranscriptAct) {
    spawn_local(async move {
        let answer = api::post::<ItemTranscript>(&format!("/api/v1/transcripts/{id}/acts"), &act).await;
        match (answer, act) {
            // Whoever came first is shown then.
            (Err(cause), _) => toast::say(problem::words(&cause)),
            (Ok(_), TranscriptAct::Accept { .. }) => {
                toast::say_with_undo(text().transcripts.accepted.to_owned(), move || {
                    self::act(desk, id, TranscriptAct::TakeBack);
                });
            }
            (Ok(_), TranscriptAct::TakeBack) => toast::say(text().transcripts.taken_back.to_owned()),
            (Ok(_), TranscriptAct::TryAgain) => {}
        }
        desk.read_again();
    });
}
