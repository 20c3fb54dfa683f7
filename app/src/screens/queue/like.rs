//! Beside a statement, those of other visits that say the same: decided together where the office wants it.

use std::cell::Cell;

use domain::{
    id::RecordId,
    queue::{Act, Item, LikeStatement, Refusal, Span, Upon},
};
use leptos::task::spawn_local;

use super::state::QueueDesk;
use crate::{
    api,
    i18n::{problem, text},
    parts::toast,
    prelude::*,
    screens::today::join,
};

thread_local! {
    /// Whether those that say the same go along into an issue; asked anew of each statement.
    static TOGETHER: Cell<bool> = const { Cell::new(false) };
}

/// What goes into the same issue, as the office wants it.
pub fn going_along(item: Option<&Item>, act: &Act) -> Vec<Upon> {
    if !matches!(act, Act::Join { .. } | Act::MakeIssue { .. }) || !TOGETHER.get() {
        return Vec::new();
    }
    let like = item.into_iter().filter_map(|it| it.like.as_ref()).flat_map(|it| &it.statements);
    like.filter(|it| it.may_go_along()).map(|it| Upon { id: it.id, version: it.version }).collect()
}

/// How many say the same, and which; nothing where none does.
#[component]
pub fn LikeOnes(desk: QueueDesk, item: Item) -> impl IntoView {
    let one = item.id;
    TOGETHER.set(false);
    item.like.map(|like| {
        let free_n = like.statements.iter().filter(|it| it.may_go_along()).count();
        let together = move |event| TOGETHER.set(event_target_checked(&event));
        let check = (free_n > 0).then(|| {
            view! {
                <label class="check">
                    <input type="checkbox" on:change=together/>
                    {(text().office.together)(free_n)}
                </label>
            }
        });
        view! {
            <section>
                <h2>{(text().office.like_n)(like.n, like.n_households)}</h2>
                {check}
                <ul class="like">
                    {like.statements.into_iter().map(|it| view! { <LikeOne desk one like=it/> }).collect_view()}
                </ul>
            </section>
        }
    })
}

#[component]
fn LikeOne(desk: QueueDesk, one: RecordId, like: LikeStatement) -> impl IntoView {
    let (office, other) = (text().office, like.id);
    let stands = if like.issue_title.is_empty() {
        (office.states)(like.state).to_owned()
    } else {
        (office.in_issue)(&like.issue_title)
    };
    let facts = join(&[(office.day_words)(&like.day), like.unit_name.clone(), stands]);
    view! {
        <li>
            <p>{pieces(&like.text, &like.there).into_iter().map(|(piece, shared)| if shared {
                view! { <mark class="second">{piece}</mark> }.into_any()
            } else {
                view! { <span>{piece}</span> }.into_any()
            }).collect_view()}</p>
            <p class="quiet">{facts} " " <button class="link" on:click=move |_| refuse(desk, one, other, true)>{office.not_the_same}</button></p>
        </li>
    }
}

/// Remembers that two are not one matter, or takes that back.
fn refuse(desk: QueueDesk, one: RecordId, other: RecordId, refused: bool) {
    spawn_local(async move {
        let refusal = Refusal { others: vec![other], refused };
        match api::put::<Item>(&format!("/api/v1/queue/{one}/refusals"), &refusal).await {
            Ok(item) => desk.show_if_current(item),
            Err(cause) => return toast::say(problem::words(&cause)),
        }
        if refused {
            toast::say_with_undo(text().office.not_the_same.to_owned(), move || {
                refuse(desk, one, other, false);
            });
        }
    });
}

/// A text in pieces, and whether each is shared.
fn pieces(text: &str, shared: &[Span]) -> Vec<(String, bool)> {
    let mut pieces: Vec<(String, bool)> = Vec::new();
    for (at, letter) in text.chars().enumerate() {
        let is_shared = shared.iter().any(|it| (it.start..it.end).contains(&at));
        match pieces.last_mut() {
            Some((piece, same)) if *same == is_shared => piece.push(letter),
            _ => pieces.push((letter.to_string(), is_shared)),
        }
    }
    pieces
}
