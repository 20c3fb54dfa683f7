//! How far a record has come: 已存本机 → 已上传 → 已归类.

use crate::{i18n::text, prelude::*};

/// The way of a record to the office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Stored,
    Uploaded,
    Sorted,
}

/// The three steps, those that are behind in pine.
#[component]
pub fn Steps(#[prop(into)] reached: Signal<Step>) -> impl IntoView {
    let steps = move || {
        let common = text().common;
        [(Step::Stored, common.stored), (Step::Uploaded, common.uploaded), (Step::Sorted, common.sorted)]
    };
    view! {
        <ol class="steps">
            {move || steps().map(|(step, words)| view! {
                <li class:done=move || step <= reached.get()>{words}</li>
            }).collect_view()}
        </ol>
    }
}
