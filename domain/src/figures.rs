//! Figures: counts of visits and statements. Never of what one person did; nobody is ranked.

use chrono::{Datelike, Days, NaiveDate};

use crate::day;
use serde::{Deserialize, Serialize};

use crate::{id::UnitId, release::HOUSEHOLDS_MIN, respondent::RespondentKind, statement::Kind};

/// Longest stretch that figures are asked for, in days: three years, longer than any campaign.
pub const DAYS_MAX: i64 = 3 * 366;

/// The figures of a stretch of days, of one unit or of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Figures {
    /// yyyy-MM-dd, the first day.
    pub from: String,
    /// yyyy-MM-dd, the last day.
    pub to: String,
    /// `None`: all units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    pub visits_n: u32,
    /// Visits at which something was answered or settled at once.
    pub answered_n: u32,
    pub statements_n: u32,
    /// Visits by unit and kind of respondent.
    pub visits: Vec<VisitCount>,
    /// Statements by kind.
    pub kinds: Vec<KindCount>,
    /// Statements with a confirmed category, the most frequent first.
    pub categories: Vec<CategoryCount>,
    /// Types that are left out, for so few said them that they may be recognised.
    #[serde(default)]
    pub few_n: u32,
    /// Kinds that are left out likewise.
    #[serde(default)]
    pub few_kinds_n: u32,
    pub weeks: Vec<Week>,
    /// Respondents of the directory whom nobody visited in this stretch.
    pub unvisited: Vec<UnvisitedCount>,
    pub overdue_n: u32,
    /// How many units have overdue measures.
    pub overdue_units_n: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VisitCount {
    pub unit: UnitId,
    pub unit_name: String,
    pub respondent_kind: RespondentKind,
    pub n: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KindCount {
    pub kind: Kind,
    pub n: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CategoryCount {
    /// Code of the taxonomy.
    pub category: String,
    pub n: u32,
}

/// A week, from its Monday.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Week {
    /// yyyy-MM-dd
    pub monday: String,
    pub visits_n: u32,
    /// Statements of the kind problem; absent where so few said one that they may be recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problems_n: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnvisitedCount {
    pub place: String,
    pub respondent_kind: RespondentKind,
    pub n: u32,
}

/// A stretch of less than this many days, or one unit, is a narrow crossing: a month is not.
pub const NARROW_DAYS: i64 = 28;

/// The types that enough said to be shown to whoever may not read visits, and how many are left out.
pub fn without_few(categories: Vec<CategoryCount>) -> (Vec<CategoryCount>, u32) {
    let all_n = categories.len();
    let shown: Vec<CategoryCount> = categories.into_iter().filter(|it| it.n >= HOUSEHOLDS_MIN).collect();
    let few_n = u32::try_from(all_n - shown.len()).unwrap_or(u32::MAX);
    (shown, few_n)
}

/// The kinds of statement that may be shown to whoever may not read visits, and how many are left out.
///
/// A kind that nobody named stays: nobody cannot be recognised.
pub fn kinds_without_few(kinds: Vec<KindCount>) -> (Vec<KindCount>, u32) {
    let withheld = withheld(&kinds.iter().map(|it| it.n).collect::<Vec<_>>());
    let all_n = kinds.len();
    let shown: Vec<KindCount> =
        kinds.into_iter().zip(withheld).filter(|(_, withheld)| !withheld).map(|(it, _)| it).collect();
    let few_n = u32::try_from(all_n - shown.len()).unwrap_or(u32::MAX);
    (shown, few_n)
}

/// Weeks without the counts of problems that are too small for whoever may not read visits.
///
/// How many were visited stays: it tells nothing of what anyone said.
pub fn weeks_without_few(mut weeks: Vec<Week>) -> Vec<Week> {
    let all: Vec<u32> = weeks.iter().map(|it| it.problems_n.unwrap_or(0)).collect();
    for (week, withheld) in weeks.iter_mut().zip(withheld(&all)) {
        if withheld {
            week.problems_n = None;
        }
    }
    weeks
}

/// Which of `counts`, whose sum is known, are withheld: the small ones, and as many of the next larger as it
/// takes that no small one is the rest of the sum.
fn withheld(counts: &[u32]) -> Vec<bool> {
    let mut withheld: Vec<bool> = counts.iter().map(|it| (1..HOUSEHOLDS_MIN).contains(it)).collect();
    loop {
        let hidden = || counts.iter().zip(&withheld).filter(|it| *it.1).map(|it| *it.0);
        let (hidden_n, sum) = (hidden().count(), hidden().sum::<u32>());
        if hidden_n == 0 || (hidden_n > 1 && sum >= HOUSEHOLDS_MIN) {
            return withheld;
        }
        let shown = (0..counts.len()).filter(|at| !withheld[*at] && counts[*at] > 0);
        let Some(next) = shown.min_by_key(|at| counts[*at]) else { return withheld };
        withheld[next] = true;
    }
}

/// What happened on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// yyyy-MM-dd
    pub day: String,
    pub visits_n: u32,
    pub problems_n: u32,
}

/// Sums days up to weeks: every week of the stretch, those without a visit too.
///
/// Days outside the stretch and texts that are no days are left out; weeks before the first and
/// after the last day with anything are too, so that a line begins where something begins.
pub fn weeks(days: &[Day], from: NaiveDate, to: NaiveDate) -> Vec<Week> {
    let mut known: Vec<(NaiveDate, &Day)> = days
        .iter()
        .filter_map(|it| Some((day::read(&it.day)?, it)))
        .filter(|(day, _)| (from..=to).contains(day))
        .collect();
    known.sort_by_key(|(day, _)| *day);
    let (Some((first, _)), Some((last, _))) = (known.first(), known.last()) else { return vec![] };
    let (mut monday, last) = (monday_of(*first), monday_of(*last));
    let mut weeks = vec![];
    while monday <= last {
        let within = known.iter().filter(|(day, _)| monday_of(*day) == monday);
        let (visits_n, problems_n) = within
            .fold((0, 0), |(visits, problems), (_, it)| (visits + it.visits_n, problems + it.problems_n));
        weeks.push(Week { monday: monday.to_string(), visits_n, problems_n: Some(problems_n) });
        let Some(next) = monday.checked_add_days(Days::new(7)) else { break };
        monday = next;
    }
    weeks
}

fn monday_of(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))).unwrap_or(day)
}

/// The first round number at or above `n` for the top of a scale: 4, 5, 6, 8 or 10, 20, 40 ….
pub fn scale_top(n: u32) -> u32 {
    let mut power = 1_u32;
    loop {
        for step in [1, 2, 4, 5, 6, 8] {
            let top = power.saturating_mul(step);
            if top >= n && top >= 4 {
                return top;
            }
        }
        power = power.saturating_mul(10);
        if power == u32::MAX {
            return power;
        }
    }
}

/// Counts of types, those that count as one put together; the most frequent first, then by code.
pub fn as_one(counts: Vec<CategoryCount>, counts_as: impl Fn(&str) -> String) -> Vec<CategoryCount> {
    let mut together: std::collections::BTreeMap<String, u32> = std::collections::BTreeMap::new();
    for it in counts {
        *together.entry(counts_as(&it.category)).or_default() += it.n;
    }
    let mut together: Vec<CategoryCount> =
        together.into_iter().map(|(category, n)| CategoryCount { category, n }).collect();
    together.sort_by_key(|it| std::cmp::Reverse(it.n));
    together
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: &str, visits_n: u32, problems_n: u32) -> Day {
        Day { day: day.into(), visits_n, problems_n }
    }

    fn date(day: &str) -> NaiveDate {
        day.parse().unwrap()
    }

    #[test]
    fn days_add_up_to_weeks_and_an_empty_week_is_shown() {
        let days =
            [day("2026-11-22", 2, 1), day("2026-11-16", 1, 0), day("2026-11-04", 5, 3), day("坏", 9, 9)];
        let found = weeks(&days, date("2026-10-01"), date("2026-11-30"));
        let week = |monday: &str, visits_n, problems_n| Week {
            monday: monday.into(),
            visits_n,
            problems_n: Some(problems_n),
        };
        assert_eq!(found, [week("2026-11-02", 5, 3), week("2026-11-09", 0, 0), week("2026-11-16", 3, 1)]);
    }

    #[test]
    fn days_outside_are_left_out() {
        assert_eq!(weeks(&[day("2026-09-30", 1, 1)], date("2026-10-01"), date("2026-11-30")), []);
    }

    #[test]
    fn small_counts_are_withheld_and_cannot_be_worked_out() {
        let check = |counts: &[u32], expected: &[u32]| {
            let shown: Vec<u32> =
                counts.iter().zip(withheld(counts)).filter(|it| !it.1).map(|it| *it.0).collect();
            assert_eq!(shown, expected, "{counts:?}");
        };
        check(&[30, 5, 0, 12], &[30, 5, 0, 12]);
        check(&[30, 4, 0, 12], &[30, 0]);
        check(&[30, 4, 0, 3], &[30, 0]);
        check(&[30, 1, 0, 2, 7], &[30, 0]);
        check(&[4, 0], &[0]);
        check(&[], &[]);
    }

    #[test]
    fn kinds_and_weeks_keep_nothing_small() {
        let kinds = [30, 4, 9, 0, 0];
        let kinds = Kind::ALL.into_iter().zip(kinds).map(|(kind, n)| KindCount { kind, n }).collect();
        let (shown, few_n) = kinds_without_few(kinds);
        assert_eq!((shown.iter().map(|it| it.n).collect::<Vec<_>>(), few_n), (vec![30, 0, 0], 2));
        let week = |visits_n, problems_n| Week { monday: String::new(), visits_n, problems_n };
        let weeks = vec![week(2, Some(2)), week(8, Some(6)), week(20, Some(30))];
        assert_eq!(weeks_without_few(weeks), [week(2, None), week(8, None), week(20, Some(30))]);
    }

    #[test]
    fn the_top_of_a_scale_is_round_and_holds_the_highest() {
        for (n, top) in
            [(0, 4), (1, 4), (4, 4), (5, 5), (7, 8), (9, 10), (49, 50), (51, 60), (61, 80), (1_001, 2_000)]
        {
            assert_eq!(scale_top(n), top, "{n}");
        }
        assert_eq!(scale_top(u32::MAX), u32::MAX);
    }
}
