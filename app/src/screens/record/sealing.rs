//! Sealing a statement to the discipline group: what happens, who is left out, and the receipt code.

use domain::{
    clue::{ClueKey, fingerprint, key_name},
    id::{AccountId, RecordId},
};
use js_sys::Uint8Array;
use leptos::task::spawn_local;

use crate::{
    choices,
    i18n::text,
    local::LocalError,
    parts::{dialog::Dialog, tick::tick},
    phone::{
        Phone,
        clues::{self, SealedStatement, show_codes},
        open_draft::OpenDraft,
        phone, set_if_new,
    },
    prelude::*,
    screens::sent::hand_out,
    session::{Session, session},
};

/// The keys that this device has sealed to. Others may be somebody's who only says that they are a member.
const KNOWN: &str = "clue-keys";

/// What the dialog is about, and how far it is.
#[derive(Clone, Copy)]
struct Sealing {
    phone: Phone,
    session: Session,
    open: OpenDraft,
    statement: RwSignal<Option<RecordId>>,
    left_out: RwSignal<Vec<AccountId>>,
    busy: RwSignal<bool>,
    failed: RwSignal<bool>,
    /// On paper: sealed and handed out as a file, not out of the draft yet.
    slip: StoredValue<Option<SealedStatement>, LocalStorage>,
    has_slip: RwSignal<bool>,
    /// Empty until it is sealed.
    receipt: RwSignal<String>,
}

impl Sealing {
    /// Nothing of it is left.
    fn forget(self) {
        set_if_new(self.statement, None);
        set_if_new(self.receipt, String::new());
        set_if_new(self.failed, false);
        set_if_new(self.has_slip, false);
        set_if_new(self.left_out, Vec::new());
        self.slip.set_value(None);
    }

    fn tell(self, done: Result<String, LocalError>) {
        let _ = self.busy.try_set(false);
        let _ = self.failed.try_set(done.is_err());
        let _ = self.receipt.try_set(done.unwrap_or_default());
    }

    fn seal(self) {
        let Self { phone, open, .. } = self;
        let Some(id) = self.statement.get_untracked() else { return };
        let (told, left_out) = (untrack(|| self.session.sealing()), self.left_out.get_untracked());
        self.busy.set(true);
        let names: Vec<&str> = told.keys.iter().map(|it| &*it.public).collect();
        choices::keep(KNOWN, &names.concat());
        spawn_local(async move {
            self.tell(match clues::seal(phone, open, id, &told.keys, &left_out).await {
                Ok(it) if told.on_paper => {
                    let name = format!("zoufang-{}.clue", it.receipt.get(..4).unwrap_or_default());
                    let slip = it.slip();
                    hand_out(&slip, "application/octet-stream", &name);
                    show_codes(Uint8Array::from(&*slip), text().visitor.slip_codes);
                    self.slip.set_value(Some(it));
                    self.has_slip.set(true);
                    Ok(String::new())
                }
                Ok(it) => it.take_out(phone, open, it.to_send()).await.map(|()| it.receipt),
                Err(cause) => Err(cause),
            });
        });
    }

    /// The file is safe: the phone keeps nothing.
    fn take_out(self) {
        let Some(it) = self.slip.try_update_value(Option::take).flatten() else { return };
        self.busy.set(true);
        spawn_local(async move {
            self.tell(it.take_out(self.phone, self.open, Vec::new()).await.map(|()| it.receipt));
        });
    }
}

/// The dialog of one statement.
#[component]
pub fn SealDialog(open: OpenDraft, statement: RwSignal<Option<RecordId>>) -> impl IntoView {
    let sealing = Sealing {
        phone: phone(),
        session: session(),
        open,
        statement,
        left_out: RwSignal::new(Vec::new()),
        busy: RwSignal::new(false),
        failed: RwSignal::new(false),
        slip: StoredValue::new_local(None),
        has_slip: RwSignal::new(false),
        receipt: RwSignal::new(String::new()),
    };
    let asked = RwSignal::new(false);
    Effect::new(move |_| set_if_new(asked, statement.get().is_some()));
    // Closed by whatever way.
    Effect::new(move |_| {
        if !asked.get() {
            sealing.forget();
        }
    });
    let receipt = sealing.receipt;
    let failed = move || sealing.failed.get().then(|| text().visitor.seal_failed);
    let content = move || {
        let words = text().visitor;
        if !receipt.with(String::is_empty) {
            return view! { <p>{words.sealed_words}</p> <p class="words">{receipt.get()}</p> }.into_any();
        }
        if sealing.has_slip.get() {
            return view! {
                <p>{words.slip_words}</p>
                <div id="slip-codes"></div>
                <p class="error" role="alert">{failed}</p>
                <button class="main" disabled=move || sealing.busy.get() on:click=move |_| sealing.take_out()>{words.slip_kept}</button>
            }
            .into_any();
        }
        view! { <Choosing sealing/> <p class="error" role="alert">{failed}</p> }.into_any()
    };
    let title = move || {
        let words = text().visitor;
        if receipt.with(String::is_empty) { words.seal } else { words.sealed }.to_owned()
    };
    view! { <Dialog open=asked title=Signal::derive(title)>{content}</Dialog> }
}

/// Who is left out.
#[component]
fn Choosing(sealing: Sealing) -> impl IntoView {
    let (words, told, left_out) = (text().visitor, untrack(|| sealing.session.sealing()), sealing.left_out);
    if told.keys.is_empty() {
        return view! { <p class="notice amber">{words.seal_no_keys}</p> }.into_any();
    }
    let known = choices::kept(KNOWN);
    let members: Vec<AccountId> = told.keys.iter().filter_map(|it| it.account).collect();
    let none_left = move || left_out.with(|out| members.iter().all(|it| out.contains(it)));
    let member = move |key: ClueKey| {
        let account = key.account?;
        let is_new = known.as_ref().is_some_and(|it| !it.contains(&key.public));
        let mark = is_new.then(|| {
            let name = key_name(&key.public).map(fingerprint).unwrap_or_default();
            view! { <span class="notice amber">{words.seal_new_key}" "{name}</span> }
        });
        Some(tick(left_out, account, view! { {key.name}" "{mark} }))
    };
    view! {
        <p>{if told.on_paper { words.seal_on_paper } else { words.seal_words }}</p>
        <p class="quiet">{words.seal_left_out}</p>
        {told.keys.into_iter().filter_map(member).collect_view()}
        <button class="main" disabled=move || sealing.busy.get() || none_left() on:click=move |_| sealing.seal()>{words.seal_now}</button>
    }
    .into_any()
}
