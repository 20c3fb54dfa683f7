//! Categorizing: which types a text speaks for, and the words that say so.
//!
//! Phrases as people use them stand in `data/rules.txt`. Each that occurs is evidence; evidence of
//! one type adds up; a negation before it ("没有推诿") takes it away and speaks for praise. The
//! office and the phone show what `suggesting` makes of it. The machine suggests, a person decides.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    phrases::{ELLIPSIS, Found, Gap, Phrases},
    statement::Kind,
    taxonomy::{Category, Taxonomy},
};

/// The phrases that ship.
pub const SHIPPED_RULES: &str = include_str!("../data/rules.txt");
/// Most suggestions for one text.
pub const SUGGESTIONS_MAX: usize = 5;
/// Most quotations for one suggestion.
pub const EVIDENCE_MAX: usize = 6;
/// Between the parts of a phrase: letters of the same sentence.
const GAP: Gap = Gap { max: 10, takes: |it| !ends_sentence(it) };
/// How far before a phrase a negation is looked for, in characters.
const NEGATION_CHARS: usize = 5;
/// Below this a suggestion is not worth a person's glance.
const CONFIDENCE_MIN: f64 = 0.3;

/// Below this a second suggestion is not worth the room of a small screen. Chosen on the sentences of the tests.
pub const SECOND_MIN: f64 = 0.1;

/// What the machine makes of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Categorization {
    pub kind: KindGuess,
    /// Best first; each with evidence.
    pub suggestions: Vec<Suggestion>,
}

impl Categorization {
    /// The suggestions that a small screen has room for: the first, and the second where it is at least [`SECOND_MIN`] sure.
    pub fn at_a_glance(self) -> impl Iterator<Item = Suggestion> {
        let is_likely = |(n, it): &(usize, Suggestion)| *n == 0 || it.confidence >= SECOND_MIN;
        self.suggestions.into_iter().enumerate().filter(is_likely).map(|it| it.1)
    }
}

/// Problem, suggestion, request, praise or nothing, and how sure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KindGuess {
    pub value: Kind,
    /// 0 to 1.
    pub confidence: f64,
}

/// One type, how sure, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suggestion {
    pub code: String,
    /// 0 to 1.
    pub confidence: f64,
    /// In the order of the text.
    pub evidence: Vec<Evidence>,
}

/// Words of the text, verbatim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evidence {
    pub text: String,
    /// Where they begin, counted in characters.
    pub start: usize,
    /// Where they end, counted in characters; not included.
    pub end: usize,
}

/// 把握大 from this confidence on.
pub const SURE_MIN: f64 = 0.8;
/// 较有把握 from this confidence on.
pub const FAIR_MIN: f64 = 0.5;

/// How sure, in words for a screen: a percentage beside a grave matter would claim too much. Confidences are calibrated: of
/// those between two thresholds about so many are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sureness {
    /// 把握大: four in five are right, or more.
    Large,
    /// 较有把握: every other one is right, or more.
    Fair,
    /// 拿不准
    Low,
}

impl Sureness {
    /// The word for a confidence of 0 to 1.
    pub fn of(confidence: f64) -> Self {
        if confidence >= SURE_MIN {
            Self::Large
        } else if confidence >= FAIR_MIN {
            Self::Fair
        } else {
            Self::Low
        }
    }
}

/// What a phrase speaks for.
struct Spoken {
    target: Target,
    /// 0 to 1.
    weight: f64,
    /// Whether it begins with a letter by itself.
    is_letter: bool,
    /// The line of the rules, from 1.
    line: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    /// Index into the codes.
    Category(usize),
    Kind(Kind),
}

/// A line of rules that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is no rule: a known code or @kind, a weight of 1 to 3, phrases")]
pub struct RuleError {
    pub line: usize,
}

/// Rules made ready: all their phrases are one automaton.
pub struct Categorizer {
    codes: Vec<String>,
    /// Whether a code is about conduct, so that its denial is praise.
    conduct: Vec<bool>,
    phrases: Phrases,
    /// What each of them speaks for.
    spoken: Vec<Spoken>,
}

/// Where a phrase stands in a text, counted in characters; the end is not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    pub start: usize,
    pub end: usize,
    /// What stands before denies it, so that it is no evidence.
    pub denied: bool,
}

/// Something found in a text.
struct Hit {
    phrase: usize,
    start: usize,
    end: usize,
    negated: Negated,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Negated {
    No,
    Yes,
    /// "不能说没有…": a double negation is left to people.
    Unsure,
}

impl Categorizer {
    /// Makes rules ready.
    ///
    /// # Errors
    ///
    /// [`RuleError`], naming the line.
    pub fn new(taxonomy: &Taxonomy, rules: &str) -> Result<Self, RuleError> {
        let leaves: Vec<&Category> = taxonomy.leaves().collect();
        let codes: Vec<String> = leaves.iter().map(|it| it.code.clone()).collect();
        let mut phrases: Vec<&str> = Vec::new();
        let mut spoken: Vec<Spoken> = Vec::new();
        for (n, line) in
            rules.lines().enumerate().filter(|(_, it)| !it.trim().is_empty() && !it.starts_with('#'))
        {
            let (target, weight, of_line) = read_line(line, &codes).ok_or(RuleError { line: n + 1 })?;
            for phrase in of_line.split('|') {
                let is_letter = phrase.split(ELLIPSIS).next().is_some_and(|it| it.chars().nth(1).is_none());
                phrases.push(phrase);
                spoken.push(Spoken { target, weight, is_letter, line: n + 1 });
            }
        }
        let line_of = |it: usize| spoken.get(it).or(spoken.last()).map_or(0, |it| it.line);
        Ok(Self {
            codes,
            conduct: leaves.iter().map(|it| !matches!(it.parent.as_str(), "FW" | "SQ" | "")).collect(),
            phrases: Phrases::new(phrases, GAP).map_err(|it| RuleError { line: line_of(it.0) })?,
            spoken,
        })
    }

    /// What `text` speaks for. Takes time in proportion to its length.
    pub fn categorize(&self, text: &str) -> Categorization {
        let letters: Vec<char> = text.chars().collect();
        let hits = self.hits(&letters);
        let suggestions = self.suggestions(&letters, &hits);
        let kind = self.kind(&letters, &hits, &suggestions);
        Categorization { kind, suggestions }
    }

    /// Every phrase that is in `text`, in its order; of those that overlap the longest of the first.
    pub fn matches(&self, text: &str) -> Vec<Match> {
        let letters: Vec<char> = text.chars().collect();
        let of_hit = |it: &Hit| Match { start: it.start, end: it.end, denied: self.is_denied(it) };
        let mut all: Vec<Match> = self.hits(&letters).iter().map(of_hit).collect();
        all.sort_by_key(|it| (it.start, std::cmp::Reverse(it.end)));
        let mut apart: Vec<Match> = Vec::with_capacity(all.len());
        for it in all {
            if apart.last().is_none_or(|before| before.end <= it.start) {
                apart.push(it);
            }
        }
        apart
    }

    /// The lines of the rules of which a phrase is in `text`, and not denied, each once and in their order.
    pub fn lines_said(&self, text: &str) -> BTreeSet<usize> {
        let letters: Vec<char> = text.chars().collect();
        let hits = self.hits(&letters);
        hits.iter().filter(|it| !self.is_denied(it)).map(|it| self.spoken[it.phrase].line).collect()
    }

    /// Whether what stands before denies it, so that it is no evidence.
    fn is_denied(&self, hit: &Hit) -> bool {
        let counts = match self.spoken[hit.phrase].target {
            Target::Category(code) => !self.conduct[code],
            Target::Kind(_) => false,
        };
        hit.negated == Negated::Yes && !counts
    }

    /// How sure the phrases of each kind are by themselves, 0 to 1, in the order of [`Kind::ALL`].
    pub fn kinds_said(&self, text: &str) -> [f64; Kind::ALL.len()] {
        let letters: Vec<char> = text.chars().collect();
        let hits = self.hits(&letters);
        Kind::ALL.map(|kind| {
            let mut said: Vec<usize> = hits
                .iter()
                .filter(|it| {
                    it.negated != Negated::Yes && self.spoken[it.phrase].target == Target::Kind(kind)
                })
                .map(|it| it.phrase)
                .collect();
            said.sort_unstable();
            said.dedup();
            1.0 - said.iter().map(|it| 1.0 - self.spoken[*it].weight).product::<f64>()
        })
    }

    fn hits(&self, letters: &[char]) -> Vec<Hit> {
        let of = |it: Found| Hit {
            phrase: it.phrase,
            start: it.start,
            end: it.end,
            negated: negated(letters, it.start),
        };
        self.phrases.find(letters).into_iter().map(of).collect()
    }

    fn suggestions(&self, letters: &[char], hits: &[Hit]) -> Vec<Suggestion> {
        let mut found: Vec<(usize, Vec<&Hit>)> = Vec::new();
        for hit in hits {
            let Target::Category(code) = self.spoken[hit.phrase].target else { continue };
            if hit.negated == Negated::Yes && self.conduct[code] {
                continue;
            }
            match found.iter_mut().find(|(it, _)| *it == code) {
                Some((_, of_code)) => of_code.push(hit),
                None => found.push((code, vec![hit])),
            }
        }
        let mut suggestions: Vec<Suggestion> = found
            .into_iter()
            .map(|(code, hits)| self.suggestion(code, hits, letters))
            .filter(|it| it.confidence >= CONFIDENCE_MIN)
            .collect();
        suggestions.sort_by(|one, other| {
            other.confidence.total_cmp(&one.confidence).then(one.code.cmp(&other.code))
        });
        // Two types that are equally likely make each other less sure.
        if let [first, second, ..] = suggestions.as_mut_slice()
            && first.confidence - second.confidence < 0.1
        {
            first.confidence = round(first.confidence * 0.92);
            second.confidence = round(second.confidence.min(first.confidence) * 0.95);
        }
        suggestions.truncate(SUGGESTIONS_MAX);
        suggestions
    }

    fn suggestion(&self, code: usize, mut hits: Vec<&Hit>, letters: &[char]) -> Suggestion {
        // The longest first, so that a phrase within a longer one does not count twice.
        hits.sort_by_key(|it| (std::cmp::Reverse(it.end - it.start), it.start));
        let mut kept: Vec<&Hit> = Vec::new();
        let mut doubt = 1.0;
        for hit in hits {
            let overlaps = kept.iter().any(|it| hit.start < it.end && it.start < hit.end);
            let again = kept.iter().any(|it| it.phrase == hit.phrase);
            if overlaps || again {
                continue;
            }
            let weight = self.spoken[hit.phrase].weight;
            doubt *= 1.0 - if hit.negated == Negated::No { weight } else { weight / 2.0 };
            kept.push(hit);
        }
        kept.truncate(EVIDENCE_MAX);
        kept.sort_by_key(|it| it.start);
        let quote = |it: &&Hit| Evidence {
            text: letters[it.start..it.end].iter().collect(),
            start: it.start,
            end: it.end,
        };
        Suggestion {
            code: self.codes[code].clone(),
            confidence: round(1.0 - doubt),
            evidence: kept.iter().map(quote).collect(),
        }
    }

    fn kind(&self, letters: &[char], hits: &[Hit], suggestions: &[Suggestion]) -> KindGuess {
        if letters.iter().all(|it| it.is_whitespace() || it.is_ascii_punctuation()) {
            return KindGuess { value: Kind::Nothing, confidence: 0.9 };
        }
        let mut scores = Kind::ALL.map(|kind| (kind, 0.05));
        let mut add = |kind: Kind, weight: f64| {
            scores.iter_mut().filter(|it| it.0 == kind).for_each(|it| it.1 += weight);
        };
        let mut seen = Vec::new();
        for hit in hits {
            let spoken = &self.spoken[hit.phrase];
            match spoken.target {
                Target::Kind(kind) if hit.negated != Negated::Yes && !seen.contains(&hit.phrase) => {
                    // Single letters such as 不 only break ties.
                    add(kind, if spoken.is_letter { 0.08 } else { spoken.weight * 1.4 });
                    seen.push(hit.phrase);
                }
                Target::Category(code) if hit.negated == Negated::Yes && self.conduct[code] => {
                    add(Kind::Praise, 0.9);
                }
                Target::Category(_) | Target::Kind(_) => {}
            }
        }
        if let Some(best) = suggestions.first() {
            let conduct =
                self.codes.iter().position(|it| *it == best.code).is_some_and(|it| self.conduct[it]);
            add(
                if conduct { Kind::Problem } else { Kind::Request },
                best.confidence * if conduct { 0.9 } else { 0.25 },
            );
        }
        let total: f64 = scores.iter().map(|it| it.1).sum();
        // The first of equals: a problem before a request.
        let mut best = scores[0];
        for score in scores {
            if score.1 > best.1 {
                best = score;
            }
        }
        KindGuess { value: best.0, confidence: round(best.1 / total) }
    }
}

/// What a line of rules speaks for, its weight, and its phrases.
fn read_line<'a>(line: &'a str, codes: &[String]) -> Option<(Target, f64, &'a str)> {
    let mut fields = line.splitn(3, ' ');
    let (target, weight, phrases) = (fields.next()?, fields.next()?, fields.next()?);
    let target = match target.strip_prefix('@') {
        Some(kind) => Target::Kind(Kind::from_word(kind)?),
        None => Target::Category(codes.iter().position(|it| it == target)?),
    };
    let weight = match weight {
        "1" => 0.35,
        "2" => 0.5,
        "3" => 0.75,
        _ => return None,
    };
    Some((target, weight, phrases))
}

fn ends_sentence(letter: char) -> bool {
    matches!(letter, '。' | '！' | '？' | '!' | '?' | '\n' | '；' | ';')
}

/// Whether what begins at `start` is denied by the words before it.
fn negated(letters: &[char], start: usize) -> Negated {
    const DENIALS: [&str; 13] = [
        "没有",
        "没",
        "从不",
        "从来不",
        "不再",
        "毫无",
        "并未",
        "不会",
        "没有再",
        "从没",
        "不存在",
        "没有出现",
        "不是",
    ];
    let before = &letters[start.saturating_sub(NEGATION_CHARS)..start];
    if !DENIALS.iter().any(|it| ends_with(before, it)) {
        return Negated::No;
    }
    let wide: String = letters[start.saturating_sub(NEGATION_CHARS * 2)..start].iter().collect();
    if ["不能说没", "不是没", "并不是没", "哪里没", "难道没"].iter().any(|it| wide.contains(it))
    {
        Negated::Unsure
    } else {
        Negated::Yes
    }
}

fn ends_with(letters: &[char], word: &str) -> bool {
    let mut back = letters.iter().rev();
    word.chars().rev().all(|it| back.next() == Some(&it))
}

/// To three digits, so that the same text gives the same JSON everywhere.
fn round(value: f64) -> f64 {
    (value.clamp(0.0, 1.0) * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    fn shipped() -> &'static Categorizer {
        static SHIPPED: LazyLock<Categorizer> =
            LazyLock::new(|| Categorizer::new(&Taxonomy::shipped(), SHIPPED_RULES).unwrap());
        &SHIPPED
    }

    #[track_caller]
    fn check(text: &str, kind: Kind, codes: &[&str]) {
        let found = shipped().categorize(text);
        let top: Vec<&str> = found.suggestions.iter().map(|it| it.code.as_str()).take(codes.len()).collect();
        assert_eq!(top, codes, "{text}: {found:?}");
        assert_eq!(found.kind.value, kind, "{text}: {found:?}");
    }

    #[test]
    fn a_small_screen_has_room_for_the_first_and_for_a_second_that_is_likely() {
        let shown = |sure: [f64; 2]| {
            let suggestions = ["GL1", "GL2"].into_iter().zip(sure).map(|(code, confidence)| Suggestion {
                code: code.to_owned(),
                confidence,
                evidence: Vec::new(),
            });
            let kind = KindGuess { value: Kind::Problem, confidence: 1.0 };
            Categorization { kind, suggestions: suggestions.collect() }.at_a_glance().count()
        };
        assert_eq!(shown([0.05, 0.04]), 1);
        assert_eq!(shown([0.6, SECOND_MIN]), 2);
        assert_eq!(shown([0.9, 0.09]), 1);
    }

    #[test]
    fn an_allowance_for_relatives_is_favour_before_passing_the_buck() {
        let text = "低保评的时候没有公开，村支书的亲戚评上了，我家老人瘫在床上反倒没有。\
                    问了几回，村里说归镇上管，镇上又叫找村里";
        let found = shipped().categorize(text);
        let codes: Vec<&str> = found.suggestions.iter().map(|it| it.code.as_str()).collect();
        assert_eq!(codes[0], "XC1", "{found:?}");
        assert!(codes.contains(&"GL1"), "{found:?}");
        assert_eq!(found.kind.value, Kind::Problem);
    }

    #[test]
    fn what_people_say_is_understood() {
        use Kind::{Praise, Problem, Request, Suggestion};
        check("换个营业执照上的法人，来回折腾了五趟，每趟都说缺一样东西", Problem, &["YS1"]);
        check("申请交上去半年了一点音信都没有，打电话就说还在走流程", Problem, &["GL2"]);
        check("代办员上门帮我们跑完了所有手续，省心", Praise, &[]);
        check("村干部一天到晚填表、报材料、拍照上传，哪有时间下户", Problem, &["XS3"]);
        check("村里自来水老是停，能不能帮忙反映一下", Request, &["SQ2"]);
        check("办事大厅那个女的头都不抬，问她两句就说自己看墙上", Problem, &["GL5"]);
        check("几个部门能不能约好一起来检查，建议一次查完", Suggestion, &[]);
        check("去问退耕还林的钱，一问三不知，让我去找这个找那个", Problem, &["GL7"]);
        check("听说驾校那边塞红包就能过", Problem, &["GL6"]);
        check("当初招商的时候答应的厂房补贴，三年了还没有兑现", Problem, &["YS7"]);
        check("有人说认识法院的人，可以帮忙打招呼，要我拿三万块活动费", Problem, &["ZF1"]);
        check("公家的车子周末停在酒店门口", Problem, &["XL1"]);
        check("食堂倒掉的饭菜还是多，光盘讲了好几年", Problem, &["XL6"]);
    }

    #[test]
    fn a_denial_is_praise_and_no_evidence() {
        let found = shipped().categorize("司法所的同志态度很好，没有推诿，当天就给我办了");
        assert_eq!(found.kind.value, Kind::Praise, "{found:?}");
        assert!(found.suggestions.iter().all(|it| it.code != "GL1"), "{found:?}");
    }

    #[test]
    fn a_double_denial_stays_unsure() {
        let sure = shipped().categorize("他们推诿").suggestions[0].confidence;
        let unsure = shipped().categorize("不能说没有推诿").suggestions[0].confidence;
        assert!(unsure < sure);
    }

    #[test]
    fn no_comment_is_no_comment() {
        assert_eq!(shipped().categorize("没有意见").kind.value, Kind::Nothing);
        assert_eq!(shipped().categorize("").kind.value, Kind::Nothing);
    }

    #[test]
    fn a_gap_does_not_cross_a_sentence() {
        let found = shipped().categorize("上个月评上的。我的亲戚都好。");
        assert!(found.suggestions.iter().all(|it| it.code != "XC1"), "{found:?}");
    }

    #[test]
    fn a_bad_rule_is_named() {
        let taxonomy = Taxonomy::shipped();
        let error = |rules| Categorizer::new(&taxonomy, rules).err();
        assert_eq!(error("# x\nNO 3 话"), Some(RuleError { line: 2 }));
        assert_eq!(error("GL1 9 话"), Some(RuleError { line: 1 }));
        assert_eq!(error("GL1 3 话||"), Some(RuleError { line: 1 }));
    }

    proptest! {
        #[test]
        fn evidence_is_quoted_word_for_word(text in "[低保亲戚评上没有推诿跑了趟归管找。，a-z\u{202e}👨\n]{0,80}") {
            let found = shipped().categorize(&text);
            let letters: Vec<char> = text.chars().collect();
            prop_assert!((0.0..=1.0).contains(&found.kind.confidence));
            for suggestion in &found.suggestions {
                prop_assert!((0.0..=1.0).contains(&suggestion.confidence));
                prop_assert!(!suggestion.evidence.is_empty());
                for evidence in &suggestion.evidence {
                    let quoted: String = letters[evidence.start..evidence.end].iter().collect();
                    prop_assert_eq!(&quoted, &evidence.text);
                }
            }
        }

        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            let found = shipped().categorize(&text);
            prop_assert!(found.suggestions.len() <= SUGGESTIONS_MAX);
            prop_assert_eq!(found, shipped().categorize(&text));
        }
    }
}
