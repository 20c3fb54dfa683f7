//! Recording a visit: how it is, what was said, reading it back.

pub mod about;
pub mod attachments;
#[cfg(feature = "desk")]
mod collected;
mod forms;
pub mod read_back;
mod sealing;
pub mod statements;
pub mod tidy;
pub mod voice;

use domain::{id::RecordId, text::TextError};
use leptos::task::spawn_local;

use crate::{
    i18n::text,
    parts::{frame::Frame, pill::Tone},
    phone::{
        open_draft::{Kept, OpenDraft, Opening, open},
        phone, visits,
    },
    prelude::*,
    screens::{
        not_found::NotFound,
        record::{
            about::About, forms::FormPage, read_back::ReadBack, statements::Statements, tidy::Tidy,
            voice::Voice,
        },
        today::when,
    },
};

/// What the frame around the recording screens has come to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Open,
    Elsewhere,
    Gone,
    Failed,
}

/// Holds the draft open for the screens below it.
#[component]
pub fn Record() -> impl IntoView {
    let phone = phone();
    let visit = Memo::new(visits::named_visit);
    move || {
        // A new visit gets a new owner, and with it a new open draft.
        let visit = visit.get();
        view! { <Show when=move || phone.ready.get()><OpenOne visit/></Show> }
    }
}

#[component]
fn OpenOne(visit: Option<RecordId>) -> impl IntoView {
    let phone = phone();
    let stage = RwSignal::new(if visit.is_some() { Stage::Waiting } else { Stage::Gone });
    let opened = RwSignal::new(None::<OpenDraft>);
    let owner = Owner::current().expect("a component has an owner");
    let try_open = move || {
        let Some(visit) = visit else { return };
        let owner = owner.clone();
        spawn_local(async move {
            let opening = open(phone, visit).await;
            // The screen may have been left in the meantime; then the lock goes with it.
            if stage.is_disposed() {
                return;
            }
            let reached = match opening {
                Opening::Opened(taken) => {
                    opened.set(Some(owner.with(|| OpenDraft::new(phone, *taken))));
                    Stage::Open
                }
                Opening::Elsewhere => Stage::Elsewhere,
                Opening::Gone => Stage::Gone,
                Opening::Failed(cause) => {
                    phone.trouble.set(Some(cause));
                    Stage::Failed
                }
            };
            stage.set(reached);
        });
    };
    try_open();
    move || match stage.get() {
        Stage::Waiting => view! { <p class="opening">{move || text().common.opening}</p> }.into_any(),
        Stage::Open => {
            if let Some(draft) = opened.get_untracked() {
                provide_context(draft);
            }
            view! { <Page/> }.into_any()
        }
        Stage::Elsewhere => {
            let again = try_open.clone();
            view! {
                <Frame title=Signal::derive(|| text().visitor.elsewhere_title.to_owned()) back="/">
                    <p>{move || text().visitor.elsewhere}</p>
                    <button on:click=move |_| again()>{move || text().common.retry}</button>
                </Frame>
            }
            .into_any()
        }
        Stage::Gone | Stage::Failed => view! {
            <Frame title=Signal::derive(|| text().visitor.gone_title.to_owned()) back="/">
                <p>{move || text().visitor.gone}</p>
                <crate::screens::today::Troubles/>
                <a href="/sent">{move || text().visitor.all_sent}</a>
            </Frame>
        }
        .into_any(),
    }
}

/// The page of the visit that the address names.
#[component]
fn Page() -> impl IntoView {
    let page = router::part(2);
    move || match page.get().as_str() {
        "" => view! { <Statements/> }.into_any(),
        "about" => view! { <About/> }.into_any(),
        "read" => view! { <ReadBack/> }.into_any(),
        "tidy" => view! { <Tidy/> }.into_any(),
        "voice" => view! { <Voice/> }.into_any(),
        "form" => view! { <FormPage/> }.into_any(),
        _ => view! { <NotFound/> }.into_any(),
    }
}

/// Whether the open draft is on disk, for the top of its screens.
#[component]
pub fn KeptPill(open: OpenDraft) -> impl IntoView {
    let tone = move || match open.kept.get() {
        Kept::Saving(_) | Kept::Late | Kept::At(_) => Tone::Plain,
        Kept::Not(_) => Tone::Cinnabar,
    };
    let words = move || match open.kept.get() {
        Kept::Late => text().visitor.saving.to_owned(),
        // Words that changed with every key would blink, and lay the page out anew each time.
        Kept::Saving(at) | Kept::At(at) => (text().visitor.saved)(&when(at)),
        Kept::Not(_) => text().visitor.not_saved.to_owned(),
    };
    // The class changes rather than the element, so that nothing blinks.
    view! { <span class=move || tone().class() data-kept=move || kept_word(&open.kept.get())>{words}</span> }
}

fn kept_word(kept: &Kept) -> &'static str {
    match kept {
        Kept::Saving(_) | Kept::Late => "saving",
        Kept::At(_) => "kept",
        Kept::Not(_) => "not",
    }
}

/// Why the open draft is not on disk, as long as it is not.
#[component]
pub fn NotKept(open: OpenDraft) -> impl IntoView {
    view! {
        <div role="alert">
            {move || match open.kept.get() {
                Kept::Not(cause) => Some(view! {
                    <p class="notice cinnabar">{(text().visitor.local_error)(&cause)}</p>
                }),
                Kept::Saving(_) | Kept::Late | Kept::At(_) => None,
            }}
        </div>
    }
}

/// What is wrong with what was typed. What no text can hold (half a character, a NUL) arrives as the
/// replacement character or as it is.
pub fn bad_text(typed: &str, check: fn(&str) -> Result<(), TextError>) -> Option<TextError> {
    if typed.contains(char::REPLACEMENT_CHARACTER) { Some(TextError::Nul) } else { check(typed).err() }
}

/// Says below a field what is wrong with its text.
#[component]
pub fn BadText(bad: RwSignal<Option<TextError>>) -> impl IntoView {
    view! { <p class="error" role="alert">{move || bad.get().map(text().visitor.text_error)}</p> }
}
