//! Units: sections, branches, trades.

use domain::{
    campaign::{Unit, UnitKind},
    id::UnitId,
    problem::Code,
    setup::{Change, UnitForm},
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use super::form_words;
use crate::{
    api,
    i18n::text,
    parts::{desk_frame::DeskFrame, field::Field, remote::Remote, toast},
    prelude::*,
};

/// All units in their order, and a new one.
#[component]
pub fn UnitsScreen() -> impl IntoView {
    let units = Remote::<Vec<Unit>>::load(|| "/api/v1/units".to_owned());
    let retired = Remote::<Vec<Unit>>::load(|| "/api/v1/units?retired=true".to_owned());
    let (name, kind) = (RwSignal::new(String::new()), RwSignal::new(UnitKind::Section));
    let trouble = RwSignal::new(String::new());
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        let form = UnitForm { name: name.get_untracked(), kind: kind.get_untracked() };
        spawn_local(async move {
            match api::post::<Unit>("/api/v1/units", &form).await {
                Ok(_) => {
                    trouble.set(String::new());
                    name.set(String::new());
                    units.reload();
                }
                Err(cause) => trouble.set(form_words(&cause)),
            }
        });
    };
    view! {
        <DeskFrame title=Signal::derive(|| text().setup.units.to_owned())>
            <main class="page narrow">
                <h1>{move || text().setup.units}</h1>
                <form class="card" on:submit=add novalidate>
                    <div class="fields">
                        <Field id="unit-name" label=Signal::derive(|| text().setup.unit_name.to_owned()) value=name required=true/>
                        <KindSelect id="unit-kind" kind/>
                    </div>
                    <p class="error" role="alert">{move || trouble.get()}</p>
                    <button class="main" type="submit">{move || text().setup.add}</button>
                </form>
                {units.trouble_view()}
                <div class="card rows">
                    <For each=move || units.get().unwrap_or_default() key=|it| it.id let:unit><Row units retired unit/></For>
                </div>
                {move || retired.get().filter(|it| !it.is_empty()).map(|it| view! {
                    <section class="card rows">
                        <h2>{text().setup.retired_units}</h2>
                        {it.into_iter().map(|unit| view! { <Retired units retired unit/> }).collect_view()}
                    </section>
                })}
            </main>
        </DeskFrame>
    }
}

#[component]
fn KindSelect(#[prop(into)] id: String, kind: RwSignal<UnitKind>) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id.clone()>{move || text().setup.unit_kind}</label>
            <select id=id on:change=move |event| {
                if let Some(it) = UnitKind::from_word(&event_target_value(&event)) { kind.set(it) }
            }>
                {move || UnitKind::ALL.map(|it| view! {
                    <option value=it.as_str() selected=kind.get_untracked() == it>{(text().setup.unit_kinds)(it)}</option>
                }).collect_view()}
            </select>
        </div>
    }
}

/// A unit; what is typed stays when another is saved.
#[component]
fn Row(units: Remote<Vec<Unit>>, retired: Remote<Vec<Unit>>, unit: Unit) -> impl IntoView {
    let (name, kind) = (RwSignal::new(unit.name.clone()), RwSignal::new(unit.kind));
    let id = unit.id;
    // As it was on the screen last.
    let was = RwSignal::new(UnitForm { name: unit.name.clone(), kind: unit.kind });
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let now = UnitForm { name: name.get_untracked(), kind: kind.get_untracked() };
        let change = Change { was: Some(was.get_untracked()), now };
        spawn_local(async move {
            match api::put::<Unit>(&format!("/api/v1/units/{id}"), &change).await {
                Ok(unit) => {
                    let _ = was.try_set(UnitForm { name: unit.name, kind: unit.kind });
                    toast::say(text().setup.saved.to_owned());
                }
                Err(cause) if cause.code() == Some(Code::Conflict) => {
                    take_theirs(was, name, kind, id).await;
                    toast::say(form_words(&cause));
                }
                Err(cause) => toast::say(form_words(&cause)),
            }
        });
    };
    let retire = move |_| {
        spawn_local(async move {
            match api::delete::<()>(&format!("/api/v1/units/{id}")).await {
                Ok(()) => {
                    let back = move || spawn_local(restore(units, retired, id));
                    toast::say_with_undo(text().setup.retired.to_owned(), back);
                }
                Err(cause) => toast::say(form_words(&cause)),
            }
            units.reload();
            retired.reload();
        });
    };
    let label = unit.name;
    view! {
        <form class="line" on:submit=save>
            <input aria-label=format!("{} {label}", text().setup.unit_name) autocomplete="off" bind:value=name/>
            <select aria-label=format!("{} {label}", text().setup.unit_kind) on:change=move |event| {
                if let Some(it) = UnitKind::from_word(&event_target_value(&event)) { kind.set(it) }
            }>
                {UnitKind::ALL.map(|it| view! {
                    <option value=it.as_str() selected=move || kind.get() == it>{(text().setup.unit_kinds)(it)}</option>
                }).collect_view()}
            </select>
            <button type="submit">{move || text().common.save}</button>
            <button type="button" class="link" on:click=retire>{move || text().setup.retire}</button>
        </form>
    }
}

/// Shows what someone else made of a unit meanwhile.
async fn take_theirs(was: RwSignal<UnitForm>, name: RwSignal<String>, kind: RwSignal<UnitKind>, id: UnitId) {
    let Ok(all) = api::get::<Vec<Unit>>("/api/v1/units").await else { return };
    if let Some(theirs) = all.into_iter().find(|it| it.id == id) {
        let _ = name.try_set(theirs.name.clone());
        let _ = kind.try_set(theirs.kind);
        let _ = was.try_set(UnitForm { name: theirs.name, kind: theirs.kind });
    }
}

async fn restore(units: Remote<Vec<Unit>>, retired: Remote<Vec<Unit>>, id: UnitId) {
    match api::post::<()>(&format!("/api/v1/units/{id}/restoration"), &()).await {
        Ok(()) => toast::say(text().setup.restored.to_owned()),
        Err(cause) => toast::say(form_words(&cause)),
    }
    units.reload();
    retired.reload();
}

#[component]
fn Retired(units: Remote<Vec<Unit>>, retired: Remote<Vec<Unit>>, unit: Unit) -> impl IntoView {
    let id = unit.id;
    view! {
        <div class="row">
            <span class="grow">{unit.name}</span>
            <button class="link" on:click=move |_| spawn_local(restore(units, retired, id))>{move || text().setup.restore}</button>
        </div>
    }
}
