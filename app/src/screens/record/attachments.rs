//! Voices and photos of a statement: taken, played back, taken out.

use domain::{
    attachment::{Attachment, AttachmentKind},
    draft::Drafted,
    id::RecordId,
};
use js_sys::{Array, Uint8Array};
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{Blob, BlobPropertyBag, HtmlInputElement, Url};

use crate::{
    clock,
    i18n::text,
    media::photo,
    parts::{
        icon::{Icon, Shape},
        toast,
    },
    phone::{
        Phone,
        media::{self, MediaState, Unfinished},
        open_draft::OpenDraft,
        phone,
    },
    prelude::*,
    screens::{record::statements::statement_to_fill, today::join},
};

/// What hangs on a statement of the open draft.
#[component]
pub fn Attachments(open: OpenDraft, statement: RecordId) -> impl IntoView {
    let phone = phone();
    let attached =
        Memo::new(move || open.draft.with(|it| it.attachments_of(statement).cloned().collect::<Vec<_>>()));
    let remove = move |id: RecordId| {
        let visit = open.draft.with_untracked(domain::draft::Draft::id);
        let Some(removed) = open.draft.try_update(|it| it.remove_attachment(id)).flatten() else { return };
        let dropped = MediaState::Dropped { at: clock::now() };
        media::mark_in_draft(phone, visit, vec![id], dropped, |_| ());
        toast::say_with_undo(text().visitor.removed.to_owned(), move || {
            let attachment = removed.value.clone();
            media::mark_in_draft(phone, visit, vec![id], MediaState::Kept, move |it| {
                it.attach(id, attachment, clock::now());
            });
        });
    };
    view! {
        <Show when=move || attached.with(|it| !it.is_empty())>
            <ul class="attachments">
                <For each=move || attached.get() key=|it| it.id let:attachment>
                    <li>
                        <AttachmentView attachment=attachment.clone()/>
                        {attachment.sent.is_none().then(|| {
                            let id = attachment.id;
                            view! {
                                <button class="link quiet" on:click=move |_| remove(id)>
                                    {move || text().visitor.delete}
                                </button>
                            }
                        })}
                    </li>
                </For>
            </ul>
        </Show>
    }
}

/// A voice to listen to or a photo to look at, from this phone's own store.
#[component]
pub fn AttachmentView(attachment: Drafted<Attachment>) -> impl IntoView {
    let phone = phone();
    let address = RwSignal::new(None::<String>);
    let missing = RwSignal::new(false);
    let value = attachment.value.clone();
    let media_type = value.media_type.clone();
    let load = move || {
        let media_type = media_type.clone();
        spawn_local(async move {
            match media::bytes(phone, attachment.id).await {
                Ok(bytes) if !bytes.is_empty() => {
                    let _ = address.try_set(address_of(&bytes, &media_type));
                }
                Ok(_) | Err(_) => drop(missing.try_set(true)),
            }
        });
    };
    on_cleanup(move || {
        if let Some(Some(address)) = address.try_get_untracked() {
            drop(Url::revoke_object_url(&address));
        }
    });
    let sent = attachment.sent.is_some();
    let gone = move || {
        let owed = phone.media_owed.with(|it| it.iter().any(|it| it.id == attachment.id));
        let visitor = text().visitor;
        if sent && !owed { visitor.gone_from_phone } else { visitor.media_unreadable }
    };
    let kind = value.kind;
    if kind == AttachmentKind::Photo {
        load();
    }
    let (duration_ms, gaps_n) = (value.duration_ms.unwrap_or(0), value.gaps.len());
    let words = move || {
        let visitor = text().visitor;
        match kind {
            AttachmentKind::Voice if gaps_n > 0 => {
                join(&[(visitor.voice)(duration_ms), (visitor.gaps_n)(gaps_n)])
            }
            AttachmentKind::Voice => (visitor.voice)(duration_ms),
            AttachmentKind::Photo => visitor.photo_of_slip.to_owned(),
        }
    };
    move || match (address.get(), kind) {
        (Some(address), AttachmentKind::Photo) => {
            view! { <img class="slip" src=address alt=words/> }.into_any()
        }
        (Some(address), AttachmentKind::Voice) => {
            view! { <audio controls autoplay src=address aria-label=words></audio> }.into_any()
        }
        (None, _) if missing.get() => view! { <span class="quiet">{words} " · " {gone}</span> }.into_any(),
        (None, AttachmentKind::Voice) => {
            let load = load.clone();
            view! { <button on:click=move |_| load()><Icon shape=Shape::Play/>{words}</button> }.into_any()
        }
        (None, AttachmentKind::Photo) => view! { <span class="quiet">{words}</span> }.into_any(),
    }
}

/// An address of the page's own for bytes.
pub fn address_of(bytes: &[u8], media_type: &str) -> Option<String> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
    Url::create_object_url_with_blob(&blob).ok()
}

/// Keeps a file of this type in the open draft: a photo drawn anew, another as it is. Its id; nothing where it was not kept, which
/// is said then.
pub async fn keep_file(
    phone: Phone,
    open: OpenDraft,
    statement: Option<RecordId>,
    file: &Blob,
    media_type: &str,
) -> Option<RecordId> {
    let _unfinished = Unfinished::begin();
    let visit = open.draft.try_with_untracked(domain::draft::Draft::id)?;
    let bytes = if media_type == photo::JPEG { photo::shrink(file).await } else { photo::bytes(file).await };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(cause) => {
            toast::say((text().visitor.no_photo)(cause).to_owned());
            return None;
        }
    };
    let item = media::begin(visit, statement, AttachmentKind::Photo, media_type);
    let id = item.id;
    let kept = match media::keep_slice(phone, &item, 0, bytes).await {
        Ok(()) => media::finish(phone, item, None, Vec::new()).await,
        Err(cause) => Err(cause),
    };
    if let Err(cause) = kept {
        toast::say((text().visitor.local_error)(&cause));
        return None;
    }
    Some(id)
}

/// Takes a photo of a written slip.
#[component]
pub fn PhotoButton(open: OpenDraft, active: RwSignal<Option<RecordId>>) -> impl IntoView {
    let phone = phone();
    let chosen = move |event: web_sys::Event| {
        let Some(input) = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok()) else {
            return;
        };
        let Some(file) = input.files().and_then(|it| it.get(0)) else { return };
        // The same file can be chosen again.
        input.set_value("");
        let statement = statement_to_fill(open, active);
        spawn_local(async move {
            keep_file(phone, open, Some(statement), &file, photo::JPEG).await;
        });
    };
    view! {
        <label class="button">
            <input type="file" accept="image/*" capture="environment" class="visually-hidden" on:change=chosen/>
            {move || text().visitor.photo}
        </label>
    }
}
