//! Figures: bars and lines with direct labels; every figure opens what it is made of. Nobody is ranked.

mod rising;

use chrono::Days;
use domain::{
    day,
    figures::{Figures, VisitCount, Week, scale_top},
    id::UnitId,
    respondent::RespondentKind,
    role::Action,
    statement::Kind,
};

use crate::{
    i18n::text,
    parts::{desk_frame::DeskFrame, empty::Empty, remote::Remote},
    prelude::*,
    screens::queue::type_name,
    session::session,
};
use rising::RisingMatters;

/// Widest chart, in CSS pixels and in its own units alike: letters on it then have their real size.
const WIDTH_MAX: f64 = 640.0;
/// Narrowest, on a phone of 320 pixels.
const WIDTH_MIN: f64 = 256.0;
/// What stands beside a chart on the narrowest screens, in CSS pixels.
const BESIDES: f64 = 64.0;
/// Height of the chart of weeks.
const WEEKS_HEIGHT: u32 = 220;
/// Bars of a list before the rest is summed up.
const BARS_MAX: usize = 8;

/// All figures of a stretch of days.
#[component]
pub fn FiguresScreen() -> impl IntoView {
    let asked = |name: &str| router::asked(name).unwrap_or_default();
    let figures =
        Remote::<Figures>::load(move || format!("/api/v1/figures?from={}&to={}", asked("from"), asked("to")))
            .live();
    // The address carries the stretch, so that coming back from what a figure opened finds it again.
    let ask = Callback::new(move |(from, to): (String, String)| {
        router::rename(&format!("/figures?from={from}&to={to}"));
    });
    view! {
        <DeskFrame title=Signal::derive(|| text().branch.figures.to_owned())>
            <main class="page">
                <header>
                    <h1>{move || text().branch.figures}</h1>
                    <span class="quiet">{move || figures.get().map(|it| (text().branch.up_to)(&(text().branch.long_day)(&it.from), &(text().branch.long_day)(&it.to)))}</span>
                </header>
                <div class="fields no-print">
                    <div class="field">
                        <label for="from">{move || text().office.from}</label>
                        <input id="from" type="date" prop:value=move || asked("from") on:change=move |event| ask.run((event_target_value(&event), asked("to")))/>
                    </div>
                    <div class="field">
                        <label for="to">{move || text().office.to}</label>
                        <input id="to" type="date" prop:value=move || asked("to") on:change=move |event| ask.run((asked("from"), event_target_value(&event)))/>
                    </div>
                </div>
                {figures.trouble_view()}
                {move || figures.get().map(|it| view! { <Numbers figures=it.clone()/> })}
                {session().may(Action::Sort).then(|| view! { <RisingMatters/> })}
                {move || figures.get().map(|it| view! { <Charts figures=it/> })}
            </main>
        </DeskFrame>
    }
}

/// The four numbers, for the first screen.
#[component]
pub fn Headline() -> impl IntoView {
    let figures = Remote::<Figures>::load(|| "/api/v1/figures".to_owned()).live();
    view! {
        {move || figures.get().map(|it| view! {
            <Numbers figures=it/>
            <p><a href="/figures">{text().branch.figures} " ›"</a></p>
        })}
    }
}

/// A number of the first row.
struct Number {
    name: &'static str,
    n: String,
    /// What it is made of, in words.
    details: String,
    href: Option<String>,
    late: bool,
}

#[component]
fn Numbers(figures: Figures) -> impl IntoView {
    let (branch, visitor) = (text().branch, text().visitor);
    let range = visits_of(&figures);
    let answered = session().may(Action::ReadVisits).then(|| format!("{range}&answered=true"));
    let said_when = queue_of(&figures, "", "");
    let visits = session().may(Action::ReadVisits).then_some(range);
    let of_kind = |kind| figures.visits.iter().filter(|it| it.respondent_kind == kind).map(|it| it.n).sum();
    let kinds = RespondentKind::ALL.map(|it| ((visitor.respondent_kinds)(it), of_kind(it)));
    let said: Vec<(&str, u32)> = figures.kinds.iter().map(|it| ((visitor.kinds)(it.kind), it.n)).collect();
    let numbers = [
        Number {
            name: branch.visits,
            n: figures.visits_n.to_string(),
            details: in_words(&kinds),
            href: visits,
            late: false,
        },
        Number {
            name: branch.statements,
            n: figures.statements_n.to_string(),
            details: in_words(&said),
            href: said_when,
            late: false,
        },
        Number {
            name: branch.answered,
            n: (100 * figures.answered_n)
                .checked_div(figures.visits_n)
                .map_or("—".to_owned(), |it| format!("{it}%")),
            details: (branch.of_visits)(figures.answered_n, figures.visits_n),
            href: answered,
            late: false,
        },
        Number {
            name: branch.overdue_measures,
            n: figures.overdue_n.to_string(),
            details: if figures.overdue_n > 0 {
                (branch.in_units)(figures.overdue_units_n)
            } else {
                String::new()
            },
            href: Some("/measures?only=overdue".to_owned()),
            late: figures.overdue_n > 0,
        },
    ];
    view! {
        <div class="figures">
            {numbers.map(|it| {
                let number = view! {
                    <span class="quiet">{it.name}</span>
                    <span class="number" class:late=it.late>{it.n}</span>
                    <span class="quiet">{it.details}</span>
                };
                match it.href {
                    Some(href) => view! { <a href=href class="card figure">{number}</a> }.into_any(),
                    None => view! { <div class="card figure">{number}</div> }.into_any(),
                }
            }).collect_view()}
        </div>
    }
}

/// `经营业主 61 · 脱贫户 92`, without what there is none of.
fn in_words(counts: &[(&str, u32)]) -> String {
    let some = counts.iter().filter(|it| it.1 > 0).map(|(name, n)| format!("{name} {n}"));
    some.collect::<Vec<_>>().join(" · ")
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
    let kinds: Vec<Bar> = figures
        .kinds
        .iter()
        .map(|it| Bar {
            name: (text().visitor.kinds)(it.kind).to_owned(),
            n: it.n,
            href: queue_of(&figures, "kind", it.kind.as_str()),
        })
        .collect();
    let categories: Vec<Bar> = figures
        .categories
        .iter()
        .map(|it| Bar {
            name: type_name(&it.category),
            n: it.n,
            href: queue_of(&figures, "confirmed", &it.category),
        })
        .collect();
    view! {
        <div class="charts">
            <Bars title=text().branch.by_category bars=categories note=note(figures.few_n, text().branch.few_hidden)/>
            <Weeks figures=figures.clone()/>
            <Bars title=text().branch.by_kind bars=kinds note=note(figures.few_kinds_n, text().branch.few_kinds_hidden)/>
            <ByUnit figures=figures.clone()/>
        </div>
        <Unvisited figures/>
    }
    .into_any()
}

/// How many bars are left out, if any.
fn note(few_n: u32, words: fn(u32) -> String) -> Option<String> {
    (few_n > 0).then(|| words(few_n))
}

/// The statements of a stretch, whatever was decided of them.
fn queue_of(figures: &Figures, name: &str, value: &str) -> Option<String> {
    let narrowed = if name.is_empty() { String::new() } else { format!("&{name}={value}") };
    let unit = figures.unit.map(|it| format!("&unit={it}")).unwrap_or_default();
    let (from, to) = (&figures.from, &figures.to);
    session().may(Action::Sort).then(|| format!("/queue?state=all&from={from}&to={to}{unit}{narrowed}"))
}

/// The visits that a stretch counts.
fn visits_of(figures: &Figures) -> String {
    format!("/visits?counted=true&from={}&to={}", figures.from, figures.to)
}

/// Bars with their names and numbers; the list is what a screen reader reads. What is beyond the longest
/// is summed up, and folds out.
#[component]
fn Bars(title: &'static str, bars: Vec<Bar>, note: Option<String>) -> impl IntoView {
    if bars.is_empty() && note.is_none() {
        return ().into_any();
    }
    let most = bars.iter().map(|it| it.n).max().unwrap_or(1).max(1);
    let mut bars = bars;
    let rest = if bars.len() > BARS_MAX + 1 { bars.split_off(BARS_MAX) } else { Vec::new() };
    let rest_n: u32 = rest.iter().map(|it| it.n).sum();
    let rest_name = (text().branch.other_types)(rest.len());
    let all = |bars: Vec<Bar>| bars.into_iter().map(|bar| view! { <BarRow bar most/> }).collect_view();
    view! {
        <section class="card">
            <h2>{title}</h2>
            <ul class="bars">{all(bars)}</ul>
            {(!rest.is_empty()).then(|| view! {
                <details>
                    <summary>{rest_name} " " {rest_n}</summary>
                    <ul class="bars">{all(rest)}</ul>
                </details>
            })}
            {note.map(|it| view! { <p class="quiet">{it}</p> })}
        </section>
    }
    .into_any()
}

#[component]
fn BarRow(bar: Bar, most: u32) -> impl IntoView {
    let width = (100 * bar.n).div_ceil(most);
    let drawn = view! {
        <span class="bar-name">{bar.name}</span>
        <svg class="chart" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
            <rect class="bar" width=width height="10"></rect>
        </svg>
        <span class="bar-n">{bar.n}</span>
    };
    match bar.href {
        Some(href) => view! { <li><a href=href class="bar-row">{drawn}</a></li> }.into_any(),
        None => view! { <li><div class="bar-row">{drawn}</div></li> }.into_any(),
    }
}

/// Visits of each unit, in the order of the plan, with a column for each kind of respondent.
#[component]
fn ByUnit(figures: Figures) -> impl IntoView {
    if figures.visits.is_empty() {
        return ().into_any();
    }
    let reads = session().may(Action::ReadVisits);
    let range = visits_of(&figures);
    let mut units: Vec<(UnitId, String)> = Vec::new();
    for it in &figures.visits {
        if units.iter().all(|unit| unit.0 != it.unit) {
            units.push((it.unit, it.unit_name.clone()));
        }
    }
    let cell = move |n: u32, href: String| match (n, reads) {
        (0, _) => view! { <td class="number quiet">"0"</td> }.into_any(),
        (n, true) => view! { <td class="number"><a href=href>{n}</a></td> }.into_any(),
        (n, false) => view! { <td class="number">{n}</td> }.into_any(),
    };
    let rows = units.into_iter().map(|(unit, name)| {
        let of = |kind| {
            let fits = |it: &&VisitCount| it.unit == unit && it.respondent_kind == kind;
            figures.visits.iter().find(fits).map_or(0, |it| it.n)
        };
        let cells = RespondentKind::ALL
            .map(|kind| cell(of(kind), format!("{range}&unit={unit}&kind={}", kind.as_str())));
        let total = cell(RespondentKind::ALL.map(of).iter().sum(), format!("{range}&unit={unit}"));
        view! { <tr><th scope="row">{name}</th>{cells.collect_view()}{total}</tr> }
    });
    let rows = rows.collect_view();
    view! {
        <section class="card wide">
            <h2>{text().branch.by_unit}</h2>
            <div class="table-scroll" tabindex="0" role="region" aria-label=text().branch.by_unit>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{text().office.unit}</th>
                            {RespondentKind::ALL.map(|it| view! { <th scope="col" class="number">{(text().visitor.respondent_kinds)(it)}</th> }).collect_view()}
                            <th scope="col" class="number">{text().branch.total}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

/// Whom nobody has visited yet, by place and kind.
#[component]
fn Unvisited(figures: Figures) -> impl IntoView {
    let assigns = session().may(Action::Assign);
    let pills = figures.unvisited.into_iter().map(move |it| {
        let kind = (text().visitor.respondent_kinds)(it.respondent_kind);
        let words = format!("{} {kind} {}", it.place, (text().branch.unvisited_n)(it.n));
        if assigns {
            let place = js_sys::encode_uri_component(&it.place);
            let href =
                format!("/respondents?text={place}&kind={}&unvisited=true", it.respondent_kind.as_str());
            view! { <li><a href=href class="pill amber">{words}</a></li> }.into_any()
        } else {
            view! { <li><span class="pill amber">{words}</span></li> }.into_any()
        }
    });
    let pills: Vec<_> = pills.collect();
    view! {
        <section class="card">
            <h2>{text().branch.unvisited}</h2>
            {if pills.is_empty() {
                view! { <p class="quiet">{text().branch.all_visited}</p> }.into_any()
            } else {
                view! { <p class="quiet">{text().branch.unvisited_hint}</p><ul class="pills">{pills}</ul> }.into_any()
            }}
        </section>
    }
}

/// As wide as the screen allows when it is drawn, in CSS pixels.
fn chart_width() -> u32 {
    let inner = window().inner_width().ok().and_then(|it| it.as_f64()).unwrap_or(WIDTH_MAX);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 256 and 640")]
    let width = (inner - BESIDES).clamp(WIDTH_MIN, WIDTH_MAX) as u32;
    width
}

/// `11/16` of `2026-11-16`.
fn short_day(day: &str) -> String {
    day.get(5..).unwrap_or_default().replace('-', "/")
}

/// Visits and problems by week, two lines with their names at their ends.
#[component]
fn Weeks(figures: Figures) -> impl IntoView {
    let weeks = figures.weeks.clone();
    if weeks.len() < 2 {
        return ().into_any();
    }
    let width = chart_width();
    let top =
        scale_top(weeks.iter().map(|it| it.visits_n.max(it.problems_n.unwrap_or(0))).max().unwrap_or(0));
    let steps = u32::try_from(weeks.len() - 1).unwrap_or(1);
    let x = move |at: u32| 36 + (width - 100) * at / steps;
    let y = move |n: u32| WEEKS_HEIGHT - 30 - (WEEKS_HEIGHT - 50) * n / top;
    // A count that is withheld is a gap in the line.
    let line = |read: fn(&Week) -> Option<u32>| {
        let mut letter = 'M';
        (0_u32..).zip(&weeks).fold(String::new(), |path, (at, week)| match read(week) {
            Some(n) => path + &format!("{}{} {}", std::mem::replace(&mut letter, 'L'), x(at), y(n)),
            None => {
                letter = 'M';
                path
            }
        })
    };
    let (visits, problems) = (line(|it| Some(it.visits_n)), line(|it| it.problems_n));
    let last = weeks.last().cloned().unwrap_or_default();
    // Names at the same height would stand on each other.
    let (visits_y, mut problems_y) = (y(last.visits_n), y(last.problems_n.unwrap_or(0)));
    if visits_y.abs_diff(problems_y) < 18 {
        problems_y = if problems_y < visits_y { visits_y - 18 } else { visits_y + 18 };
    }
    let grid = [0, top / 2, top].map(|n| {
        view! {
            <path class="grid" d=format!("M36 {}H{}", y(n), width - 64)/>
            <text x="28" y=y(n) + 5 text-anchor="end">{n}</text>
        }
    });
    let days = [0, steps / 2, steps].into_iter().filter(|it| steps > 1 || *it != steps / 2 || *it == 0);
    let days = days.map(|at| {
        let day = weeks.get(at as usize).map(|it| short_day(&it.monday)).unwrap_or_default();
        view! { <text x=x(at) y=WEEKS_HEIGHT - 6 text-anchor="middle">{day}</text> }
    });
    let days = days.collect_view();
    let title = text().branch.over_time;
    let described = format!(
        "{} {}，{} {}",
        text().branch.visits_line,
        last.visits_n,
        text().branch.problems_line,
        shown(last.problems_n)
    );
    let hidden = weeks.iter().any(|it| it.problems_n.is_none());
    view! {
        <section class="card">
            <h2>{title}</h2>
            <svg class="chart weeks" viewBox=format!("0 0 {width} {WEEKS_HEIGHT}") role="img" aria-label=format!("{title}：{described}")>
                {grid.collect_view()}
                <path class="line" d=visits/>
                <path class="line second" d=problems/>
                <text class="visits" x=width - 58 y=visits_y + 5>{text().branch.visits_line} " " {last.visits_n}</text>
                <text class="problems" x=width - 58 y=problems_y + 5>{text().branch.problems_line} " " {shown(last.problems_n)}</text>
                {days}
            </svg>
            {hidden.then(|| view! { <p class="quiet">{text().branch.few_weeks_hidden}</p> })}
            <details>
                <summary>{move || text().branch.as_table}</summary>
                <WeekTable figures/>
            </details>
        </section>
    }
    .into_any()
}

/// A count, or that it is withheld.
fn shown(n: Option<u32>) -> String {
    n.map_or("—".to_owned(), |it| it.to_string())
}

/// The weeks as numbers, each opening what it counts.
#[component]
fn WeekTable(figures: Figures) -> impl IntoView {
    let reads = session().may(Action::ReadVisits);
    let rows = figures.weeks.iter().map(|week| {
        let (from, to) = stretch_of(week, &figures);
        let of_week = Figures { from, to, ..figures.clone() };
        let cell = |n: Option<u32>, href: Option<String>| match href.filter(|_| n > Some(0)) {
            Some(href) => view! { <td class="number"><a href=href>{shown(n)}</a></td> }.into_any(),
            None => view! { <td class="number">{shown(n)}</td> }.into_any(),
        };
        view! {
            <tr>
                <td>{(text().office.day_words)(&week.monday)}</td>
                {cell(Some(week.visits_n), reads.then(|| visits_of(&of_week)))}
                {cell(week.problems_n, queue_of(&of_week, "kind", Kind::Problem.as_str()))}
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <table>
            <thead><tr><th>{text().branch.week_of}</th><th class="number">{text().branch.visits_line}</th><th class="number">{text().branch.problems_line}</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// Monday to Sunday, within the stretch that is shown.
fn stretch_of(week: &Week, figures: &Figures) -> (String, String) {
    let sunday = day::read(&week.monday).and_then(|it| it.checked_add_days(Days::new(6)));
    let sunday = sunday.map_or_else(|| week.monday.clone(), |it| it.to_string());
    (week.monday.clone().max(figures.from.clone()), sunday.min(figures.to.clone()))
}
