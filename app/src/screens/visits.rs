//! Visits as the office reads them: the table, one visit with all its revisions.

use domain::{
    campaign::Unit,
    envelope::RecordKind,
    record::{ParkedPage, Reveal, Revealed, Revision, Said, VisitDetail, VisitLine, VisitPage},
    respondent::RespondentKind,
    role::Action,
    visit::VisitForm,
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api, clock,
    i18n::{problem, text},
    parts::{
        desk_frame::DeskFrame,
        dialog::Dialog,
        empty::Empty,
        field::Field,
        pill::{Pill, Tone},
        remote::Remote,
        toast,
    },
    prelude::*,
    screens::{queue::AttachmentLine, today::join},
    session::session,
};

/// Where a page of visits is, with what it is filtered by.
fn address(page: u32, odd_only: bool, filters: [(&str, RwSignal<String>); 4]) -> String {
    let mut address = format!("/api/v1/visits?page={page}&odd_only={odd_only}");
    for (name, value) in filters {
        let value = value.get();
        if !value.is_empty() {
            address += &format!("&{name}={value}");
        }
    }
    address
}

/// The table of visits. The address carries the filter, so that figures can open what they are made of.
#[component]
pub fn Visits() -> impl IntoView {
    let asked = |name: &str| untrack(|| router::asked(name)).unwrap_or_default();
    let (unit, kind) = (RwSignal::new(asked("unit")), RwSignal::new(asked("kind")));
    let (from, to) = (RwSignal::new(asked("from")), RwSignal::new(asked("to")));
    let (odd, page) = (RwSignal::new(asked("odd_only") == "true"), RwSignal::new(0_u32));
    let list = Remote::<VisitPage>::load(move || {
        address(page.get(), odd.get(), [("unit", unit), ("kind", kind), ("from", from), ("to", to)])
    });
    let units = Remote::<Vec<Unit>>::load(|| "/api/v1/units".to_owned());
    // Only those who sort see what was set aside.
    let parked = Remote::<ParkedPage>::load(move || {
        if session().may(Action::Sort) { "/api/v1/parked".to_owned() } else { String::new() }
    });
    let again = move |set: &dyn Fn()| {
        page.set(0);
        set();
    };
    view! {
        <DeskFrame title=Signal::derive(|| text().office.visits.to_owned())>
            <main class="page">
                <header>
                    <h1>{move || text().office.visits}</h1>
                    <span class="quiet" role="status">{move || list.get().map(|it| (text().office.visits_n)(it.total_n))}</span>
                    {move || parked.get().filter(|it| it.total_n > 0).map(|it| view! {
                        <a href="/parked">{(text().records.parked_n)(it.total_n)}</a>
                    })}
                </header>
                <div class="fields">
                    <div class="field">
                        <label for="unit">{move || text().office.unit}</label>
                        <select id="unit" on:change=move |event| again(&|| unit.set(event_target_value(&event)))>
                            <option value="">{move || text().office.all}</option>
                            {move || units.get().unwrap_or_default().into_iter().map(|it| {
                                let id = it.id.to_string();
                                let selected = unit.get_untracked() == id;
                                view! { <option value=id selected=selected>{it.name}</option> }
                            }).collect_view()}
                        </select>
                    </div>
                    <div class="field">
                        <label for="kind">{move || text().office.respondent}</label>
                        <select id="kind" on:change=move |event| again(&|| kind.set(event_target_value(&event)))>
                            <option value="">{move || text().office.all}</option>
                            {move || RespondentKind::ALL.map(|it| view! {
                                <option value=it.as_str() selected=kind.get_untracked() == it.as_str()>{(text().visitor.respondent_kinds)(it)}</option>
                            }).collect_view()}
                        </select>
                    </div>
                    <Field id="from" kind="date" label=Signal::derive(|| text().office.from.to_owned()) value=from/>
                    <Field id="to" kind="date" label=Signal::derive(|| text().office.to.to_owned()) value=to/>
                </div>
                <label class="check">
                    <input type="checkbox" prop:checked=odd on:change=move |event| again(&|| odd.set(event_target_checked(&event)))/>
                    {move || text().office.odd_only}
                </label>
                {list.trouble_view()}
                {move || list.get().map(|it| if it.visits.is_empty() {
                    view! { <Empty words=Signal::derive(|| text().office.no_visits.to_owned())/> }.into_any()
                } else {
                    view! { <Table visits=it.visits/> }.into_any()
                })}
                <Pages list page/>
            </main>
        </DeskFrame>
    }
}

#[component]
fn Pages(list: Remote<VisitPage>, page: RwSignal<u32>) -> impl IntoView {
    view! {
        <nav class="buttons" aria-label=move || text().office.more>
            <button disabled=move || page.get() == 0 on:click=move |_| page.update(|it| *it -= 1)>"‹"</button>
            <button
                disabled=move || list.get().is_none_or(|it| it.next.is_none())
                on:click=move |_| page.update(|it| *it += 1)
            >{move || text().office.more}</button>
        </nav>
    }
}

#[component]
fn Table(visits: Vec<VisitLine>) -> impl IntoView {
    view! {
        <div class="table-holder" tabindex="0" role="region" aria-label=move || text().office.visits>
            <table>
                <thead>
                    <tr>
                        <th>{move || text().office.day}</th>
                        <th>{move || text().office.unit}</th>
                        <th>{move || text().office.visitors}</th>
                        <th>{move || text().office.respondent}</th>
                        <th>{move || text().office.place}</th>
                        <th class="number">{move || text().office.statements}</th>
                        <th>{move || text().office.state}</th>
                    </tr>
                </thead>
                <tbody>{visits.into_iter().map(|it| view! { <TableRow line=it/> }).collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn TableRow(line: VisitLine) -> impl IntoView {
    let kind = line.respondent_kind;
    let (day, unit, place, visitors) =
        (line.day.clone(), line.unit_name.clone(), line.place.clone(), line.visitors.join("、"));
    view! {
        <tr>
            <td><a href=format!("/visits/{}", line.id)>{day}</a></td>
            <td>{unit}</td>
            <td>{visitors}</td>
            <td>{move || (text().visitor.respondent_kinds)(kind)}</td>
            <td>{place}</td>
            <td class="number">{line.statements_n}</td>
            <td><States line/></td>
        </tr>
    }
}

#[component]
fn States(line: VisitLine) -> impl IntoView {
    let office = || text().office;
    view! {
        <span class="pills">
            {line.complete.then(|| view! { <Pill tone=Tone::Pine>{move || office().complete}</Pill> })}
            {(!line.complete).then(|| view! { <Pill tone=Tone::Amber>{move || office().incomplete}</Pill> })}
            {line.withdrawn.then(|| view! { <Pill>{move || office().withdrawn}</Pill> })}
            {line.clock_off.then(|| view! { <Pill tone=Tone::Amber>{move || office().clock_off}</Pill> })}
        </span>
    }
}

/// One visit.
#[component]
pub fn VisitScreen() -> impl IntoView {
    let id = router::part(1);
    let visit = Remote::<VisitDetail>::load(move || format!("/api/v1/visits/{}", id.get()));
    view! {
        <DeskFrame title=Signal::derive(|| text().office.visits.to_owned())>
            <main class="page">
                <p><a href="/visits">"‹ " {move || text().office.visits}</a></p>
                {visit.trouble_view()}
                {move || visit.get().map(|it| view! { <Detail detail=it/> })}
            </main>
        </DeskFrame>
    }
}

#[component]
fn Detail(detail: VisitDetail) -> impl IntoView {
    let line = detail.line.clone();
    let form = match &*line.form {
        "symposium" => VisitForm::Symposium { head_count: 0 },
        "telephone" => VisitForm::Telephone,
        "slip" => VisitForm::Slip,
        _ => VisitForm::Visit,
    };
    let title = join(&[line.day.clone(), line.unit_name.clone(), line.place.clone()]);
    let facts = join(&[
        (text().visitor.respondent_kinds)(line.respondent_kind).to_owned(),
        (text().visitor.forms)(form).to_owned(),
        line.visitors.join("、"),
    ]);
    view! {
        <header><h1>{title}</h1><States line=line.clone()/></header>
        <p class="quiet">{facts}</p>
        {if detail.named {
            view! { <Identity id=line.id.to_string()/> }.into_any()
        } else {
            view! { <p class="quiet">{move || text().office.unnamed}</p> }.into_any()
        }}
        {detail.attachments.into_iter().map(|it| view! { <AttachmentLine attachment=it/> }).collect_view()}
        {by_record(detail.revisions).into_iter().map(|it| view! { <OneRecord revisions=it/> }).collect_view()}
    }
}

/// The revisions of each record, the visit itself first; identities and attachments that came in are
/// left out.
fn by_record(revisions: Vec<Revision>) -> Vec<Vec<Revision>> {
    let mut records: Vec<Vec<Revision>> = Vec::new();
    let shown =
        |it: &Revision| it.parked.is_some() || matches!(it.said, Some(Said::Visit(_) | Said::Statement(_)));
    for revision in revisions.into_iter().filter(shown) {
        match records.iter_mut().find(|it| it[0].record == revision.record) {
            Some(record) => record.push(revision),
            None => records.push(vec![revision]),
        }
    }
    records.sort_by_key(|it| it[0].kind != RecordKind::Visit);
    records
}

/// One record: what it says now, and beside it what it said before.
#[component]
fn OneRecord(revisions: Vec<Revision>) -> impl IntoView {
    let current = revisions.iter().rposition(|it| it.parked.is_none());
    let alone = revisions.len() == 1;
    let shown = revisions.into_iter().enumerate().rev().map(|(n, revision)| {
        let head = (text().office.revision_by)(&revision.by, &clock::date_time(revision.received_at));
        let now = current == Some(n);
        let label = match (alone, now) {
            (true, _) => None,
            (false, true) => Some(text().records.current),
            (false, false) => Some(text().records.before),
        };
        view! {
            <article class="version">
                <header>
                    {label.map(|it| view! { <h3>{it}</h3> })}
                    <span class="quiet">{head}</span>
                </header>
                {revision.parked.map(|it| view! { <p class="notice amber">{(text().records.why)(it)}</p> })}
                {said_view(revision.said)}
            </article>
        }
    });
    view! { <section class="card versions">{shown.collect_view()}</section> }
}

/// What a revision says, in words.
pub fn said_view(said: Option<Said>) -> AnyView {
    match said {
        Some(Said::Statement(it)) => {
            let rows = [
                (text().visitor.summary, it.summary),
                (text().visitor.about_whom, it.about),
                (text().visitor.happened, it.happened),
            ];
            view! {
                <p><Pill>{(text().visitor.kinds)(it.kind)}</Pill></p>
                <p class="words">{it.words}</p>
                <dl>{rows.into_iter().filter(|it| !it.1.is_empty()).map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect_view()}</dl>
            }
            .into_any()
        }
        Some(Said::Visit(it)) => {
            let times = [Some(it.started_at), it.ended_at].into_iter().flatten().map(clock::date_time);
            let rows = [
                (text().records.times, times.collect::<Vec<_>>().join(" – ")),
                (text().office.place, it.place),
                (text().visitor.consent, (text().visitor.given)(it.consent.given).to_owned()),
                (text().visitor.recording_consent, (text().visitor.given)(it.consent.recording).to_owned()),
                (text().visitor.policies, it.policies),
                (text().visitor.answered, it.answered_on_the_spot),
                (text().visitor.call_back_how, it.call_back.how),
                (text().visitor.reported_to, it.reported_elsewhere.to),
                (text().office.withdrawn, it.withdrawn.unwrap_or_default()),
            ];
            view! { <dl>{rows.into_iter().filter(|it| !it.1.is_empty()).map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect_view()}</dl> }
                .into_any()
        }
        Some(Said::Attachment(it)) => view! { <p class="quiet">{it.media_type}</p> }.into_any(),
        None => ().into_any(),
    }
}

/// Who was visited: for a reason, and on record.
#[component]
fn Identity(id: String) -> impl IntoView {
    let (asked, reason) = (RwSignal::new(false), RwSignal::new(String::new()));
    let shown = RwSignal::new(None::<Revealed>);
    let address = StoredValue::new(format!("/api/v1/visits/{id}/identity"));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let reveal = Reveal { reason: reason.get_untracked() };
        spawn_local(async move {
            match api::post::<Revealed>(&address.get_value(), &reveal).await {
                Ok(revealed) => {
                    shown.set(Some(revealed));
                    asked.set(false);
                }
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    };
    view! {
        {move || shown.get().and_then(|it| it.identity).map(|it| view! {
            <p class="notice amber">{join(&[it.name, it.organisation, it.telephone, it.address, it.id_number])}</p>
        })}
        <Show when=move || session().may(Action::ReadIdentity) && shown.with(Option::is_none)>
            <button on:click=move |_| asked.set(true)>{move || text().office.reveal}</button>
        </Show>
        <Dialog open=asked title=Signal::derive(|| text().office.reveal.to_owned())>
            <p>{move || text().office.reveal_words}</p>
            <form on:submit=submit>
                <Field id="reveal-reason" label=Signal::derive(|| text().office.reason.to_owned()) value=reason required=true/>
                <button class="main" type="submit" disabled=move || reason.with(|it| it.trim().is_empty())>{move || text().office.reveal}</button>
            </form>
        </Dialog>
    }
}
