//! Sealing a statement to the discipline group: what happens, who is left out, and the receipt code.

use domain::{clue::ClueKey, id::RecordId};
use leptos::task::spawn_local;

use crate::{
    i18n::text,
    local::LocalError,
    parts::dialog::Dialog,
    phone::{
        clues::{self, SealedStatement},
        open_draft::OpenDraft,
        phone, set_if_new,
    },
    prelude::*,
    screens::sent::hand_out,
    session::session,
};

/// The dialog of one statement; nothing of it is left once it is closed.
#[component]
pub fn SealDialog(open: OpenDraft, statement: RwSignal<Option<RecordId>>) -> impl IntoView {
    let (phone, session) = (phone(), session());
    let asked = RwSignal::new(false);
    Effect::new(move |_| set_if_new(asked, statement.get().is_some()));
    let receipt = RwSignal::new(String::new());
    let (busy, failed) = (RwSignal::new(false), RwSignal::new(false));
    let left_out = RwSignal::new(Vec::new());
    // On paper: sealed and handed out as a file, not out of the draft yet.
    let slip: StoredValue<Option<SealedStatement>, LocalStorage> = StoredValue::new_local(None);
    let has_slip = RwSignal::new(false);
    let sealing = move || session.sealing();
    let keys = move || sealing().keys;
    // Closed by whatever way.
    Effect::new(move |_| {
        if !asked.get() {
            set_if_new(statement, None);
            set_if_new(receipt, String::new());
            set_if_new(failed, false);
            set_if_new(has_slip, false);
            set_if_new(left_out, Vec::new());
            slip.set_value(None);
        }
    });
    let tell = move |done: Result<String, LocalError>| {
        let _ = busy.try_set(false);
        let _ = failed.try_set(done.is_err());
        let _ = receipt.try_set(done.unwrap_or_default());
    };
    let seal = move |_| {
        let Some(id) = statement.get_untracked() else { return };
        busy.set(true);
        spawn_local(async move {
            let sealed = clues::seal(phone, open, id, &untrack(keys), &left_out.get_untracked()).await;
            tell(match sealed {
                Ok(it) if untrack(sealing).on_paper => {
                    hand_out(
                        &it.slip(),
                        "application/octet-stream",
                        &format!("zoufang-{}.clue", &it.receipt[..4]),
                    );
                    slip.set_value(Some(it));
                    has_slip.set(true);
                    Ok(String::new())
                }
                Ok(it) => it.take_out(phone, open, it.to_send()).await.map(|()| it.receipt),
                Err(cause) => Err(cause),
            });
        });
    };
    let take_out = move |_| {
        let Some(it) = slip.try_update_value(Option::take).flatten() else { return };
        busy.set(true);
        spawn_local(async move { tell(it.take_out(phone, open, Vec::new()).await.map(|()| it.receipt)) });
    };
    let member = move |key: ClueKey| {
        let account = key.account?;
        let toggle = move |event| {
            left_out.update(|it| {
                it.retain(|it| *it != account);
                if event_target_checked(&event) {
                    it.push(account);
                }
            });
        };
        Some(view! { <label class="check"><input type="checkbox" on:change=toggle/>{key.name}</label> })
    };
    let none_left =
        move || keys().iter().all(|it| it.account.is_none_or(|it| left_out.with(|out| out.contains(&it))));
    let content = move || {
        let words = text().visitor;
        if !receipt.with(String::is_empty) {
            return view! { <p>{words.sealed_words}</p> <p class="words">{receipt.get()}</p> }.into_any();
        }
        let failed = move || failed.get().then(|| text().visitor.seal_failed);
        if has_slip.get() {
            return view! {
                <p>{words.slip_words}</p>
                <p class="error" role="alert">{failed}</p>
                <button class="main" disabled=move || busy.get() on:click=take_out>{words.slip_kept}</button>
            }
            .into_any();
        }
        let sealing = untrack(sealing);
        if sealing.keys.is_empty() {
            return view! { <p class="notice amber">{words.seal_no_keys}</p> }.into_any();
        }
        view! {
            <p>{if sealing.on_paper { words.seal_on_paper } else { words.seal_words }}</p>
            <p class="quiet">{words.seal_left_out}</p>
            {sealing.keys.into_iter().filter_map(member).collect_view()}
            <p class="error" role="alert">{failed}</p>
            <button class="main" disabled=move || busy.get() || none_left() on:click=seal>{words.seal_now}</button>
        }
        .into_any()
    };
    let title = move || {
        let words = text().visitor;
        if receipt.with(String::is_empty) { words.seal } else { words.sealed }.to_owned()
    };
    view! { <Dialog open=asked title=Signal::derive(title)>{content}</Dialog> }
}
