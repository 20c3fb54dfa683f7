//! A questionnaire is written: its questions, the chosen one, and the phone beside them.

mod choices;
mod desk;
mod faults;
mod fields;
mod keeping;
mod lists;
mod logic;
mod outline;
mod properties;
mod settings;
mod trying;

use domain::{publishing::EditedQuestionnaire, questionnaire::editing::History};
use leptos::ev;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use self::{
    desk::Desk,
    faults::{ChangesLine, FaultsLine},
    keeping::{KeptLine, Stand},
    outline::Outline,
    properties::Properties,
    trying::Trying,
};
use super::address;
use crate::{
    i18n::text,
    parts::{desk_frame::DeskFrame, remote::Remote},
    prelude::*,
};

/// The editor of one questionnaire.
#[component]
pub fn EditorScreen() -> impl IntoView {
    let id = router::part(1);
    let edited = Remote::<EditedQuestionnaire>::load(move || address(&id.get(), "draft"));
    view! {
        <DeskFrame title=Signal::derive(|| text().editor.title.to_owned())>
            {edited.trouble_view()}
            {move || edited.get().map(|it| view! { <Editor it/> })}
        </DeskFrame>
    }
}

#[component]
fn Editor(it: EditedQuestionnaire) -> impl IntoView {
    let desk = Desk::open(it);
    let keys = move |event: KeyboardEvent| {
        let tried = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        let tried = tried.is_some_and(|it| it.closest(".phone-frame").is_ok_and(|it| it.is_some()));
        if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("z") && !tried {
            // The fields show what the sheets say: a field's own undo would go past them.
            event.prevent_default();
            if event.shift_key() { desk.redo() } else { desk.undo() }
        }
    };
    let leaving = window_event_listener(ev::beforeunload, move |event| {
        if !desk.keeper.with_value(|it| it.is_kept()) {
            event.prevent_default();
        }
    });
    on_cleanup(move || {
        leaving.remove();
        desk.leave();
    });
    view! {
        <main class="editor" on:keydown=keys>
            <Head desk/>
            <div class="editor-columns">
                <Outline desk/>
                <Properties desk/>
                <Trying desk/>
            </div>
            <p class="visually-hidden" role="status" aria-live="polite">{move || desk.said.get()}</p>
        </main>
    }
}

/// Whose title it is, whether it is kept, and what leads on.
#[component]
fn Head(desk: Desk) -> impl IntoView {
    let back = desk.page();
    let can_undo = Memo::new(move || desk.history.with(History::can_undo));
    let can_redo = Memo::new(move || desk.history.with(History::can_redo));
    let on = move |_| router::go(&desk.page());
    view! {
        <header class="editor-head">
            <div class="editor-title">
                <a href=back>"‹ " {move || text().questionnaires.title}</a>
                <h1>{move || desk.title()}</h1>
                <KeptLine desk/>
                <span class="grow"></span>
                <button on:click=move |_| desk.undo() disabled=move || !can_undo.get()>
                    {move || text().common.undo} " " <kbd aria-hidden="true">"Ctrl Z"</kbd>
                </button>
                <button on:click=move |_| desk.redo() disabled=move || !can_redo.get()>{move || text().editor.redo}</button>
                <button class="main" id="to-publish" on:click=on disabled=move || !matches!(desk.stand.get(), Stand::Kept(_))>
                    {move || text().editor.to_publish}
                </button>
            </div>
            <div class="editor-lines">
                <FaultsLine desk/>
                <ChangesLine desk/>
            </div>
        </header>
    }
}
