//! Suggesting: rules that quote and weights that were learned, together.
//!
//! The weights are learned from the sentences of `data/said.tsv` when the first text comes. What the rules found adds to
//! what the weights say; both become one likelihood per type, fitted by cross-validation. A text that speaks for no type
//! gets no suggestion. The machine suggests, a person decides, and what it decided is learned beside what ships.

mod bytes;
pub mod confirmed;
mod features;
mod learned;
mod ruled;
pub mod said;

use std::sync::{Arc, OnceLock};

pub use self::ruled::Ruled;
use self::{
    confirmed::{CONFIRMED_WEIGHT, Confirmed},
    features::tail_start,
    learned::{Example, Found, Learned, from},
    ruled::raise,
    said::{Said, read},
};
use crate::{
    categorize::{Categorization, Evidence, KindGuess, Suggestion},
    model::{likelihoods, quote},
    statement::Kind,
    taxonomy::Taxonomy,
};

/// Counts changes of rules, sentences and method, so that stored suggestions can be made anew.
pub const SUGGESTING_VERSION: i64 = 4;
/// Most suggestions for one text: what a person takes in at a glance.
pub const SHOWN_MAX: usize = 2;

// How weights and rules are put together, so that what was left out of learning is likeliest: by cross-validation,
// `cargo run --release -p domain --example categorize_figures -- --cross-validate domain/data/said.tsv`.

/// What a type's weights count.
const CODES_SCALE: f64 = 6.0;
/// What it counts that the rules are sure of a type.
const CODES_RULED: f64 = 1.5;
/// What a kind's weights count.
const KINDS_SCALE: f64 = 3.0;
/// What it counts that the rules are sure of a kind.
const KINDS_RULED: f64 = 1.5;
/// What it comes to stands last: the clauses that a text's last letters are in, so many of them, count for its kind once more.
const TAIL_LETTERS: usize = 20;
/// How much of what speaks for a kind is theirs, of 1; the rest is the whole text's.
const TAIL_PART: f32 = 0.3;
/// What a shipped sentence weighs in learning. Chosen among 0.3, 0.5, 0.7 and 1 by cross-validation.
const SHIPPED_WEIGHT: f32 = 0.5;
/// Features that a phone knows. Chosen on sentences that nothing is learned from among 10,000, 12,000, 14,000 and all 22,000.
const PHONE_FEATURES_N: usize = 12_000;
/// How sure it must be that nothing is said before no type is suggested.
const SILENT_MIN: f64 = 0.75;
/// How likely a text must speak for any type at all.
const SPEAKS_MIN: f64 = 0.4;

/// What is made of the likelihoods of what ships before they are told, so that of those told as 0.8 four in five are
/// right: by cross-validation, `… --example confirmed_figures`. What is suggested does not depend on it.
const SHIPPED_CALM: Calm =
    Calm { codes: Told { scale: 0.9, most: 0.95 }, kinds: Told { scale: 0.85, most: 1.0 } };

/// Rules and weights. Clones share both.
#[derive(Clone)]
pub struct Suggester {
    rules: Arc<Ruled>,
    learned: Arc<Learned>,
    calm: Calm,
}

/// How much of its sureness is told, for types and for kinds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Calm {
    codes: Told,
    kinds: Told,
}

/// How likelihoods are told.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Told {
    /// What their logarithms are multiplied by (temperature scaling: Guo et al. 2017, arXiv:1706.04599).
    scale: f64,
    /// 0 to 1: people take the rest otherwise, whatever the words say.
    most: f64,
}

impl Told {
    fn of(self, logits: &[f64]) -> Vec<f64> {
        let likely = likelihoods(logits.iter().map(|it| it * self.scale));
        likely.into_iter().map(|it| it * self.most).collect()
    }
}

/// A text as it is read.
struct Reading {
    letters: Vec<char>,
    found: Vec<Found>,
    by_rules: Categorization,
    /// What speaks for each type, in the order of [`Learned::codes`] and then of `unlearned`, as logarithms of likelihoods.
    codes: Vec<f64>,
    /// Types that only rules speak for: nothing was learned of them yet.
    unlearned: Vec<String>,
    /// Whether an office's own phrase speaks for a type.
    by_own: bool,
    /// The same for each kind, in the order of [`Kind::ALL`].
    kinds: Vec<f64>,
}

/// The suggester of the shipped rules and sentences, learned once: about 0.6 s on the first call.
///
/// # Panics
///
/// Never: a test reads the files that ship.
pub fn shipped() -> &'static Suggester {
    static SHIPPED: OnceLock<Suggester> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let said =
            read(said::SHIPPED, &Taxonomy::shipped()).expect("the shipped sentences are read by a test");
        Suggester::learn(&said)
    })
}

impl Suggester {
    /// Learns from sentences, beside the shipped rules.
    pub fn learn(said: &[Said]) -> Self {
        Self::learn_confirmed(said, &[])
    }

    /// Learns from sentences, and from what an office confirmed, which counts more. The same in the same order gives the
    /// same suggester, bit for bit. Takes some 0.1 s per 1,000 of both.
    pub fn learn_confirmed(said: &[Said], confirmed: &[Confirmed]) -> Self {
        let shipped = said.iter().map(|it| Example {
            words: it.words,
            kind: it.kind,
            code: Some(it.code),
            weight: SHIPPED_WEIGHT,
        });
        let of_office = confirmed.iter().map(|it| Example {
            words: it.words,
            kind: it.kind,
            code: it.code,
            weight: CONFIRMED_WEIGHT,
        });
        let examples: Vec<Example> = shipped.chain(of_office).collect();
        Self { rules: Ruled::shipped(), learned: Arc::new(Learned::of(&examples)), calm: SHIPPED_CALM }
    }

    /// The same beside other rules.
    #[must_use]
    pub fn with_rules(&self, rules: Arc<Ruled>) -> Self {
        Self { rules, ..self.clone() }
    }

    /// The same for a phone, which loads it: with half of the features it suggests nearly as well, and some 0.85 MB are all of it.
    #[must_use]
    pub fn for_phones(&self) -> Self {
        Self { learned: Arc::new(self.learned.of_most_common(PHONE_FEATURES_N)), ..self.clone() }
    }

    /// What it stands beside.
    pub fn rules(&self) -> Arc<Ruled> {
        Arc::clone(&self.rules)
    }

    /// What `text` speaks for: at most [`SHOWN_MAX`] suggestions, each with evidence, and none where nothing is said.
    /// Takes time in proportion to its length.
    pub fn suggest(&self, text: &str) -> Categorization {
        let is_empty = text.chars().all(|it| it.is_whitespace() || it.is_ascii_punctuation());
        if is_empty {
            return self.rules.all.categorize(text);
        }
        let reading = self.read(text);
        let likely = likelihoods(reading.kinds.iter().copied());
        let best = (1..likely.len()).fold(0, |best, it| if likely[it] > likely[best] { it } else { best });
        let kind = Kind::ALL[best];
        // A matter that is not seen costs more than a suggestion too many.
        let is_silent = kind == Kind::Nothing && likely[best] >= SILENT_MIN && !reading.by_own;
        let suggestions = if is_silent { Vec::new() } else { self.suggestions(&reading) };
        let told = self.calm.kinds.of(&reading.kinds);
        Categorization { kind: KindGuess { value: kind, confidence: rounded(told[best]) }, suggestions }
    }

    fn read(&self, text: &str) -> Reading {
        let by_rules = self.rules.all.categorize(text);
        let found = self.learned.read(text);
        let letters: Vec<char> = text.chars().collect();
        let scores = self.learned.scores(&found);
        let tail = self.learned.scores(from(&found, tail_start(&letters, TAIL_LETTERS)));
        let ruled = |code: &str| {
            by_rules.suggestions.iter().find(|it| it.code == code).map_or(0.0, |it| it.confidence)
        };
        let codes = scores.codes.iter().zip(&self.learned.codes);
        let mut codes: Vec<f64> =
            codes.map(|(score, code)| f64::from(*score) * CODES_SCALE + ruled(code) * CODES_RULED).collect();
        let kinds = scores.kinds.iter().zip(&tail.kinds).zip(Kind::ALL);
        let mut kinds: Vec<f64> = kinds
            .map(|((whole, tail), kind)| {
                let ruled = if kind == by_rules.kind.value { by_rules.kind.confidence } else { 0.0 };
                f64::from(whole + (tail - whole) * TAIL_PART) * KINDS_SCALE + ruled * KINDS_RULED
            })
            .collect();
        let own = self.rules.own.categorize(text).suggestions;
        for (at, sure) in self.rules.own.kinds_said(text).into_iter().enumerate() {
            raise(&mut kinds, at, sure);
        }
        let unlearned = self.raise_by_rules(&mut codes, &by_rules.suggestions, &own);
        Reading { letters, found, by_rules, codes, unlearned, by_own: !own.is_empty(), kinds }
    }

    /// What an office wrote itself counts by its own weight, and so does what is said of types that nothing was learned
    /// of; answers these. The surest comes last, so that it is as sure as it says.
    fn raise_by_rules(&self, codes: &mut Vec<f64>, all: &[Suggestion], own: &[Suggestion]) -> Vec<String> {
        let learned = &self.learned.codes;
        let mut unlearned: Vec<String> = Vec::new();
        for it in all.iter().chain(own).filter(|it| learned.binary_search(&it.code).is_err()) {
            if !unlearned.contains(&it.code) {
                unlearned.push(it.code.clone());
                codes.push(f64::NEG_INFINITY);
            }
        }
        let known = |code: &String| unlearned.iter().position(|it| it == code).map(|it| it + learned.len());
        let unknown = all.iter().filter(|it| known(&it.code).is_some());
        let mut raised: Vec<&Suggestion> = own.iter().chain(unknown).collect();
        raised.sort_by(|one, other| one.confidence.total_cmp(&other.confidence));
        for it in raised {
            if let Some(at) = known(&it.code).or_else(|| learned.binary_search(&it.code).ok()) {
                raise(codes, at, it.confidence);
            }
        }
        unlearned
    }

    fn suggestions(&self, reading: &Reading) -> Vec<Suggestion> {
        let likely = likelihoods(reading.codes.iter().copied());
        // The first code is the empty one.
        if 1.0 - likely[0] < SPEAKS_MIN {
            return Vec::new();
        }
        let told = self.calm.codes.of(&reading.codes);
        let mut order: Vec<usize> = (1..likely.len()).collect();
        order.sort_by(|one, other| likely[*other].total_cmp(&likely[*one]));
        let learned_n = self.learned.codes.len();
        let suggestion = |at: usize| {
            let code = self.learned.codes.get(at).unwrap_or_else(|| &reading.unlearned[at - learned_n]);
            let evidence = match reading.by_rules.suggestions.iter().find(|it| it.code == *code) {
                Some(by_rules) => by_rules.evidence.clone(),
                None if at < learned_n => self.evidence(&reading.found, &reading.letters, at),
                // Beside so many that are surer it is not worth a glance.
                None => Vec::new(),
            };
            Suggestion { code: code.clone(), confidence: rounded(told[at]), evidence }
        };
        let shown = order.into_iter().take(SHOWN_MAX).map(suggestion);
        shown.filter(|it| !it.evidence.is_empty()).collect()
    }

    /// The words that spoke most for a type; the single letter that did when no two beside each other did.
    fn evidence(&self, found: &[Found], letters: &[char], code: usize) -> Vec<Evidence> {
        let spoke = self.learned.spoke(found, letters.len(), code);
        let quoted = quote(letters, &spoke);
        if !quoted.is_empty() {
            return quoted;
        }
        let loudest = (0..spoke.len()).max_by(|one, other| spoke[*one].total_cmp(&spoke[*other]));
        let single = |at: usize| Evidence { text: letters[at].to_string(), start: at, end: at + 1 };
        loudest.filter(|it| spoke[*it] > 0.0).map(single).into_iter().collect()
    }
}

/// To three digits, so that the same text gives the same JSON everywhere.
fn rounded(likelihood: f64) -> f64 {
    (likelihood * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        rules::{Rules, TypeRules},
        taxonomy::{Category, scheme::Scheme, scheme::TaxonomyChange},
    };

    fn with_lines(target: &str, text: &str, scheme: &Scheme) -> Suggester {
        let rules = TypeRules { target: target.to_owned(), text: text.to_owned() };
        let rules = Rules::shipped().with(&rules).unwrap();
        shipped().with_rules(Arc::new(Ruled::new(&rules, &scheme.with_past()).unwrap()))
    }

    #[test]
    fn what_an_office_wrote_itself_is_suggested_first_and_quoted() {
        let text = "窗口的人跟我打哈哈过招，一问就是转圈圈";
        assert_ne!(shipped().suggest(text).suggestions[0].code, "JL4");
        let first =
            with_lines("JL4", "3 打哈哈…招", &Scheme::shipped()).suggest(text).suggestions.swap_remove(0);
        assert_eq!((first.code.as_str(), first.evidence[0].text.as_str()), ("JL4", "打哈哈过招"));
        let denied =
            with_lines("JL4", "3 打哈哈过招", &Scheme::shipped()).suggest("没有打哈哈过招，办得很快");
        assert!(denied.suggestions.iter().all(|it| it.code != "JL4"), "{denied:?}");
        let praised = with_lines("@praise", "3 硬是要得", &Scheme::shipped()).suggest("窗口的人硬是要得");
        assert_eq!(praised.kind.value, Kind::Praise);
    }

    #[test]
    fn a_type_that_the_office_added_is_suggested_by_its_rules_alone() {
        let category = Category {
            code: "GL9".to_owned(),
            parent: "GL".to_owned(),
            short_zh: "打哈哈".to_owned(),
            name_zh: "打哈哈".to_owned(),
            name_en: "Evasion".to_owned(),
            attention: 0,
            source: String::new(),
        };
        let scheme = Scheme::shipped().with(&TaxonomyChange::Add { category }).unwrap();
        let suggester = with_lines("GL9", "3 打哈哈过招", &scheme);
        let first = suggester.suggest("窗口的人跟我打哈哈过招").suggestions.swap_remove(0);
        assert_eq!((first.code.as_str(), first.evidence[0].text.as_str()), ("GL9", "打哈哈过招"));
        assert!(first.confidence > 0.5, "{first:?}");
        let other = suggester.suggest("低保评的时候没有公开，村支书的亲戚评上了");
        assert_eq!(other, shipped().suggest("低保评的时候没有公开，村支书的亲戚评上了"));
    }

    /// Sentences that nothing is learned from or fitted on, as people say them; none names its type.
    const SENTENCES: &str = include_str!("suggesting/sentences.tsv");

    fn sentences() -> Vec<Said<'static>> {
        read(SENTENCES, &Taxonomy::shipped()).unwrap()
    }

    #[test]
    fn types_and_kinds_are_right_as_often_as_an_office_needs() {
        let [first, two, kind] = shares(shipped());
        assert!(first >= 0.75, "the type is the first suggestion: {first:.3}");
        assert!(two >= 0.88, "the type is one of two suggestions: {two:.3}");
        assert!(kind >= 0.90, "the kind: {kind:.3}");
    }

    #[test]
    fn a_phone_suggests_as_well_with_less_than_a_megabyte() {
        let bytes = shipped().for_phones().to_bytes();
        assert!(bytes.len() < 1_000_000, "{} bytes", bytes.len());
        let phone = Suggester::from_bytes(&bytes).unwrap();
        let [first, two, kind] = shares(&phone);
        // What is a problem and what a request, people on the phone say themselves: its kinds only tell when nothing is said.
        assert!(first >= 0.75 && two >= 0.88, "{first:.3} {two:.3} {kind:.3}");
    }

    /// How often the type is the first suggestion, is one of two, and how often the kind is right.
    fn shares(suggester: &Suggester) -> [f64; 3] {
        let sentences = sentences();
        let made: Vec<Categorization> = sentences.iter().map(|it| suggester.suggest(it.words)).collect();
        let share = |right: &dyn Fn(&Said, &Categorization) -> Option<bool>| {
            let judged: Vec<bool> =
                sentences.iter().zip(&made).filter_map(|(said, made)| right(said, made)).collect();
            #[expect(clippy::cast_precision_loss, reason = "counts of sentences")]
            let share = judged.iter().filter(|it| **it).count() as f64 / judged.len() as f64;
            share
        };
        let within = |n: usize| {
            move |said: &Said, made: &Categorization| {
                let found = made.suggestions.iter().take(n).any(|it| it.code == said.code);
                (!said.code.is_empty()).then_some(found)
            }
        };
        let (first, two) = (share(&within(1)), share(&within(2)));
        let kind = share(&|said, made| Some(made.kind.value == said.kind));
        [first, two, kind]
    }

    #[test]
    fn sentences_are_many_apart_from_those_learned_and_do_not_name_their_type() {
        let taxonomy = Taxonomy::shipped();
        let learned = read(said::SHIPPED, &taxonomy).unwrap();
        let sentences = sentences();
        assert!(sentences.len() >= 150);
        for it in sentences {
            assert!(learned.iter().all(|other| other.words != it.words), "{}", it.words);
            let named = taxonomy.get(it.code).is_some_and(|code| it.words.contains(&code.short_zh));
            assert!(!named, "{} {}", it.code, it.words);
        }
    }

    #[test]
    fn evidence_is_quoted_word_for_word() {
        for it in sentences() {
            let letters: Vec<char> = it.words.chars().collect();
            let made = shipped().suggest(it.words);
            assert!(made.suggestions.len() <= SHOWN_MAX);
            for suggestion in made.suggestions {
                assert!(!suggestion.evidence.is_empty(), "{}", it.words);
                for evidence in suggestion.evidence {
                    let quoted: String = letters[evidence.start..evidence.end].iter().collect();
                    assert_eq!(quoted, evidence.text);
                }
            }
        }
    }

    #[test]
    fn who_says_nothing_gets_no_suggestion() {
        for text in ["", " \n", "没有意见", "你们坐，喝口水再走", "……"] {
            let made = shipped().suggest(text);
            assert_eq!(made.kind.value, Kind::Nothing, "{text}");
            assert!(made.suggestions.is_empty(), "{text}");
        }
    }

    #[test]
    fn learning_again_suggests_the_same() {
        let again = Suggester::learn(&read(said::SHIPPED, &Taxonomy::shipped()).unwrap());
        for it in sentences() {
            assert_eq!(again.suggest(it.words), shipped().suggest(it.words));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            let made = shipped().suggest(&text);
            prop_assert!((0.0..=1.0).contains(&made.kind.confidence));
            prop_assert!(made.suggestions.iter().all(|it| (0.0..=1.0).contains(&it.confidence)));
        }
    }
}
