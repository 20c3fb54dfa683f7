//! Several matters in one text: divided by the office at the ends of sentences, and put together again.

use domain::{
    id::RecordId,
    matters::{MATTERS_MAX, places},
    queue::{Act, Item, PartLine, PartOf},
};

use super::{state::QueueDesk, type_name};
use crate::{i18n::text, prelude::*, screens::today::join};

/// What is to be said of a statement's parts, and done about them.
#[component]
pub fn Parts(desk: QueueDesk, item: Item) -> impl IntoView {
    let words = text().matters;
    match item.part {
        Some(_) if !item.counted && !item.handed_over => {
            view! { <p class="notice">{words.put_back}</p> }.into_any()
        }
        Some(part) => view! { <OnePart desk part/> }.into_any(),
        None if !item.parts.is_empty() => view! { <Divided desk parts=item.parts/> }.into_any(),
        None if item.may_be_divided() => view! { <Dividing desk item/> }.into_any(),
        None => ().into_any(),
    }
}

#[component]
fn OnePart(desk: QueueDesk, part: PartOf) -> impl IntoView {
    let words = text().matters;
    view! {
        <p class="quiet">
            {(words.part)(part.number, part.parts_n)} " "
            <button class="link" on:click=move |_| desk.go(part.whole)>{words.see_whole}</button>
        </p>
    }
}

#[component]
fn Divided(desk: QueueDesk, parts: Vec<PartLine>) -> impl IntoView {
    let words = text().matters;
    view! {
        <section>
            <h2>{(words.divided)(parts.len())}</h2>
            {parts.into_iter().map(|it| {
                let id = it.id;
                let stands = join(&[
                    (text().office.states)(it.state).to_owned(),
                    it.category.as_deref().map(type_name).unwrap_or_default(),
                ]);
                view! {
                    <button class="card part" on:click=move |_| desk.go(id)>
                        <span>{it.text}</span>
                        <span class="quiet">{stands}</span>
                    </button>
                }
            }).collect_view()}
            <p class="quiet">{words.put_together_hint} " "
                <button class="link" on:click=move |_| desk.act(Act::Undo)>{words.put_together}</button>
            </p>
        </section>
    }
}

/// Dividing as it is offered, or where the clerk wants it.
#[component]
fn Dividing(desk: QueueDesk, item: Item) -> impl IntoView {
    let words = text().matters;
    let letters: Vec<char> = item.gist().chars().collect();
    let allowed = places(item.gist());
    let offered: Vec<usize> = item.matters.iter().skip(1).map(|it| it.start).collect();
    let is_offered = !offered.is_empty();
    let offer = is_offered.then(|| {
        let names: Vec<String> = item
            .matters
            .iter()
            .map(|it| it.made.suggestions.first().map(|it| type_name(&it.code)))
            .map(|it| it.unwrap_or_else(|| text().office.unsure.to_owned()))
            .collect();
        let named = names.into_iter().enumerate().map(|(n, it)| format!("{} {it}", n + 1)).collect::<Vec<_>>();
        view! { <p class="indigo-words">{(words.holds)(item.matters.len())} "：" {named.join(text().office.and)}</p> }
    });
    let (cuts, choosing) = (RwSignal::new(offered), RwSignal::new(false));
    let act = move |_| desk.act(Act::Divide { cuts: cuts.get_untracked() });
    let (letters, allowed) = (StoredValue::new(letters), StoredValue::new(allowed));
    let can_choose = allowed.with_value(|it| !it.is_empty());
    let chooses = move || choosing.get().then(|| view! { <Choosing letters allowed cuts/> });
    let divides = move || cuts.with(|it| !it.is_empty() && it.len() < MATTERS_MAX);
    can_choose.then(|| view! {
        <section class="dividing">
            {offer}
            {chooses}
            <p class="acts">
                <Show when=divides>
                    <button on:click=act>{move || (words.divide)(cuts.with(Vec::len) + 1)}</button>
                </Show>
                <Show when=move || !choosing.get()>
                    <button class="link" on:click=move |_| choosing.set(true)>{words.choose_cuts}</button>
                </Show>
                {is_offered.then(|| view! {
                    <button class="link" on:click=move |_| desk.act(Act::OneMatter)>{words.one_matter}</button>
                })}
            </p>
        </section>
    })
}

/// The text, and between its sentences whether it is divided there.
#[component]
fn Choosing(
    letters: StoredValue<Vec<char>>,
    allowed: StoredValue<Vec<usize>>,
    cuts: RwSignal<Vec<usize>>,
) -> impl IntoView {
    let words = text().matters;
    let toggle = move |at: usize| {
        cuts.update(|it| match it.binary_search(&at) {
            Ok(found) => drop(it.remove(found)),
            Err(place) => it.insert(place, at),
        });
    };
    let sentence =
        move |from: usize, to: usize| letters.with_value(|it| it[from..to].iter().collect::<String>());
    let ends = allowed.get_value();
    let n = letters.with_value(Vec::len);
    let begins = [0].into_iter().chain(ends.iter().copied());
    let pieces = begins.zip(ends.iter().copied().chain([n])).map(|(from, to)| {
        let is_cut = move || cuts.with(|it| it.contains(&to));
        view! {
            <p>{sentence(from, to)}</p>
            {(to < n).then(|| view! {
                <button class="cut" aria-pressed=move || is_cut().to_string() on:click=move |_| toggle(to)>
                    {move || if is_cut() { words.join_here } else { words.cut_here }}
                </button>
            })}
        }
    });
    view! {
        <p class="quiet">{words.choose_hint}</p>
        <div class="cuts">{pieces.collect_view()}</div>
    }
}

/// What is to be said at handing over a part.
pub fn leaves_whole(item: Option<&Item>) -> Option<&'static str> {
    item.filter(|it| it.part.is_some()).map(|_| text().matters.leaves_whole)
}

/// What is handed over with a statement: the whole that it is a part of.
pub fn leaving(item: &Item) -> RecordId {
    item.part.map_or(item.id, |it| it.whole)
}
