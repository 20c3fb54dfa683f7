//! Lists of choices as wholes: their order, and those that nothing uses taken out.

use domain::questionnaire::editing::{Act, Book, Way};

use super::desk::Desk;
use crate::{i18n::text, prelude::*};

#[component]
pub fn Lists(desk: Desk) -> impl IntoView {
    let facts = |it: &Book| {
        let of = |list: String| (it.choices(&list).len(), it.list_users(&list), list);
        it.lists().into_iter().map(of).collect::<Vec<_>>()
    };
    let lists = Memo::new(move || desk.with_book(facts));
    view! {
        <Show when=move || !lists.with(Vec::is_empty)>
            <h2>{move || text().editor.lists}</h2>
            <ul class="settings-list" id="lists">
                {move || lists.get().into_iter().map(|(n, users, list)| view! { <OneList desk list n users/> }).collect_view()}
            </ul>
        </Show>
    }
}

#[component]
fn OneList(desk: Desk, list: String, n: usize, users: Vec<String>) -> impl IntoView {
    let words = text().editor;
    let step = |way: Way, sign: &'static str, label: &'static str| {
        let (list, called) = (list.clone(), format!("{label} {list}"));
        view! { <button aria-label=called on:click=move |_| { desk.try_act(Act::MoveList { list: list.clone(), way }); }>{sign}</button> }
    };
    let (up, down) = (step(Way::Up, "↑", words.up), step(Way::Down, "↓", words.down));
    let called = format!("{} {list}", words.remove);
    let name = list.clone();
    let remove = move |_| {
        let said = (text().editor.list_removed)(&list);
        desk.act_with_undo(Act::RemoveList { list: list.clone() }, said);
    };
    view! {
        <li>
            <span><strong>{name}</strong> " " <span class="quiet">{(words.list_facts)(n, &users)}</span></span>
            <span class="choice-acts">{up}{down}<button aria-label=called on:click=remove>"×"</button></span>
        </li>
    }
}
