//! How often people agree: with what was suggested first, and with each other on a second reading that knows nothing of the
//! first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    id::{CampaignId, RecordId},
    statement::Kind,
};

/// One in so many confirmed statements is offered to a second person.
pub const SAMPLED_ONE_IN: u64 = 20;

/// How often what was suggested first was confirmed, of one type in one month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MonthOfType {
    /// yyyy-MM, of the decision, in China.
    pub month: String,
    /// Code of the taxonomy, confirmed.
    pub category: String,
    /// Statements that someone read and confirmed.
    pub n: u32,
    /// Those whose type had been suggested first.
    pub agreed: u32,
    /// Statements that were accepted in a batch, beside these: that nobody read them is no agreement.
    pub in_batch: u32,
}

/// A confirmed type, as far as agreement goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmedType {
    /// yyyy-MM
    pub month: String,
    pub category: String,
    /// The first suggestion at that time.
    pub suggested: Option<String>,
    pub in_batch: bool,
}

/// By month, the latest first, and by type.
pub fn by_month(confirmed: impl IntoIterator<Item = ConfirmedType>) -> Vec<MonthOfType> {
    let mut all: BTreeMap<(std::cmp::Reverse<String>, String), MonthOfType> = BTreeMap::new();
    for it in confirmed {
        let key = (std::cmp::Reverse(it.month.clone()), it.category.clone());
        let of = all.entry(key).or_insert_with(|| MonthOfType {
            month: it.month,
            category: it.category.clone(),
            n: 0,
            agreed: 0,
            in_batch: 0,
        });
        if it.in_batch {
            of.in_batch += 1;
        } else {
            of.n += 1;
            of.agreed += u32::from(it.suggested.as_ref() == Some(&it.category));
        }
    }
    all.into_values().collect()
}

/// Whether a statement is among those that are read a second time: by lot, the same in the same campaign.
pub fn is_sampled(campaign: CampaignId, statement: RecordId) -> bool {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(campaign.0.as_bytes())
        .chain_update(statement.0.as_bytes())
        .finalize()
        .into();
    let drawn = digest.first_chunk().map_or(0, |it| u64::from_le_bytes(*it));
    drawn % SAMPLED_ONE_IN == 0
}

/// How two readings agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TwoReadings {
    /// Statements that were read twice.
    pub n: u32,
    /// Those on which both agree.
    pub agreed: u32,
    /// Cohen's kappa, -1 to 1; absent where it is not defined: nothing was read twice, or both always said the same one thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kappa: Option<f64>,
}

impl TwoReadings {
    /// Of the labels that the first and the second person gave (Cohen 1960, doi:10.1177/001316446002000104).
    pub fn of<T: Ord>(pairs: &[(T, T)]) -> Self {
        let agreed = pairs.iter().filter(|(first, second)| first == second).count();
        let mut shares: BTreeMap<&T, (usize, usize)> = BTreeMap::new();
        for (first, second) in pairs {
            shares.entry(first).or_default().0 += 1;
            shares.entry(second).or_default().1 += 1;
        }
        let by_chance: usize = shares.values().map(|(first, second)| first * second).sum();
        #[expect(clippy::cast_precision_loss, reason = "counts of statements")]
        let kappa = {
            let n = pairs.len() as f64;
            let (observed, expected) = (agreed as f64 / n, by_chance as f64 / (n * n));
            (expected < 1.0).then(|| (observed - expected) / (1.0 - expected))
        };
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { n: count(pairs.len()), agreed: count(agreed), kappa: kappa.filter(|_| !pairs.is_empty()) }
    }
}

/// Agreement, with the machine and with each other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Agreement {
    pub months: Vec<MonthOfType>,
    pub second_types: TwoReadings,
    pub second_kinds: TwoReadings,
    /// Statements that wait for a second reading by the one who asks.
    pub waiting_n: u32,
}

/// A statement to be read a second time: nothing is said of what was decided, nor of what was suggested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Unseen {
    pub id: RecordId,
    pub words: String,
    /// The visitor's.
    pub summary: String,
}

/// What waits for a second reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondReadings {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Unseen>,
    /// With the next.
    pub waiting_n: u32,
}

/// What the second person made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SecondReading {
    pub kind: Kind,
    /// Code of the taxonomy; a problem has one.
    #[serde(default)]
    pub category: Option<String>,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[track_caller]
    fn check(cells: &[(&str, &str, usize)], agreed: u32, kappa: Option<f64>) {
        let pairs: Vec<(&str, &str)> =
            cells.iter().flat_map(|(first, second, n)| std::iter::repeat_n((*first, *second), *n)).collect();
        let of = TwoReadings::of(&pairs);
        assert_eq!(of.agreed, agreed);
        match (of.kappa, kappa) {
            (Some(it), Some(expected)) => assert!((it - expected).abs() < 1e-4, "{it} {expected}"),
            (it, expected) => assert_eq!(it, expected),
        }
    }

    /// Worked out by hand. 50 proposals: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: 0.7 observed, 0.5 · 0.6 + 0.5 · 0.4 = 0.5 by
    /// chance. 100 of three types, the diagonal 30, 25, 15: 0.7 observed, (40 · 36 + 35 · 37 + 25 · 27) / 10,000 = 0.341
    /// by chance.
    #[test]
    fn kappa_is_what_is_worked_out_by_hand() {
        check(&[("y", "y", 20), ("y", "n", 5), ("n", "y", 10), ("n", "n", 15)], 35, Some(0.4));
        let three = [
            ("a", "a", 30),
            ("a", "b", 7),
            ("a", "c", 3),
            ("b", "a", 1),
            ("b", "b", 25),
            ("b", "c", 9),
            ("c", "a", 5),
            ("c", "b", 5),
            ("c", "c", 15),
        ];
        check(&three, 70, Some((0.7 - 0.341) / (1.0 - 0.341)));
    }

    #[test]
    fn kappa_is_one_zero_below_or_undefined() {
        check(&[("y", "y", 4), ("n", "n", 6)], 10, Some(1.0));
        check(&[("y", "y", 1), ("y", "n", 1), ("n", "y", 1), ("n", "n", 1)], 2, Some(0.0));
        check(&[("y", "n", 1), ("n", "y", 1)], 0, Some(-1.0));
        check(&[("y", "y", 3)], 3, None);
        check(&[], 0, None);
    }

    #[test]
    fn agreement_is_told_by_month_and_type_and_a_batch_is_none() {
        let one = |month: &str, category: &str, suggested: Option<&str>, in_batch| ConfirmedType {
            month: month.to_owned(),
            category: category.to_owned(),
            suggested: suggested.map(str::to_owned),
            in_batch,
        };
        let all = by_month([
            one("2026-10", "GL2", Some("GL2"), false),
            one("2026-11", "GL2", Some("GL1"), false),
            one("2026-11", "GL2", Some("GL2"), false),
            one("2026-11", "GL2", Some("GL2"), true),
            one("2026-11", "GL1", None, false),
        ]);
        let rows: Vec<(&str, &str, u32, u32, u32)> =
            all.iter().map(|it| (&*it.month, &*it.category, it.n, it.agreed, it.in_batch)).collect();
        assert_eq!(
            rows,
            [("2026-11", "GL1", 1, 0, 0), ("2026-11", "GL2", 2, 1, 1), ("2026-10", "GL2", 1, 1, 0)]
        );
    }

    #[test]
    fn a_twentieth_is_drawn_and_the_same_each_time() {
        let campaign = CampaignId(Uuid::from_u128(7));
        let drawn = |of: CampaignId| -> Vec<u128> {
            (0..10_000).filter(|it| is_sampled(of, RecordId(Uuid::from_u128(*it)))).collect()
        };
        let n = drawn(campaign).len();
        assert!((400..600).contains(&n), "{n}");
        assert_eq!(drawn(campaign), drawn(campaign));
        assert_ne!(drawn(campaign), drawn(CampaignId(Uuid::from_u128(8))));
    }
}
