//! One of several things, to be ticked.

use crate::prelude::*;

/// Ticked, `one` stands in `list`.
pub fn tick<T: Copy + PartialEq + Send + Sync + 'static>(
    list: RwSignal<Vec<T>>,
    one: T,
    words: impl IntoView + 'static,
) -> impl IntoView {
    let choose = move |event| {
        list.update(|it| {
            it.retain(|it| *it != one);
            if event_target_checked(&event) {
                it.push(one);
            }
        });
    };
    let checked = move || list.with(|it| it.contains(&one));
    view! { <label class="check"><input type="checkbox" prop:checked=checked on:change=choose/>{words}</label> }
}
