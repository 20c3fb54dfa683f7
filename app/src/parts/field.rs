//! One line or box to fill in.

use crate::{i18n::text, prelude::*};

/// A labelled input. What is to correct shows below it once `error` says so.
#[component]
pub fn Field(
    /// Unique on the screen; ties label, input and error together.
    #[prop(into)]
    id: String,
    #[prop(into)] label: Signal<String>,
    /// What has been typed.
    value: RwSignal<String>,
    /// `text`, `password`, `date`, `tel`, …
    #[prop(default = "text")]
    kind: &'static str,
    /// For password managers: `username`, `current-password`, …; `off` otherwise.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// A sentence of help below the label.
    #[prop(optional, into)]
    hint: Option<Signal<String>>,
    /// What to correct, in words.
    #[prop(optional, into)]
    error: Option<Signal<Option<String>>>,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let error = move || error.and_then(Signal::get);
    let error_id = format!("{id}-error");
    let hint_id = format!("{id}-hint");
    let described = format!("{hint_id} {error_id}");
    view! {
        <div class="field">
            <label for=id.clone()>
                {move || label.get()}
                {required.then(|| view! { <span class="must">{move || text().common.required}</span> })}
            </label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{move || hint.get()}</p> })}
            <input
                id=id
                type=kind
                autocomplete=autocomplete
                bind:value=value
                required=required
                aria-invalid=move || error().is_some().to_string()
                aria-describedby=described
            />
            <p class="error" id=error_id role="alert">{error}</p>
        </div>
    }
}
