//! The directory: finding, adding, taking lists in, handing out assignments.

mod import;

use domain::{
    campaign::Unit,
    id::{RespondentId, UnitId},
    respondent::RespondentKind,
    setup::{Assign, Directory, ListedRespondent, RespondentForm},
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use self::import::ImportList;
use super::form_words;
use crate::{
    api, clock,
    i18n::text,
    parts::{desk_frame::DeskFrame, dialog::Dialog, empty::Empty, field::Field, remote::Remote, toast},
    prelude::*,
    screens::today::join,
};

/// A unit has a week unless the office says otherwise, in milliseconds.
const WEEK_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// The office's list of whom to visit.
#[component]
pub fn RespondentsScreen() -> impl IntoView {
    let asked = untrack(|| router::asked("text")).unwrap_or_default();
    let (wanted, page) = (RwSignal::new(asked), RwSignal::new(0_u32));
    let directory = Remote::<Directory>::load(move || {
        let wanted = js_sys::encode_uri_component(&wanted.get());
        format!("/api/v1/respondents?text={wanted}&page={}", page.get())
    });
    let units = Remote::<Vec<Unit>>::load(|| "/api/v1/units".to_owned());
    let chosen = RwSignal::new(Vec::<RespondentId>::new());
    let (importing, adding, assigning) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let select_page = move |_| {
        let ids = directory.value.with_untracked(|it| {
            it.as_ref().map(|it| it.respondents.iter().map(|it| it.id).collect::<Vec<_>>())
        });
        chosen.update(|it| {
            it.extend(ids.unwrap_or_default());
            it.sort();
            it.dedup();
        });
    };
    view! {
        <DeskFrame title=Signal::derive(|| text().setup.respondents.to_owned())>
            <main class="page">
                <header>
                    <h1>{move || text().setup.respondents}</h1>
                    <div class="buttons">
                        <button on:click=move |_| adding.set(true)>{move || text().setup.add_one}</button>
                        <button class="main" on:click=move |_| importing.set(true)>{move || text().setup.import}</button>
                    </div>
                </header>
                <div class="field">
                    <label for="find">{move || text().visitor.search}</label>
                    <input id="find" type="search" placeholder=move || text().setup.find prop:value=wanted
                        on:change=move |event| { page.set(0); wanted.set(event_target_value(&event)); }/>
                </div>
                {directory.trouble_view()}
                <div class="buttons">
                    <span class="quiet" role="status">{move || directory.get().map(|it| (text().setup.n_respondents)(it.total_n))}</span>
                    <button class="link" on:click=select_page>{move || text().setup.select_page}</button>
                    <Show when=move || chosen.with(|it| !it.is_empty())>
                        <button class="main" on:click=move |_| assigning.set(true)>
                            {move || text().setup.assign} " · " {move || (text().setup.selected_n)(chosen.with(Vec::len))}
                        </button>
                    </Show>
                </div>
                {move || directory.get().map(|it| if it.respondents.is_empty() {
                    view! { <Empty words=Signal::derive(|| text().setup.no_respondents.to_owned())/> }.into_any()
                } else {
                    view! { <div class="card rows">{it.respondents.into_iter().map(|it| view! { <Row directory chosen listed=it/> }).collect_view()}</div> }.into_any()
                })}
                <nav class="buttons" aria-label=move || text().setup.next>
                    <button disabled=move || page.get() == 0 on:click=move |_| page.update(|it| *it -= 1)>{move || text().setup.previous}</button>
                    <button disabled=move || directory.get().is_none_or(|it| it.respondents.len() < 100) on:click=move |_| page.update(|it| *it += 1)>{move || text().setup.next}</button>
                </nav>
                <Dialog open=importing title=Signal::derive(|| text().setup.import.to_owned())><ImportList directory open=importing/></Dialog>
                <Dialog open=adding title=Signal::derive(|| text().setup.add_one.to_owned())><AddOne directory units open=adding/></Dialog>
                <Dialog open=assigning title=Signal::derive(|| text().setup.assign.to_owned())><AssignTo directory units chosen open=assigning/></Dialog>
            </main>
        </DeskFrame>
    }
}

#[component]
fn Row(
    directory: Remote<Directory>,
    chosen: RwSignal<Vec<RespondentId>>,
    listed: ListedRespondent,
) -> impl IntoView {
    let id = listed.id;
    let respondent = listed.respondent;
    let kind = respondent.kind;
    let (visits_n, due_on) = (listed.visits_n, listed.due_on);
    let rest =
        join(&[respondent.organisation.clone(), respondent.telephone.clone(), respondent.address.clone()]);
    let facts = move || {
        let due = due_on.as_deref().map(|it| (text().visitor.due)(it)).unwrap_or_default();
        let visited = if visits_n > 0 { (text().setup.visited_n)(visits_n) } else { String::new() };
        join(&[(text().visitor.respondent_kinds)(kind).to_owned(), rest.clone(), visited, due])
    };
    let remove = move |_| {
        spawn_local(async move {
            match api::delete::<()>(&format!("/api/v1/respondents/{id}")).await {
                Ok(()) => toast::say(text().setup.removed.to_owned()),
                Err(cause) => toast::say(form_words(&cause)),
            }
            directory.reload();
        });
    };
    let name = join(&[respondent.place, respondent.name]);
    view! {
        <div class="row">
            <input type="checkbox" aria-label=name.clone() prop:checked=move || chosen.with(|it| it.contains(&id))
                on:change=move |event| chosen.update(|it| {
                    it.retain(|it| *it != id);
                    if event_target_checked(&event) { it.push(id) }
                })/>
            <span class="grow"><span class="title">{name}</span><span class="quiet">{facts}</span></span>
            <button class="link" on:click=remove>{move || text().setup.remove}</button>
        </div>
    }
}

#[component]
fn UnitSelect(
    id: &'static str,
    label: fn() -> &'static str,
    none: fn() -> &'static str,
    units: Remote<Vec<Unit>>,
    unit: RwSignal<Option<UnitId>>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select id=id on:change=move |event| unit.set(event_target_value(&event).parse().ok())>
                <option value="">{none}</option>
                {move || units.get().unwrap_or_default().into_iter().map(|it| view! { <option value=it.id.to_string()>{it.name}</option> }).collect_view()}
            </select>
        </div>
    }
}

#[component]
fn AddOne(directory: Remote<Directory>, units: Remote<Vec<Unit>>, open: RwSignal<bool>) -> impl IntoView {
    let signal = || RwSignal::new(String::new());
    let (name, place, organisation, telephone, address) = (signal(), signal(), signal(), signal(), signal());
    let (kind, unit, trouble) = (RwSignal::new(RespondentKind::Household), RwSignal::new(None), signal());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let form = RespondentForm {
            kind: kind.get_untracked(),
            name: name.get_untracked(),
            place: place.get_untracked(),
            organisation: organisation.get_untracked(),
            telephone: telephone.get_untracked(),
            address: address.get_untracked(),
            id_number: String::new(),
            unit: unit.get_untracked(),
        };
        spawn_local(async move {
            match api::post::<()>("/api/v1/respondents", &form).await {
                Ok(()) => {
                    open.set(false);
                    directory.reload();
                }
                Err(cause) => trouble.set(form_words(&cause)),
            }
        });
    };
    view! {
        <form on:submit=submit novalidate>
            <div class="field">
                <label for="new-kind">{move || text().visitor.respondent_kind}</label>
                <select id="new-kind" on:change=move |event| {
                    if let Some(it) = RespondentKind::from_word(&event_target_value(&event)) { kind.set(it) }
                }>
                    {move || RespondentKind::ALL.map(|it| view! {
                        <option value=it.as_str() selected=kind.get_untracked() == it>{(text().visitor.respondent_kinds)(it)}</option>
                    }).collect_view()}
                </select>
            </div>
            <Field id="new-name" label=Signal::derive(|| text().visitor.name.to_owned()) value=name required=true/>
            <Field id="new-place" label=Signal::derive(|| text().visitor.place.to_owned()) value=place/>
            <Field id="new-organisation" label=Signal::derive(|| text().visitor.organisation.to_owned()) value=organisation/>
            <Field id="new-telephone" kind="tel" label=Signal::derive(|| text().visitor.telephone.to_owned()) value=telephone/>
            <Field id="new-address" label=Signal::derive(|| text().visitor.address.to_owned()) value=address/>
            <UnitSelect id="new-unit" label=|| text().setup.assign_to none=|| text().setup.any_unit units unit/>
            <p class="error" role="alert">{trouble}</p>
            <button class="main" type="submit">{move || text().setup.add}</button>
        </form>
    }
}

#[component]
fn AssignTo(
    directory: Remote<Directory>,
    units: Remote<Vec<Unit>>,
    chosen: RwSignal<Vec<RespondentId>>,
    open: RwSignal<bool>,
) -> impl IntoView {
    let unit = RwSignal::new(None::<UnitId>);
    let due_on = RwSignal::new(clock::date(clock::now() + WEEK_MS));
    let (note, trouble) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(unit) = unit.get_untracked() else {
            trouble.set((text().problem.wrong_field)("unit"));
            return;
        };
        let assign = Assign {
            respondents: chosen.get_untracked(),
            unit,
            due_on: due_on.get_untracked(),
            note: note.get_untracked(),
        };
        spawn_local(async move {
            match api::post::<()>("/api/v1/assignments", &assign).await {
                Ok(()) => {
                    chosen.set(Vec::new());
                    open.set(false);
                    toast::say(text().setup.assigned.to_owned());
                    directory.reload();
                }
                Err(cause) => trouble.set(form_words(&cause)),
            }
        });
    };
    view! {
        <p>{move || (text().setup.selected_n)(chosen.with(Vec::len))}</p>
        <form on:submit=submit novalidate>
            <UnitSelect id="assign-unit" label=|| text().setup.assign_to none=|| "—" units unit/>
            <Field id="assign-due" kind="date" label=Signal::derive(|| text().setup.due_on.to_owned()) value=due_on required=true/>
            <Field id="assign-note" label=Signal::derive(|| text().setup.note.to_owned()) value=note/>
            <p class="error" role="alert">{trouble}</p>
            <button class="main" type="submit">{move || text().setup.assign}</button>
        </form>
    }
}
