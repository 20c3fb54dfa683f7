//! Accepting suggestions together: what may be, what is offered, what was done.

use serde::{Deserialize, Serialize};

use crate::{
    categorize::Categorization,
    id::{BatchId, RecordId},
    queue::{likely_kind, likely_type},
    statement::Kind,
    taxonomy::Taxonomy,
};

/// Most statements of one batch: a transaction of less than a second.
pub const BATCH_MAX: usize = 200;
/// Most statements that are looked through for one offer.
pub const LOOKED_AT_MAX: u32 = 2_000;
/// Openings that are shown of each type.
pub const SAMPLES_MAX: usize = 3;
/// A lower level than this cannot be chosen: half of what is accepted would be wrong.
pub const LEVEL_MIN: f64 = 0.5;
/// A second suggestion as likely as this makes the first one doubtful.
const DOUBT_MIN: f64 = 0.1;

/// What the machine and the visitor made of a statement that waits.
#[derive(Clone, Copy, Debug)]
pub struct Unread<'a> {
    /// By the visitor.
    pub kind_said: Kind,
    /// Codes that the visitor proposed.
    pub proposed: &'a [String],
    pub suggestion: &'a Categorization,
    /// Its text seems to hold several matters ([`crate::matters`]).
    pub several: bool,
}

/// Kind and type that would be accepted of a statement unread, at a level of confidence from 0 to 1; `None` where someone is
/// to read it: too little is sure, the type asks for attention, the text may speak for several matters, or the visitor proposed another type.
pub fn acceptable(unread: Unread, level: f64, taxonomy: &Taxonomy) -> Option<(Kind, String)> {
    let Unread { kind_said, proposed, suggestion, several } = unread;
    let first = suggestion.suggestions.first()?;
    let sure = first.confidence >= level && suggestion.kind.confidence >= level;
    let doubtful = suggestion.suggestions.get(1).is_some_and(|it| it.confidence >= DOUBT_MIN);
    let calm = taxonomy.get(&first.code).is_some_and(|it| it.attention == 0);
    if !sure || doubtful || several || !calm || proposed.iter().any(|it| *it != first.code) {
        return None;
    }
    let kind = likely_kind(kind_said, Some(suggestion.kind.value));
    let code = likely_type(proposed, Some(suggestion), kind)?;
    Some((kind, code))
}

/// A statement that would be accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    pub id: RecordId,
    /// The statement's, as it was offered.
    pub version: u32,
    pub kind: Kind,
    /// Code of the taxonomy.
    pub category: String,
}

/// The statements of one type that would be accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfferedType {
    pub category: String,
    pub n: u32,
    /// How the first of them begin, at most [`SAMPLES_MAX`].
    pub samples: Vec<String>,
}

/// What can be accepted together, to be looked at first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchOffer {
    /// The latest first, at most [`BATCH_MAX`].
    pub statements: Vec<Acceptance>,
    /// The most frequent first.
    pub types: Vec<OfferedType>,
    /// Those that were looked at and stay to be read one by one.
    pub left_n: u32,
    /// There is more behind these.
    pub more: bool,
}

impl BatchOffer {
    /// One more statement, as it begins.
    pub fn add(&mut self, acceptance: Acceptance, opening: &str) {
        let at = self.types.iter().position(|it| it.category == acceptance.category).unwrap_or_else(|| {
            let category = acceptance.category.clone();
            self.types.push(OfferedType { category, n: 0, samples: Vec::new() });
            self.types.len() - 1
        });
        let of_type = &mut self.types[at];
        of_type.n += 1;
        if of_type.samples.len() < SAMPLES_MAX {
            of_type.samples.push(opening.to_owned());
        }
        self.statements.push(acceptance);
    }
}

/// What is to be accepted: what was offered at a level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    /// [`LEVEL_MIN`] to 1.
    pub level: f64,
    pub statements: Vec<Acceptance>,
}

impl BatchRequest {
    /// Checks what can be told without the statements.
    ///
    /// # Errors
    ///
    /// The name of the field that does not keep its rule.
    pub fn check(&self) -> Result<(), &'static str> {
        if !is_level(self.level) {
            return Err("level");
        }
        if self.statements.len() > BATCH_MAX { Err("statements") } else { Ok(()) }
    }
}

/// Whether a level can be chosen.
pub fn is_level(level: f64) -> bool {
    (LEVEL_MIN..=1.0).contains(&level)
}

/// What was done, or taken back, of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchDone {
    pub batch: BatchId,
    pub done_n: u32,
    /// Those on which someone else decided first; they stay as they are.
    pub passed_over_n: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::categorize::{KindGuess, Suggestion};

    fn made(kind: (Kind, f64), suggestions: &[(&str, f64)]) -> Categorization {
        let of = |(code, confidence): &(&str, f64)| Suggestion {
            code: (*code).to_owned(),
            confidence: *confidence,
            evidence: Vec::new(),
        };
        Categorization {
            kind: KindGuess { value: kind.0, confidence: kind.1 },
            suggestions: suggestions.iter().map(of).collect(),
        }
    }

    fn check(made: &Categorization, proposed: &[&str], level: f64) -> Option<(Kind, String)> {
        let proposed: Vec<String> = proposed.iter().map(|it| (*it).to_owned()).collect();
        let unread =
            Unread { kind_said: Kind::Problem, proposed: &proposed, suggestion: made, several: false };
        acceptable(unread, level, &Taxonomy::shipped())
    }

    #[test]
    fn what_is_sure_and_plain_is_accepted_unread() {
        let problem = (Kind::Problem, 0.9);
        let accepted = Some((Kind::Problem, "GL2".to_owned()));
        assert_eq!(check(&made(problem, &[("GL2", 0.85), ("GL1", 0.03)]), &[], 0.8), accepted);
        assert_eq!(check(&made(problem, &[("GL2", 0.85)]), &["GL2"], 0.8), accepted);
        assert_eq!(check(&made(problem, &[("GL2", 0.79)]), &[], 0.8), None, "not sure of the type");
        assert_eq!(check(&made((Kind::Problem, 0.7), &[("GL2", 0.85)]), &[], 0.8), None, "nor of the kind");
        assert_eq!(check(&made(problem, &[]), &[], 0.8), None);
    }

    #[test]
    fn what_asks_for_attention_is_always_read() {
        let taxonomy = Taxonomy::shipped();
        for leaf in taxonomy.leaves() {
            let sure = made((Kind::Problem, 1.0), &[(&leaf.code, 1.0)]);
            assert_eq!(check(&sure, &[], 0.5).is_some(), leaf.attention == 0, "{}", leaf.code);
        }
    }

    #[test]
    fn what_is_doubtful_holds_several_or_was_proposed_otherwise_is_read() {
        let problem = (Kind::Problem, 0.9);
        assert_eq!(check(&made(problem, &[("GL2", 0.85), ("GL1", 0.12)]), &[], 0.8), None);
        assert_eq!(check(&made(problem, &[("GL2", 0.85)]), &["GL1"], 0.8), None);
        assert_eq!(check(&made(problem, &[("GL2", 0.85)]), &["GL2", "GL1"], 0.8), None);
        let sure = made(problem, &[("GL2", 0.85)]);
        let unread = Unread { kind_said: Kind::Problem, proposed: &[], suggestion: &sure, several: true };
        assert_eq!(acceptable(unread, 0.8, &Taxonomy::shipped()), None);
    }

    #[test]
    fn an_offer_counts_by_type() {
        let mut offer = BatchOffer::default();
        for (n, category) in ["GL2", "GL2", "SQ1", "GL2", "GL2"].into_iter().enumerate() {
            let id = RecordId(uuid::Uuid::from_u128(n as u128));
            let category = category.to_owned();
            offer.add(Acceptance { id, version: 0, kind: Kind::Problem, category }, &n.to_string());
        }
        let counts: Vec<(u32, usize)> = offer.types.iter().map(|it| (it.n, it.samples.len())).collect();
        assert_eq!(counts, [(4, 3), (1, 1)]);
        assert_eq!(offer.statements.len(), 5);
    }
}
