//! Units: sections, branches, trades.

use domain::{
    campaign::{Unit, UnitKind},
    setup::UnitForm,
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
                    <p class="error" role="alert">{trouble}</p>
                    <button class="main" type="submit">{move || text().setup.add}</button>
                </form>
                {units.trouble_view()}
                <div class="card rows">
                    {move || units.get().unwrap_or_default().into_iter().map(|unit| view! { <Row units unit/> }).collect_view()}
                </div>
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

#[component]
fn Row(units: Remote<Vec<Unit>>, unit: Unit) -> impl IntoView {
    let (name, kind) = (RwSignal::new(unit.name.clone()), RwSignal::new(unit.kind));
    let id = unit.id;
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let form = UnitForm { name: name.get_untracked(), kind: kind.get_untracked() };
        spawn_local(async move {
            match api::put::<Unit>(&format!("/api/v1/units/{id}"), &form).await {
                Ok(_) => toast::say(text().setup.saved.to_owned()),
                Err(cause) => toast::say(form_words(&cause)),
            }
            units.reload();
        });
    };
    let retire = move |_| {
        spawn_local(async move {
            match api::delete::<()>(&format!("/api/v1/units/{id}")).await {
                Ok(()) => toast::say(text().setup.retired.to_owned()),
                Err(cause) => toast::say(form_words(&cause)),
            }
            units.reload();
        });
    };
    let label = unit.name.clone();
    view! {
        <form class="line" on:submit=save>
            <input aria-label=format!("{} {label}", text().setup.unit_name) autocomplete="off" bind:value=name/>
            <select aria-label=format!("{} {label}", text().setup.unit_kind) on:change=move |event| {
                if let Some(it) = UnitKind::from_word(&event_target_value(&event)) { kind.set(it) }
            }>
                {UnitKind::ALL.map(|it| view! {
                    <option value=it.as_str() selected=unit.kind == it>{(text().setup.unit_kinds)(it)}</option>
                }).collect_view()}
            </select>
            <button type="submit">{move || text().common.save}</button>
            <button type="button" class="link" on:click=retire>{move || text().setup.retire}</button>
        </form>
    }
}
