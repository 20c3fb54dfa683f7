//! What was said: one card a statement, the one being written open, the others at rest.

use domain::{
    draft::Draft,
    id::RecordId,
    statement::{Kind, Statement},
    text::{check_line, check_text},
    visit::Given,
};
use leptos::html;

use crate::{
    clock,
    i18n::text,
    ids,
    parts::{
        dialog::Dialog,
        frame::Frame,
        icon::{Icon, Shape},
        pill::{Pill, Tone},
        segmented::Segmented,
        toast,
    },
    phone::{
        media::{self, MediaState},
        open_draft::{OpenDraft, open_draft},
        phone, set_if_new,
    },
    prelude::*,
    screens::{
        record::{
            BadText, KeptPill, NotKept,
            attachments::{Attachments, PhotoButton},
            bad_text,
            forms::Forms,
            sealing::SealDialog,
            voice,
        },
        today::{join, title_of, when},
    },
};

/// The page on which a visit is written down.
#[component]
pub fn Statements() -> impl IntoView {
    let open = open_draft();
    // Coming from a recording, its statement is the one to go on with.
    let asked = untrack(|| router::asked("at")).and_then(|it| it.parse().ok()).map(RecordId);
    if open.draft.with_untracked(|it| it.statements.is_empty()) {
        open.edit(|it| {
            it.add_statement(RecordId(ids::new_id()), Kind::Problem, clock::now());
        });
    }
    let sealing = RwSignal::new(None);
    let active =
        RwSignal::new(asked.or_else(|| open.draft.with_untracked(|it| it.statements.last().map(|it| it.id))));
    let ids =
        Memo::new(move || open.draft.with(|it| it.statements.iter().map(|it| it.id).collect::<Vec<_>>()));
    let subtitle = move || open.draft.with(facts_of);
    let count = move || {
        let visitor = text().visitor;
        join(&[(visitor.statements_n)(ids.with(Vec::len)), visitor.no_comment_too.to_owned()])
    };
    let add = move |kind: Kind| {
        let id = RecordId(ids::new_id());
        open.edit(|it| {
            it.add_statement(id, kind, clock::now());
        });
        active.set(Some(id));
    };
    view! {
        <Frame
            title=Signal::derive(move || open.draft.with(title_of))
            subtitle=Signal::derive(subtitle)
            back=open.draft.with_untracked(|it| format!("/record/{}/about", it.id()))
            aside=move || view! { <KeptPill open/> }
            foot=move || view! { <Foot open active/> }
        >
            <NotKept open/>
            <header class="section-head">
                <h2>{move || text().visitor.said}</h2>
                <span class="quiet">{count}</span>
            </header>
            <For each=move || ids.get() key=|it| *it let:id>
                <StatementCard open id active sealing/>
            </For>
            <SealDialog open statement=sealing/>
            <Forms open version=String::new()/>
            <div class="buttons">
                <button on:click=move |_| add(Kind::Problem)>
                    <Icon shape=Shape::Add/>{move || text().visitor.add_statement}
                </button>
                <button on:click=move |_| no_comment(open, active)>{move || text().visitor.no_comment}</button>
            </div>
        </Frame>
    }
}

/// 无意见 takes the place of an empty statement, else stands beside the others.
fn no_comment(open: OpenDraft, active: RwSignal<Option<RecordId>>) {
    let id = RecordId(ids::new_id());
    open.edit(|draft| {
        let blank = draft.statements.iter().rposition(|it| {
            it.sent.is_none() && it.value.words.is_empty() && it.value.attachments.is_empty()
        });
        match blank {
            Some(index) => draft.statements[index].value.kind = Kind::Nothing,
            None => {
                draft.add_statement(id, Kind::Nothing, clock::now());
            }
        }
    });
    active.set(None);
}

/// `脱贫户 · 李家坳村 · 口头 · 口头同意`
fn facts_of(draft: &Draft) -> String {
    let visitor = text().visitor;
    let visit = &draft.visit.value;
    let manner = match visit.manner {
        domain::visit::Manner::Verbal => visitor.verbal,
        domain::visit::Manner::Written => visitor.written,
    };
    join(&[
        (visitor.respondent_kinds)(visit.respondent_kind).to_owned(),
        (visitor.forms)(visit.form).to_owned(),
        manner.to_owned(),
        (visitor.given)(visit.consent.given).to_owned(),
    ])
}

#[component]
fn StatementCard(
    open: OpenDraft,
    id: RecordId,
    active: RwSignal<Option<RecordId>>,
    sealing: RwSignal<Option<RecordId>>,
) -> impl IntoView {
    let is_active = Memo::new(move || active.get() == Some(id));
    move || {
        if is_active.get() {
            view! { <Writing open id active sealing/> }.into_any()
        } else {
            view! { <AtRest open id active/> }.into_any()
        }
    }
}

/// What a card reads of its statement; a default once the statement is gone.
fn of<T: Default>(draft: &Draft, id: RecordId, read: impl FnOnce(&Statement) -> T) -> T {
    draft.statements.iter().find(|it| it.id == id).map(|it| read(&it.value)).unwrap_or_default()
}

/// A statement that is not being written: its words, to tap on.
#[component]
fn AtRest(open: OpenDraft, id: RecordId, active: RwSignal<Option<RecordId>>) -> impl IntoView {
    let kind = move || open.draft.with(|it| of(it, id, |it| Some(it.kind))).unwrap_or(Kind::Problem);
    let words = open.draft.with_untracked(|it| of(it, id, |it| it.words.clone()));
    let at =
        open.draft.with_untracked(|it| it.statements.iter().find(|it| it.id == id).map_or(0, |it| it.at));
    let has_words = !words.is_empty();
    view! {
        <article class="card statement">
            <header>
                <Pill tone=if kind() == Kind::Praise { Tone::Pine } else { Tone::Plain }>
                    {move || (text().visitor.kinds)(kind())}
                </Pill>
                <span class="quiet">{move || when(at)}</span>
            </header>
            <button class="row" on:click=move |_| active.set(Some(id))>
                {if has_words {
                    view! { <span class="words grow">"“" <bdi>{words}</bdi> "”"</span> }.into_any()
                } else {
                    view! {
                        <span class="quiet grow">
                            {move || if kind() == Kind::Nothing { text().visitor.no_comment } else { text().visitor.write_first }}
                        </span>
                    }
                    .into_any()
                }}
            </button>
            <Attachments open statement=id/>
        </article>
    }
}

/// The statement that is being written.
#[component]
fn Writing(
    open: OpenDraft,
    id: RecordId,
    active: RwSignal<Option<RecordId>>,
    sealing: RwSignal<Option<RecordId>>,
) -> impl IntoView {
    let phone = phone();
    let locked =
        open.draft.with_untracked(|it| it.statements.iter().any(|it| it.id == id && it.sent.is_some()));
    let kinds = || {
        let word = text().visitor.kinds;
        Kind::ALL.map(|it| (it, word(it).to_owned())).to_vec()
    };
    let set_kind = move |kind| {
        open.edit(|draft| {
            if let Some(statement) = draft.statement_mut(id) {
                statement.value.kind = kind;
            }
        });
    };
    let kind =
        Memo::new(move || open.draft.with(|it| of(it, id, |it| Some(it.kind))).unwrap_or(Kind::Problem));
    let remove = move |_| {
        let visit = open.draft.with_untracked(Draft::id);
        let Some(removed) = open.draft.try_update(|it| it.remove_statement(id)).flatten() else { return };
        active.set(None);
        let ids: Vec<RecordId> = removed.attachments().collect();
        let dropped = MediaState::Dropped { at: clock::now() };
        media::mark_in_draft(phone, visit, ids.clone(), dropped, |_| ());
        toast::say_with_undo(text().visitor.removed.to_owned(), move || {
            let removed = removed.clone();
            media::mark_in_draft(phone, visit, ids.clone(), MediaState::Kept, |it| it.put_back(removed));
        });
    };
    view! {
        <article class="card statement chosen">
            <Segmented
                name="kind"
                label=Signal::derive(|| text().visitor.kind.to_owned())
                options=Signal::derive(kinds)
                value=kind
                on_choose=set_kind
            />
            <Words open id locked/>
            <Attachments open statement=id/>
            <Besides open id/>
            {(!locked).then(|| view! {
                <button class="link quiet end" on:click=move |_| sealing.set(Some(id))>{move || text().visitor.seal}</button>
                <button class="link quiet end" on:click=remove>{move || text().visitor.remove}</button>
            })}
        </article>
    }
}

#[component]
fn Words(open: OpenDraft, id: RecordId, locked: bool) -> impl IntoView {
    let area: NodeRef<html::Textarea> = NodeRef::new();
    let words = open.draft.with_untracked(|it| of(it, id, |it| it.words.clone()));
    let field = format!("words-{id}");
    let hint = format!("words-hint-{id}");
    if !locked && words.is_empty() {
        Effect::new(move |_| {
            if let Some(area) = area.get() {
                // Fails only where the element has left the page.
                let _ = area.focus();
            }
        });
    }
    let bad = RwSignal::new(None);
    let write = move |event| {
        let typed = event_target_value(&event);
        set_if_new(bad, bad_text(&typed, check_text));
        open.write(|draft| {
            if let Some(statement) = draft.statement_mut(id) {
                statement.value.words = typed;
            }
        });
    };
    view! {
        <div class="field">
            <label for=field.clone() class="visually-hidden">{move || text().visitor.words}</label>
            <textarea
                id=field
                class="words"
                node_ref=area
                readonly=locked
                autocomplete="off"
                aria-describedby=hint.clone()
                prop:value=words
                on:input=write
                on:blur=move |_| open.keep_now()
            ></textarea>
            <BadText bad/>
            <p class="hint" id=hint>
                {move || {
                    let visitor = text().visitor;
                    if locked { visitor.words_locked.to_owned() } else { join(&[visitor.words_locked.to_owned(), visitor.words_hint.to_owned()]) }
                }}
            </p>
        </div>
    }
}

/// About whom, when, and the visitor's summary: each behind a chip until it is wanted.
#[component]
fn Besides(open: OpenDraft, id: RecordId) -> impl IntoView {
    let about = Besider { open, id, read: |it| &it.about, write: |it, words| it.about = words };
    let happened = Besider { open, id, read: |it| &it.happened, write: |it, words| it.happened = words };
    let summary = Besider { open, id, read: |it| &it.summary, write: |it, words| it.summary = words };
    view! {
        <div class="besides">
            <Beside field="about" label=|| text().visitor.about_whom besider=about/>
            <Beside field="happened" label=|| text().visitor.happened besider=happened/>
            <Beside field="summary" label=|| text().visitor.summary besider=summary/>
        </div>
    }
}

/// One field of a statement beside its words.
#[derive(Clone, Copy)]
struct Besider {
    open: OpenDraft,
    id: RecordId,
    read: fn(&Statement) -> &String,
    write: fn(&mut Statement, String),
}

#[component]
fn Beside(field: &'static str, label: fn() -> &'static str, besider: Besider) -> impl IntoView {
    let Besider { open, id, read, write } = besider;
    let value = open.draft.with_untracked(|it| of(it, id, |it| read(it).clone()));
    let shown = RwSignal::new(!value.is_empty());
    let name = format!("{field}-{id}");
    let bad = RwSignal::new(None);
    let check = if field == "summary" { check_text } else { check_line };
    let on_input = move |event| {
        let typed = event_target_value(&event);
        set_if_new(bad, bad_text(&typed, check));
        open.write(|draft| {
            if let Some(statement) = draft.statement_mut(id) {
                write(&mut statement.value, typed);
            }
        });
    };
    view! {
        <Show
            when=move || shown.get()
            fallback=move || view! { <button class="chip" on:click=move |_| shown.set(true)>{label}</button> }
        >
            <div class="field wide">
                <label for=name.clone()>{label}</label>
                <input id=name.clone() autocomplete="off" prop:value=value.clone() on:input=on_input on:blur=move |_| open.keep_now()/>
                <BadText bad/>
            </div>
        </Show>
    }
}

/// Photo, voice, and reading it back.
#[component]
fn Foot(open: OpenDraft, active: RwSignal<Option<RecordId>>) -> impl IntoView {
    let ask = RwSignal::new(false);
    let visit = open.draft.with_untracked(Draft::id);
    let record = move || {
        let statement = statement_to_fill(open, active);
        open.keep_now();
        voice::ask_to_begin();
        router::go(&format!("/record/{visit}/voice/{statement}"));
    };
    let start = move |_| match open.draft.with_untracked(|it| it.visit.value.consent.recording) {
        Given::Spoken | Given::Signed => record(),
        Given::NotAsked | Given::Refused => ask.set(true),
    };
    let answer = move |given: Given| {
        open.edit(|it| it.visit.value.consent.recording = given);
        ask.set(false);
    };
    view! {
        <PhotoButton open active/>
        <button on:click=start><span class="dot"></span>{move || text().visitor.record}</button>
        <a href=format!("/record/{visit}/read") class="button main">{move || text().visitor.read_back}</a>
        <Dialog open=ask title=Signal::derive(|| text().visitor.ask_to_record.to_owned())>
            <p class="words">{move || text().visitor.ask_to_record_words}</p>
            <div class="buttons">
                <button on:click=move |_| answer(Given::Refused)>{move || text().visitor.refuses}</button>
                <button class="main grow" on:click=move |_| { answer(Given::Spoken); record(); }>
                    {move || text().visitor.agrees}
                </button>
            </div>
        </Dialog>
    }
}

/// The statement that a voice or photo belongs to: the open one, unless it was sent; else a new one.
pub fn statement_to_fill(open: OpenDraft, active: RwSignal<Option<RecordId>>) -> RecordId {
    let usable = |id: &RecordId| {
        open.draft.with_untracked(|it| it.statements.iter().any(|it| it.id == *id && it.sent.is_none()))
    };
    if let Some(id) = active.get_untracked().filter(usable) {
        return id;
    }
    let id = RecordId(ids::new_id());
    open.edit(|it| {
        it.add_statement(id, Kind::Problem, clock::now());
    });
    active.set(Some(id));
    id
}
