//! The rules at the office's desk: what is said for each type, what that would match, and a sentence to try it on.

use std::time::Duration;

use domain::{
    categorize::Sureness,
    problem::Code,
    rules::{
        KeptRules, RulesChange, RulesRequest, RulesVersion, SYNONYMS, Sample, Sentence, Trial, Tried,
        TypeRules, faults_of,
    },
    statement::Kind,
};
use leptos::task::spawn_local;

use crate::{
    api::{self, ApiError},
    i18n::{problem, text},
    parts::{
        desk_frame::DeskFrame,
        pill::{Pill, Tone},
        remote::Remote,
        toast,
    },
    prelude::*,
    screens::{queue::type_path, today::when},
    taxonomy,
};

/// What is typed is tried once nothing was typed for so long, in milliseconds.
const STILL_MS: u64 = 500;

/// What the screen holds.
#[derive(Clone, Copy)]
struct Desk {
    kept: Remote<KeptRules>,
    target: RwSignal<String>,
    lines: RwSignal<String>,
    /// The lines as they were kept when they were opened.
    opened: RwSignal<String>,
    sentence: RwSignal<String>,
    trial: RwSignal<Option<Trial>>,
    tried: RwSignal<Option<Tried>>,
    trouble: RwSignal<String>,
    busy: RwSignal<bool>,
    /// Counts what was typed; answers about earlier words are dropped.
    typed: RwSignal<u32>,
}

impl Desk {
    fn rules(self) -> TypeRules {
        TypeRules { target: self.target.get_untracked(), text: self.lines.get_untracked() }
    }

    /// Shows the lines of a type.
    fn open(self, target: String) {
        let kept = self.kept.value.with_untracked(|it| it.as_ref().map(|it| lines_of(it, &target)));
        let kept = kept.unwrap_or_default();
        self.target.set(target);
        self.opened.set(kept.clone());
        self.lines.set(kept);
        self.trial.set(None);
        self.trouble.set(String::new());
        self.changed();
    }

    /// Tries what was typed, once the typing has paused.
    fn changed(self) {
        self.typed.update(|it| *it = it.wrapping_add(1));
        let typed = self.typed.get_untracked();
        set_timeout(
            move || {
                if self.typed.try_get_untracked() == Some(typed) {
                    self.try_now(typed);
                }
            },
            Duration::from_millis(STILL_MS),
        );
    }

    fn try_now(self, typed: u32) {
        let rules = self.rules();
        if rules.target.is_empty() || !faults_of(&rules).is_empty() {
            return;
        }
        let is_latest = move || self.typed.try_get_untracked() == Some(typed);
        spawn_local(async move {
            let trial = api::post::<Trial>("/api/v1/rules/trials", &rules).await;
            if let Ok(trial) = trial
                && is_latest()
            {
                self.trial.set(Some(trial));
            }
            let sentence = self.sentence.try_get_untracked().unwrap_or_default();
            if sentence.trim().is_empty() {
                let _ = self.tried.try_set(None);
                return;
            }
            let tried = api::post::<Tried>("/api/v1/rules/sentences", &Sentence { rules, sentence }).await;
            if let Ok(tried) = tried
                && is_latest()
            {
                self.tried.set(Some(tried));
            }
        });
    }

    fn make(self, change: RulesChange) {
        let Some(version) = self.kept.value.with_untracked(|it| it.as_ref().map(|it| it.version)) else {
            return;
        };
        self.busy.set(true);
        spawn_local(async move {
            let answer =
                api::post::<KeptRules>("/api/v1/rules/versions", &RulesRequest { version, change }).await;
            self.busy.set(false);
            match answer {
                Ok(kept) => {
                    let made = kept.version;
                    self.kept.value.set(Some(kept));
                    self.open(self.target.get_untracked());
                    let undo = move || self.make(RulesChange::GoBack { version });
                    toast::say_with_undo((text().rules.saved)(made), undo);
                }
                Err(ApiError::Problem(it)) if it.code == Code::Conflict => {
                    self.trouble.set(text().rules.others_first.to_owned());
                    self.kept.reload();
                }
                Err(ApiError::Problem(it)) if it.code == Code::Invalid => {
                    let field = it.field.as_deref().unwrap_or_default();
                    self.trouble.set((text().rules.wrong)(field).to_owned());
                }
                Err(cause) => self.trouble.set(problem::words(&cause)),
            }
        });
    }
}

/// The lines of a type as they are kept; empty where it has none.
fn lines_of(kept: &KeptRules, target: &str) -> String {
    kept.types.iter().find(|it| it.target == target).map(|it| it.text.clone()).unwrap_or_default()
}

/// One type's lines, what they match, and the versions.
#[component]
pub fn RulesScreen() -> impl IntoView {
    let desk = Desk {
        kept: Remote::load(|| "/api/v1/rules".to_owned()),
        target: RwSignal::default(),
        lines: RwSignal::default(),
        opened: RwSignal::default(),
        sentence: RwSignal::default(),
        trial: RwSignal::new(None),
        tried: RwSignal::new(None),
        trouble: RwSignal::default(),
        busy: RwSignal::new(false),
        typed: RwSignal::new(0),
    };
    // The first type is shown once the rules are here.
    Effect::new(move |_| {
        let known = desk.kept.value.with(Option::is_some);
        if known && desk.target.with_untracked(String::is_empty) {
            let first = taxonomy::scheme_untracked().taxonomy.leaves().next().map(|it| it.code.clone());
            desk.open(first.unwrap_or_default());
        }
    });
    view! {
        <DeskFrame title=Signal::derive(|| text().rules.title.to_owned())>
            <main class="page">
                <h1>{move || text().rules.title}</h1>
                <p class="quiet">{move || text().rules.hint}</p>
                {desk.kept.trouble_view()}
                <div class="taxonomy">
                    <Writing desk/>
                    <aside class="card" aria-label=move || text().rules.matches>
                        <Trying desk/>
                    </aside>
                </div>
                {move || desk.kept.get().map(|it| view! { <Versions kept=it desk/> })}
            </main>
        </DeskFrame>
    }
}

fn name_of(target: &str) -> String {
    if target == SYNONYMS {
        return text().rules.words.to_owned();
    }
    match target.strip_prefix('@').and_then(Kind::from_word) {
        Some(kind) => (text().visitor.kinds)(kind).to_owned(),
        None => type_path(target),
    }
}

#[component]
fn Writing(desk: Desk) -> impl IntoView {
    let targets = || {
        let scheme = taxonomy::scheme();
        let leaves = scheme.taxonomy.leaves().map(|it| it.code.clone()).collect::<Vec<_>>();
        let kinds = Kind::ALL.map(|it| format!("@{}", it.as_str()));
        leaves.into_iter().chain(kinds).chain([SYNONYMS.to_owned()]).collect::<Vec<_>>()
    };
    let typed = move |event| {
        desk.lines.set(event_target_value(&event));
        desk.changed();
    };
    let faults = move || faults_of(&TypeRules { target: desk.target.get(), text: desk.lines.get() });
    let is_words = move || desk.target.with(|it| it == SYNONYMS);
    // What someone else has kept of this type meanwhile is shown before it is written over.
    let theirs = move || {
        let kept = desk.kept.get()?;
        let lines = lines_of(&kept, &desk.target.get());
        (lines != desk.opened.get() && lines != desk.lines.get()).then_some(lines)
    };
    let save = move |_| desk.make(RulesChange::Save { rules: desk.rules() });
    view! {
        <section class="card">
            <div class="field">
                <label for="rules-target">{move || text().rules.target}</label>
                <select id="rules-target" on:change=move |event| desk.open(event_target_value(&event))>
                    {move || targets().into_iter().map(|it| {
                        let (name, this) = (name_of(&it), it.clone());
                        view! { <option value=it selected=move || desk.target.with(|it| *it == this)>{name}</option> }
                    }).collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="rules-lines">{move || text().rules.lines}</label>
                <p class="hint" id="rules-format">{move || if is_words() { text().rules.words_format } else { text().rules.format }}</p>
                <textarea id="rules-lines" aria-describedby="rules-format rules-faults" rows="8" spellcheck="false"
                    prop:value=move || desk.lines.get() on:input=typed></textarea>
                {move || theirs().map(|lines| view! {
                    <div class="notice amber"><p>{text().rules.theirs}</p><pre class="wrap">{lines}</pre></div>
                })}
                <div class="error" id="rules-faults" role="alert">
                    {move || faults().into_iter().map(|it| view! { <p>{(text().rules.fault)(it)}</p> }).collect_view()}
                </div>
            </div>
            <p class="error" role="alert">{move || desk.trouble.get()}</p>
            <button class="main" disabled=move || desk.busy.get() || !faults().is_empty() on:click=save>{move || text().rules.save}</button>
        </section>
    }
}

/// What the lines match in what was said, and in a sentence.
#[component]
fn Trying(desk: Desk) -> impl IntoView {
    let typed = move |event| {
        desk.sentence.set(event_target_value(&event));
        desk.changed();
    };
    view! {
        <div aria-live="polite">
            {move || desk.trial.get().map(|it| view! { <Matched trial=it/> <hr/> })}
        </div>
        <div class="field">
            <label for="rules-sentence">{move || text().rules.try_one}</label>
            <p class="hint" id="rules-try-hint">{move || text().rules.try_hint}</p>
            <textarea id="rules-sentence" aria-describedby="rules-try-hint" rows="3" prop:value=move || desk.sentence.get() on:input=typed></textarea>
        </div>
        <div aria-live="polite">
            {move || desk.tried.get().map(|it| view! { <OfSentence tried=it/> })}
        </div>
    }
}

#[component]
fn Matched(trial: Trial) -> impl IntoView {
    let words = text().rules;
    // What only shows beside the other types' lines; the rest is said where it is typed.
    if !trial.faults.is_empty() {
        let faults = trial.faults.into_iter().map(|it| view! { <p>{(words.fault)(it)}</p> });
        return view! { <div class="error">{faults.collect_view()}</div> }.into_any();
    }
    let said = if trial.matched_n == 0 {
        (words.none_matched)(trial.looked_at_n)
    } else {
        (words.matched)(trial.matched_n, trial.looked_at_n, trial.more)
    };
    view! {
        <p><strong>{said}</strong></p>
        {(trial.lines.len() > 1).then(|| {
            let counts: Vec<String> = trial.lines.iter().map(|it| (words.of_line)(it.line, it.matched_n)).collect();
            view! { <p class="quiet">{counts.join("；")}</p> }
        })}
        <Samples samples=trial.samples/>
    }
    .into_any()
}

#[component]
fn Samples(samples: Vec<Sample>) -> impl IntoView {
    let one = |it: Sample| {
        let denied = it.denied.then(|| view! { " " <Pill>{text().rules.denied}</Pill> });
        view! { <li>{it.before}<mark>{it.matched}</mark>{it.after}{denied}</li> }
    };
    view! { <ul class="effects">{samples.into_iter().map(one).collect_view()}</ul> }
}

#[component]
fn OfSentence(tried: Tried) -> impl IntoView {
    let words = text().rules;
    let nothing = tried.matches.is_empty();
    let made = tried.made.map(|made| {
        let of = |it: &domain::categorize::Suggestion| {
            let sure = (text().office.sureness)(Sureness::of(it.confidence));
            format!("{}（{sure}）", type_path(&it.code))
        };
        let all: Vec<String> = made.suggestions.iter().map(of).collect();
        let kind = (text().visitor.kinds)(made.kind.value);
        let types = if all.is_empty() { words.nothing_suggested.to_owned() } else { all.join("；") };
        view! { <p><Pill tone=Tone::Indigo>{words.would_suggest}</Pill> " " {kind} " · " {types}</p> }
    });
    view! {
        {if nothing {
            view! { <p class="quiet">{words.no_match}</p> }.into_any()
        } else {
            view! { <p><strong>{words.matches}</strong></p> <Samples samples=tried.matches/> }.into_any()
        }}
        {made}
    }
}

#[component]
fn Versions(kept: KeptRules, desk: Desk) -> impl IntoView {
    let words = text().rules;
    let in_use = kept.version;
    let row = move |it: RulesVersion| {
        let number = it.number;
        let what = match (it.target.as_str(), it.made_at) {
            (_, None) => words.shipped.to_owned(),
            ("", Some(_)) => words.back_once_more.to_owned(),
            (target, Some(_)) => name_of(target),
        };
        let act = if number == in_use {
            view! { <strong>{(text().taxonomy.in_use)(number)}</strong> }.into_any()
        } else {
            view! { <button class="link" on:click=move |_| desk.make(RulesChange::GoBack { version: number })>{text().taxonomy.go_back}</button> }.into_any()
        };
        view! {
            <tr><td>{number}</td><td>{it.made_at.map(when).unwrap_or_default()}</td><td>{it.made_by.unwrap_or_default()}</td><td>{what}</td><td>{act}</td></tr>
        }
    };
    let heads = text().taxonomy;
    view! {
        <h2>{words.versions}</h2>
        <div class="table-holder table-scroll" tabindex="0" role="region" aria-label=words.versions>
            <table>
                <thead><tr><th>{heads.number}</th><th>{heads.when}</th><th>{heads.who}</th><th>{heads.what}</th><th><span class="visually-hidden">{heads.go_back}</span></th></tr></thead>
                <tbody>{kept.versions.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}
