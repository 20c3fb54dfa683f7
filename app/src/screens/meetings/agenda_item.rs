//! One item of an agenda: points, cause, measures, direction of effort; saved as it goes.

use domain::{
    id::MeasureId,
    measure::Agreed,
    meeting::{Discussion, ItemState, Point},
};

use super::{
    noting::{Kept, Noting},
    projected::Projected,
};
use crate::{
    i18n::text,
    ids,
    parts::pill::{Pill, Tone},
    prelude::*,
};

/// What is noted of one item; large and to be read while it is projected.
#[component]
pub fn AgendaItem(
    noting: Noting,
    editable: bool,
    projected: RwSignal<bool>,
    on_agree: Callback<()>,
) -> impl IntoView {
    let agree = move |_| {
        noting.edit(|it| it.state = ItemState::Agreed);
        on_agree.run(());
    };
    view! {
        <Show when=move || projected.get()>
            <Projected discussion=noting.discussion/>
        </Show>
        <div class="noting" hidden=move || projected.get()>
            <KeptLine noting/>
            <Points noting editable/>
            <Long noting editable field="cause" label=|| text().branch.cause
                read=|it| it.cause.clone() write=|it, words| it.cause = words/>
            <Measures noting editable/>
            <Long noting editable field="effort" label=|| text().branch.effort
                read=|it| it.effort.clone() write=|it, words| it.effort = words/>
        </div>
        {editable.then(|| view! { <button class="main" on:click=agree>{move || text().branch.agree_next}</button> })}
    }
}

/// How far the item is, and whether what stands on the screen is with the server.
#[component]
fn KeptLine(noting: Noting) -> impl IntoView {
    // Whatever is shown and not agreed is what is being discussed.
    let state = move || match noting.discussion.with(|it| it.state) {
        ItemState::Pending | ItemState::Discussing => ItemState::Discussing,
        ItemState::Agreed => ItemState::Agreed,
    };
    view! {
        <p class="kept-line" role="status">
            <Pill tone=Tone::Plain>{move || (text().branch.item_state)(state())}</Pill>
            " "
            <span class=move || if noting.kept.with(|it| matches!(it, Kept::Kept | Kept::Keeping)) { "quiet" } else { "amber-words" }>
                {move || noting.kept.with(Kept::words)}
            </span>
            {move || (noting.kept.get() == Kept::Conflict).then(|| view! {
                " "<button on:click=move |_| noting.take_theirs()>{text().branch.take_theirs}</button>
                " "<button on:click=move |_| noting.keep_ours()>{text().branch.keep_ours}</button>
            })}
        </p>
    }
}

#[component]
fn Long(
    noting: Noting,
    editable: bool,
    field: &'static str,
    label: fn() -> &'static str,
    read: fn(&Discussion) -> String,
    write: fn(&mut Discussion, String),
) -> impl IntoView {
    let id = format!("{field}-{}", noting.item);
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <textarea id=id class="short" readonly=!editable
                prop:value=move || noting.discussion.with(read)
                on:input=move |event| noting.write(|it| write(it, event_target_value(&event)))></textarea>
        </div>
    }
}

#[component]
fn Points(noting: Noting, editable: bool) -> impl IntoView {
    let n = Memo::new(move || noting.discussion.with(|it| it.points.len()));
    view! {
        <section>
            <h3>{move || text().branch.points}</h3>
            {move || (0..n.get()).map(|at| view! { <PointLine noting editable at/> }).collect_view()}
            {editable.then(|| view! {
                <button on:click=move |_| noting.edit(|it| it.points.push(Point { speaker: String::new(), text: String::new() }))>
                    {move || text().branch.add_point}
                </button>
            })}
        </section>
    }
}

#[component]
fn PointLine(noting: Noting, editable: bool, at: usize) -> impl IntoView {
    let read = move |of: fn(&Point) -> &String| {
        noting.discussion.with(|it| it.points.get(at).map(|it| of(it).clone()).unwrap_or_default())
    };
    let write = move |change: &dyn Fn(&mut Point)| {
        noting.write(|it| {
            if let Some(point) = it.points.get_mut(at) {
                change(point);
            }
        });
    };
    view! {
        <div class="point">
            <input class="surname" maxlength="2" readonly=!editable aria-label=move || text().branch.speaker
                placeholder=move || text().branch.speaker_hint prop:value=move || read(|it| &it.speaker)
                on:input=move |event| write(&|it| it.speaker = event_target_value(&event))/>
            <input readonly=!editable aria-label=move || text().branch.point prop:value=move || read(|it| &it.text)
                on:input=move |event| write(&|it| it.text = event_target_value(&event))/>
            {editable.then(|| view! {
                <button class="link quiet" on:click=move |_| noting.edit(|it| {
                    if at < it.points.len() { it.points.remove(at); }
                })>{move || text().branch.remove}</button>
            })}
        </div>
    }
}

#[component]
fn Measures(noting: Noting, editable: bool) -> impl IntoView {
    let all = Memo::new(move || {
        noting.discussion.with(|it| it.measures.iter().map(|it| it.id).collect::<Vec<_>>())
    });
    let add = move |_| {
        let measure = Agreed {
            id: MeasureId(ids::new_public_id()),
            what: String::new(),
            leader: String::new(),
            person: String::new(),
            by_when: None,
            long_term: false,
            proof: String::new(),
            proposed_to_party_group: false,
        };
        noting.edit(|it| it.measures.push(measure));
    };
    view! {
        <section>
            <h3>{move || text().branch.measures}</h3>
            <For each=move || all.get() key=|it| *it let:id><MeasureCard noting editable id/></For>
            {editable.then(|| view! { <button on:click=add>{move || text().branch.add_measure}</button> })}
        </section>
    }
}

#[component]
fn MeasureCard(noting: Noting, editable: bool, id: MeasureId) -> impl IntoView {
    let read = move |it: &Discussion| it.measures.iter().find(|it| it.id == id).cloned();
    let shown = move |of: fn(Agreed) -> String| noting.discussion.with(read).map(of).unwrap_or_default();
    let checked = move |of: fn(Agreed) -> bool| noting.discussion.with(read).is_some_and(of);
    let write = move |change: &dyn Fn(&mut Agreed)| {
        noting.write(|it| {
            if let Some(measure) = it.measures.iter_mut().find(|it| it.id == id) {
                change(measure);
            }
        });
    };
    let line = move |label: fn() -> &'static str,
                     kind: &'static str,
                     of: fn(Agreed) -> String,
                     change: fn(&mut Agreed, String)| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input type=kind readonly=!editable prop:value=move || shown(of)
                    on:input=move |event| write(&|it| change(it, event_target_value(&event)))/>
            </label>
        }
    };
    let check = move |label: fn() -> &'static str, of: fn(Agreed) -> bool, change: fn(&mut Agreed, bool)| {
        view! {
            <label class="check">
                <input type="checkbox" disabled=!editable prop:checked=move || checked(of)
                    on:change=move |event| write(&|it| change(it, event_target_checked(&event)))/>
                <span>{label}</span>
            </label>
        }
    };
    let hints = move || {
        noting.kept.with(|_| noting.discussion.with_untracked(read)).map(|it| it.hints()).unwrap_or_default()
    };
    view! {
        <div class="card measure">
            {line(|| text().branch.what, "text", |it| it.what, |it, words| it.what = words)}
            <div class="fields">
                {line(|| text().branch.leader, "text", |it| it.leader, |it, words| it.leader = words)}
                {line(|| text().branch.person, "text", |it| it.person, |it, words| it.person = words)}
                {line(|| text().branch.by_when, "date", |it| it.by_when.unwrap_or_default(), |it, words| it.by_when = Some(words).filter(|it| !it.is_empty()))}
            </div>
            {line(|| text().branch.proof, "text", |it| it.proof, |it, words| it.proof = words)}
            <div class="buttons">
                {check(|| text().branch.long_term, |it| it.long_term, |it, on| it.long_term = on)}
                {check(|| text().branch.proposed, |it| it.proposed_to_party_group, |it, on| it.proposed_to_party_group = on)}
                {editable.then(|| view! {
                    <button class="link quiet" on:click=move |_| noting.edit(|it| it.measures.retain(|it| it.id != id))>
                        {move || text().branch.remove}
                    </button>
                })}
            </div>
            {editable.then(|| view! {
                <p class="quiet">{move || hints().into_iter().map(text().branch.hint).collect::<Vec<_>>().join(text().branch.semicolon)}</p>
            })}
        </div>
    }
}
