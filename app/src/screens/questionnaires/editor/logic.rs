//! Expressions, whose names are completed as they are typed: a combobox as the ARIA authoring practices have it.

use domain::questionnaire::{
    Column,
    editing::{Book, Completion, Offer, OfferKind, Part, complete},
};
use leptos::html;
use web_sys::KeyboardEvent;

use super::{desk::Desk, faults::field_id, fields::CellFaults};
use crate::{i18n::text, prelude::*};

#[component]
pub fn LogicField(
    desk: Desk,
    key: u32,
    column: Column,
    label: &'static str,
    hint: &'static str,
) -> impl IntoView {
    let id = field_id(Part::Survey, key, column.header(), "");
    let [error_id, hint_id, list_id] = ["error", "hint", "list"].map(|it| format!("{id}-{it}"));
    let value = desk.cell(Part::Survey, key, column, String::new());
    let wrong =
        Memo::new(move || !desk.faults_at(Part::Survey, key, Some((column, String::new()))).is_empty());
    let going_on = GoingOn {
        desk,
        key,
        column,
        field: NodeRef::new(),
        offered: RwSignal::new(None),
        active: RwSignal::new(0),
    };
    let offered = going_on.offered;
    let active_id = {
        let list_id = list_id.clone();
        move || offered.with(Option::is_some).then(|| format!("{list_id}-{}", going_on.active.get()))
    };
    view! {
        <div class="field logic">
            <label for=id.clone()>{label}</label>
            <p class="hint" id=hint_id.clone()>{hint}</p>
            <input
                id=id
                type="text"
                class="code"
                autocomplete="off"
                spellcheck="false"
                role="combobox"
                aria-autocomplete="list"
                aria-expanded=move || offered.with(Option::is_some).to_string()
                aria-controls=list_id.clone()
                aria-activedescendant=active_id
                aria-invalid=move || wrong.get().to_string()
                aria-describedby=format!("{hint_id} {error_id}")
                node_ref=going_on.field
                prop:value=move || value.get()
                on:input=move |event| going_on.type_on(event_target_value(&event))
                on:keydown=move |event: KeyboardEvent| going_on.hear(&event)
                on:blur=move |_| offered.set(None)
            />
            <Offers going_on list_id label/>
            <CellFaults desk part=Part::Survey key column language=String::new() id=error_id/>
        </div>
    }
}

/// What may be taken, a line each.
#[component]
fn Offers(going_on: GoingOn, list_id: String, label: &'static str) -> impl IntoView {
    let (offered, active) = (going_on.offered, going_on.active);
    let option_id = list_id.clone();
    let option = move |(n, offer): (usize, Offer)| {
        let words = match offer.kind {
            OfferKind::Question => offer.label,
            OfferKind::Function => text().editor.function.to_owned(),
        };
        view! {
            <li
                role="option"
                id=format!("{option_id}-{n}")
                aria-selected=move || (active.get() == n).to_string()
                on:mousedown=move |event| {
                    event.prevent_default();
                    going_on.take(n);
                }
            >
                <code>{offer.text}</code> " " <span class="quiet">{words}</span>
            </li>
        }
    };
    view! {
        <ul role="listbox" id=list_id aria-label=label class="offers" hidden=move || offered.with(Option::is_none)>
            {move || {
                let offers = offered.get().map(|it| it.offers).unwrap_or_default();
                offers.into_iter().enumerate().map(&option).collect_view()
            }}
        </ul>
    }
}

/// What an expression may go on with, and which of that is marked.
#[derive(Clone, Copy)]
struct GoingOn {
    desk: Desk,
    key: u32,
    column: Column,
    field: NodeRef<html::Input>,
    offered: RwSignal<Option<Completion>>,
    active: RwSignal<usize>,
}

impl GoingOn {
    /// The caret, in bytes of the text.
    fn caret(self, typed: &str) -> usize {
        let field = self.field.get_untracked();
        let units = field.and_then(|it| it.selection_start().ok().flatten());
        let units = units.map_or(usize::MAX, |it| it as usize);
        let mut n = 0;
        let place = typed.char_indices().find(|(_, it)| {
            let here = n;
            n += it.len_utf16();
            here >= units
        });
        place.map_or(typed.len(), |it| it.0)
    }

    fn type_on(self, typed: String) {
        let names = self.desk.book_now(Book::names);
        self.offered.set(complete(&typed, self.caret(&typed), &names));
        self.active.set(0);
        self.write(typed);
    }

    fn write(self, typed: String) {
        self.desk.write(Part::Survey, self.key, self.column, "", typed);
    }

    fn hear(self, event: &KeyboardEvent) {
        let n = self.offered.with_untracked(|it| it.as_ref().map_or(0, |it| it.offers.len()));
        if n == 0 {
            return;
        }
        let active = self.active.get_untracked();
        match event.key().as_str() {
            "ArrowDown" => self.active.set((active + 1) % n),
            "ArrowUp" => self.active.set((active + n - 1) % n),
            "Enter" | "Tab" => self.take(active),
            "Escape" => self.offered.set(None),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    }

    /// Puts an offer in the place of what was begun.
    fn take(self, n: usize) {
        let Some(completion) = self.offered.get_untracked() else { return };
        let (Some(offer), Some(field)) = (completion.offers.get(n), self.field.get_untracked()) else {
            return;
        };
        let typed = field.value();
        let caret = self.caret(&typed);
        let rest = typed[caret..].strip_prefix('}').filter(|_| offer.kind == OfferKind::Question);
        let rest = rest.unwrap_or(&typed[caret..]);
        let before = format!("{}{}", &typed[..completion.from], offer.text);
        let text = format!("{before}{rest}");
        field.set_value(&text);
        let place = u32::try_from(before.encode_utf16().count()).unwrap_or_default();
        // A text field has a caret.
        let _ = field.set_selection_range(place, place);
        self.offered.set(None);
        self.write(text);
    }
}
