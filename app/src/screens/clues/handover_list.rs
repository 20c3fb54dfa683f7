//! 线索移交清单: the sheet that goes with a clue, in the columns of the rules, printed and signed by hand.

use domain::clue::{ClueState, Note, Step};

use super::{Shown, one::Opened};
use crate::{clock, i18n::text, prelude::*, screens::today::join};

/// Digits in groups of eight, to be broken between.
fn in_eights(digits: &str) -> String {
    let groups = digits.as_bytes().chunks(8);
    groups.map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
}

/// The sheet.
#[component]
pub fn HandoverList(clue: Shown, opened: Opened, listing: RwSignal<bool>) -> impl IntoView {
    let words = text().clues;
    let print = move |_| {
        // Fails only where the browser has no printer at all.
        let _ = window().print();
    };
    view! {
        <nav class="buttons no-print">
            <button on:click=move |_| listing.set(false)>{text().common.back}</button>
            <button class="main" on:click=print>{text().branch.print}</button>
        </nav>
        <section class="paper handover-list">
            <h1>{words.handover_list}</h1>
            <table>
                <tbody>{rows(&clue, &opened).into_iter().map(|(name, value)| view! {
                    <tr><th scope="row">{name}</th><td><bdi>{value}</bdi></td></tr>
                }).collect_view()}</tbody>
            </table>
        </section>
    }
}

fn rows(clue: &Shown, opened: &Opened) -> Vec<(&'static str, String)> {
    let (words, it) = (text().clues, &opened.content);
    let notes = || clue.notes.iter().filter_map(|(sealed, note)| Some((sealed, note.as_ref()?)));
    let last = |wanted: fn(&Note) -> bool| notes().rfind(|it| wanted(it.1));
    let proposed = last(|it| it.step() == Step::Propose);
    let completed = last(|it| it.step() == Step::Confirm);
    let disposed = last(|it| matches!(it, Note::Dispose { .. }));
    let closed = last(|it| matches!(it, Note::Close { .. }));
    let approved_by = match proposed.map(|it| it.1) {
        Some(Note::HandOver { approved_by, .. } | Note::PassOn { approved_by, .. }) => approved_by.clone(),
        _ => String::new(),
    };
    let received_by = match completed.map(|it| it.1) {
        Some(Note::Complete { received_by }) => received_by.clone(),
        _ => String::new(),
    };
    let how = match disposed.map(|it| it.1) {
        Some(Note::Dispose { how, .. }) => (words.disposal)(*how).to_owned(),
        _ => String::new(),
    };
    let who = it.identity.as_ref().map_or_else(|| words.unnamed.to_owned(), |it| it.name.clone());
    let mut hashes = vec![(words.text_hash, in_eights(&opened.hash.to_string()))];
    hashes.extend(it.attachments.iter().map(|it| (words.attachments, in_eights(&it.sha256.to_string()))));
    let gist = if it.summary.is_empty() { it.words.clone() } else { it.summary.clone() };
    let mut rows = vec![
        (words.number, clue.number()),
        (words.source, join(&[words.source_visit.to_owned(), it.unit_name.clone(), it.place.clone()])),
        (words.received, clue.listed.received_day.clone()),
        (words.reporter, who),
        (words.person, join(&[it.about.clone(), words.by_hand.to_owned()])),
        (words.gist, gist),
        (words.discipline_kind, words.by_hand.to_owned()),
    ];
    rows.extend(hashes);
    rows.extend([
        (words.handed_by, proposed.map(|it| it.0.by_name.clone()).unwrap_or_default()),
        (words.approved_by, approved_by),
        (words.handed_at, proposed.map(|it| clock::date_time(it.0.at)).unwrap_or_default()),
        (words.signature, join(&[received_by, words.by_hand.to_owned()])),
        (words.received_at, completed.map(|it| clock::date_time(it.0.at)).unwrap_or_default()),
        (words.how_disposed, how),
        (words.closed_on, closed.map(|it| clock::date(it.0.at)).unwrap_or_default()),
        (
            words.remarks,
            if clue.state() == ClueState::Left { words.complete.to_owned() } else { String::new() },
        ),
    ]);
    rows
}
