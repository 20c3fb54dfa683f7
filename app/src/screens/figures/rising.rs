//! What is said more often this month than before: the numbers, and the way to the statements.

use domain::rising::{Rising, RisingMatter};

use crate::{
    i18n::text,
    parts::remote::Remote,
    prelude::*,
    screens::queue::{type_name, type_path},
};

/// What has risen in a month, this one at first.
#[component]
pub fn RisingMatters() -> impl IntoView {
    let month = RwSignal::new(String::new());
    let rising =
        Remote::<Rising>::load(move || format!("/api/v1/figures/rising?month={}", month.get())).live();
    let choose = move |event| month.set(event_target_value(&event));
    view! {
        <section class="card">
            <header>
                <h2>{move || text().rising.title}</h2>
                <label class="check no-print">
                    {move || text().rising.month}
                    <input type="month" prop:value=move || rising.get().map(|it| it.month).unwrap_or_default() on:change=choose/>
                </label>
            </header>
            <p class="quiet">{move || text().rising.hint}</p>
            {rising.trouble_view()}
            {move || rising.get().map(|it| if it.matters.is_empty() {
                let words = if it.comparable { text().rising.none } else { text().rising.too_few };
                view! { <p>{words}</p> }.into_any()
            } else {
                let days = (it.from, it.to);
                let all = it.matters.into_iter().map(|matter| view! { <Matter matter days=days.clone()/> });
                view! { <ul class="like">{all.collect_view()}</ul> }.into_any()
            })}
        </section>
    }
}

#[component]
fn Matter(matter: RisingMatter, days: (String, String)) -> impl IntoView {
    let words = text().rising;
    let unit_name = if matter.unit.is_none() { words.all_units.to_owned() } else { matter.unit_name.clone() };
    let unit = matter.unit.map(|it| format!("&unit={it}")).unwrap_or_default();
    let href = format!("/queue?state=all&confirmed={}&from={}&to={}{unit}", matter.category, days.0, days.1);
    let now = &matter.now;
    let before: Vec<String> =
        matter.before.iter().map(|it| (words.before)(&it.month, it.statements_n, it.visits_n)).collect();
    // A tenth is as exact as it gets; without the code for floats.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of statements")]
    let tenths = (matter.expected * 10.0).round() as u32;
    let expected = format!("{}.{}", tenths / 10, tenths % 10);
    view! {
        <li>
            <p><strong>{type_name(&matter.category)}</strong> " " <span class="quiet">{type_path(&matter.category)} " · " {unit_name}</span></p>
            <p>{(words.now)(&now.month, now.statements_n, matter.households_n, now.visits_n)} " · " {(words.expected)(&expected)}</p>
            <p class="quiet">{before.join(" · ")}</p>
            <p><a href=href>{words.look}</a></p>
        </li>
    }
}
