//! Versions of what suggests: which is in use, what each was worth, and how far people agree.

use domain::{
    agreement::{Agreement, MonthOfType, TwoReadings},
    suggester_versions::{SuggesterVersion, SuggesterVersions, VersionChoice},
    suggesting::confirmed::{Agreed, CONFIRMED_MIN},
};
use leptos::task::spawn_local;

use crate::{
    api,
    i18n::{problem, text},
    parts::{desk_frame::DeskFrame, empty::Empty, remote::Remote, toast},
    prelude::*,
    screens::{
        queue::type_name,
        today::{join, when},
    },
};

const VERSIONS: &str = "/api/v1/suggester-versions";
const IN_USE: &str = "/api/v1/suggester-versions/in-use";

/// The versions, and below them how far people agree.
#[component]
pub fn SuggesterVersionsScreen() -> impl IntoView {
    let versions = Remote::<SuggesterVersions>::load(|| VERSIONS.to_owned()).live();
    let agreement = Remote::<Agreement>::load(|| "/api/v1/agreement".to_owned()).live();
    view! {
        <DeskFrame title=Signal::derive(|| text().suggestions.title.to_owned())>
            <main class="page">
                <h1>{move || text().suggestions.title}</h1>
                <p class="quiet">{move || text().suggestions.hint}</p>
                {versions.trouble_view()}
                {move || versions.get().map(|it| view! { <InUse known=it.clone() versions/> <All known=it versions/> })}
                {agreement.trouble_view()}
                {move || agreement.get().map(|it| view! { <Months months=it.months.clone()/> <Second agreement=it/> })}
            </main>
        </DeskFrame>
    }
}

fn name_of(version: Option<i64>) -> String {
    version.map_or_else(|| text().suggestions.shipped.to_owned(), |it| (text().suggestions.version)(it))
}

fn agreed_words(it: Agreed) -> String {
    (text().suggestions.agreed)(it.types, it.types_n, it.kinds, it.kinds_n)
}

#[component]
fn InUse(known: SuggesterVersions, versions: Remote<SuggesterVersions>) -> impl IntoView {
    let words = text().suggestions;
    let busy = RwSignal::new(false);
    let version = known.versions.iter().find(|it| Some(it.number) == known.in_use);
    let facts = join(&[
        known.since.map(|it| (words.since)(&when(it))).unwrap_or_default(),
        known.chosen_by.as_deref().map(words.chosen_by).unwrap_or_default(),
        version.map(|it| (words.learned_from)(it.confirmed_n)).unwrap_or_default(),
    ]);
    let agreed = version.map(|it| agreed_words(it.figures.after));
    let confirmed_n = known.confirmed_n;
    let few = usize::try_from(confirmed_n).unwrap_or(usize::MAX) < CONFIRMED_MIN;
    let last = known.in_use;
    let learn = move |_| {
        busy.set(true);
        spawn_local(async move {
            let answer = api::post::<SuggesterVersions>(VERSIONS, &()).await;
            busy.set(false);
            match answer {
                Ok(it) => {
                    let used = it.in_use != last;
                    let words = text().suggestions;
                    toast::say(if used { words.learned_and_used } else { words.learned_not_used }.to_owned());
                    versions.value.set(Some(it));
                }
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    };
    view! {
        <section class="card in-use">
            <p class="quiet">{words.in_use}</p>
            <p class="title">{name_of(known.in_use)}</p>
            {(!facts.is_empty()).then(|| view! { <p class="quiet">{facts}</p> })}
            {agreed.map(|it| view! { <p>{it}</p> })}
            <p class="quiet">{if few { (words.too_few)(confirmed_n, CONFIRMED_MIN) } else { (words.enough)(confirmed_n) }}</p>
            <p class="buttons">
                <button disabled=move || few || busy.get() on:click=learn>
                    {move || if busy.get() { text().suggestions.learning } else { text().suggestions.learn }}
                </button>
            </p>
        </section>
    }
}

/// Has a version suggest; what suggested before is one undo away.
fn choose(version: Option<i64>, before: Option<i64>, versions: Remote<SuggesterVersions>) {
    spawn_local(async move {
        match api::put::<SuggesterVersions>(IN_USE, &VersionChoice { version }).await {
            Ok(it) => {
                versions.value.set(Some(it));
                let words = (text().suggestions.chosen)(&name_of(version));
                toast::say_with_undo(words, move || choose(before, version, versions));
            }
            Err(cause) => toast::say(problem::words(&cause)),
        }
    });
}

#[component]
fn All(known: SuggesterVersions, versions: Remote<SuggesterVersions>) -> impl IntoView {
    let words = text().suggestions;
    let in_use = known.in_use;
    let use_of = move |version: Option<i64>, kept: bool| {
        if version == in_use {
            return view! { <strong>{text().suggestions.in_use}</strong> }.into_any();
        }
        if !kept {
            return view! { <span class="quiet">{text().suggestions.let_go}</span> }.into_any();
        }
        let click = move |_| choose(version, in_use, versions);
        view! { <button class="link" on:click=click>{text().suggestions.use_this}</button> }.into_any()
    };
    let row = move |it: SuggesterVersion| {
        let by = it.made_by.unwrap_or_else(|| text().suggestions.when_due.to_owned());
        view! {
            <tr>
                <td>{name_of(Some(it.number))}</td>
                <td>{when(it.made_at)}</td>
                <td>{by}</td>
                <td>{it.confirmed_n}</td>
                <td>{of(it.figures.before)}</td>
                <td>{of(it.figures.after)}</td>
                <td>{use_of(Some(it.number), it.kept)}</td>
            </tr>
        }
    };
    view! {
        <h2>{words.versions}</h2>
        <p class="quiet">{words.versions_hint}</p>
        <div class="table-holder table-scroll" tabindex="0" role="region" aria-label=words.versions>
            <table>
                <thead>
                    <tr><th>{words.versions}</th><th>{words.made_at}</th><th>{words.made_by}</th><th>{words.confirmations}</th><th>{words.before}</th><th>{words.after}</th><th><span class="visually-hidden">{words.use_this}</span></th></tr>
                </thead>
                <tbody>
                    {known.versions.into_iter().map(row).collect_view()}
                    <tr><td>{words.shipped}</td><td></td><td></td><td></td><td></td><td></td><td>{use_of(None, true)}</td></tr>
                </tbody>
            </table>
        </div>
    }
}

/// `31 / 40`: types.
fn of(it: Agreed) -> String {
    format!("{} / {}", it.types, it.types_n)
}

#[component]
fn Months(months: Vec<MonthOfType>) -> impl IntoView {
    let words = text().suggestions;
    let is_empty = months.is_empty();
    let row = |it: MonthOfType| {
        view! { <tr><td>{it.month}</td><td>{type_name(&it.category)}</td><td>{it.n}</td><td>{it.agreed}</td><td>{it.in_batch}</td></tr> }
    };
    let rows = months.into_iter().map(row).collect_view();
    view! {
        <h2>{words.agreement}</h2>
        <p class="quiet">{words.agreement_hint}</p>
        {if is_empty {
            view! { <Empty words=Signal::derive(|| text().suggestions.no_agreement.to_owned())/> }.into_any()
        } else {
            view! {
                <div class="table-holder table-scroll" tabindex="0" role="region" aria-label=words.agreement>
                    <table>
                        <thead><tr><th>{words.month}</th><th>{words.category}</th><th>{words.confirmed_n}</th><th>{words.agreed_n}</th><th>{words.in_batch}</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
                <p><a href="/api/v1/agreement.csv" download="" target="_self">{words.download}</a></p>
            }.into_any()
        }}
    }
}

#[component]
fn Second(agreement: Agreement) -> impl IntoView {
    let words = text().suggestions;
    let waiting_n = agreement.waiting_n;
    let lines = [(words.second_types, agreement.second_types), (words.second_kinds, agreement.second_kinds)];
    view! {
        <h2>{words.second}</h2>
        <p class="quiet">{words.second_hint}</p>
        {if agreement.second_types.n == 0 {
            view! { <p>{words.none_read}</p> }.into_any()
        } else {
            lines.map(|(name, it)| view! { <p>{(text().office.named)(name, &readings_words(it))}</p> }).collect_view().into_any()
        }}
        {(waiting_n > 0).then(|| view! { <p><a class="button" href="/second-readings">{(words.read_next)(waiting_n)}</a></p> })}
    }
}

fn readings_words(it: TwoReadings) -> String {
    let words = text().suggestions;
    let percent = (100 * it.agreed).checked_div(it.n).unwrap_or(0);
    let kappa = it.kappa.map_or_else(|| words.no_kappa.to_owned(), |it| (words.kappa)(&hundredths(it)));
    join(&[(words.of_readings)(it.agreed, it.n, percent), kappa])
}

/// A number from -1 to 1 to two digits.
fn hundredths(number: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "-100 to 100")]
    let hundredths = (number * 100.0).round() as i32;
    let sign = if hundredths < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", hundredths.abs() / 100, hundredths.abs() % 100)
}
