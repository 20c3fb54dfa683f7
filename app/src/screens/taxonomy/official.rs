//! The official monthly table, and which type counts in which of its columns.

use domain::{
    official::{MappingTable, MappingTaken},
    taxonomy::table::TableFault,
};
use leptos::task::spawn_local;

use super::{effect::Faults, panel::chosen_text};
use crate::{
    api, clock,
    i18n::{problem, text},
    parts::toast,
    prelude::*,
};

const MAPPING: &str = "/api/v1/official/mapping.csv";

/// The table of a month, and its mapping out and in.
#[component]
pub fn Official() -> impl IntoView {
    let month = RwSignal::new(clock::date(clock::now()).chars().take(7).collect::<String>());
    let faults = RwSignal::new(Vec::<TableFault>::new());
    let choose = move |event: web_sys::Event| {
        spawn_local(async move {
            let Some(csv) = chosen_text(&event).await else { return };
            match api::put::<MappingTaken>(MAPPING, &MappingTable { csv }).await {
                Ok(taken) => {
                    if taken.faults.is_empty() {
                        toast::say(text().official.taken.to_owned());
                    }
                    faults.set(taken.faults);
                }
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    };
    view! {
        <section class="card">
            <h2>{move || text().official.table}</h2>
            <p class="quiet">{move || text().official.table_hint}</p>
            <div class="field">
                <label for="official-month">{move || text().official.month}</label>
                <input id="official-month" type="month" bind:value=month/>
            </div>
            <p class="buttons">
                <a class="button" id="official-table" href=move || format!("/api/v1/official.csv?month={}", month.get()) download="" target="_self">{move || text().official.download}</a>
            </p>
            <h3>{move || text().official.mapping}</h3>
            <p class="quiet">{move || text().official.mapping_hint}</p>
            <p class="buttons"><a class="button" href=MAPPING download="" target="_self">{move || text().official.download_mapping}</a></p>
            <label class="field">
                <span>{move || text().official.take_mapping}</span>
                <input id="mapping-file" type="file" accept=".csv,text/csv" on:change=choose/>
            </label>
            {move || view! { <Faults faults=faults.get()/> }}
        </section>
    }
}
