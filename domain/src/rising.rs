//! What is said more often this month than in the months before: of one type, in one unit or in all. Pointed out with its
//! numbers, for the office to look at; it orders nobody, and nothing follows from it by itself.
//!
//! The rule: the months before tell how many statements of the type a visit brings. So many visits as there were this month
//! should have brought so many; when there are at least [`STATEMENTS_MIN`], and so many or more would come about by
//! chance less than once in a thousand months (Poisson), it has risen. Counted by visit, a month that has only begun, or
//! one with twice the visits, is compared fairly.

use serde::{Deserialize, Serialize};

use crate::id::UnitId;

/// So many months before are looked at, at most.
pub const MONTHS_BEFORE_MAX: usize = 6;
/// Fewer statements than this are not pointed out.
pub const STATEMENTS_MIN: u32 = 5;
/// Nor are those of fewer households and firms: one that complains often is no rise.
pub const HOUSEHOLDS_MIN: u32 = 3;
/// Fewer visits in the months before tell nothing.
pub const VISITS_BEFORE_MIN: u32 = 20;
/// How seldom chance may bring as many.
pub const CHANCE_MAX: f64 = 0.001;

/// What was said of one type in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Month {
    /// yyyy-MM
    pub month: String,
    pub statements_n: u32,
    /// Visits of that month, whatever was said.
    pub visits_n: u32,
}

/// What has risen, with what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RisingMatter {
    /// Code of the taxonomy, confirmed.
    pub category: String,
    /// `None`: all units together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    pub unit_name: String,
    pub now: Month,
    /// Households and firms that said it this month.
    pub households_n: u32,
    /// The months before, the first first.
    pub before: Vec<Month>,
    /// How many statements this month's visits would have brought as things were.
    pub expected: f64,
}

/// What has risen in a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rising {
    /// yyyy-MM
    pub month: String,
    /// yyyy-MM-dd, its first day.
    pub from: String,
    /// yyyy-MM-dd, its last day.
    pub to: String,
    /// Visits of the months before were enough to compare with.
    pub comparable: bool,
    /// In the order of the taxonomy, those of all units before those of one.
    pub matters: Vec<RisingMatter>,
}

/// How many statements this month's visits would have brought as the months `before` were; `None` where these are too few to
/// tell. Half a statement more is put to what was said before: what nobody said is not for that impossible.
pub fn expected(visits_n: u32, before: &[Month]) -> Option<f64> {
    let (said, visits) = before.iter().fold((0, 0), |(said, visits): (u32, u32), it| {
        (said.saturating_add(it.statements_n), visits.saturating_add(it.visits_n))
    });
    (visits >= VISITS_BEFORE_MIN).then(|| (f64::from(said) + 0.5) * f64::from(visits_n) / f64::from(visits))
}

/// Whether a month has risen over the months before; how many were to be expected, if so.
pub fn risen(now: &Month, before: &[Month]) -> Option<f64> {
    let expected = expected(now.visits_n, before)?;
    let rises = now.statements_n >= STATEMENTS_MIN
        && f64::from(now.statements_n) > expected
        && chance(now.statements_n, expected) < CHANCE_MAX;
    rises.then_some(expected)
}

/// How likely chance brings `n` or more where `mean` are to be expected: the upper tail of a Poisson distribution, 0 to 1.
fn chance(n: u32, mean: f64) -> f64 {
    // The terms below n are summed up: n is what people said of one matter in a month.
    let (mut term, mut below) = ((-mean).exp(), 0.0);
    for k in 0..n {
        below += term;
        term *= mean / f64::from(k + 1);
    }
    (1.0 - below).clamp(0.0, 1.0)
}

/// How many statements of a type there were in a unit in a month, or how many visits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count<T> {
    /// yyyy-MM
    pub month: String,
    pub unit: UnitId,
    /// The code of the taxonomy; nothing for visits.
    pub of: T,
    pub n: u32,
}

/// What has risen in `month` over the months `before`, among `categories` and `units` in the order of these; the households
/// behind it are left to the caller.
pub fn matters(
    (month, before): (&str, &[String]),
    (categories, units): (&[String], &[(UnitId, String)]),
    (said, visited): (&[Count<String>], &[Count<()>]),
) -> Vec<RisingMatter> {
    let mut found = Vec::new();
    for category in categories {
        // What nobody said this month has not risen; most are such.
        if !said.iter().any(|it| it.month == month && it.of == *category) {
            continue;
        }
        let each = units.iter().map(Some);
        for unit in std::iter::once(None).chain(each) {
            let fits = |it: UnitId| unit.is_none_or(|unit| unit.0 == it);
            let of = |month: &str| Month {
                month: month.to_owned(),
                statements_n: said
                    .iter()
                    .filter(|it| it.month == month && it.of == *category && fits(it.unit))
                    .map(|it| it.n)
                    .sum(),
                visits_n: visited.iter().filter(|it| it.month == month && fits(it.unit)).map(|it| it.n).sum(),
            };
            let (now, before) = (of(month), before.iter().map(|it| of(it)).collect::<Vec<_>>());
            if let Some(expected) = risen(&now, &before) {
                found.push(RisingMatter {
                    category: category.clone(),
                    unit: unit.map(|it| it.0),
                    unit_name: unit.map(|it| it.1.clone()).unwrap_or_default(),
                    now,
                    households_n: 0,
                    before,
                    expected,
                });
            }
        }
    }
    found
}

/// The month before a month, both yyyy-MM; `None` where it is none.
pub fn month_before(month: &str) -> Option<String> {
    let (year, number) = month.split_once('-')?;
    let (year, number): (u32, u32) = (year.parse().ok()?, number.parse().ok()?);
    match number {
        1 => Some(format!("{:04}-12", year.checked_sub(1)?)),
        2..=12 => Some(format!("{year:04}-{:02}", number - 1)),
        _ => None,
    }
}

/// The months that a month is compared with, the first first: up to [`MONTHS_BEFORE_MAX`], none before `from` (yyyy-MM).
pub fn months_before(month: &str, from: &str) -> Vec<String> {
    let earlier = std::iter::successors(month_before(month), |it| month_before(it));
    let mut months: Vec<String> =
        earlier.take(MONTHS_BEFORE_MAX).take_while(|it| it.as_str() >= from).collect();
    months.reverse();
    months
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn month(statements_n: u32, visits_n: u32) -> Month {
        Month { month: "2026-10".into(), statements_n, visits_n }
    }

    fn rises(now: (u32, u32), before: &[(u32, u32)]) -> bool {
        let before: Vec<Month> = before.iter().map(|it| month(it.0, it.1)).collect();
        risen(&month(now.0, now.1), &before).is_some()
    }

    #[test]
    fn what_is_said_far_more_often_has_risen_and_a_little_more_has_not() {
        let before = [(2, 60), (3, 60), (1, 60)];
        assert!(rises((9, 60), &before));
        assert!(!rises((5, 60), &before));
        assert!(!rises((2, 60), &before));
        // Twice as many visits bring twice as much; a month that has only begun, less.
        assert!(!rises((9, 240), &before));
        assert!(rises((5, 12), &before));
    }

    #[test]
    fn what_nobody_said_before_rises_with_enough_of_it() {
        assert!(!rises((4, 60), &[(0, 60), (0, 60)]));
        assert!(rises((5, 60), &[(0, 60), (0, 60)]));
        assert!(!rises((9, 60), &[(0, 19)]), "too few visits to compare with");
        assert!(!rises((9, 60), &[]));
    }

    #[test]
    fn chance_is_the_tail_of_poissons_distribution() {
        // By scipy.stats.poisson.sf(n - 1, mean).
        for (n, mean, expected) in [
            (0, 3.0, 1.0),
            (1, 3.0, 0.950_212_931_632),
            (5, 1.0, 0.003_659_846_827),
            (12, 4.0, 0.000_915_229_147),
        ] {
            assert!((chance(n, mean) - expected).abs() < 1e-9, "{n} {mean}: {}", chance(n, mean));
        }
    }

    #[test]
    fn all_units_are_told_before_one_and_each_with_its_numbers() {
        let units: Vec<(UnitId, String)> =
            (1..=2).map(|it| (UnitId(uuid::Uuid::from_u128(it)), format!("股{it}"))).collect();
        let count =
            |month: &str, unit: usize, n| Count { month: month.into(), unit: units[unit].0, of: (), n };
        let visited: Vec<Count<()>> = ["2026-09", "2026-10", "2026-11"]
            .into_iter()
            .flat_map(|it| [count(it, 0, 30), count(it, 1, 30)])
            .collect();
        let of = |month: &str, unit: usize, code: &str, n| Count {
            month: month.into(),
            unit: units[unit].0,
            of: code.to_owned(),
            n,
        };
        let said = [
            of("2026-09", 0, "GL2", 1),
            of("2026-11", 0, "GL2", 9),
            of("2026-10", 1, "XC1", 6),
            of("2026-11", 1, "XC1", 6),
        ];
        let before = ["2026-09".to_owned(), "2026-10".to_owned()];
        let codes = ["GL2".to_owned(), "XC1".to_owned()];
        let found = matters(("2026-11", &before), (&codes, &units), (&said, &visited));
        let told: Vec<_> = found.iter().map(|it| (&*it.category, it.unit, it.now.statements_n)).collect();
        assert_eq!(told, [("GL2", None, 9), ("GL2", Some(units[0].0), 9)]);
        assert_eq!(found[0].before.iter().map(|it| it.statements_n).collect::<Vec<_>>(), [1, 0]);
        assert!((found[0].expected - 1.5 * 60.0 / 120.0).abs() < 1e-9);
    }

    #[test]
    fn six_months_at_most_and_none_before_the_campaign() {
        assert_eq!(months_before("2026-02", "2025-11"), ["2025-11", "2025-12", "2026-01"]);
        assert_eq!(months_before("2026-11", "2020-01").len(), MONTHS_BEFORE_MAX);
        assert_eq!(months_before("2026-11", "2026-11"), Vec::<String>::new());
        for none in ["", "2026", "2026-13", "2026-00", "x-1"] {
            assert_eq!(month_before(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn more_of_it_never_rises_less(n in 0_u32..200, more in 1_u32..50, visits in 1_u32..500,
            before in prop::collection::vec((0_u32..60, 0_u32..300), 0..6)) {
            prop_assert!(!rises((n, visits), &before) || rises((n + more, visits), &before));
        }

        #[test]
        fn the_same_as_before_has_not_risen(said in 0_u32..100, visits in 20_u32..500, months in 1_usize..6) {
            prop_assert!(!rises((said, visits), &vec![(said, visits); months]));
        }

        #[test]
        fn chance_is_a_probability(n in 0_u32..5_000, mean in 0.0_f64..5_000.0) {
            prop_assert!((0.0..=1.0).contains(&chance(n, mean)));
        }
    }
}
