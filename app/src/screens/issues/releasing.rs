//! Proposing to release an issue to branches and trades, deciding of it, and taking it back.

use domain::{
    campaign::{Unit, UnitKind},
    id::{ReleaseId, UnitId},
    issue::IssueLine,
    problem::Code,
    release::{
        IssueReleases, NewRelease, Objection, Proposal, ReleaseOutcome, ReleaseState, Rule, Withdrawal,
    },
    role::Action,
    sign_off::Decision,
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
    session::session,
};

/// Releasing to branches and trades: approved wording, and what stands against it.
#[component]
pub fn Releasing(line: IssueLine) -> impl IntoView {
    let id = line.id;
    let releases = Remote::<IssueReleases>::load(move || format!("/api/v1/issues/{id}/proposals"));
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
                Ok(ReleaseOutcome::Proposed { .. }) => {
                    objections.set(Vec::new());
                    chosen.set(Vec::new());
                    despite.set(String::new());
                    releases.reload();
                    toast::say(text().branch.proposed_now.to_owned());
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
            {move || releases.get().map(|it| view! {
                <p>{(text().branch.group)(it.group, it.least)}</p>
                {it.proposals.into_iter().map(|it| view! { <ProposalLine releases proposal=it/> }).collect_view()}
            })}
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
                <button class="main" type="submit" disabled=move || chosen.with(Vec::is_empty)>{move || text().branch.propose}</button>
            </form>
        </section>
    }
}

/// The branches and trades; those that have it already cannot be chosen.
#[component]
fn ToUnits(releases: Remote<IssueReleases>, chosen: RwSignal<Vec<UnitId>>) -> impl IntoView {
    let units = Remote::<Vec<Unit>>::load(|| "/api/v1/units".to_owned());
    view! {
        {units.trouble_view()}
                <fieldset>
                    <legend>{move || text().branch.to_units}</legend>
                    {move || units.get().unwrap_or_default().into_iter().filter(|it| it.kind != UnitKind::Section).map(|unit| {
                        let id = unit.id;
                        let standing = move || {
                            let all = releases.get()?.proposals;
                            all.iter().map(|it| &it.release).find(|it| it.unit == id && it.state.stands()).map(|it| it.state)
                        };
                        view! {
                            <label class="check">
                                <input
                                    type="checkbox"
                                    disabled=move || standing().is_some()
                                    prop:checked=move || chosen.with(|it| it.contains(&id))
                                    on:change=move |event| chosen.update(|it| {
                                        it.retain(|it| *it != id);
                                        if event_target_checked(&event) { it.push(id) }
                                    })
                                />
                                {unit.name} " " <span class="quiet">{move || standing().map(text().branch.release_state)}</span>
                            </label>
                        }
                    }).collect_view()}
                </fieldset>
    }
}

/// A proposal, and what may be done with it.
#[component]
fn ProposalLine(releases: Remote<IssueReleases>, proposal: Proposal) -> impl IntoView {
    let branch = text().branch;
    let Proposal { release, by, own, despite_few, decided_by, returned, .. } = proposal;
    let state = (branch.release_state)(release.state);
    let month = (branch.month)(&release.month);
    let id = release.id;
    if !release.state.stands() {
        return view! {
            <p class="quiet">
                <Pill>{state}</Pill> " " <s>{release.unit_name} " · " {release.title} " · " {month}</s>
                {returned.map(|it| (branch.returned_for)(&decided_by.unwrap_or_default(), &it))}
            </p>
        }
        .into_any();
    }
    let waits = release.state == ReleaseState::Proposed;
    let decides = waits && session().may(Action::Approve) && !own;
    let tone = if waits { Tone::Amber } else { Tone::Pine };
    let who = (branch.proposed_by)(&by, &decided_by.unwrap_or_default());
    view! {
        <p class="pills">
            <Pill tone>{state}</Pill>
            <span>{release.unit_name} " · " {release.title} <span class="quiet">" · " {month} " · " {who}</span></span>
            <TakingBack releases id/>
        </p>
        {waits.then(|| view! { <p>{release.wording}</p> })}
        {despite_few.map(|it| view! { <p class="notice amber">{branch.despite_few} " · " {it}</p> })}
        {decides.then(|| view! { <Deciding releases id/> })}
        {(waits && own).then(|| view! { <p class="quiet">{branch.needs_another}</p> })}
    }
    .into_any()
}

/// The second person's part: approving, or returning with a reason.
#[component]
fn Deciding(releases: Remote<IssueReleases>, id: ReleaseId) -> impl IntoView {
    let (asked, reason) = (RwSignal::new(false), RwSignal::new(String::new()));
    let [here, in_dialog] = [(); 2].map(|()| RwSignal::new(String::new()));
    let decide = move |decision: Decision| {
        let trouble = if decision == Decision::Approve { here } else { in_dialog };
        spawn_local(async move {
            match api::post::<()>(&format!("/api/v1/releases/{id}/decision"), &decision).await {
                Ok(()) => {
                    let _ = asked.try_set(false);
                    releases.reload();
                }
                Err(cause) => drop(trouble.try_set(problem::form_words(&cause))),
            }
        });
    };
    let send_back = move |event: SubmitEvent| {
        event.prevent_default();
        decide(Decision::Return { reason: reason.get_untracked() });
    };
    view! {
        <p class="buttons">
            <button class="main" on:click=move |_| decide(Decision::Approve)>{move || text().branch.approve}</button>
            <button on:click=move |_| asked.set(true)>{move || text().branch.send_back}</button>
        </p>
        <p class="error" role="alert">{move || here.get()}</p>
        <Dialog open=asked title=Signal::derive(|| text().branch.send_back.to_owned())>
            <form on:submit=send_back novalidate>
                <Field id=format!("return-{id}") label=Signal::derive(|| text().office.reason.to_owned()) value=reason required=true/>
                <p class="error" role="alert">{move || in_dialog.get()}</p>
                <button class="main" type="submit">{move || text().branch.send_back}</button>
            </form>
        </Dialog>
    }
}

/// Takes back what stands, with a reason.
#[component]
fn TakingBack(releases: Remote<IssueReleases>, id: ReleaseId) -> impl IntoView {
    let (asked, reason) = (RwSignal::new(false), RwSignal::new(String::new()));
    let trouble = RwSignal::new(String::new());
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
    view! {
        <button class="link" on:click=move |_| asked.set(true)>{move || text().branch.take_back}</button>
        <Dialog open=asked title=Signal::derive(|| text().branch.take_back.to_owned())>
            <p>{move || text().branch.take_back_words}</p>
            <form on:submit=withdraw novalidate>
                <Field id=format!("reason-{id}") label=Signal::derive(|| text().office.reason.to_owned()) value=reason required=true/>
                <p class="error" role="alert">{move || trouble.get()}</p>
                <button class="main" type="submit">{move || text().branch.take_back}</button>
            </form>
        </Dialog>
    }
}
