//! The directory: finding, adding, taking lists in, handing out assignments.

mod import;

use domain::{
    campaign::Unit,
    id::{RespondentId, UnitId},
    import::Column,
    respondent::RespondentKind,
    setup::{Assign, Change, Directory, HandedOut, ListedRespondent, RespondentForm},
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
    let asked = |name: &str| untrack(|| router::asked(name)).unwrap_or_default();
    let (wanted, page) = (RwSignal::new(asked("text")), RwSignal::new(0_u32));
    let (kind, unvisited) = (asked("kind"), RwSignal::new(asked("unvisited") == "true"));
    let kind = RwSignal::new(RespondentKind::from_word(&kind));
    let directory = Remote::<Directory>::load(move || {
        let wanted = js_sys::encode_uri_component(&wanted.get());
        let kind = kind.get().map(|it| format!("&kind={}", it.as_str())).unwrap_or_default();
        format!("/api/v1/respondents?text={wanted}&page={}&unvisited={}{kind}", page.get(), unvisited.get())
    });
    let filtered = move || kind.get().is_some() || unvisited.get() || wanted.with(|it| !it.is_empty());
    let units = Remote::<Vec<Unit>>::load(|| "/api/v1/units".to_owned());
    let chosen = RwSignal::new(Vec::<RespondentId>::new());
    let (importing, adding, assigning) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let (correcting, is_correcting) = (RwSignal::new(None::<ListedRespondent>), RwSignal::new(false));
    Effect::new(move |_| is_correcting.set(correcting.with(Option::is_some)));
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
                <Finding wanted kind unvisited page/>
                {directory.trouble_view()}
                <div class="buttons">
                    <span class="quiet" role="status">{move || directory.get().map(|it| (text().setup.n_respondents)(it.total_n))}</span>
                    <button class="link" on:click=select_page>{move || text().setup.select_page}</button>
                    <Show when=move || chosen.with(|it| !it.is_empty())>
                        <button class="main" on:click=move |_| assigning.set(true)>
                            {move || text().setup.assign} " · " {move || (text().setup.selected_n)(chosen.with(Vec::len))}
                        </button>
                        <button class="link" on:click=move |_| chosen.set(Vec::new())>{move || text().setup.select_none}</button>
                    </Show>
                </div>
                {move || directory.get().map(|it| if it.respondents.is_empty() && filtered() {
                    view! { <Empty words=Signal::derive(|| text().setup.no_such_respondents.to_owned())/> }.into_any()
                } else if it.respondents.is_empty() {
                    view! { <Empty words=Signal::derive(|| text().setup.no_respondents.to_owned())/> }.into_any()
                } else {
                    view! { <div class="card rows">{it.respondents.into_iter().map(|it| view! { <Row directory chosen correcting listed=it/> }).collect_view()}</div> }.into_any()
                })}
                <nav class="buttons" aria-label=move || text().setup.next>
                    <button disabled=move || page.get() == 0 on:click=move |_| page.update(|it| *it -= 1)>{move || text().setup.previous}</button>
                    <button disabled=move || directory.get().is_none_or(|it| it.respondents.len() < 100) on:click=move |_| page.update(|it| *it += 1)>{move || text().setup.next}</button>
                </nav>
                <Dialog open=importing title=Signal::derive(|| text().setup.import.to_owned())><ImportList directory open=importing/></Dialog>
                <Dialog open=adding title=Signal::derive(|| text().setup.add_one.to_owned())><OneForm directory units open=adding known=None/></Dialog>
                <Dialog open=is_correcting title=Signal::derive(|| text().setup.correct.to_owned())>
                    <OneForm directory units open=is_correcting known=correcting.get_untracked()/>
                </Dialog>
                <Dialog open=assigning title=Signal::derive(|| text().setup.assign.to_owned())><AssignTo directory units chosen open=assigning/></Dialog>
            </main>
        </DeskFrame>
    }
}

/// By words, by kind, and whom nobody has visited yet.
#[component]
fn Finding(
    wanted: RwSignal<String>,
    kind: RwSignal<Option<RespondentKind>>,
    unvisited: RwSignal<bool>,
    page: RwSignal<u32>,
) -> impl IntoView {
    view! {
                <div class="field">
                    <label for="find">{move || text().visitor.search}</label>
                    <input id="find" type="search" placeholder=move || text().setup.find prop:value=move || wanted.get()
                        on:change=move |event| { page.set(0); wanted.set(event_target_value(&event)); }/>
                </div>
                <div class="buttons">
                    <select aria-label=move || text().visitor.respondent_kind on:change=move |event| {
                        page.set(0);
                        kind.set(RespondentKind::from_word(&event_target_value(&event)));
                    }>
                        <option value="" selected=move || kind.get().is_none()>{move || text().office.all}</option>
                        {move || RespondentKind::ALL.map(|it| view! {
                            <option value=it.as_str() selected=move || kind.get() == Some(it)>{(text().visitor.respondent_kinds)(it)}</option>
                        }).collect_view()}
                    </select>
                    <label class="check">
                        <input type="checkbox" prop:checked=move || unvisited.get() on:change=move |event| { page.set(0); unvisited.set(event_target_checked(&event)); }/>
                        {move || text().setup.unvisited_only}
                    </label>
                </div>
    }
}

#[component]
fn Row(
    directory: Remote<Directory>,
    chosen: RwSignal<Vec<RespondentId>>,
    correcting: RwSignal<Option<ListedRespondent>>,
    listed: ListedRespondent,
) -> impl IntoView {
    let id = listed.id;
    let known = listed.clone();
    let respondent = listed.respondent;
    let kind = respondent.kind;
    let (visits_n, due_on) = (listed.visits_n, listed.due_on);
    let rest =
        join(&[respondent.organisation.clone(), respondent.telephone.clone(), respondent.address.clone()]);
    let facts = move || {
        let due = due_on
            .as_deref()
            .map(|it| (text().visitor.due)(&(text().office.day_words)(it)))
            .unwrap_or_default();
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
    let forgotten = respondent.name.is_empty();
    let name = if forgotten {
        text().setup.forgotten.to_owned()
    } else {
        join(&[respondent.place, respondent.name])
    };
    view! {
        <div class="row">
            <input type="checkbox" aria-label=name.clone() prop:checked=move || chosen.with(|it| it.contains(&id))
                on:change=move |event| chosen.update(|it| {
                    it.retain(|it| *it != id);
                    if event_target_checked(&event) { it.push(id) }
                })/>
            <span class="grow"><span class="title">{name}</span><span class="quiet">{facts}</span></span>
            <button class="link" on:click=move |_| correcting.set(Some(known.clone()))>{move || text().setup.correct}</button>
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
                {move || units.get().unwrap_or_default().into_iter().map(|it| view! { <option value=it.id.to_string() selected=unit.get_untracked() == Some(it.id)>{it.name}</option> }).collect_view()}
            </select>
        </div>
    }
}

/// A respondent while it is written.
#[derive(Clone, Copy)]
struct OneFields {
    kind: RwSignal<RespondentKind>,
    /// Name, place, organisation, telephone, address, id number.
    lines: [RwSignal<String>; 6],
    unit: RwSignal<Option<UnitId>>,
}

impl OneFields {
    fn new(known: Option<&RespondentForm>) -> Self {
        let line =
            |of: fn(&RespondentForm) -> &String| RwSignal::new(known.map(of).cloned().unwrap_or_default());
        Self {
            kind: RwSignal::new(known.map_or(RespondentKind::Household, |it| it.kind)),
            lines: [
                line(|it| &it.name),
                line(|it| &it.place),
                line(|it| &it.organisation),
                line(|it| &it.telephone),
                line(|it| &it.address),
                line(|it| &it.id_number),
            ],
            unit: RwSignal::new(known.and_then(|it| it.unit)),
        }
    }

    fn read(self) -> RespondentForm {
        let [name, place, organisation, telephone, address, id_number] =
            self.lines.map(RwSignal::get_untracked);
        RespondentForm {
            kind: self.kind.get_untracked(),
            name,
            place,
            organisation,
            telephone,
            address,
            id_number,
            unit: self.unit.get_untracked(),
        }
    }
}

/// Adding one, or correcting one that is there.
#[component]
fn OneForm(
    directory: Remote<Directory>,
    units: Remote<Vec<Unit>>,
    open: RwSignal<bool>,
    known: Option<ListedRespondent>,
) -> impl IntoView {
    let known = StoredValue::new(known);
    let fields = known.with_value(|it| OneFields::new(it.as_ref().map(|it| &it.respondent)));
    let OneFields { kind, lines: [name, place, organisation, telephone, address, id_number], unit } = fields;
    let trouble = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (known, form) = (known.get_value(), fields.read());
        spawn_local(async move {
            let answer = match known {
                None => api::post::<()>("/api/v1/respondents", &form).await,
                Some(it) => {
                    let change = Change { was: Some(it.respondent), now: form };
                    api::put::<()>(&format!("/api/v1/respondents/{}", it.id), &change).await
                }
            };
            match answer {
                Ok(()) => {
                    let _ = open.try_set(false);
                    directory.reload();
                }
                Err(cause) => drop(trouble.try_set(form_words(&cause))),
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
            <Field id="new-id-number" label=Signal::derive(|| (text().setup.column_is)(Column::IdNumber).to_owned()) value=id_number/>
            <UnitSelect id="new-unit" label=|| text().setup.assign_to none=|| text().setup.any_unit units unit/>
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button class="main" type="submit">{move || text().common.save}</button>
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
            trouble.set(text().setup.choose_unit.to_owned());
            return;
        };
        let assign = Assign {
            respondents: chosen.get_untracked(),
            unit,
            due_on: due_on.get_untracked(),
            note: note.get_untracked(),
        };
        spawn_local(async move {
            match api::post::<HandedOut>("/api/v1/assignments", &assign).await {
                Ok(it) => {
                    chosen.set(Vec::new());
                    open.set(false);
                    toast::say((text().setup.assigned)(it.assigned_n, it.open_already_n));
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
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button class="main" type="submit">{move || text().setup.assign}</button>
        </form>
    }
}
