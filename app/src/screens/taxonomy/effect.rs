//! What a change would do, shown before it is done.

use domain::taxonomy::{
    scheme::{Difference, TaxonomyChange, What},
    table::TableFault,
    versions::{Effect, EffectLine},
};

use super::Desk;
use crate::{
    i18n::text,
    parts::pill::{Pill, Tone},
    prelude::*,
    taxonomy,
};

/// What would become of which types, and the button that does it.
#[component]
pub fn EffectView(change: TaxonomyChange, effect: Effect, desk: Desk) -> impl IntoView {
    let words = text().taxonomy;
    let possible = effect.is_possible();
    let nothing = effect.lines.is_empty() && !effect.reordered && effect.faults.is_empty();
    let against = effect.against.iter().map(|it| {
        let name = taxonomy::scheme_untracked().path_zh(&it.code);
        view! { <li>{(text().office.named)(&name, &(words.uses)(it.uses))}</li> }
    });
    let against: Vec<_> = against.collect();
    view! {
        <h2>{words.effect}</h2>
        <Faults faults=effect.faults/>
        {nothing.then(|| view! { <p>{words.nothing_changed}</p> })}
        <ul class="effects">{effect.lines.into_iter().map(|line| view! { <Line line/> }).collect_view()}</ul>
        {effect.reordered.then(|| view! { <p>{words.reordered}</p> })}
        {(effect.suggested_anew_n > 0).then(|| view! { <p>{(words.suggested_anew)(effect.suggested_anew_n)}</p> })}
        {(!against.is_empty()).then(|| view! {
            <div class="notice amber"><p>{words.against}</p><ul>{against}</ul></div>
        })}
        {possible.then(|| view! {
            <button class="main" disabled=move || desk.busy.get() on:click=move |_| desk.make(change.clone())>{words.do_it}</button>
        })}
        <button on:click=move |_| desk.proposed.set(None)>{words.think_again}</button>
    }
}

/// What is wrong with a table, and where.
#[component]
pub fn Faults(faults: Vec<TableFault>) -> impl IntoView {
    let words = text().taxonomy;
    let lines = faults.into_iter().map(|it| {
        let (place, fault) = ((words.place)(it), (words.fault)(it.wrong));
        view! { <li><Pill tone=Tone::Cinnabar>{place}</Pill> " " {fault}</li> }
    });
    let lines: Vec<_> = lines.collect();
    (!lines.is_empty()).then(|| view! { <p>{words.not_read}</p> <ul class="bad-rows">{lines}</ul> })
}

/// What it is called before and after, as far as that differs.
fn names(it: &Difference) -> (String, String) {
    let scheme = taxonomy::scheme_untracked();
    let path = |parent: &str, short: &str| match scheme.get(parent) {
        Some(group) => format!("{} · {short}", group.short_zh),
        None => short.to_owned(),
    };
    let of = |it: &domain::taxonomy::Category| path(&it.parent, &it.short_zh);
    let before = it.before.as_ref().map(of).unwrap_or_default();
    let after = match (&it.into, &it.after) {
        (Some(into), _) => scheme.path_zh(into),
        (None, Some(after))
            if it.what == What::Renamed
                && Some(&after.short_zh) == it.before.as_ref().map(|it| &it.short_zh) =>
        {
            after.name_zh.clone()
        }
        (None, after) => after.as_ref().map(of).unwrap_or_default(),
    };
    (before, after)
}

#[component]
fn Line(line: EffectLine) -> impl IntoView {
    let words = text().taxonomy;
    let (before, after) = names(&line.difference);
    let what = line.difference.what;
    let named = |label: &'static str, all: Vec<String>| {
        (!all.is_empty())
            .then(|| view! { <li class="small">{(text().office.named)(label, &all.join("；"))}</li> })
    };
    view! {
        <li>
            <p><strong>{(words.change)(what, &before, &after)}</strong></p>
            <p class="quiet">{(words.meaning)(what)}</p>
            <ul>
                <li class="small">{(words.uses)(line.uses)}</li>
                {named(words.issues, line.issues)}
                {named(words.releases, line.releases)}
            </ul>
        </li>
    }
}
