//! Figures: bars and lines with direct labels; every figure opens what it is made of. Nobody is ranked.

use domain::{
    figures::{Figures, Week},
    respondent::RespondentKind,
    role::Action,
};
use leptos_router::components::A;

use crate::{
    i18n::text,
    parts::{desk_frame::DeskFrame, empty::Empty, field::Field, remote::Remote},
    prelude::*,
    screens::queue::type_name,
    session::session,
};

/// Width of a chart, in its own units.
const WIDTH: u32 = 640;
/// Height of one bar with its room, in the chart's units.
const BAR: u32 = 34;
/// Where bars begin, right of their names.
const NAMES: u32 = 190;
/// Height of the chart of weeks.
const WEEKS_HEIGHT: u32 = 200;

/// All figures of a stretch of days.
#[component]
pub fn FiguresScreen() -> impl IntoView {
    let (from, to) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let figures =
        Remote::<Figures>::load(move || format!("/api/v1/figures?from={}&to={}", from.get(), to.get()));
    view! {
        <DeskFrame title=Signal::derive(|| text().branch.figures.to_owned())>
            <main class="page">
                <h1>{move || text().branch.figures}</h1>
                <div class="fields no-print">
                    <Field id="from" kind="date" label=Signal::derive(|| text().office.from.to_owned()) value=from/>
                    <Field id="to" kind="date" label=Signal::derive(|| text().office.to.to_owned()) value=to/>
                </div>
                {figures.trouble_view()}
                {move || figures.get().map(|it| view! { <Numbers figures=it.clone()/> <Charts figures=it/> })}
            </main>
        </DeskFrame>
    }
}

/// The four numbers, for the first screen.
#[component]
pub fn Headline() -> impl IntoView {
    let figures = Remote::<Figures>::load(|| "/api/v1/figures".to_owned());
    view! {
        {move || figures.get().map(|it| view! {
            <Numbers figures=it/>
            <p><A href="/figures">{text().branch.figures} " ›"</A></p>
        })}
    }
}

#[component]
fn Numbers(figures: Figures) -> impl IntoView {
    let reads_visits = session().may(Action::ReadVisits);
    let link = move |href: &str| reads_visits.then(|| href.to_owned());
    let numbers = [
        (
            text().branch.visits,
            figures.visits_n,
            link(&format!("/visits?from={}&to={}", figures.from, figures.to)),
            false,
        ),
        (
            text().branch.statements,
            figures.statements_n,
            session().may(Action::Sort).then(|| "/queue".to_owned()),
            false,
        ),
        (
            text().branch.answered,
            figures.answered_n,
            link(&format!("/visits?from={}&to={}", figures.from, figures.to)),
            false,
        ),
        (
            text().branch.overdue_measures,
            figures.overdue_n,
            Some("/measures".to_owned()),
            figures.overdue_n > 0,
        ),
    ];
    view! {
        <div class="figures">
            {numbers.map(|(name, n, href, late)| {
                let number = view! { <span class="quiet">{name}</span><span class="number" class:late=late>{n}</span> };
                match href {
                    Some(href) => view! { <A href=href attr:class="card figure">{number}</A> }.into_any(),
                    None => view! { <div class="card figure">{number}</div> }.into_any(),
                }
            }).collect_view()}
        </div>
    }
}

/// A bar with what it opens.
#[derive(Clone)]
struct Bar {
    name: String,
    n: u32,
    href: Option<String>,
}

#[component]
fn Charts(figures: Figures) -> impl IntoView {
    if figures.visits_n == 0 && figures.statements_n == 0 {
        return view! { <Empty words=Signal::derive(|| text().branch.nothing_counted.to_owned())/> }
            .into_any();
    }
    let reads_visits = session().may(Action::ReadVisits);
    let range = format!("from={}&to={}", figures.from, figures.to);
    let visits: Vec<Bar> = figures
        .visits
        .iter()
        .map(|it| Bar {
            name: format!("{} {}", it.unit_name, (text().visitor.respondent_kinds)(it.respondent_kind)),
            n: it.n,
            href: reads_visits
                .then(|| format!("/visits?{range}&unit={}&kind={}", it.unit, it.respondent_kind.as_str())),
        })
        .collect();
    let kinds: Vec<Bar> = figures
        .kinds
        .iter()
        .map(|it| Bar {
            name: (text().visitor.kinds)(it.kind).to_owned(),
            n: it.n,
            href: queue_of("kind", it.kind.as_str()),
        })
        .collect();
    let categories: Vec<Bar> = figures
        .categories
        .iter()
        .map(|it| Bar { name: type_name(&it.category), n: it.n, href: queue_of("category", &it.category) })
        .collect();
    let unvisited: Vec<Bar> = figures
        .unvisited
        .iter()
        .map(|it| Bar {
            name: format!("{} {}", it.place, kind_word(it.respondent_kind)),
            n: it.n,
            href: session()
                .may(Action::Assign)
                .then(|| format!("/respondents?text={}", js_sys::encode_uri_component(&it.place))),
        })
        .collect();
    view! {
        <Weeks weeks=figures.weeks/>
        <Bars title=text().branch.by_unit bars=visits/>
        <Bars title=text().branch.by_kind bars=kinds/>
        <Bars title=text().branch.by_category bars=categories/>
        {if unvisited.is_empty() {
            view! { <section class="card"><h2>{text().branch.unvisited}</h2><p class="quiet">{text().branch.all_visited}</p></section> }.into_any()
        } else {
            view! { <Bars title=text().branch.unvisited bars=unvisited/> }.into_any()
        }}
    }
    .into_any()
}

fn kind_word(kind: RespondentKind) -> &'static str {
    (text().visitor.respondent_kinds)(kind)
}

fn queue_of(name: &str, value: &str) -> Option<String> {
    session().may(Action::Sort).then(|| format!("/queue?{name}={value}"))
}

#[component]
fn Bars(title: &'static str, bars: Vec<Bar>) -> impl IntoView {
    if bars.is_empty() {
        return ().into_any();
    }
    let most = bars.iter().map(|it| it.n).max().unwrap_or(1).max(1);
    let height = BAR * u32::try_from(bars.len()).unwrap_or(0);
    let table = bars.clone();
    view! {
        <section class="card">
            <h2>{title}</h2>
            <svg class="chart" viewBox=format!("0 0 {WIDTH} {height}") role="group" aria-label=title>
                {(0_u32..).zip(bars).map(|(row, bar)| {
                    let width = (WIDTH - NAMES - 60) * bar.n / most;
                    let y = row * BAR;
                    let label = format!("{} {}", bar.name, bar.n);
                    let drawn = view! {
                        <text x=NAMES - 10 y=y + 22 text-anchor="end">{bar.name}</text>
                        <rect class="bar" x=NAMES y=y + 7 width=width.max(2) height=BAR - 14 rx="3"></rect>
                        <text class="value" x=NAMES + width.max(2) + 8 y=y + 22>{bar.n}</text>
                    };
                    match bar.href {
                        Some(href) => view! { <a href=href aria-label=label>{drawn}</a> }.into_any(),
                        None => view! { <g>{drawn}</g> }.into_any(),
                    }
                }).collect_view()}
            </svg>
            <details>
                <summary>{move || text().branch.as_table}</summary>
                <table>
                    <thead><tr><th>{title}</th><th class="number">{move || text().branch.count}</th></tr></thead>
                    <tbody>{table.into_iter().map(|it| view! { <tr><td>{it.name}</td><td class="number">{it.n}</td></tr> }).collect_view()}</tbody>
                </table>
            </details>
        </section>
    }
    .into_any()
}

/// Visits and problems by week, two lines with their names at their ends.
#[component]
fn Weeks(weeks: Vec<Week>) -> impl IntoView {
    if weeks.len() < 2 {
        return ().into_any();
    }
    let most = weeks.iter().map(|it| it.visits_n.max(it.problems_n)).max().unwrap_or(1).max(1);
    let steps = u32::try_from(weeks.len() - 1).unwrap_or(1);
    let x = move |at: u32| 40 + (WIDTH - 120) * at / steps;
    let y = move |n: u32| WEEKS_HEIGHT - 30 - (WEEKS_HEIGHT - 50) * n / most;
    let line = |read: fn(&Week) -> u32| {
        (0_u32..).zip(&weeks).fold(String::new(), |path, (at, week)| {
            let letter = if at == 0 { 'M' } else { 'L' };
            path + &format!("{letter}{} {}", x(at), y(read(week)))
        })
    };
    let (visits, problems) = (line(|it| it.visits_n), line(|it| it.problems_n));
    let last = weeks.last().cloned().unwrap_or_default();
    let first_day = weeks.first().map(|it| it.monday.clone()).unwrap_or_default();
    // Names at the same height would stand on each other.
    let (visits_y, mut problems_y) = (y(last.visits_n), y(last.problems_n));
    if visits_y.abs_diff(problems_y) < 16 {
        problems_y = visits_y + 16;
    }
    let title = text().branch.over_time;
    view! {
        <section class="card">
            <h2>{title}</h2>
            <svg class="chart" viewBox=format!("0 0 {WIDTH} {WEEKS_HEIGHT}") role="img" aria-label=title>
                <path class="grid" d=format!("M40 {}H{}", WEEKS_HEIGHT - 30, WIDTH - 80)/>
                <path class="line" d=visits/>
                <path class="line second" d=problems/>
                <text x=WIDTH - 74 y=visits_y + 5>{text().branch.visits_line} " " {last.visits_n}</text>
                <text x=WIDTH - 74 y=problems_y + 5>{text().branch.problems_line} " " {last.problems_n}</text>
                <text x="40" y=WEEKS_HEIGHT - 8>{first_day}</text>
                <text x=WIDTH - 80 y=WEEKS_HEIGHT - 8 text-anchor="end">{last.monday}</text>
            </svg>
            <details>
                <summary>{move || text().branch.as_table}</summary>
                <table>
                    <thead><tr><th>{text().branch.week_of}</th><th class="number">{text().branch.visits_line}</th><th class="number">{text().branch.problems_line}</th></tr></thead>
                    <tbody>{weeks.into_iter().map(|it| view! { <tr><td>{it.monday}</td><td class="number">{it.visits_n}</td><td class="number">{it.problems_n}</td></tr> }).collect_view()}</tbody>
                </table>
            </details>
        </section>
    }
    .into_any()
}
