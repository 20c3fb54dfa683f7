//! Releasing an issue to branches and trades, and taking it back.

use domain::{
    campaign::{Unit, UnitKind},
    id::UnitId,
    issue::IssueLine,
    problem::Code,
    release::{NewRelease, Objection, Release, ReleaseOutcome, Rule, Withdrawal},
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api,
    i18n::{problem, text},
    parts::{
        dialog::Dialog,
        field::Field,
        pill::{Pill, Tone},
        remote::Remote,
        toast,
    },
    prelude::*,
};

/// Releasing to branches and trades: approved wording, and what stands against it.
#[component]
pub fn Releasing(line: IssueLine) -> impl IntoView {
    let id = line.id;
    let releases = Remote::<Vec<Release>>::load(move || format!("/api/v1/issues/{id}/releases"));
    let (title, wording) = (RwSignal::new(line.text.title), RwSignal::new(line.text.wording));
    let (chosen, despite) = (RwSignal::new(Vec::<UnitId>::new()), RwSignal::new(String::new()));
    let objections = RwSignal::new(Vec::<Objection>::new());
    let trouble = RwSignal::new(String::new());
    let few = move || objections.with(|it| it.iter().any(|it| it.rule == Rule::Few));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        trouble.set(String::new());
        let new = NewRelease {
            units: chosen.get_untracked(),
            title: title.get_untracked(),
            wording: wording.get_untracked(),
            despite_few: Some(despite.get_untracked()).filter(|it| !it.trim().is_empty()),
        };
        spawn_local(async move {
            match api::post::<ReleaseOutcome>(&format!("/api/v1/issues/{id}/releases"), &new).await {
                Ok(ReleaseOutcome::Released { .. }) => {
                    objections.set(Vec::new());
                    chosen.set(Vec::new());
                    despite.set(String::new());
                    releases.reload();
                    toast::say(text().branch.released.to_owned());
                }
                Ok(ReleaseOutcome::Refused { objections: found }) => objections.set(found),
                Err(cause) if cause.code() == Some(Code::Invalid) => {
                    trouble.set(text().branch.fill_in.to_owned());
                }
                Err(cause) if cause.code() == Some(Code::Taken) => {
                    trouble.set(text().branch.released_already.to_owned());
                    releases.reload();
                }
                Err(cause) => trouble.set(problem::words(&cause)),
            }
        });
    };
    view! {
        <section class="card">
            <h2>{move || text().office.release}</h2>
            <p class="quiet">{move || text().branch.release_hint}</p>
            {releases.trouble_view()}
            {move || releases.get().map(|all| all.into_iter().map(|it| view! { <Released releases release=it/> }).collect_view())}
            <form on:submit=submit>
                <Field id="release-title" label=Signal::derive(|| text().office.title.to_owned()) value=title required=true/>
                <div class="field">
                    <label for="release-wording">{move || text().office.wording}</label>
                    <textarea id="release-wording" bind:value=wording></textarea>
                </div>
                <ToUnits releases chosen/>
                <div role="alert">
                    {move || objections.get().into_iter().map(|it| view! {
                        <p class="notice amber">{if it.words.is_empty() {
                            (text().branch.objection)(it.rule).to_owned()
                        } else {
                            (text().office.named)((text().branch.objection)(it.rule), &(text().office.quoted)(&it.words))
                        }}</p>
                    }).collect_view()}
                </div>
                <Show when=few>
                    <Field id="despite" label=Signal::derive(|| text().branch.despite_few.to_owned()) value=despite/>
                </Show>
                <p class="error" role="alert">{move || trouble.get()}</p>
                <button class="main" type="submit" disabled=move || chosen.with(Vec::is_empty)>{move || text().office.release}</button>
            </form>
        </section>
    }
}

/// The branches and trades; those that have it already cannot be chosen.
#[component]
fn ToUnits(releases: Remote<Vec<Release>>, chosen: RwSignal<Vec<UnitId>>) -> impl IntoView {
    let units = Remote::<Vec<Unit>>::load(|| "/api/v1/units".to_owned());
    view! {
        {units.trouble_view()}
                <fieldset>
                    <legend>{move || text().branch.to_units}</legend>
                    {move || units.get().unwrap_or_default().into_iter().filter(|it| it.kind != UnitKind::Section).map(|unit| {
                        let id = unit.id;
                        let has_it = move || releases.get().is_some_and(|all| all.iter().any(|it| it.unit == id && !it.withdrawn));
                        view! {
                            <label class="check">
                                <input
                                    type="checkbox"
                                    disabled=has_it
                                    prop:checked=move || chosen.with(|it| it.contains(&id))
                                    on:change=move |event| chosen.update(|it| {
                                        it.retain(|it| *it != id);
                                        if event_target_checked(&event) { it.push(id) }
                                    })
                                />
                                {unit.name} " " <span class="quiet">{move || has_it().then(|| text().branch.released)}</span>
                            </label>
                        }
                    }).collect_view()}
                </fieldset>
    }
}

/// A release that stands, or one that was taken back.
#[component]
fn Released(releases: Remote<Vec<Release>>, release: Release) -> impl IntoView {
    let (asked, reason) = (RwSignal::new(false), RwSignal::new(String::new()));
    let trouble = RwSignal::new(String::new());
    let id = release.id;
    let withdraw = move |event: SubmitEvent| {
        event.prevent_default();
        let withdrawal = Withdrawal { reason: reason.get_untracked() };
        spawn_local(async move {
            match api::post::<()>(&format!("/api/v1/releases/{id}/withdrawal"), &withdrawal).await {
                Ok(()) => {
                    let _ = asked.try_set(false);
                    toast::say(text().branch.was_taken_back.to_owned());
                    releases.reload();
                }
                Err(cause) => drop(trouble.try_set(problem::form_words(&cause))),
            }
        });
    };
    let month = (text().branch.month)(&release.month);
    if release.withdrawn {
        return view! {
            <p class="quiet"><Pill>{text().branch.was_taken_back}</Pill> " " <s>{release.unit_name} " · " {release.title} " · " {month}</s></p>
        }
        .into_any();
    }
    view! {
        <p class="pills">
            <Pill tone=Tone::Pine>{release.unit_name}</Pill>
            <span>{release.title} <span class="quiet">" · " {month}</span></span>
            <button class="link" on:click=move |_| asked.set(true)>{move || text().branch.take_back}</button>
        </p>
        <Dialog open=asked title=Signal::derive(|| text().branch.take_back.to_owned())>
            <p>{move || text().branch.take_back_words}</p>
            <form on:submit=withdraw novalidate>
                <Field id=format!("reason-{id}") label=Signal::derive(|| text().office.reason.to_owned()) value=reason required=true/>
                <p class="error" role="alert">{move || trouble.get()}</p>
                <button class="main" type="submit">{move || text().branch.take_back}</button>
            </form>
        </Dialog>
    }
    .into_any()
}
