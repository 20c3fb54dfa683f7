//! Deciding: the suggestions with their reasons, and everything else that can be done.

use domain::{
    categorize::{Suggestion, Sureness},
    handover::NewHandover,
    issue::{IssueLine, IssuePage},
    queue::{Act, AlikeIssue},
    referral::Passing,
    statement::Kind,
    taxonomy::Category,
};
use leptos::ev::SubmitEvent;

use crate::{
    clock,
    i18n::text,
    parts::{field::Field, remote::Remote, segmented::Segmented},
    prelude::*,
    screens::handovers::HandOver,
    screens::queue::{
        batch::Batch,
        parts::{leaves_whole, leaving},
        state::{Panel, QueueDesk},
        type_name, type_path,
    },
    taxonomy,
};

/// An answer is asked for within so many days unless the clerk says otherwise.
const ANSWER_DAYS: i64 = 10;

/// The right column.
#[component]
pub fn Deciding(desk: QueueDesk) -> impl IntoView {
    view! {
        <section class="deciding" aria-label=move || text().office.suggested_types>
            <Show when=move || desk.panel.get() == Panel::Batch || desk.item.with(|it| it.as_ref().is_some_and(|it| it.counted && !it.handed_over))>
                {move || match desk.panel.get() {
                    Panel::Decide => view! { <Decide desk/> }.into_any(),
                    Panel::Type => view! { <ChooseType desk/> }.into_any(),
                    Panel::Join => view! { <MakeIssue desk/> }.into_any(),
                    Panel::Refer => view! { <Refer desk/> }.into_any(),
                    Panel::SendBack => view! { <SendBack desk/> }.into_any(),
                    Panel::HandOver => view! { <HandOverPanel desk/> }.into_any(),
                    Panel::Batch => view! { <Batch desk/> }.into_any(),
                    Panel::AskHandOver => view! { <AskHandOver desk/> }.into_any(),
                }}
            </Show>
        </section>
    }
}

#[component]
fn Decide(desk: QueueDesk) -> impl IntoView {
    let suggestions = move || {
        desk.item.with(|it| {
            it.as_ref().and_then(|it| it.suggestion.clone()).map(|it| it.suggestions).unwrap_or_default()
        })
    };
    let kinds = || {
        let word = text().visitor.kinds;
        Kind::ALL.map(|it| (it, word(it).to_owned())).to_vec()
    };
    let proposed = move || {
        let names = desk
            .item
            .with(|it| it.as_ref().map(|it| it.proposed.iter().map(|it| type_name(it)).collect::<Vec<_>>()));
        names.filter(|it| !it.is_empty()).map(|it| it.join(text().office.and))
    };
    let other = move || {
        let chosen = desk.category.get()?;
        (!suggestions().iter().take(3).any(|it| it.code == chosen)).then(|| type_path(&chosen))
    };
    view! {
        <Segmented
            name="office-kind"
            label=Signal::derive(|| text().office.kind.to_owned())
            options=Signal::derive(kinds)
            value=desk.kind
            on_choose=move |kind| desk.choose_kind(kind)
        />
        <h2>{move || text().office.suggested_types}</h2>
        {move || proposed().map(|it| view! { <p class="quiet">{(text().office.named)(text().office.proposed_by_visitor, &it)}</p> })}
        {move || suggestions().is_empty().then(|| view! { <p class="quiet">{text().office.no_type}</p> })}
        {move || suggestions().into_iter().take(3).enumerate().map(|(n, it)| view! {
            <Suggested desk n suggestion=it/>
        }).collect_view()}
        {move || other().map(|it| view! { <p class="card chosen"><strong>{it}</strong></p> })}
        <Show when=move || desk.category.with(Option::is_some) && desk.kind.get() != Kind::Problem>
            <button class="link" on:click=move |_| desk.clear_code()>{move || text().office.without_type}</button>
        </Show>
        <button on:click=move |_| desk.panel.set(Panel::Type)><kbd>"C"</kbd>{move || text().office.another_type}</button>
        <button class="main" on:click=move |_| desk.confirm()>{move || text().office.confirm_next}</button>
        <div class="pair">
            <button on:click=move |_| desk.panel.set(Panel::Refer)>{move || text().office.refer}</button>
            <button on:click=move |_| desk.panel.set(Panel::SendBack)>{move || text().office.send_back}</button>
        </div>
        <button on:click=move |_| desk.panel.set(Panel::Join)>{move || text().office.make_issue}</button>
        <button class="link" on:click=move |_| desk.panel.set(Panel::HandOver)>{move || text().handovers.hand_over}</button>
    }
}

#[component]
fn Suggested(desk: QueueDesk, n: usize, suggestion: Suggestion) -> impl IntoView {
    let code = StoredValue::new(suggestion.code.clone());
    let path = type_path(&suggestion.code);
    let mut evidence: Vec<String> =
        suggestion.evidence.iter().map(|it| (text().office.quoted)(&it.text)).collect();
    evidence.dedup();
    let reason = evidence.join("");
    let sureness = Sureness::of(suggestion.confidence);
    let chosen =
        move || desk.category.with(|it| it.as_ref().is_some_and(|it| code.with_value(|code| it == code)));
    view! {
        <button
            class="card suggested"
            class:chosen=chosen
            aria-pressed=move || chosen().to_string()
            on:click=move |_| desk.choose_code(code.get_value())
        >
            <kbd>{n + 1}</kbd>
            <span>
                <span class="title">{type_name(&suggestion.code)}</span>
                <span class="quiet">{path} " · " {move || text().office.because} {reason}</span>
                <span class="small">{move || (text().office.sureness)(sureness)}</span>
            </span>
        </button>
    }
}

/// All types, found by a few letters.
#[component]
fn ChooseType(desk: QueueDesk) -> impl IntoView {
    let wanted = RwSignal::new(String::new());
    let found = move || {
        let wanted = wanted.get().to_lowercase();
        let fits = |it: &&Category| {
            [&it.code, &it.name_zh, &it.name_en].iter().any(|it| it.to_lowercase().contains(&wanted))
                || type_path(&it.code).to_lowercase().contains(&wanted)
        };
        taxonomy::scheme()
            .taxonomy
            .leaves()
            .filter(fits)
            .map(|it| (it.code.clone(), type_path(&it.code)))
            .collect::<Vec<_>>()
    };
    let first = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some((code, _)) = found().into_iter().next() {
            desk.choose_code(code);
        }
    };
    view! {
        <form on:submit=first>
            <div class="field">
                <label for="type-search">{move || text().office.another_type}</label>
                <input id="type-search" type="search" autocomplete="off" bind:value=wanted/>
            </div>
        </form>
        <div class="rows">
            {move || found().into_iter().map(|(code, path)| view! {
                <button class="row" on:click=move |_| desk.choose_code(code.clone())>{path}</button>
            }).collect_view()}
        </div>
        <Close desk/>
    }
}

/// Joining an issue, any open one, or making one.
#[component]
fn MakeIssue(desk: QueueDesk) -> impl IntoView {
    let (title, wording) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let trouble = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let act = Act::MakeIssue {
            title: title.get_untracked(),
            wording: wording.get_untracked(),
            kind: Some(desk.kind.get_untracked()),
            category: desk.category.get_untracked(),
        };
        send(desk, act, trouble);
    };
    view! {
        <h2>{move || text().office.join}</h2>
        <FindIssue desk/>
        <h2>{move || text().office.make_issue}</h2>
        <form on:submit=submit novalidate>
            <Field id="issue-title" label=Signal::derive(|| text().office.title.to_owned()) value=title required=true/>
            <Field
                id="issue-wording"
                label=Signal::derive(|| text().office.wording.to_owned())
                hint=Signal::derive(|| text().office.wording_hint.to_owned())
                value=wording
            />
            {move || desk.category.get().map(|it| view! {
                <p class="quiet">{(text().office.named)(text().office.category, &type_path(&it))}</p>
            })}
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button class="main" type="submit">{move || text().office.make_issue}</button>
        </form>
        <Close desk/>
    }
}

/// The issues that look alike, or any open one by a few letters of its title or wording.
#[component]
fn FindIssue(desk: QueueDesk) -> impl IntoView {
    let wanted = RwSignal::new(String::new());
    let found = Remote::<IssuePage>::load(move || match wanted.get().trim() {
        "" => String::new(),
        words => format!("/api/v1/issues?state=open&text={}", js_sys::encode_uri_component(words)),
    });
    let alike = move || desk.item.with(|it| it.as_ref().map(|it| it.alike.clone()).unwrap_or_default());
    let offered = move || {
        if wanted.with(|it| it.trim().is_empty()) {
            return alike();
        }
        let of_line = |it: IssueLine| AlikeIssue {
            id: it.id,
            number: it.number,
            title: it.text.title,
            category: it.text.category,
            n_said: it.n_said,
            n_households: it.n_households,
        };
        found.get().map(|it| it.issues.into_iter().map(of_line).collect()).unwrap_or_default()
    };
    let none =
        move || wanted.with(|it| !it.trim().is_empty()) && found.get().is_some_and(|it| it.issues.is_empty());
    view! {
        <div class="field">
            <label for="find-issue">{move || text().office.find_issue}</label>
            <input id="find-issue" type="search" autocomplete="off" prop:value=move || wanted.get()
                on:input=move |event| wanted.set(event_target_value(&event))/>
        </div>
        {found.trouble_view()}
        {move || offered().into_iter().map(|it| {
            let id = it.id;
            view! {
                <button class="card alike" on:click=move |_| desk.join(id)>
                    <span class="title">{it.number} " · " {it.title}</span>
                    <span class="quiet">{it.category.as_deref().map(type_name)} " " {(text().office.said_n)(it.n_said, it.n_households)}</span>
                </button>
            }
        }).collect_view()}
        {move || none().then(|| view! { <p class="quiet">{text().office.no_such_issue}</p> })}
    }
}

/// Sends an act that keeps the rules; else says which field does not.
fn send(desk: QueueDesk, act: Act, trouble: RwSignal<String>) {
    match act.check(&taxonomy::scheme_untracked().taxonomy) {
        Ok(()) => desk.act(act),
        Err(field) => trouble.set((text().problem.wrong_field)(field)),
    }
}

#[component]
fn Refer(desk: QueueDesk) -> impl IntoView {
    let (to, note) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let by = RwSignal::new(clock::date(clock::now() + ANSWER_DAYS * 24 * 60 * 60 * 1_000));
    let trouble = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let passing =
            Passing { to: to.get_untracked(), answer_by: by.get_untracked(), note: note.get_untracked() };
        send(desk, Act::Refer { passing }, trouble);
    };
    view! {
        <h2>{move || text().office.refer}</h2>
        <form on:submit=submit novalidate>
            <Field id="refer-to" label=Signal::derive(|| text().office.to_whom.to_owned()) value=to required=true/>
            <Field id="refer-by" kind="date" label=Signal::derive(|| text().office.answer_by.to_owned()) value=by required=true/>
            <Field id="refer-note" label=Signal::derive(|| text().office.note.to_owned()) value=note/>
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button class="main" type="submit">{move || text().office.refer}</button>
        </form>
        <Close desk/>
    }
}

#[component]
fn SendBack(desk: QueueDesk) -> impl IntoView {
    let comment = RwSignal::new(String::new());
    let trouble = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        send(desk, Act::SendBack { comment: comment.get_untracked() }, trouble);
    };
    view! {
        <h2>{move || text().office.send_back}</h2>
        <form on:submit=submit novalidate>
            <Field id="send-back" label=Signal::derive(|| text().office.send_back_what.to_owned()) value=comment required=true/>
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button class="main" type="submit">{move || text().office.send_back}</button>
        </form>
        <Close desk/>
    }
}

/// Asked before a type is confirmed that often concerns a person; Enter goes on as after any other type.
#[component]
fn AskHandOver(desk: QueueDesk) -> impl IntoView {
    view! {
        <h2>{move || text().handovers.hand_over}</h2>
        <p class="notice amber">{move || text().handovers.asks}</p>
        <button class="main" on:click=move |_| desk.go_ahead()>{move || text().handovers.not_now}</button>
        <button on:click=move |_| desk.panel.set(Panel::HandOver)>{move || text().handovers.hand_over}</button>
        <Close desk/>
    }
}

/// Proposing to hand it over.
#[component]
fn HandOverPanel(desk: QueueDesk) -> impl IntoView {
    let of = Callback::new(move |()| NewHandover {
        statements: desk.item.with_untracked(|it| it.iter().map(leaving).collect()),
        issue: None,
        reason: String::new(),
        left_out: Vec::new(),
    });
    let done = Callback::new(move |()| desk.panel.set(Panel::Decide));
    view! {
        <h2>{move || text().handovers.hand_over}</h2>
        {move || desk.item.with(|it| leaves_whole(it.as_ref())).map(|it| view! { <p class="notice">{it}</p> })}
        <HandOver of on_done=done/>
        <Close desk/>
    }
}

#[component]
fn Close(desk: QueueDesk) -> impl IntoView {
    // The panel's first field is where typing begins.
    Effect::new(move |_| {
        if let Ok(Some(field)) = document().query_selector(".deciding input")
            && let Ok(field) = wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(field)
        {
            let _ = field.focus();
        }
    });
    view! { <button class="link" on:click=move |_| desk.panel.set(Panel::Decide)>{move || text().common.cancel}</button> }
}
