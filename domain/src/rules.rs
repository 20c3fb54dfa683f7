//! Rules as an office keeps them: for each type lines of weight and phrases, what is wrong with them while they are typed, and
//! what they would match.
//!
//! The format is that of `data/rules.txt` without the code in front: `3 推诿|扯皮|归…管…找`. A phrase that is denied ("没有推诿")
//! is no evidence; … stands for some letters of the same sentence.

mod synonyms;

use serde::{Deserialize, Serialize};

use crate::{
    categorize::{Categorization, SHIPPED_RULES},
    statement::Kind,
};

pub use self::synonyms::{VARIANTS_ALL_MAX, VARIANTS_MAX, WORDS_MAX};

/// What stands for a type where lines are ways to say the same.
pub const SYNONYMS: &str = "@words";
/// Most lines of one type.
pub const LINES_MAX: usize = 50;
/// Longest line, in characters: some three hundred phrases.
pub const LINE_CHARS_MAX: usize = 2_000;
/// Longest phrase, in characters.
pub const PHRASE_CHARS_MAX: usize = 40;
/// Most bytes of all rules: some thirty times what ships.
pub const RULES_BYTES_MAX: usize = 512 * 1024;
/// The latest statements in which a trial looks.
pub const TRIED_MAX: u32 = 5_000;
/// Matches that a trial shows.
pub const SAMPLES_MAX: usize = 8;
/// What is shown around a match, in characters on either side.
pub const AROUND_CHARS: usize = 14;

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RuleWrong {
    /// It does not begin with 1, 2 or 3 and a space.
    Weight,
    /// A phrase, or a part of one beside …, is empty.
    Empty,
    /// More than [`LINE_CHARS_MAX`] or [`PHRASE_CHARS_MAX`].
    TooLong,
    /// More than [`LINES_MAX`] or [`RULES_BYTES_MAX`].
    TooMany,
    /// A word without another that says the same.
    Alone,
    /// Words that say the same have no blanks and no …
    Gap,
    /// More than [`WORDS_MAX`].
    TooManyWords,
    /// More than [`VARIANTS_MAX`] of a phrase, or [`VARIANTS_ALL_MAX`] of all.
    TooManyVariants,
}

/// Where rules cannot be read, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleFault {
    /// From 1; 0 for all of them.
    pub line: usize,
    pub wrong: RuleWrong,
}

/// The lines of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TypeRules {
    /// A code of the taxonomy, `@` and a kind, or [`SYNONYMS`].
    pub target: String,
    /// Lines of weight and phrases; of [`SYNONYMS`], of words.
    pub text: String,
}

/// The rules of all types, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    types: Vec<TypeRules>,
}

impl Rules {
    /// The rules that ship.
    pub fn shipped() -> Self {
        Self::of_text(SHIPPED_RULES)
    }

    /// Rules from a text in the format of `data/rules.txt`; remarks go.
    pub fn of_text(text: &str) -> Self {
        let mut rules = Self::default();
        for line in text.lines().filter(|it| !it.trim().is_empty() && !it.starts_with('#')) {
            let Some((target, rest)) = line.split_once(' ') else { continue };
            match rules.types.iter_mut().find(|it| it.target == target) {
                Some(known) => known.text = format!("{}\n{rest}", known.text),
                None => rules.types.push(TypeRules { target: target.to_owned(), text: rest.to_owned() }),
            }
        }
        rules
    }

    /// The same as a text; `is_wanted` tells which targets.
    pub fn to_text(&self, is_wanted: impl Fn(&str) -> bool) -> String {
        let lines = self.types.iter().filter(|it| is_wanted(&it.target)).flat_map(|it| {
            it.text
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(move |line| format!("{} {line}\n", it.target))
        });
        lines.collect()
    }

    /// The phrases that do not ship, with their types and weights: what an office wrote itself.
    #[must_use]
    pub fn own(&self) -> Self {
        let shipped = Self::shipped();
        let own_of = |it: &TypeRules| {
            let known: Vec<(&str, &str)> = shipped.of(&it.target).map_or_else(Vec::new, phrases_of);
            let own: Vec<(&str, &str)> =
                phrases_of(&it.text).into_iter().filter(|it| !known.contains(it)).collect();
            let lines: Vec<String> =
                own.iter().map(|(weight, phrase)| format!("{weight} {phrase}")).collect();
            TypeRules { target: it.target.clone(), text: lines.join("\n") }
        };
        Self { types: self.types.iter().map(own_of).filter(|it| !it.text.is_empty()).collect() }
    }

    fn of(&self, target: &str) -> Option<&str> {
        self.types.iter().find(|it| it.target == target).map(|it| it.text.as_str())
    }

    /// Each type that has any.
    pub fn types(&self) -> &[TypeRules] {
        &self.types
    }

    /// These with other lines for one type.
    ///
    /// # Errors
    ///
    /// What is wrong with them, by line.
    pub fn with(&self, of_type: &TypeRules) -> Result<Self, Vec<RuleFault>> {
        let faults = faults_of(of_type);
        if !faults.is_empty() {
            return Err(faults);
        }
        let of_type = &TypeRules { target: of_type.target.clone(), text: plain(of_type) };
        let mut rules = self.clone();
        match rules.types.iter_mut().find(|it| it.target == of_type.target) {
            Some(known) => known.text.clone_from(&of_type.text),
            None => rules.types.push(of_type.clone()),
        }
        if rules.to_text(|_| true).len() > RULES_BYTES_MAX {
            return Err(vec![RuleFault { line: 0, wrong: RuleWrong::TooMany }]);
        }
        if !rules.can_be_spelled_out() {
            return Err(vec![RuleFault { line: 0, wrong: RuleWrong::TooManyVariants }]);
        }
        Ok(rules)
    }

    /// The lines of one type alone, with the synonyms of these spelled out in them; of the synonyms, their words as phrases.
    ///
    /// # Errors
    ///
    /// What is wrong with them, by line.
    pub fn alone(&self, of_type: &TypeRules) -> Result<Self, Vec<RuleFault>> {
        if of_type.target == SYNONYMS {
            Self::default().with(of_type)?;
            let phrases = |it: &str| if it.is_empty() { String::new() } else { format!("1 {it}") };
            let text = plain(of_type).lines().map(phrases).collect::<Vec<_>>().join("\n");
            // Which kind they stand under is of no consequence.
            let target = format!("@{}", Kind::Nothing.as_str());
            return Ok(Self { types: vec![TypeRules { target, text }] });
        }
        let words = self.of(SYNONYMS).unwrap_or_default().to_owned();
        let words = TypeRules { target: SYNONYMS.to_owned(), text: words };
        Ok(Self::default().with(&words)?.with(of_type)?.spelled_out())
    }
}

/// Whether rules can be kept for `@` and a kind.
pub fn is_kind(target: &str) -> bool {
    target.strip_prefix('@').is_some_and(|it| Kind::from_word(it).is_some())
}

/// The phrases of some lines with their weights.
fn phrases_of(text: &str) -> Vec<(&str, &str)> {
    let lines = text.lines().filter_map(|it| it.split_once(' '));
    lines.flat_map(|(weight, phrases)| phrases.split('|').map(move |it| (weight, it))).collect()
}

/// Lines as the format has them: a Chinese keyboard gives a wide |, a wide blank and two … at once, others give three dots.
fn plain(of_type: &TypeRules) -> String {
    let text = of_type.text.replace('｜', "|").replace('\u{3000}', " ");
    let text = text.replace("...", "…").replace("……", "…");
    if of_type.target == SYNONYMS {
        return synonyms::plain(&text);
    }
    let line = |it: &str| {
        let (weight, rest) = it.trim().split_once(' ').unwrap_or((it.trim(), ""));
        let weight = weight.replace('１', "1").replace('２', "2").replace('３', "3");
        format!("{weight} {}", rest.trim_start()).trim_end().to_owned()
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// What is wrong with the lines of one type; blank ones are passed over.
pub fn faults_of(of_type: &TypeRules) -> Vec<RuleFault> {
    let text = plain(of_type);
    if of_type.target == SYNONYMS {
        return synonyms::faults(&text);
    }
    let lines = || text.lines().enumerate().filter(|(_, it)| !it.trim().is_empty());
    if lines().count() > LINES_MAX {
        return vec![RuleFault { line: 0, wrong: RuleWrong::TooMany }];
    }
    lines().filter_map(|(n, line)| wrong_with(line).map(|wrong| RuleFault { line: n + 1, wrong })).collect()
}

fn wrong_with(line: &str) -> Option<RuleWrong> {
    if line.chars().count() > LINE_CHARS_MAX {
        return Some(RuleWrong::TooLong);
    }
    let Some((_, phrases)) = line.split_once(' ').filter(|it| matches!(it.0, "1" | "2" | "3")) else {
        return Some(RuleWrong::Weight);
    };
    phrases.split('|').find_map(|phrase| {
        let empty = phrase.split('…').any(|it| it.trim().is_empty());
        let long = phrase.chars().count() > PHRASE_CHARS_MAX;
        empty.then_some(RuleWrong::Empty).or(long.then_some(RuleWrong::TooLong))
    })
}

/// A match, and what stands around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sample {
    pub before: String,
    pub matched: String,
    pub after: String,
    /// What stands before denies it: it is no evidence.
    pub denied: bool,
}

impl Sample {
    /// What is found at `start..end` of a text, in characters.
    pub fn of(letters: &[char], start: usize, end: usize, denied: bool) -> Self {
        let text = |from: usize, to: usize| letters[from..to].iter().collect::<String>();
        Self {
            before: text(start.saturating_sub(AROUND_CHARS), start),
            matched: text(start, end),
            after: text(end, letters.len().min(end + AROUND_CHARS)),
            denied,
        }
    }
}

/// In how many statements a line is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LineCount {
    /// From 1, as it was typed.
    pub line: usize,
    pub matched_n: u32,
}

/// What the lines of a type would match in the statements that are here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trial {
    /// Then nothing was looked for.
    pub faults: Vec<RuleFault>,
    /// For each line that is not blank, in their order, the statements in which it is said.
    #[serde(default)]
    pub lines: Vec<LineCount>,
    /// Statements that were looked at, the latest, at most [`TRIED_MAX`].
    pub looked_at_n: u32,
    /// Those in which something is said that is not denied.
    pub matched_n: u32,
    /// There are more, or the time was up.
    pub more: bool,
    /// At most [`SAMPLES_MAX`].
    pub samples: Vec<Sample>,
}

/// A sentence to try the lines of a type on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    pub rules: TypeRules,
    pub sentence: String,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tried {
    /// Then nothing was tried.
    pub faults: Vec<RuleFault>,
    /// What these lines match.
    pub matches: Vec<Sample>,
    /// What would be suggested with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Categorization>,
}

/// A version of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RulesVersion {
    /// Counts from 1, which ships.
    pub number: i64,
    /// Milliseconds since 1970; absent for what ships.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<i64>,
    /// The name of who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// The type whose lines differ; empty where it is an earlier version once more.
    pub target: String,
}

/// The rules in use, and their versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeptRules {
    pub version: i64,
    pub types: Vec<TypeRules>,
    /// The latest first.
    pub versions: Vec<RulesVersion>,
}

/// What is done to the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum RulesChange {
    Save { rules: TypeRules },
    GoBack { version: i64 },
}

/// A change, and upon which version it was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RulesRequest {
    pub version: i64,
    pub change: RulesChange,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gl1(text: &str) -> TypeRules {
        TypeRules { target: "GL1".to_owned(), text: text.to_owned() }
    }

    fn faults(text: &str) -> Vec<(usize, RuleWrong)> {
        faults_of(&gl1(text)).iter().map(|it| (it.line, it.wrong)).collect()
    }

    #[test]
    fn the_shipped_rules_come_back_as_they_are() {
        let rules = Rules::shipped();
        assert_eq!(Rules::of_text(&rules.to_text(|_| true)), rules);
        assert!(rules.types().iter().all(|it| faults_of(it).is_empty()));
    }

    #[test]
    fn every_fault_says_its_line() {
        assert_eq!(faults("3 推诿|扯皮\n\n2 归…管"), []);
        assert_eq!(
            faults("4 推诿\n推诿\n3"),
            [(1, RuleWrong::Weight), (2, RuleWrong::Weight), (3, RuleWrong::Weight)]
        );
        assert_eq!(faults("3 推诿||扯皮\n3 归…"), [(1, RuleWrong::Empty), (2, RuleWrong::Empty)]);
        assert_eq!(faults(&format!("3 {}", "长".repeat(41))), [(1, RuleWrong::TooLong)]);
        assert_eq!(faults(&"3 推诿\n".repeat(51)), [(0, RuleWrong::TooMany)]);
    }

    #[test]
    fn what_an_office_wrote_itself_is_what_does_not_ship() {
        assert_eq!(Rules::shipped().own(), Rules::default());
        let gl1 = Rules::shipped().of("GL1").unwrap().to_owned();
        let edited = TypeRules { target: "GL1".to_owned(), text: format!("{gl1}|打太极\n2 打哈哈") };
        let own = Rules::shipped().with(&edited).unwrap().own();
        let weight = gl1.lines().last().unwrap().split(' ').next().unwrap();
        assert_eq!(
            own.types(),
            [TypeRules { target: "GL1".to_owned(), text: format!("{weight} 打太极\n2 打哈哈") }]
        );
    }

    #[test]
    fn what_a_chinese_keyboard_gives_is_taken() {
        let typed = TypeRules {
            target: "GL1".to_owned(),
            text: " ３　归……管｜推来推去\n\n2 打...哈 ".to_owned(),
        };
        assert_eq!(faults_of(&typed), []);
        let kept = Rules::default().with(&typed).unwrap();
        assert_eq!(kept.of("GL1"), Some("3 归…管|推来推去\n\n2 打…哈"));
    }

    #[test]
    fn one_types_lines_take_the_place_of_its_own_alone() {
        let own = TypeRules { target: "GL1".to_owned(), text: "3 打太极".to_owned() };
        let rules = Rules::shipped().with(&own).unwrap();
        assert_eq!(rules.types().iter().find(|it| it.target == "GL1"), Some(&own));
        assert_eq!(rules.types().len(), Rules::shipped().types().len());
        assert!(!rules.to_text(|it| it != "GL1").contains("打太极"));
    }
}
