//! Tidying up afterwards: for each statement the likeliest categories with the words that speak for them.

use domain::{
    draft::Draft,
    id::RecordId,
    statement::{Kind, PROPOSED_MAX},
    taxonomy::Taxonomy,
};
use leptos::task::spawn_local;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::{
    i18n::text,
    parts::{frame::Frame, toast},
    phone::{
        open_draft::{OpenDraft, open_draft},
        phone, sending,
    },
    prelude::*,
    screens::{
        record::{KeptPill, NotKept},
        today::title_of,
    },
};

#[wasm_bindgen(js_namespace = zoufang)]
extern "C" {
    /// In `public/first.js`: a line for each type that `text` speaks for, as `app/suggest` writes them.
    #[wasm_bindgen(catch)]
    async fn suggest(text: &str) -> Result<JsValue, JsValue>;
}

/// A type that a text speaks for.
#[derive(Clone, PartialEq)]
struct Offered {
    code: String,
    /// Where the words that say so begin and end, counted in characters.
    evidence: Vec<(usize, usize)>,
}

impl Offered {
    fn of(line: &str) -> Option<Self> {
        let (code, rest) = line.split_once(' ')?;
        let numbers: Vec<usize> = rest.split(' ').filter_map(|it| it.parse().ok()).collect();
        Some(Self {
            code: code.to_owned(),
            evidence: numbers.chunks_exact(2).map(|it| (it[0], it[1])).collect(),
        })
    }
}

/// Categories for what was said, to choose or leave.
#[component]
pub fn Tidy() -> impl IntoView {
    let open = open_draft();
    let phone = phone();
    let again = open.draft.with_untracked(Draft::was_sent);
    let ids: Vec<RecordId> = open.draft.with_untracked(|it| {
        // A voice alone is tidied up too: by its summary.
        it.statements.iter().filter(|it| it.value.kind != Kind::Nothing).map(|it| it.id).collect()
    });
    let done = move |_| {
        spawn_local(async move {
            // What was sent is amended at once; a draft goes on waiting for its sending.
            let kept =
                if again { sending::send(phone, open).await } else { open.keep().await.map(|()| true) };
            match kept {
                Ok(false) => {}
                Ok(true) => {
                    toast::say(text().visitor.tidy_done.to_owned());
                    router::go_instead("/");
                }
                Err(cause) => toast::say((text().visitor.local_error)(&cause)),
            }
        });
    };
    let foot = move || {
        view! { <button class="main" on:click=done>{move || text().visitor.tidy_done}</button> }
    };
    view! {
        <Frame
            title=Signal::derive(|| text().visitor.tidy.to_owned())
            subtitle=Signal::derive(move || open.draft.with(title_of))
            back="/"
            aside=move || view! { <KeptPill open/> }
            foot
        >
            <NotKept open/>
            <p class="quiet">{move || text().visitor.tidy_hint}</p>
            {ids.into_iter().map(|id| view! { <TidyOne open id/> }).collect_view()}
        </Frame>
    }
}

#[component]
fn TidyOne(open: OpenDraft, id: RecordId) -> impl IntoView {
    let (words, summary) = open.draft.with_untracked(|it| {
        let found = it.statements.iter().find(|it| it.id == id);
        found.map(|it| (it.value.words.clone(), it.value.summary.clone())).unwrap_or_default()
    });
    // None while what suggests is being loaded, or where it is not here.
    let offered: RwSignal<Option<Vec<Offered>>> = RwSignal::new(None);
    let heard = if words.trim().is_empty() { summary.clone() } else { words.clone() };
    let letters = StoredValue::new(heard.chars().collect::<Vec<char>>());
    spawn_local(async move {
        if let Ok(lines) = suggest(&heard).await {
            let lines = lines.as_string().unwrap_or_default();
            let _ = offered.try_set(Some(lines.lines().filter_map(Offered::of).collect()));
        }
    });
    let marked = move || offered.with(|it| mark(&words, it.as_deref().unwrap_or_default()));
    let field = format!("summary-{id}");
    let write = move |event| {
        let typed = event_target_value(&event);
        open.write(|it| {
            if let Some(statement) = it.statement_mut(id) {
                statement.value.summary = typed;
            }
        });
    };
    view! {
        <article class="card">
            <p class="words">
                {move || marked().into_iter().map(|(piece, evidence)| {
                    if evidence { view! { <mark>{piece}</mark> }.into_any() } else { view! { <span>{piece}</span> }.into_any() }
                }).collect_view()}
            </p>
            {move || offered.get().map(|all| {
                let none = all.is_empty();
                view! {
                    {none.then(|| view! { <p class="quiet">{move || text().visitor.tidy_none}</p> })}
                    {all.into_iter().map(|offered| view! { <Offer open id offered letters/> }).collect_view()}
                }
            })}
            <div class="field">
                <label for=field.clone()>{move || text().visitor.summary}</label>
                <input id=field autocomplete="off" prop:value=summary on:input=write on:blur=move |_| open.keep_now()/>
            </div>
        </article>
    }
}

/// One category, with its reason, to choose.
#[component]
fn Offer(open: OpenDraft, id: RecordId, offered: Offered, letters: StoredValue<Vec<char>>) -> impl IntoView {
    let name = Taxonomy::shipped().path_zh(&offered.code);
    let words = |&(start, end): &(usize, usize)| {
        letters.with_value(|it| it.get(start..end).unwrap_or_default().iter().collect::<String>())
    };
    let mut evidence: Vec<String> = offered.evidence.iter().map(words).collect();
    evidence.dedup();
    let reason = evidence.join("、");
    let code = StoredValue::new(offered.code);
    let chosen = Memo::new(move || {
        open.draft.with(|it| {
            it.statements
                .iter()
                .any(|it| it.id == id && code.with_value(|code| it.value.proposed.contains(code)))
        })
    });
    let choose = move |_| {
        open.edit(|draft| {
            let Some(statement) = draft.statement_mut(id) else { return };
            let proposed = &mut statement.value.proposed;
            let code = code.get_value();
            if proposed.contains(&code) {
                proposed.retain(|it| *it != code);
            } else if proposed.len() < PROPOSED_MAX {
                proposed.push(code);
            }
        });
    };
    view! {
        <div class="notice indigo offer">
            <p>
                {move || text().visitor.looks_like} " " <strong>{name}</strong>
                <span class="small">{move || text().visitor.because} "“" {reason} "”"</span>
            </p>
            <button aria-pressed=move || chosen.get().to_string() on:click=choose>
                {move || if chosen.get() { text().visitor.proposed } else { text().visitor.propose }}
            </button>
        </div>
    }
}

/// The text in pieces, and whether each is evidence.
fn mark(words: &str, offered: &[Offered]) -> Vec<(String, bool)> {
    let letters: Vec<char> = words.chars().collect();
    let mut evidence = vec![false; letters.len()];
    for (start, end) in offered.iter().flat_map(|it| &it.evidence) {
        for marked in evidence.iter_mut().take(*end).skip(*start) {
            *marked = true;
        }
    }
    let mut pieces: Vec<(String, bool)> = Vec::new();
    for (letter, marked) in letters.into_iter().zip(evidence) {
        match pieces.last_mut() {
            Some((piece, same)) if *same == marked => piece.push(letter),
            _ => pieces.push((letter.to_string(), marked)),
        }
    }
    pieces
}
