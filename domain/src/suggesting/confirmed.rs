//! What an office confirmed, to learn from beside what ships, and whether that was worth it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Calm, Ruled, SHIPPED_CALM, Suggester, Told,
    learned::Example,
    said::{self, Said},
};
use crate::{model::likelihoods, random::Random, statement::Kind, taxonomy::Taxonomy};

/// From so many on there is something to learn: fewer say more about chance than about an office.
pub const CONFIRMED_MIN: usize = 20;
/// Most that are learned from, the latest: with them learning takes some seconds.
pub const CONFIRMED_MAX: usize = 5_000;
/// A version is due once there is one in so many more than the last one was learned from.
pub const MORE_PART: usize = 10;
/// A confirmation counts as so many sentences that ship. Chosen by experiment among 1, 2, 3, 5, 8 and 12:
/// `cargo run --release -p domain --example confirmed_figures`.
pub(super) const CONFIRMED_WEIGHT: f32 = 2.0;
/// Earlier confirmations that are learned once more with each one, lest they are forgotten.
pub const REPLAYED_MAX: usize = 16;
/// The greatest step that one confirmation takes, in scores: so far that what is said again in much the same words is
/// suggested as the office decided. Steps of 0.02 to 0.5 do the rest as little harm:
/// `cargo run --release -p domain --example confirmed_figures`.
const CORRECTION_MAX: f32 = 0.5;
/// How sure it is to be is taken from what ships as if that were so many confirmations.
const CALM_AS_MANY: f64 = 100.0;
/// Parts of a cross-validation.
const FOLDS_N: usize = 5;

/// A text, and what an office confirmed of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed<'a> {
    pub words: &'a str,
    pub kind: Kind,
    /// The type's code, empty for none; `None` where it was left open.
    pub code: Option<&'a str>,
}

impl<'a> Confirmed<'a> {
    /// What was confirmed of a text. A suggestion or request without a type may well speak for one; nobody had to say.
    pub fn of(words: &'a str, kind: Kind, category: Option<&'a str>) -> Self {
        let code = match kind {
            Kind::Nothing => Some(""),
            Kind::Praise => Some(category.unwrap_or("")),
            Kind::Problem | Kind::Suggestion | Kind::Request => category,
        };
        Self { words, kind, code }
    }
}

impl Suggester {
    /// Learns one confirmation at once, and some earlier ones again (at most [`REPLAYED_MAX`] of `before`, drawn by lot
    /// and always the same), lest they are forgotten. What it has never seen, words and types, waits for the next version. Takes
    /// less than a millisecond. What was corrected is not written as a version: those are learned anew.
    pub fn correct(&mut self, confirmed: &Confirmed, before: &[Confirmed]) {
        let learned = Arc::make_mut(&mut self.learned);
        let mut lot = Random::of(before.len() as u64);
        let drawn_n = REPLAYED_MAX.min(before.len());
        let drawn = (0..drawn_n).map(|_| &before[lot.below(before.len())]);
        for it in drawn.chain([confirmed]) {
            let example = Example { words: it.words, kind: it.kind, code: it.code, weight: 1.0 };
            learned.correct(&example, CORRECTION_MAX);
        }
    }
}

/// How often an office agreed with what was suggested first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = AgreedSuggestions))]
pub struct Agreed {
    /// Texts with a type.
    pub types_n: usize,
    /// Those whose type was the first suggestion.
    pub types: usize,
    /// All texts.
    pub kinds_n: usize,
    /// Those whose kind was suggested.
    pub kinds: usize,
}

impl Agreed {
    /// How a suggester does on texts whose kind and type are known.
    pub fn of(suggester: &Suggester, confirmed: &[Confirmed]) -> Self {
        let mut agreed = Self::default();
        for it in confirmed {
            agreed.add(suggester, it);
        }
        agreed
    }

    /// Whether this is no worse: types and kinds, each counted once.
    pub fn is_no_worse_than(self, other: Self) -> bool {
        self.types + self.kinds >= other.types + other.kinds
    }

    fn and(self, other: Self) -> Self {
        Self {
            types_n: self.types_n + other.types_n,
            types: self.types + other.types,
            kinds_n: self.kinds_n + other.kinds_n,
            kinds: self.kinds + other.kinds,
        }
    }

    fn add(&mut self, suggester: &Suggester, confirmed: &Confirmed) {
        let made = suggester.suggest(confirmed.words);
        if let Some(code) = confirmed.code.filter(|it| !it.is_empty()) {
            self.types_n += 1;
            self.types += usize::from(made.suggestions.first().is_some_and(|it| it.code == code));
        }
        self.kinds_n += 1;
        self.kinds += usize::from(made.kind.value == confirmed.kind);
    }
}

/// A suggester that learned from an office, and what that was worth.
pub struct Learning {
    pub suggester: Suggester,
    /// Of the suggester in use, by cross-validation.
    pub before: Agreed,
    /// Of this one, by cross-validation: judged by what was learned from the other parts.
    pub after: Agreed,
}

/// Whether a version is due: there is enough to learn from, and enough more than the last was learned from.
pub fn is_due(confirmed_n: usize, last_n: usize) -> bool {
    confirmed_n >= CONFIRMED_MIN && confirmed_n >= last_n + last_n.div_ceil(MORE_PART).max(1)
}

/// Learns from what ships and from all of `confirmed`, in the order in which it was confirmed. The suggester in use
/// learned from the first `in_use_n` of it (none: it is the one that ships). Neither is judged by what it learned from. Both
/// stand beside `rules`.
pub fn learn(confirmed: &[Confirmed], in_use_n: usize, rules: &Arc<Ruled>) -> Learning {
    let said =
        said::read(said::SHIPPED, &Taxonomy::shipped()).expect("the shipped sentences are read by a test");
    learn_beside(&said, confirmed, in_use_n, rules)
}

fn learn_beside(said: &[Said], confirmed: &[Confirmed], in_use_n: usize, rules: &Arc<Ruled>) -> Learning {
    let learn = |known: &[Confirmed]| Suggester::learn_confirmed(said, known).with_rules(Arc::clone(rules));
    // Most often what ships is in use, which has learned from nobody here.
    let first = (in_use_n == 0).then(|| learn(&[]));
    let (mut before, mut after, mut unseen) = (Agreed::default(), Agreed::default(), LeftOut::default());
    for fold in 0..FOLDS_N {
        let left_out: Vec<Confirmed> = confirmed.iter().skip(fold).step_by(FOLDS_N).copied().collect();
        let known = others(&confirmed[..in_use_n.min(confirmed.len())], fold);
        before = before.and(match &first {
            Some(first) => Agreed::of(first, &left_out),
            None => Agreed::of(&learn(&known), &left_out),
        });
        let learned = learn(&others(confirmed, fold));
        after = after.and(Agreed::of(&learned, &left_out));
        for it in &left_out {
            unseen.add(&learned, it);
        }
    }
    let mut suggester = learn(confirmed);
    suggester.calm = unseen.calm();
    Learning { suggester, before, after }
}

/// What speaks for which types and kinds in texts that were left out of learning, and what was right.
#[derive(Default)]
struct LeftOut {
    codes: Vec<(Vec<f64>, usize)>,
    kinds: Vec<(Vec<f64>, usize)>,
}

impl LeftOut {
    fn add(&mut self, suggester: &Suggester, confirmed: &Confirmed) {
        let reading = suggester.read(confirmed.words);
        let code = confirmed.code.and_then(|code| suggester.learned.codes.iter().position(|it| it == code));
        self.codes.extend(code.map(|code| (reading.codes, code)));
        let kind = Kind::ALL.iter().position(|it| *it == confirmed.kind);
        self.kinds.extend(kind.map(|kind| (reading.kinds, kind)));
    }

    /// How sureness is to be told, drawn to that of what ships while there is little to tell by.
    fn calm(&self) -> Calm {
        let drawn = |shipped: Told, left_out: &[(Vec<f64>, usize)]| {
            let own = likeliest(left_out);
            #[expect(clippy::cast_precision_loss, reason = "a count of statements")]
            let n = left_out.len() as f64;
            let between = |own: f64, shipped: f64| (own * n + shipped * CALM_AS_MANY) / (n + CALM_AS_MANY);
            Told { scale: between(own.scale, shipped.scale), most: between(own.most, shipped.most) }
        };
        Calm { codes: drawn(SHIPPED_CALM.codes, &self.codes), kinds: drawn(SHIPPED_CALM.kinds, &self.kinds) }
    }
}

/// At which what was right is likeliest: scales from 0.2 to 2 in steps of 5 %, and at most 0.6 to 1 in steps of 0.02.
fn likeliest(left_out: &[(Vec<f64>, usize)]) -> Told {
    let mut best = (f64::INFINITY, Told { scale: 1.0, most: 1.0 });
    let mut scale = 0.2;
    while scale < 2.0 {
        let right: Vec<(f64, f64)> = left_out
            .iter()
            .map(|(logits, right)| {
                #[expect(clippy::cast_precision_loss, reason = "some sixty types")]
                let even = 1.0 / logits.len() as f64;
                (likelihoods(logits.iter().map(|it| it * scale))[*right], even)
            })
            .collect();
        for hundredths in (60..=100).step_by(2) {
            let most = f64::from(hundredths) / 100.0;
            // What people take otherwise may be any.
            let likely = |(right, even): &(f64, f64)| (right * most + even * (1.0 - most)).max(1e-12);
            let surprised: f64 = right.iter().map(|it| -likely(it).ln()).sum();
            if surprised < best.0 {
                best = (surprised, Told { scale, most });
            }
        }
        scale *= 1.05;
    }
    best.1
}

/// How what ships may tell how sure it is: scale and most for types, and for kinds, so that what is right of sentences that
/// were left out of learning is likeliest. What is used of it stands in `suggesting.rs`.
pub fn calm_of(said: &[Said]) -> [(f64, f64); 2] {
    let mut unseen = LeftOut::default();
    for fold in 0..FOLDS_N {
        let part = |is_within: bool| {
            let within = said.iter().enumerate().filter(move |(n, _)| (n % FOLDS_N == fold) == is_within);
            within.map(|(_, it)| *it).collect::<Vec<Said>>()
        };
        let learned = Suggester::learn(&part(false));
        for it in part(true) {
            unseen
                .add(&learned, &Confirmed::of(it.words, it.kind, Some(it.code).filter(|it| !it.is_empty())));
        }
    }
    [&unseen.codes, &unseen.kinds].map(|it| likeliest(it)).map(|it| (it.scale, it.most))
}

/// What does not belong to a part of a cross-validation.
fn others<'a>(confirmed: &[Confirmed<'a>], fold: usize) -> Vec<Confirmed<'a>> {
    confirmed.iter().enumerate().filter(|(n, _)| n % FOLDS_N != fold).map(|(_, it)| *it).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An office that takes a matter for another type than what ships: roads are none of self-inspection.
    fn of_office() -> Vec<(String, &'static str)> {
        let places = ["一组", "二组", "三组", "桥头", "坝上", "学校门口", "河边", "老街"];
        let said = ["的路坑坑洼洼，下雨就没法走", "那段路烂得车都过不去", "到村部的路修了一半就扔下不管"];
        places
            .iter()
            .flat_map(|place| said.iter().map(move |words| (format!("{place}{words}"), "ZX2")))
            .collect()
    }

    /// A part of what ships, which is learned in no time.
    fn said() -> Vec<Said<'static>> {
        let all = said::read(said::SHIPPED, &Taxonomy::shipped()).unwrap();
        all.into_iter().step_by(6).collect()
    }

    fn confirmed<'a>(all: &'a [(String, &'static str)]) -> Vec<Confirmed<'a>> {
        all.iter().map(|(words, code)| Confirmed::of(words, Kind::Problem, Some(code))).collect()
    }

    #[test]
    fn an_office_is_learned_from_twenty_confirmations_on() {
        let all = of_office();
        let confirmed = confirmed(&all);
        let learning = learn_beside(&said(), &confirmed, 0, &Ruled::shipped());
        assert!(learning.after.types > learning.before.types, "{:?} {:?}", learning.before, learning.after);
        assert!(learning.after.is_no_worse_than(learning.before));
        assert_eq!(learning.after.types_n, confirmed.len());
        // Elsewhere the words are as before.
        let elsewhere = learning.suggester.suggest("低保评的时候没有公开，村支书的亲戚评上了");
        assert_eq!(elsewhere.suggestions[0].code, "XC1");
        let road = learning.suggester.suggest("后山的路坑坑洼洼，下雨就没法走");
        assert_eq!(road.suggestions[0].code, "ZX2");
    }

    #[test]
    fn a_few_confirmations_are_heeded_at_once_and_the_same_each_time() {
        let all = of_office();
        let confirmed = confirmed(&all);
        let base = Suggester::learn(&said());
        let corrected = || {
            let mut suggester = base.clone();
            for (n, it) in confirmed.iter().enumerate() {
                suggester.correct(it, &confirmed[..n]);
            }
            suggester
        };
        let (road, elsewhere) =
            ("后山的路坑坑洼洼，下雨就没法走", "低保评的时候没有公开，村支书的亲戚评上了");
        assert_ne!(base.suggest(road).suggestions[0].code, "ZX2");
        let one = corrected();
        assert_eq!(one.suggest(road).suggestions[0].code, "ZX2");
        assert_eq!(one.suggest(elsewhere).suggestions[0].code, "XC1");
        assert!(*one.learned == *corrected().learned);
        assert_ne!(base.suggest(road).suggestions[0].code, "ZX2", "what it was learned from is as it was");
    }

    #[test]
    fn what_was_learned_before_is_judged_as_it_was_then() {
        let all = of_office();
        let confirmed = confirmed(&all);
        let again = learn_beside(&said(), &confirmed, confirmed.len(), &Ruled::shipped());
        assert_eq!(again.before, again.after);
    }

    #[test]
    fn the_same_confirmations_give_the_same_bytes_and_those_answer_alike() {
        let all = of_office();
        let confirmed = confirmed(&all);
        let said = said();
        let once = Suggester::learn_confirmed(&said, &confirmed);
        let bytes = once.to_bytes();
        assert!(bytes == Suggester::learn_confirmed(&said, &confirmed).to_bytes());
        let read = Suggester::from_bytes(&bytes).unwrap();
        for it in said.iter().step_by(40).map(|it| it.words).chain(confirmed.iter().map(|it| it.words)) {
            assert_eq!(read.suggest(it), once.suggest(it));
        }
    }

    #[test]
    fn a_version_is_due_from_twenty_on_and_with_a_tenth_more() {
        assert!(!is_due(19, 0));
        assert!(is_due(20, 0));
        assert!(!is_due(20, 20));
        assert!(!is_due(109, 100));
        assert!(is_due(110, 100));
    }

    #[test]
    fn a_type_that_nobody_had_to_name_is_left_open() {
        let code = |kind, category| Confirmed::of("路", kind, category).code;
        assert_eq!(code(Kind::Request, None), None);
        assert_eq!(code(Kind::Suggestion, Some("GL2")), Some("GL2"));
        assert_eq!(code(Kind::Praise, None), Some(""));
        assert_eq!(code(Kind::Nothing, Some("GL2")), Some(""));
    }
}
