//! One clue: what was said, with its voices and photos, and its ledger.

use domain::{
    attachment::AttachmentKind,
    clue::{ClueAttachment, Content, Revised, content_of},
    envelope::Hash,
    id::ClueId,
    statement::Statement,
};
use leptos::task::spawn_local;
use web_sys::Url;

use super::{Desk, Page, Shown, handover_list::HandoverList, ledger::Ledger};
use crate::{
    api, clock,
    i18n::{problem, text},
    prelude::*,
    screens::{record::attachments::address_of, today::join},
};

/// A clue that was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    pub content: Content,
    /// The SHA-256 of the content as it was sealed.
    pub hash: Hash,
    /// An address in this window for each attachment; none where its bytes do not have their hash.
    pub addresses: Vec<Option<String>>,
}

/// Opens a clue; it is on record.
async fn open(desk: Desk, clue: &Shown) -> Result<Opened, String> {
    let not_opened = || text().clues.not_opened.to_owned();
    let worker = desk.worker().ok_or_else(not_opened)?;
    let mut clear = Vec::new();
    for n in 0..clue.listed.parts_n {
        let path = format!("/api/v1/clues/{}/content?n={n}", clue.listed.id);
        let sealed = api::bytes(&path).await.map_err(|cause| problem::words(&cause))?;
        clear.extend(worker.open_part(&clue.listed, n, &sealed).await.map_err(|_| not_opened())?);
    }
    let (content, mut at) = content_of(&clear).ok_or_else(not_opened)?;
    let hash = Hash::of(clear.get(4..at).unwrap_or_default());
    let mut addresses = Vec::new();
    for attachment in &content.attachments {
        let end = usize::try_from(attachment.bytes_n).ok().and_then(|it| at.checked_add(it));
        let bytes = end.and_then(|end| clear.get(at..end)).filter(|it| Hash::of(it) == attachment.sha256);
        addresses.push(bytes.and_then(|it| address_of(it, safe_type(attachment))));
        at = end.unwrap_or(at);
    }
    Ok(Opened { content, hash, addresses })
}

/// A type that a browser shows or plays and runs nothing of.
fn safe_type(attachment: &ClueAttachment) -> &str {
    let plain = attachment.media_type.split(';').next().unwrap_or_default();
    match attachment.kind {
        AttachmentKind::Voice if plain.starts_with("audio/") => &attachment.media_type,
        AttachmentKind::Photo if ["image/jpeg", "image/png", "image/webp"].contains(&plain) => plain,
        AttachmentKind::Voice | AttachmentKind::Photo => "application/octet-stream",
    }
}

/// What is known of one clue.
#[component]
pub fn One(desk: Desk, id: ClueId) -> impl IntoView {
    let (opened, trouble) = (RwSignal::new(None::<Opened>), RwSignal::new(String::new()));
    if let Some(clue) = untrack(|| desk.find(id)) {
        spawn_local(async move {
            match open(desk, &clue).await {
                Ok(it) => drop(opened.try_set(Some(it))),
                Err(words) => drop(trouble.try_set(words)),
            }
        });
    }
    // What was opened does not outlive the page that shows it.
    on_cleanup(move || {
        let all = opened.try_with_untracked(|it| it.as_ref().map(|it| it.addresses.clone())).flatten();
        for address in all.into_iter().flatten().flatten() {
            // Fails for no address of ours.
            let _ = Url::revoke_object_url(&address);
        }
    });
    let listing = RwSignal::new(false);
    move || {
        let Some(clue) = desk.find(id) else { return ().into_any() };
        if let Some(it) = opened.get().filter(|_| listing.get()) {
            return view! { <HandoverList clue opened=it listing/> }.into_any();
        }
        let number = clue.number();
        view! {
            <header>
                <h1>{number}</h1>
                <nav class="buttons no-print">
                    <button on:click=move |_| desk.page.set(Page::List)>{text().common.back}</button>
                    <button disabled=move || opened.get().is_none() on:click=move |_| listing.set(true)>{text().clues.handover_list}</button>
                </nav>
            </header>
            <p class="error" role="alert">{move || trouble.get()}</p>
            {opened.get().map(|it| view! { <Said opened=it/> })}
            <Ledger desk clue/>
        }
        .into_any()
    }
}

/// What a further revision says, or its text as it came.
fn revision_words(it: &Revised) -> String {
    let said = serde_json::from_str::<Statement>(&it.payload);
    let words =
        said.map_or_else(|_| it.payload.clone(), |it| join(&[it.words, it.summary, it.about, it.happened]));
    join(&[clock::date_time(it.received_at), words])
}

#[component]
fn Said(opened: Opened) -> impl IntoView {
    let words = text().clues;
    let it = opened.content;
    let who = it.identity.as_ref().map_or_else(
        || words.unnamed.to_owned(),
        |it| join(&[it.name.clone(), it.organisation.clone(), it.telephone.clone(), it.address.clone()]),
    );
    let said = if it.words.is_empty() { words.voice_only.to_owned() } else { format!("“{}”", it.words) };
    let facts = [
        (words.about, it.about.clone()),
        (words.happened, it.happened.clone()),
        (words.summary, it.summary.clone()),
        (words.reporter, who),
        (
            words.from,
            join(&[
                it.unit_name.clone(),
                it.place.clone(),
                (text().visitor.respondent_kinds)(it.respondent_kind).to_owned(),
                clock::date_time(it.said_at),
            ]),
        ),
        (words.recorded_by, it.recorded_by.name.clone()),
        (words.receipt, it.receipt.clone()),
        (words.handed_over, it.note.clone()),
    ];
    let revisions = it.revisions.iter().map(|it| (words.revision, revision_words(it)));
    let facts: Vec<_> = facts.into_iter().chain(revisions).filter(|it| !it.1.is_empty()).collect();
    let media = it.attachments.into_iter().zip(opened.addresses).map(|(it, address)| match address {
        None => view! { <p class="notice cinnabar">{words.damaged_attachment}</p> }.into_any(),
        Some(address) => match it.kind {
            AttachmentKind::Voice => view! { <audio controls src=address></audio> }.into_any(),
            AttachmentKind::Photo => {
                view! { <img class="slip large" src=address alt=words.attachments/> }.into_any()
            }
        },
    });
    view! {
        <section class="card">
            <p class="words read-aloud"><bdi>{said}</bdi></p>
            {media.collect_view()}
            <dl>{facts.into_iter().map(|(name, value)| view! { <dt>{name}</dt><dd><bdi>{value}</bdi></dd> }).collect_view()}</dl>
        </section>
    }
}
