//! One of a few, side by side.

use crate::prelude::*;

/// Choices side by side, of which exactly one holds; arrow keys move between them.
#[component]
pub fn Segmented<T: Clone + PartialEq + Send + Sync + 'static>(
    /// Unique on the screen.
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    /// Values with their words.
    #[prop(into)]
    options: Signal<Vec<(T, String)>>,
    #[prop(into)] value: Signal<T>,
    on_choose: impl Fn(T) + Clone + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <fieldset class="segmented">
            <legend>{move || label.get()}</legend>
            <div class="segments">
                {move || options.get().into_iter().map(|(option, words)| {
                    let on_choose = on_choose.clone();
                    let this = option.clone();
                    view! {
                        <label>
                            <input
                                type="radio"
                                name=name
                                prop:checked=move || value.get() == this
                                on:change=move |_| on_choose(option.clone())
                            />
                            <span>{words}</span>
                        </label>
                    }
                }).collect_view()}
            </div>
        </fieldset>
    }
}
