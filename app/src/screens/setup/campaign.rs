//! The campaign: name, dates, phases, what visitors tell first.

use domain::{
    campaign::{Campaign, PHASES_MAX, Phase},
    setup::{CampaignForm, Change},
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use super::form_words;
use crate::{
    api, clock,
    i18n::text,
    parts::{desk_frame::DeskFrame, field::Field, remote::Remote, toast},
    prelude::*,
};

/// The campaign under way, or the first one.
#[component]
pub fn CampaignScreen() -> impl IntoView {
    let campaign = Remote::<Option<Campaign>>::load(|| "/api/v1/campaign".to_owned());
    view! {
        <DeskFrame title=Signal::derive(|| text().setup.campaign.to_owned())>
            <main class="page narrow">
                <h1>{move || text().setup.campaign}</h1>
                {campaign.trouble_view()}
                {move || campaign.get().map(|it| view! { <Form campaign=it/> })}
            </main>
        </DeskFrame>
    }
}

/// A phase while it is edited.
type PhaseFields = (RwSignal<String>, RwSignal<String>, RwSignal<String>);

#[component]
fn Form(campaign: Option<Campaign>) -> impl IntoView {
    let today = clock::date(clock::now());
    let start = campaign.unwrap_or_else(|| Campaign {
        id: domain::id::CampaignId(uuid::Uuid::nil()),
        name: String::new(),
        starts_on: today.clone(),
        ends_on: today,
        phases: Vec::new(),
        notice: text().visitor.opening_words.to_owned(),
        notice_version: String::new(),
    });
    // As it was on the screen last; nothing before the first is set up.
    let was = RwSignal::new((!start.notice_version.is_empty()).then(|| CampaignForm::of(&start)));
    let name = RwSignal::new(start.name);
    let (starts_on, ends_on) = (RwSignal::new(start.starts_on), RwSignal::new(start.ends_on));
    let notice = RwSignal::new(start.notice);
    let fields = |it: Phase| (RwSignal::new(it.name), RwSignal::new(it.starts_on), RwSignal::new(it.ends_on));
    let phases = RwSignal::new(start.phases.into_iter().map(fields).collect::<Vec<PhaseFields>>());
    let trouble = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let form = CampaignForm {
            name: name.get_untracked(),
            starts_on: starts_on.get_untracked(),
            ends_on: ends_on.get_untracked(),
            notice: notice.get_untracked(),
            phases: phases
                .get_untracked()
                .into_iter()
                .map(|(name, from, to)| Phase {
                    name: name.get_untracked(),
                    starts_on: from.get_untracked(),
                    ends_on: to.get_untracked(),
                })
                .collect(),
        };
        spawn_local(async move {
            let change = Change { was: was.get_untracked(), now: form };
            match api::put::<Campaign>("/api/v1/campaign", &change).await {
                Ok(campaign) => {
                    let _ = was.try_set(Some(CampaignForm::of(&campaign)));
                    trouble.set(String::new());
                    toast::say(text().setup.saved.to_owned());
                }
                Err(cause) => trouble.set(form_words(&cause)),
            }
        });
    };
    let add = move |_| {
        phases.update(|it| {
            if it.len() < PHASES_MAX {
                let blank = || RwSignal::new(String::new());
                it.push((
                    blank(),
                    RwSignal::new(starts_on.get_untracked()),
                    RwSignal::new(ends_on.get_untracked()),
                ));
            }
        });
    };
    view! {
        <form class="card" on:submit=submit novalidate>
            <Field id="name" label=Signal::derive(|| text().setup.campaign_name.to_owned()) value=name required=true/>
            <div class="fields">
                <Field id="starts" kind="date" label=Signal::derive(|| text().setup.starts_on.to_owned()) value=starts_on required=true/>
                <Field id="ends" kind="date" label=Signal::derive(|| text().setup.ends_on.to_owned()) value=ends_on required=true/>
            </div>
            <div class="field">
                <label for="notice">{move || text().setup.notice}</label>
                <p class="hint" id="notice-hint">{move || text().setup.notice_hint}</p>
                <textarea id="notice" aria-describedby="notice-hint" bind:value=notice></textarea>
            </div>
            <h2>{move || text().setup.phases}</h2>
            {move || phases.get().into_iter().enumerate().map(|(n, (name, from, to))| view! {
                <div class="fields">
                    <Field id=format!("phase-{n}") label=Signal::derive(move || format!("{} {}", text().setup.phases, n + 1)) value=name/>
                    <Field id=format!("phase-from-{n}") kind="date" label=Signal::derive(|| text().setup.starts_on.to_owned()) value=from/>
                    <Field id=format!("phase-to-{n}") kind="date" label=Signal::derive(|| text().setup.ends_on.to_owned()) value=to/>
                    <button type="button" class="link" on:click=move |_| phases.update(|it| { it.remove(n); })>{move || text().setup.remove}</button>
                </div>
            }).collect_view()}
            <button type="button" on:click=add>{move || text().setup.add_phase}</button>
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button class="main" type="submit">{move || text().common.save}</button>
        </form>
    }
}
