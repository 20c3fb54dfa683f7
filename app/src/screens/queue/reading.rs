//! The statement itself: its words with the evidence marked, its visit without who it was.

use domain::{
    attachment::{AttachmentKind, Handling},
    changes::StatementState,
    id::RecordId,
    naming::named,
    queue::{Item, ItemAttachment},
    role::Action,
    severity::{Level, Reason},
};
use wasm_bindgen::JsCast;
use web_sys::HtmlAudioElement;

use crate::{
    i18n::text,
    parts::{
        icon::{Icon, Shape},
        pill::{Pill, Tone},
    },
    prelude::*,
    screens::{
        queue::{like::LikeOnes, parts::Parts, state::QueueDesk, transcript::Attached, type_name},
        today::{join, when},
    },
    session::session,
};

/// The middle column.
#[component]
pub fn Reading(desk: QueueDesk) -> impl IntoView {
    view! {
        <section class="reading" aria-live="polite">
            {move || desk.item.get().map(|item| view! { <One desk item/> })}
            <p class="keys">
                {move || text().office.key_words.map(|(key, words)| view! {
                    <span><kbd>{key}</kbd> " " {words}</span>
                }).collect_view()}
            </p>
        </section>
    }
}

#[component]
fn One(desk: QueueDesk, item: Item) -> impl IntoView {
    let facts = facts(&item);
    let visit = item.visit.id;
    let pieces = pieces(&item);
    let (summary, about, happened) = (item.summary.clone(), item.about.clone(), item.happened.clone());
    let answered = item.visit.answered_on_the_spot.clone();
    let names: Vec<String> = named(item.gist()).into_iter().map(|it| it.text).collect();
    let mentioned = names.join(text().office.and);
    let grave = severity(&item);
    let from_transcript = item.words.trim().is_empty() && !item.transcript.is_empty();
    view! {
        <header class="facts">
            <Pill tone=Tone::Plain>{(text().visitor.kinds)(item.kind_said)}</Pill>
            {standing(&item)}
            <span class="quiet">{facts}</span>
        </header>
        <div role="status">
            {move || (!desk.others.with(Vec::is_empty)).then(|| view! {
                <p class="notice amber">{(text().office.others_look)(&desk.others.get().join(text().office.and))}</p>
            })}
            {move || desk.conflict.get().then(|| view! { <p class="notice amber">{text().office.conflict}</p> })}
            {item.handed_over.then(|| view! { <p class="notice">{text().handovers.stub}</p> })}
            {item.forked.then(|| view! { <p class="notice amber">{text().office.forked}</p> })}
        </div>
        {from_transcript.then(|| view! { <p class="quiet">{text().transcripts.from_transcript}</p> })}
        <p class="words read-aloud">
            {pieces.into_iter().map(|(piece, evidence, matter)| view! {
                {matter.map(|n| view! { <span class="matter" aria-hidden="true">{n}</span> })}
                {match evidence {
                Some(0) => view! { <mark>{piece}</mark> }.into_any(),
                Some(_) => view! { <mark class="second">{piece}</mark> }.into_any(),
                None => view! { <span>{piece}</span> }.into_any(),
                }}
            }).collect_view()}
        </p>
        <Parts desk item=item.clone()/>
        <dl>
            {[(text().visitor.summary, summary), (text().visitor.about_whom, about), (text().visitor.happened, happened),
                (text().visitor.answered, answered), (text().office.mentioned, mentioned), (text().matters.severity, grave)]
                .into_iter()
                .filter(|it| !it.1.is_empty())
                .map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> })
                .collect_view()}
        </dl>
        {item.attachments.clone().into_iter().map(|it| {
            let transcript = item.transcripts.iter().find(|of| of.attachment == it.id).cloned();
            view! { <Attached desk attachment=it transcript/> }
        }).collect_view()}
        <LikeOnes desk item=item.clone()/>
        <Alike desk item=item.clone()/>
        <History item=item.clone()/>
        <a href=format!("/visits/{visit}")>{move || text().office.whole_visit}</a>
    }
}

/// What was decided already, by whom: nobody decides it again unawares.
fn standing(item: &Item) -> Option<AnyView> {
    if item.standing.state == StatementState::Waiting {
        return None;
    }
    let last = item.history.iter().find(|it| !it.undone);
    let words = join(&[
        (text().office.states)(item.standing.state).to_owned(),
        if item.standing.state == StatementState::Sorted {
            (text().visitor.kinds)(item.standing.kind).to_owned()
        } else {
            String::new()
        },
        item.standing.category.as_deref().map(type_name).unwrap_or_default(),
        last.map(|it| it.by.clone()).unwrap_or_default(),
        last.map(|it| when(it.at)).unwrap_or_default(),
    ]);
    Some(view! { <Pill tone=Tone::Pine>{words}</Pill> }.into_any())
}

/// `脱贫户 · 李家坳村 · 口头 · 2026-11-22 · 普法股 · 身份已隐藏`
fn facts(item: &Item) -> String {
    let visitor = text().visitor;
    let visit = &item.visit;
    let manner = match visit.manner {
        domain::visit::Manner::Verbal => visitor.verbal,
        domain::visit::Manner::Written => visitor.written,
    };
    let hidden = if visit.named { text().office.identity_hidden } else { visitor.unnamed };
    join(&[
        (visitor.respondent_kinds)(visit.respondent_kind).to_owned(),
        visit.place.clone(),
        manner.to_owned(),
        (text().office.day_words)(&visit.day),
        visit.unit_name.clone(),
        hidden.to_owned(),
    ])
}

/// How grave it is, by which words; nothing where it is not.
fn severity(item: &Item) -> String {
    let words = text().matters;
    if item.severity.level == Level::Ordinary || item.handed_over {
        return String::new();
    }
    let reason = |it: &Reason| format!("{}{}", (text().office.quoted)(&it.text), (words.grounds)(it.ground));
    let reasons: Vec<String> = item.severity.reasons.iter().map(reason).collect();
    (text().office.named)((words.levels)(item.severity.level), &reasons.join(text().office.and))
}

/// The words in pieces; each with the number of the suggestion it is evidence of, and of the matter that begins there.
fn pieces(item: &Item) -> Vec<(String, Option<usize>, Option<usize>)> {
    let letters: Vec<char> = item.gist().chars().collect();
    let mut of = vec![None; letters.len()];
    let suggestions = item.suggestion.iter().flat_map(|it| it.suggestions.iter().take(2).enumerate());
    for (n, evidence) in suggestions.flat_map(|(n, it)| it.evidence.iter().map(move |it| (n, it))) {
        for mark in of.iter_mut().take(evidence.end).skip(evidence.start) {
            mark.get_or_insert(n);
        }
    }
    let shown = item.may_be_divided();
    let begins =
        |at: usize| item.matters.iter().position(|it| it.start == at).filter(|_| shown).map(|it| it + 1);
    let mut pieces: Vec<(String, Option<usize>, Option<usize>)> = Vec::new();
    for (at, (letter, mark)) in letters.into_iter().zip(of).enumerate() {
        match (pieces.last_mut(), begins(at)) {
            (Some((piece, same, _)), None) if *same == mark => piece.push(letter),
            (_, matter) => pieces.push((letter.to_string(), mark, matter)),
        }
    }
    pieces
}

/// A voice or a photo; opened for a reason by those who may, on record.
#[component]
pub fn AttachmentLine(
    attachment: ItemAttachment,
    /// How far it is played, in milliseconds, for whoever shows that.
    #[prop(optional)]
    played: RwSignal<Option<u64>>,
) -> impl IntoView {
    let office = text().office;
    let name = match attachment.kind {
        AttachmentKind::Photo => (office.file)(&attachment.media_type).to_owned(),
        AttachmentKind::Voice => {
            let seconds = attachment.duration_ms.unwrap_or(0) / 1_000;
            (office.voice)(&format!("{:02}:{:02}", seconds / 60, seconds % 60))
        }
    };
    if let Some(at) = attachment.erased_at {
        return view! { <p class="notice">{name} " · " {(office.erased)(&when(at))}</p> }.into_any();
    }
    if !attachment.stored {
        return view! { <p class="notice">{name} " · " {office.not_here_yet}</p> }.into_any();
    }
    let (why, opened) =
        match attachment.content.map(|it| it.handling(attachment.kind, &attachment.media_type)) {
            Some(Handling::Odd) => (office.odd, Opened::AsItCame),
            Some(Handling::Kept) => (office.kept_only, Opened::AsItCame),
            Some(Handling::Drawn | Handling::Played) | None => match attachment.kind {
                AttachmentKind::Photo => (office.opening_reason, Opened::Seen),
                AttachmentKind::Voice => (office.opening_reason, Opened::Heard),
            },
        };
    let gaps = (office.gaps)(attachment.gaps.len(), attachment.gaps.iter().map(|it| it.lasted_ms).sum());
    let id = attachment.id;
    view! {
        <div class="notice">
            <p><Icon shape=Shape::Play/> {name} " · " <span class="quiet">{why}</span></p>
            {(!gaps.is_empty()).then(|| view! { <p class="amber-words">{gaps}</p> })}
            {session().may(Action::OpenAttachment).then(|| view! { <Opening id opened played/> })}
        </div>
    }
    .into_any()
}

/// The id of the player of a voice that was opened.
pub fn voice_of(id: RecordId) -> String {
    format!("voice-{id}")
}

/// The id of the field that asks why an attachment is opened.
pub fn field_of(id: RecordId) -> String {
    format!("reason-{id}")
}

/// How an attachment is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opened {
    Seen,
    Heard,
    /// To be saved as a file: nothing here shows it.
    AsItCame,
}

/// Asks for the reason once, then shows, plays or hands out.
#[component]
fn Opening(id: RecordId, opened: Opened, played: RwSignal<Option<u64>>) -> impl IntoView {
    let reason = RwSignal::new(String::new());
    let (address, refused) = (RwSignal::new(None::<String>), RwSignal::new(false));
    let opened = RwSignal::new(opened);
    let open = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let words = reason.get_untracked();
        if !words.trim().is_empty() {
            let words = js_sys::encode_uri_component(words.trim());
            refused.set(false);
            address.set(Some(format!("/api/v1/attachments/{id}?reason={words}")));
        }
    };
    // Neither a picture nor a player says why it was refused. A picture that cannot be drawn is handed out as a file.
    let refuse = move |_| {
        address.set(None);
        refused.set(true);
        if opened.get_untracked() == Opened::Seen {
            opened.set(Opened::AsItCame);
        }
    };
    let field = field_of(id);
    let follow = move |event: leptos::ev::Event| {
        let Some(voice) = event.target().and_then(|it| it.dyn_into::<HtmlAudioElement>().ok()) else {
            return;
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time from the start")]
        played.set(Some((voice.current_time() * 1_000.0) as u64));
    };
    let verb = move || {
        if opened.get() == Opened::AsItCame { text().office.open_original } else { text().office.open }
    };
    view! {
        {move || match (address.get(), opened.get()) {
            (Some(address), Opened::Heard) => view! {
                <audio id=voice_of(id) controls autoplay src=address on:error=refuse on:timeupdate=follow on:seeked=follow></audio>
            }.into_any(),
            (Some(address), Opened::Seen) => view! { <Photo address on_error=refuse/> }.into_any(),
            (Some(address), Opened::AsItCame) => {
                view! { <a href=address download="" target="_self">{text().office.save_original}</a> }.into_any()
            }
            (None, how) => view! {
                <form class="line" on:submit=open>
                    <label for=field.clone()>{text().office.reason}</label>
                    <input id=field.clone() class:voice-reason=how == Opened::Heard autocomplete="off" bind:value=reason/>
                    <button type="submit" disabled=move || reason.with(|it| it.trim().is_empty())>{verb}</button>
                </form>
            }.into_any(),
        }}
        <p class="error" role="alert">{move || refused.get().then(|| text().office.not_opened)}</p>
    }
}

/// A photo, small beside the words or as large as the column.
#[component]
fn Photo(address: String, on_error: impl Fn(leptos::ev::ErrorEvent) + 'static) -> impl IntoView {
    let large = RwSignal::new(false);
    view! {
        <button class="photo" aria-expanded=move || large.get().to_string() on:click=move |_| large.update(|it| *it = !*it)>
            <img class="slip" class:large=move || large.get() src=address alt=(text().office.file)("image/") on:error=on_error/>
            <span class="quiet">{move || if large.get() { text().office.smaller } else { text().office.larger }}</span>
        </button>
    }
}

#[component]
fn Alike(desk: QueueDesk, item: Item) -> impl IntoView {
    let (own, alike) = (item.issue, item.alike);
    view! {
        {own.map(|it| view! {
            <section>
                <h2>{text().office.belongs_to}</h2>
                <div class="card">
                    <header><a href=format!("/issues/{}", it.id)>{it.title}</a><span class="quiet">{(text().office.said_n)(it.n_said, it.n_households)}</span></header>
                    <button class="link" on:click=move |_| desk.act(domain::queue::Act::Leave)>{text().office.leave}</button>
                </div>
            </section>
        })}
        {(!alike.is_empty()).then(|| view! {
            <section>
                <h2>{text().office.alike}</h2>
                {alike.into_iter().map(|it| {
                    let id = it.id;
                    view! {
                        <button class="card alike" on:click=move |_| desk.join(id)>
                            <span class="title">{it.title}</span>
                            <span class="quiet">{(text().office.said_n)(it.n_said, it.n_households)} " · " {text().office.join_keeps_words}</span>
                        </button>
                    }
                }).collect_view()}
            </section>
        })}
    }
}

#[component]
fn History(item: Item) -> impl IntoView {
    let history = item.history;
    (!history.is_empty()).then(|| view! {
        <details>
            <summary>{text().office.history}</summary>
            <ul class="rows">
                {history.into_iter().map(|it| {
                    let after = it.after.category.as_deref().map(type_name).unwrap_or_default();
                    let words = join(&[(text().office.act)(&it.act).to_owned(), after, it.note, it.by, when(it.at)]);
                    if it.undone {
                        view! { <li><s>{words}</s> " " {text().office.undone}</li> }.into_any()
                    } else {
                        view! { <li>{words}</li> }.into_any()
                    }
                }).collect_view()}
            </ul>
        </details>
    })
}
