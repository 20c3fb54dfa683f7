//! Visits as the office reads them: the table, one visit with all its revisions.

use domain::{
    answers::FlagKind,
    attachment::AttachmentKind,
    campaign::Unit,
    changes::StatementState,
    envelope::RecordKind,
    queue::ItemAttachment,
    record::{
        Answered, Decided, ParkedPage, Reveal, Revealed, Revision, Said, VisitDetail, VisitLine, VisitPage,
    },
    respondent::RespondentKind,
    role::{Action, Role},
    visit::{Entered, Manner, Visit, VisitForm},
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
    },
    prelude::*,
    screens::{
        queue::{AttachmentLine, type_name},
        today::join,
    },
    session::session,
};

/// What the table is filtered by, as its address names it.
const FILTERS: [&str; 8] = ["unit", "kind", "from", "to", "odd_only", "counted", "answered", "page"];

/// The table of visits. The address carries the filter, so that figures can open what they are made of and
/// the list keeps its place.
#[component]
pub fn Visits() -> impl IntoView {
    let asked = |name: &str| router::asked(name).unwrap_or_default();
    let words = move || {
        let pairs = FILTERS.map(|it| (it, asked(it))).into_iter().filter(|it| !it.1.is_empty());
        pairs
            .map(|(name, word)| format!("{name}={}", js_sys::encode_uri_component(&word)))
            .collect::<Vec<_>>()
            .join("&")
    };
    let list = Remote::<VisitPage>::load(move || format!("/api/v1/visits?{}", words()));
    // Only those who sort see what was set aside.
    let parked = Remote::<ParkedPage>::load(move || {
        if session().may(Action::Sort) { "/api/v1/parked".to_owned() } else { String::new() }
    });
    // Another filter begins at its first page.
    let ask = Callback::new(move |(name, word): (&'static str, String)| {
        let pairs = FILTERS.map(|it| match it {
            it if it == name => (it, word.clone()),
            "page" => ("page", String::new()),
            it => (it, untrack(|| router::asked(it)).unwrap_or_default()),
        });
        let pairs =
            pairs.into_iter().filter(|it| !it.1.is_empty()).map(|(name, word)| format!("{name}={word}"));
        let address = format!("/visits?{}", pairs.collect::<Vec<_>>().join("&"));
        router::rename(&address);
    });
    let asked = Callback::new(move |name: &'static str| asked(name));
    let filtered = move || FILTERS.iter().any(|it| !asked.run(it).is_empty());
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
                <Filters asked ask/>
                {list.trouble_view()}
                {move || list.get().map(|it| match (it.visits.is_empty(), filtered()) {
                    (true, true) => view! { <Empty words=Signal::derive(|| text().office.no_such_visits.to_owned())/> }.into_any(),
                    (true, false) => view! { <Empty words=Signal::derive(|| text().office.no_visits.to_owned())/> }.into_any(),
                    (false, _) => view! { <Table visits=it.visits/> }.into_any(),
                })}
                <Pages list asked ask/>
            </main>
        </DeskFrame>
    }
}

#[component]
fn Filters(asked: Callback<&'static str, String>, ask: Callback<(&'static str, String)>) -> impl IntoView {
    let units = Remote::<Vec<Unit>>::load(|| "/api/v1/units".to_owned());
    let choose = move |name: &'static str| move |event| ask.run((name, event_target_value(&event)));
    // A section sees its own unit whatever it asks for.
    let of_all_units = session().role() != Some(Role::Section);
    view! {
        <div class="fields">
            {of_all_units.then(|| view! {
                <div class="field">
                    <label for="unit">{move || text().office.unit}</label>
                    <select id="unit" on:change=choose("unit")>
                        <option value="" selected=move || asked.run("unit").is_empty()>{move || text().office.all}</option>
                        {move || units.get().unwrap_or_default().into_iter().map(|it| {
                            let (id, this) = (it.id.to_string(), it.id.to_string());
                            view! { <option value=id selected=move || asked.run("unit") == this>{it.name}</option> }
                        }).collect_view()}
                    </select>
                </div>
            })}
            <div class="field">
                <label for="kind">{move || text().office.respondent}</label>
                <select id="kind" on:change=choose("kind")>
                    <option value="" selected=move || asked.run("kind").is_empty()>{move || text().office.all}</option>
                    {move || RespondentKind::ALL.map(|it| view! {
                        <option value=it.as_str() selected=move || asked.run("kind") == it.as_str()>{(text().visitor.respondent_kinds)(it)}</option>
                    }).collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="from">{move || text().office.from}</label>
                <input id="from" type="date" prop:value=move || asked.run("from") on:change=choose("from")/>
            </div>
            <div class="field">
                <label for="to">{move || text().office.to}</label>
                <input id="to" type="date" prop:value=move || asked.run("to") on:change=choose("to")/>
            </div>
        </div>
        <label class="check">
            <input type="checkbox" prop:checked=move || asked.run("odd_only") == "true"
                on:change=move |event| ask.run(("odd_only", if event_target_checked(&event) { "true".to_owned() } else { String::new() }))/>
            {move || text().office.odd_only}
        </label>
        {move || (!asked.run("counted").is_empty()).then(|| view! {
            <p>
                <button class="chip" on:click=move |_| ask.run(("counted", String::new()))>
                    {text().office.counted} " ×"<span class="visually-hidden">{text().office.no_filter}</span>
                </button>
            </p>
        })}
        {move || (!asked.run("answered").is_empty()).then(|| view! {
            <p>
                <button class="chip" on:click=move |_| ask.run(("answered", String::new()))>
                    {text().branch.answered} " ×"<span class="visually-hidden">{text().office.no_filter}</span>
                </button>
            </p>
        })}
    }
}

#[component]
fn Pages(
    list: Remote<VisitPage>,
    asked: Callback<&'static str, String>,
    ask: Callback<(&'static str, String)>,
) -> impl IntoView {
    let page = move || asked.run("page").parse::<u32>().unwrap_or(0);
    let turn = move |to: u32| ask.run(("page", if to == 0 { String::new() } else { to.to_string() }));
    view! {
        <nav class="buttons" aria-label=move || text().office.pages>
            <button disabled=move || page() == 0 on:click=move |_| turn(page().saturating_sub(1))>{move || text().office.previous_page}</button>
            <button disabled=move || list.get().is_none_or(|it| it.next.is_none()) on:click=move |_| turn(page() + 1)>{move || text().office.next_page}</button>
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
        (line.day.clone(), line.unit_name.clone(), line.place.clone(), line.visitors.join(text().office.and));
    view! {
        <tr>
            <td><a href=format!("/visits/{}", line.id)>{move || (text().office.day_words)(&day)}</a></td>
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
            {line.forked.then(|| view! { <Pill tone=Tone::Amber>{move || office().forked_pill}</Pill> })}
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
    let title = join(&[(text().office.day_words)(&line.day), line.unit_name.clone(), line.place.clone()]);
    let facts = join(&[
        (text().visitor.respondent_kinds)(line.respondent_kind).to_owned(),
        line.visitors.join(text().office.and),
    ]);
    let when = clock::date;
    let destroyed: Vec<String> = [
        detail.names_destroyed_at.map(|at| (text().records.names_destroyed)(&when(at))),
        detail.words_destroyed_at.map(|at| (text().records.words_destroyed)(&when(at))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut attachments = detail.attachments;
    let records: Vec<_> = by_record(detail.revisions)
        .into_iter()
        .map(|revisions| {
            let id = revisions[0].record;
            let (own, rest) = attachments.drain(..).partition(|it| it.statement == Some(id));
            attachments = rest;
            let decided = detail.decided.iter().filter(|it| it.statement == id).cloned().collect::<Vec<_>>();
            view! { <OneRecord revisions attachments=own decided/> }
        })
        .collect();
    // What answers a question stands with it.
    let answered: Vec<_> = detail
        .answered
        .into_iter()
        .map(|it| {
            let is_named = |one: &ItemAttachment| it.lines.iter().any(|line| line.attachment == Some(one.id));
            let (own, rest) = attachments.drain(..).partition(is_named);
            attachments = rest;
            view! { <OneAnswered answered=it attachments=own/> }
        })
        .collect();
    view! {
        <header><h1>{title}</h1><States line=line.clone()/></header>
        <p class="quiet">{facts}</p>
        {(!detail.named).then(|| view! { <p class="quiet">{move || text().office.unnamed}</p> })}
        {destroyed.into_iter().map(|it| view! { <p class="notice">{it}</p> }).collect_view()}
        {(detail.named || detail.reachable).then(|| view! { <Identity id=line.id.to_string()/> })}
        {attachments.into_iter().map(|it| view! { <AttachmentLine attachment=it/> }).collect_view()}
        {records}
        {answered}
        {detail.notice.map(|it| view! { <details><summary>{text().records.notice_words}</summary><p>{it}</p></details> })}
    }
}

/// What was answered to one questionnaire; what does not fit stands above.
#[component]
fn OneAnswered(answered: Answered, attachments: Vec<ItemAttachment>) -> impl IntoView {
    let words = text().questionnaires;
    let title = if answered.title.is_empty() { answered.questionnaire } else { answered.title };
    let version = answered.version.map_or_else(|| words.unknown_version.to_owned(), words.version_n);
    let label_of = |path: &str| {
        let line = answered.lines.iter().find(|it| it.path == path);
        line.map_or_else(|| path.to_owned(), |it| it.label.clone())
    };
    let flags: Vec<_> = answered
        .flags
        .iter()
        .map(|it| view! { <li>{(text().office.named)(&label_of(&it.path), (words.flag)(it.kind))}</li> })
        .collect();
    let lines = answered.lines.iter().map(|it| {
        if let Some(id) = it.attachment {
            let attached = attachments.iter().find(|it| it.id == id).cloned();
            let seen = match attached {
                Some(attachment) => view! { <AttachmentLine attachment/> }.into_any(),
                None => {
                    view! { <Pill tone=Tone::Amber>{(words.flag)(FlagKind::NoAttachment)}</Pill> }.into_any()
                }
            };
            view! { <dt>{it.label.clone()}</dt><dd>{seen}</dd> }.into_any()
        } else if it.answer.is_empty() {
            view! { <dt><strong>{it.label.clone()}</strong></dt><dd></dd> }.into_any()
        } else {
            view! { <dt>{it.label.clone()}</dt><dd>{it.answer.clone()}</dd> }.into_any()
        }
    });
    view! {
        <section class="card">
            <header>
                <h2>{title}</h2>
                <span>
                    {(!answered.finished).then(|| view! { <Pill tone=Tone::Amber>{words.unfinished}</Pill> })}
                    {(!answered.checked && answered.version.is_some()).then(|| view! { <Pill>{words.not_checked}</Pill> })}
                </span>
            </header>
            <p class="quiet">{version}</p>
            {(!flags.is_empty()).then(|| view! { <ul class="notice amber">{flags}</ul> })}
            <dl>{lines.collect_view()}</dl>
        </section>
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

/// One record: what it says now, beside it what it said before, below what is attached and was decided.
#[component]
fn OneRecord(
    revisions: Vec<Revision>,
    attachments: Vec<ItemAttachment>,
    /// Of each part, where the office divided it.
    decided: Vec<Decided>,
) -> impl IntoView {
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
    let decided = decided.into_iter().map(|it| {
        let kind =
            matches!(it.state, StatementState::Sorted).then(|| (text().visitor.kinds)(it.kind).to_owned());
        let category = it.category.as_deref().map(type_name);
        join(&[
            (text().office.states)(it.state).to_owned(),
            kind.unwrap_or_default(),
            category.unwrap_or_default(),
        ])
    });
    view! {
        <section class="card">
            <div class="versions">{shown.collect_view()}</div>
            {attachments.into_iter().map(|it| view! { <AttachmentLine attachment=it/> }).collect_view()}
            {decided.map(|it| view! { <p class="quiet">{(text().office.named)(text().office.decided, &it)}</p> }).collect_view()}
        </section>
    }
}

/// What a revision says, in words.
pub fn said_view(said: Option<Said>) -> AnyView {
    match said {
        Some(Said::Statement(it)) => {
            let proposed: Vec<String> = it.proposed.iter().map(|it| type_name(it)).collect();
            let rows = [
                (text().visitor.summary, it.summary),
                (text().visitor.about_whom, it.about),
                (text().visitor.happened, it.happened),
                (text().office.proposed_by_visitor, proposed.join(text().office.and)),
            ];
            let words = if it.words.trim().is_empty() { text().office.no_words.to_owned() } else { it.words };
            view! {
                <p><Pill>{(text().visitor.kinds)(it.kind)}</Pill></p>
                <p class="words">{words}</p>
                {rows_view(rows)}
            }
            .into_any()
        }
        Some(Said::Visit(it)) => rows_view(visit_rows(*it)),
        Some(Said::Attachment(it)) => {
            let seconds = it.duration_ms.unwrap_or(0) / 1_000;
            let words = match it.kind {
                AttachmentKind::Voice => {
                    (text().office.voice)(&format!("{:02}:{:02}", seconds / 60, seconds % 60))
                }
                AttachmentKind::Photo => (text().office.file)(&it.media_type).to_owned(),
            };
            view! { <p class="quiet">{words}</p> }.into_any()
        }
        Some(Said::Answers(it)) => view! { <p class="quiet">{it.questionnaire}</p> }.into_any(),
        None => ().into_any(),
    }
}

fn rows_view<const N: usize>(rows: [(&'static str, String); N]) -> AnyView {
    let rows = rows.into_iter().filter(|it| !it.1.is_empty());
    view! { <dl>{rows.map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect_view()}</dl> }
        .into_any()
}

/// Everything of a visit but who it was.
fn visit_rows(it: Visit) -> [(&'static str, String); 15] {
    let (visitor, records, office) = (text().visitor, text().records, text().office);
    let times = [Some(it.started_at), it.ended_at].into_iter().flatten().map(clock::date_time);
    let form = match it.form {
        VisitForm::Symposium { head_count } => (visitor.people)(head_count),
        form @ (VisitForm::Visit | VisitForm::Telephone | VisitForm::Slip) => {
            (visitor.forms)(form).to_owned()
        }
    };
    let manner = match it.manner {
        Manner::Verbal => visitor.verbal,
        Manner::Written => visitor.written,
    };
    let reported = match it.reported_elsewhere.reported {
        Some(true) => visitor.reported_yes,
        Some(false) => visitor.reported_no,
        None => "",
    };
    let if_so = |so: bool, words: &str| if so { words.to_owned() } else { String::new() };
    [
        (records.times, times.collect::<Vec<_>>().join(" – ")),
        (office.place, it.place),
        (visitor.form, form),
        (visitor.manner, manner.to_owned()),
        (records.entered, if_so(it.entered == Entered::AtDesk, office.desk_entry)),
        (visitor.consent, (visitor.given)(it.consent.given).to_owned()),
        (records.notice, it.consent.told),
        (visitor.recording_consent, (visitor.given)(it.consent.recording).to_owned()),
        (visitor.policies, it.policies),
        (visitor.answered, it.answered_on_the_spot),
        (records.call_back, if_so(it.call_back.wanted, records.yes)),
        (visitor.reported, reported.to_owned()),
        (visitor.reported_to, it.reported_elsewhere.to),
        (visitor.read_back, if_so(it.read_back, visitor.was_read)),
        (office.withdrawn, it.withdrawn.unwrap_or_default()),
    ]
}

/// Who was visited and what leads to them: for a reason, and on record.
#[component]
fn Identity(id: String) -> impl IntoView {
    let (asked, reason) = (RwSignal::new(false), RwSignal::new(String::new()));
    let shown = RwSignal::new(None::<Revealed>);
    let trouble = RwSignal::new(String::new());
    let address = StoredValue::new(format!("/api/v1/visits/{id}/identity"));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (address, reveal) = (address.get_value(), Reveal { reason: reason.get_untracked() });
        spawn_local(async move {
            match api::post::<Revealed>(&address, &reveal).await {
                Ok(revealed) => {
                    let _ = shown.try_set(Some(revealed));
                    let _ = asked.try_set(false);
                }
                Err(cause) => drop(trouble.try_set(problem::form_words(&cause))),
            }
        });
    };
    view! {
        {move || shown.get().map(|it| {
            let who = it.identity.map(|it| join(&[it.name, it.organisation, it.telephone, it.address, it.id_number]));
            let place = it.position.map(|it| (text().records.position)(it.latitude, it.longitude, it.accuracy_m));
            view! {
                <div class="notice amber">
                    {who.map(|it| view! { <p>{it}</p> })}
                    {rows_view([(text().visitor.call_back_how, it.call_back_how), (text().records.where_exactly, place.unwrap_or_default())])}
                </div>
            }
        })}
        <Show when=move || session().may(Action::ReadIdentity) && shown.with(Option::is_none)>
            <button on:click=move |_| asked.set(true)>{move || text().office.reveal}</button>
        </Show>
        <Dialog open=asked title=Signal::derive(|| text().office.reveal.to_owned())>
            <p>{move || text().office.reveal_words}</p>
            <form on:submit=submit novalidate>
                <Field id="reveal-reason" label=Signal::derive(|| text().office.reason.to_owned()) value=reason required=true/>
                <p class="error" role="alert">{move || trouble.get()}</p>
                <button class="main" type="submit">{move || text().office.reveal}</button>
            </form>
        </Dialog>
    }
}
