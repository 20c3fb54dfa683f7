//! For which unit a paper slip was collected, as the office's clerk says at a desk.

use domain::campaign::Unit;

use crate::{i18n::text, parts::remote::Remote, phone::open_draft::OpenDraft, prelude::*, session::session};

/// The unit of a slip: the clerk's own until another is chosen.
#[component]
pub fn CollectedBy(open: OpenDraft) -> impl IntoView {
    let units = Remote::<Vec<Unit>>::load(|| "/api/v1/units".to_owned());
    // Without a network the clerk's own unit can still be named.
    let offered = move || {
        units.get().unwrap_or_else(|| session().account().and_then(|it| it.unit).into_iter().collect())
    };
    // What was sent stays where it is: a record belongs to one unit.
    let sent = open.draft.with_untracked(domain::draft::Draft::was_sent);
    let choose = move |event| {
        if let Ok(chosen) = event_target_value(&event).parse() {
            open.edit(|it| it.unit = chosen);
        }
    };
    let unit = move || open.draft.with(|it| it.unit);
    // Retired since, or out of reach: then none that is offered may look chosen.
    let unknown = move || offered().iter().all(|it| it.id != unit());
    view! {
        <div class="field">
            <label for="collected-by">{move || text().office.collected_by}</label>
            <select id="collected-by" on:change=choose disabled=sent>
                {move || unknown().then(|| view! { <option value="" selected>"—"</option> })}
                {move || offered().into_iter().map(|it| {
                    let id = it.id;
                    view! { <option value=id.to_string() selected=move || unit() == id>{it.name}</option> }
                }).collect_view()}
            </select>
        </div>
        {units.trouble_view()}
    }
}
