//! The taxonomy at the office's desk: the types as a tree, and beside it what becomes of one.

mod effect;
mod official;
mod panel;

use domain::taxonomy::{
    Category,
    scheme::{Past, Scheme, TaxonomyChange},
    versions::{ChangeRequest, Effect, KeptTaxonomy, Uses},
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
    screens::today::when,
    taxonomy,
};

use self::{effect::EffectView, official::Official, panel::Panel};

const VERSIONS: &str = "/api/v1/taxonomy/versions";
const EFFECTS: &str = "/api/v1/taxonomy/effects";

/// What the panel is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum About {
    Nothing,
    /// The type of a code, offered or not.
    Type(String),
    /// A new type of a group; of none: a new group.
    New(String),
}

/// What the screen holds.
#[derive(Clone, Copy)]
struct Desk {
    kept: Remote<KeptTaxonomy>,
    about: RwSignal<About>,
    /// What is looked at before it is done, with what it would do.
    proposed: RwSignal<Option<(TaxonomyChange, Effect)>>,
    trouble: RwSignal<String>,
    busy: RwSignal<bool>,
}

impl Desk {
    fn version(self) -> Option<i64> {
        self.kept.value.with_untracked(|it| it.as_ref().map(|it| it.in_use.version))
    }

    /// Shows what a change would do.
    fn look(self, change: TaxonomyChange) {
        let Some(version) = self.version() else { return };
        self.trouble.set(String::new());
        spawn_local(async move {
            let request = ChangeRequest { version, change: change.clone() };
            match api::post::<Effect>(EFFECTS, &request).await {
                Ok(effect) => {
                    self.proposed.set(Some((change, effect)));
                    request_animation_frame(panel::show);
                }
                Err(cause) => self.fail(&cause),
            }
        });
    }

    /// Does what was looked at.
    fn make(self, change: TaxonomyChange) {
        let Some(version) = self.version().filter(|_| !self.busy.get_untracked()) else { return };
        self.busy.set(true);
        spawn_local(async move {
            let answer = api::post::<KeptTaxonomy>(VERSIONS, &ChangeRequest { version, change }).await;
            self.busy.set(false);
            match answer {
                Ok(kept) => {
                    let made = kept.in_use.version;
                    taxonomy::take(kept.in_use.clone());
                    self.kept.value.set(Some(kept));
                    self.proposed.set(None);
                    self.about.set(About::Nothing);
                    let undo = move || self.look(TaxonomyChange::GoBack { version });
                    toast::say_with_undo((text().taxonomy.done)(made), undo);
                }
                Err(cause) => self.fail(&cause),
            }
        });
    }

    fn fail(self, cause: &ApiError) {
        match cause {
            ApiError::Problem(it) if it.code == domain::problem::Code::Conflict => {
                self.proposed.set(None);
                self.trouble.set(text().taxonomy.others_first.to_owned());
                self.kept.reload();
            }
            ApiError::Problem(it) if it.code == domain::problem::Code::Invalid => {
                let field = it.field.as_deref().unwrap_or_default();
                self.trouble.set((text().taxonomy.wrong)(field).to_owned());
            }
            cause => self.trouble.set(problem::words(cause)),
        }
        request_animation_frame(panel::show);
    }
}

/// The tree, the panel beside it, and the versions below.
#[component]
pub fn TaxonomyScreen() -> impl IntoView {
    let desk = Desk {
        kept: Remote::load(|| VERSIONS.to_owned()).live(),
        about: RwSignal::new(About::Nothing),
        proposed: RwSignal::new(None),
        trouble: RwSignal::new(String::new()),
        busy: RwSignal::new(false),
    };
    view! {
        <DeskFrame title=Signal::derive(|| text().taxonomy.title.to_owned())>
            <main class="page">
                <h1>{move || text().taxonomy.title}</h1>
                <p class="quiet">{move || text().taxonomy.hint}</p>
                {desk.kept.trouble_view()}
                <div class="taxonomy">
                    <div class="types">
                        {move || desk.kept.get().map(|it| view! { <Tree kept=it desk/> })}
                    </div>
                    <section class="card beside" id="type-panel" tabindex="-1" aria-label=move || text().taxonomy.edit>
                        <p class="error" role="alert">{move || desk.trouble.get()}</p>
                        {move || match desk.proposed.get() {
                            Some((change, effect)) => view! { <EffectView change effect desk/> }.into_any(),
                            None => view! { <Panel desk/> }.into_any(),
                        }}
                    </section>
                </div>
                {move || desk.kept.get().map(|it| view! { <Versions kept=it desk/> })}
                <Official/>
            </main>
        </DeskFrame>
    }
}

#[component]
fn Tree(kept: KeptTaxonomy, desk: Desk) -> impl IntoView {
    let scheme = kept.in_use.scheme.clone();
    let groups: Vec<Category> =
        scheme.taxonomy.categories().iter().filter(|it| it.parent.is_empty()).cloned().collect();
    let past = scheme.past.clone();
    let kept = StoredValue::new(kept);
    let uses = move |code: &str| {
        kept.with_value(|it| it.uses.iter().find(|it| it.code == code).map(|it| it.uses).unwrap_or_default())
    };
    let group = move |group: Category| {
        let members: Vec<Category> = kept.with_value(|it| {
            it.in_use
                .scheme
                .taxonomy
                .categories()
                .iter()
                .filter(|it| it.parent == group.code)
                .cloned()
                .collect()
        });
        let code = StoredValue::new(group.code.clone());
        view! {
            <section class="card">
                <div class="rows">
                    <TypeRow is_group=true uses=uses(&group.code) category=group desk/>
                    {members.into_iter().map(|it| view! { <TypeRow uses=uses(&it.code) category=it desk/> }).collect_view()}
                </div>
                <button class="link" on:click=move |_| desk.open(About::New(code.get_value()))>{text().taxonomy.add_type}</button>
            </section>
        }
    };
    view! {
        {groups.into_iter().map(group).collect_view()}
        <button on:click=move |_| desk.open(About::New(String::new()))>{text().taxonomy.add_group}</button>
        {(!past.is_empty()).then(|| view! {
            <section class="card">
                <h2>{text().taxonomy.past}</h2>
                <p class="quiet">{text().taxonomy.past_hint}</p>
                <div class="rows">
                    {past.into_iter().map(|it| view! { <TypeRow uses=uses(&it.category.code) fate=fate(&scheme, &it) category=it.category desk/> }).collect_view()}
                </div>
            </section>
        })}
    }
}

/// What became of a type that is no longer offered.
fn fate(scheme: &Scheme, past: &Past) -> String {
    match &past.into {
        Some(into) => {
            (text().taxonomy.merged_into)(&scheme.get(into).map_or(into.clone(), |it| it.short_zh.clone()))
        }
        None => text().taxonomy.retired.to_owned(),
    }
}

impl Desk {
    fn open(self, about: About) {
        self.proposed.set(None);
        self.trouble.set(String::new());
        self.about.set(about);
        request_animation_frame(panel::show);
    }
}

#[component]
fn TypeRow(
    category: Category,
    uses: Uses,
    desk: Desk,
    #[prop(optional)] is_group: bool,
    #[prop(optional)] fate: String,
) -> impl IntoView {
    let code = StoredValue::new(category.code.clone());
    let current = move || (desk.about.get() == About::Type(code.get_value())).then_some("true");
    let name = (text().office.type_name)(&category).to_owned();
    let tone = match category.attention {
        0 => None,
        1 => Some(Tone::Amber),
        _ => Some(Tone::Cinnabar),
    };
    let attention = (text().taxonomy.attention)(category.attention);
    // A group of which nothing was decided says nothing of that.
    let used = if is_group && uses == Uses::default() { String::new() } else { (text().taxonomy.uses)(uses) };
    view! {
        <button class="row type" class:group=is_group aria-current=current on:click=move |_| desk.open(About::Type(code.get_value()))>
            <span class="code">{category.code}</span>
            <span class="grow">
                <span class="title">{category.short_zh.clone()}</span>
                {(name != category.short_zh).then(|| view! { <span class="quiet">{name}</span> })}
                <span class="quiet small">{used}</span>
            </span>
            {tone.map(|tone| view! { <Pill tone>{attention}</Pill> })}
            {(!fate.is_empty()).then(|| view! { <Pill>{fate}</Pill> })}
        </button>
    }
}

#[component]
fn Versions(kept: KeptTaxonomy, desk: Desk) -> impl IntoView {
    let words = text().taxonomy;
    let (in_use, scheme) = (kept.in_use.version, kept.in_use.scheme);
    let rows = kept.versions.into_iter().map(|it| {
        let number = it.number;
        let name = scheme.get(&it.code).map_or(it.code.clone(), |it| it.short_zh.clone());
        let act = if number == in_use {
            view! { <strong>{(words.in_use)(number)}</strong> }.into_any()
        } else {
            view! { <button class="link" on:click=move |_| desk.look(TaxonomyChange::GoBack { version: number })>{words.go_back}</button> }.into_any()
        };
        view! {
            <tr>
                <td>{number}</td>
                <td>{it.made_at.map(when).unwrap_or_default()}</td>
                <td>{it.made_by.clone().unwrap_or_default()}</td>
                <td>{(words.act)(&it, &name)}</td>
                <td>{act}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <h2>{words.versions}</h2>
        <p class="quiet">{words.versions_hint}</p>
        <div class="table-holder table-scroll" tabindex="0" role="region" aria-label=words.versions>
            <table>
                <thead><tr><th>{words.number}</th><th>{words.when}</th><th>{words.who}</th><th>{words.what}</th><th><span class="visually-hidden">{words.go_back}</span></th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
