//! Ways to say the same, as villagers say them: wherever a rule has one of them, the others count as well.
//!
//! A line is words parted by |: `村干部|村里当家的|队上的`. They stand beside the types' lines under a target of their own.

use super::{LINES_MAX, PHRASE_CHARS_MAX, RuleFault, RuleWrong, Rules, SYNONYMS, TypeRules, phrases_of};

/// Most words of a line.
pub const WORDS_MAX: usize = 20;
/// Most phrases that one phrase becomes.
pub const VARIANTS_MAX: usize = 40;
/// Most phrases that come of all lines together, beside those that are written.
pub const VARIANTS_ALL_MAX: usize = 20_000;

/// What is wrong with lines of words; blank ones are passed over.
pub(super) fn faults(text: &str) -> Vec<RuleFault> {
    let lines = || text.lines().enumerate().filter(|(_, it)| !it.trim().is_empty());
    if lines().count() > LINES_MAX {
        return vec![RuleFault { line: 0, wrong: RuleWrong::TooMany }];
    }
    lines().filter_map(|(n, line)| wrong_with(line).map(|wrong| RuleFault { line: n + 1, wrong })).collect()
}

fn wrong_with(line: &str) -> Option<RuleWrong> {
    let words: Vec<&str> = line.split('|').collect();
    if words.len() < 2 {
        return Some(RuleWrong::Alone);
    }
    if words.len() > WORDS_MAX {
        return Some(RuleWrong::TooManyWords);
    }
    words.into_iter().find_map(|word| {
        if word.trim().is_empty() {
            Some(RuleWrong::Empty)
        } else if word.contains(|it: char| it == '…' || it.is_whitespace()) {
            Some(RuleWrong::Gap)
        } else {
            (word.chars().count() > PHRASE_CHARS_MAX).then_some(RuleWrong::TooLong)
        }
    })
}

/// Lines of words as they are kept, without blanks around a word.
pub(super) fn plain(text: &str) -> String {
    let line = |it: &str| it.split('|').map(str::trim).collect::<Vec<_>>().join("|");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

impl Rules {
    /// The same without lines of synonyms: each phrase has beside it what synonyms make of it, in the same line, so that a line
    /// keeps its number.
    #[must_use]
    pub fn spelled_out(&self) -> Self {
        let groups = self.groups();
        let types = self.types().iter().filter(|it| it.target != SYNONYMS);
        Self { types: types.map(|it| spelled_out(it, &groups)).collect() }
    }

    /// Whether synonyms make no more of any phrase, and of all together, than can be looked for.
    pub(super) fn can_be_spelled_out(&self) -> bool {
        let groups = self.groups();
        let types = self.types().iter().filter(|it| it.target != SYNONYMS);
        let mut added_n = 0;
        types.flat_map(|it| phrases_of(&it.text)).all(|(_, phrase)| match variants(phrase, &groups) {
            Some(all) => {
                added_n += all.len() - 1;
                added_n <= VARIANTS_ALL_MAX
            }
            None => false,
        })
    }

    fn groups(&self) -> Vec<Vec<&str>> {
        let lines = self.of(SYNONYMS).into_iter().flat_map(str::lines);
        lines.map(|it| it.split('|').filter(|it| !it.is_empty()).collect()).collect()
    }
}

fn spelled_out(of_type: &TypeRules, groups: &[Vec<&str>]) -> TypeRules {
    let line = |line: &str| {
        let Some((weight, phrases)) = line.split_once(' ') else { return line.to_owned() };
        // What would become too many is never kept: it stands as it is written.
        let of = |it: &str| variants(it, groups).unwrap_or_else(|| vec![it.to_owned()]);
        let all: Vec<String> = phrases.split('|').flat_map(of).collect();
        format!("{weight} {}", all.join("|"))
    };
    let text = of_type.text.lines().map(line).collect::<Vec<_>>().join("\n");
    TypeRules { target: of_type.target.clone(), text }
}

/// A phrase, and what synonyms make of it: of each group its longest word that is in the phrase gives way to the others. `None`
/// where that is more than [`VARIANTS_MAX`]: each group multiplies what the ones before it made.
fn variants(phrase: &str, groups: &[Vec<&str>]) -> Option<Vec<String>> {
    let mut all = vec![phrase.to_owned()];
    for group in groups {
        for n in 0..all.len() {
            let there = group.iter().filter(|it| all[n].contains(**it));
            let Some(word) = there.max_by_key(|it| it.len()) else { continue };
            for other in group.iter().filter(|it| *it != word) {
                let made = all[n].replacen(word, other, 1);
                if !all.contains(&made) && made.chars().count() <= PHRASE_CHARS_MAX {
                    all.push(made);
                }
            }
            if all.len() > VARIANTS_MAX {
                return None;
            }
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(words: &str, lines: &str) -> Rules {
        let words = TypeRules { target: SYNONYMS.to_owned(), text: words.to_owned() };
        let lines = TypeRules { target: "GL1".to_owned(), text: lines.to_owned() };
        Rules::default().with(&lines).unwrap().with(&words).unwrap()
    }

    fn spelled(words: &str, lines: &str) -> String {
        rules(words, lines).spelled_out().to_text(|_| true)
    }

    #[test]
    fn a_phrase_counts_with_each_way_to_say_a_word_of_it() {
        assert_eq!(spelled("跑腿|奔波", "3 白跑腿|推诿"), "GL1 3 白跑腿|白奔波|推诿\n");
        assert_eq!(spelled("跑腿|奔波\n白|空", "2 白跑腿"), "GL1 2 白跑腿|白奔波|空跑腿|空奔波\n");
        assert_eq!(spelled("找|喊", "3 归…管…找"), "GL1 3 归…管…找|归…管…喊\n", "parts of a phrase, too");
        assert_eq!(spelled("人|熟人", "3 托熟人"), "GL1 3 托熟人|托人\n", "the longest word gives way");
        assert_eq!(spelled("甲|乙", "3 推诿"), "GL1 3 推诿\n");
    }

    #[test]
    fn a_line_keeps_its_number() {
        let text = rules("跑腿|奔波", "3 白跑腿\n2 推诿").spelled_out().of("GL1").unwrap().to_owned();
        assert_eq!(text, "3 白跑腿|白奔波\n2 推诿");
    }

    #[test]
    fn what_is_wrong_with_words_says_its_line() {
        let wrong = |text: &str| {
            let of_type = TypeRules { target: SYNONYMS.to_owned(), text: text.to_owned() };
            super::super::faults_of(&of_type).iter().map(|it| (it.line, it.wrong)).collect::<Vec<_>>()
        };
        assert_eq!(wrong("跑腿|奔波\n\n 甲 ｜ 乙"), []);
        assert_eq!(
            wrong("跑腿\n甲|\n甲|乙…丙\n3 甲|乙"),
            [(1, RuleWrong::Alone), (2, RuleWrong::Empty), (3, RuleWrong::Gap), (4, RuleWrong::Gap)]
        );
        assert_eq!(wrong(&vec!["甲"; 21].join("|")), [(1, RuleWrong::TooManyWords)]);
        assert_eq!(wrong(&format!("甲|{}", "长".repeat(41))), [(1, RuleWrong::TooLong)]);
    }

    #[test]
    fn more_phrases_than_can_be_looked_for_are_refused() {
        let words = TypeRules { target: SYNONYMS.to_owned(), text: "的|地".to_owned() };
        assert!(Rules::shipped().with(&words).is_ok());
        let phrase = |n: usize| format!("甲{n}");
        let line =
            |n: usize| format!("3 {}", (n * 300..n * 300 + 300).map(phrase).collect::<Vec<_>>().join("|"));
        let lines: Vec<String> = (0..5).map(line).collect();
        let gl1 = TypeRules { target: "GL1".to_owned(), text: lines.join("\n") };
        let many: Vec<String> = (0..20).map(|it| format!("乙{it}")).collect();
        let words = TypeRules { target: SYNONYMS.to_owned(), text: format!("甲|{}", many[..19].join("|")) };
        let refused = Rules::default().with(&gl1).unwrap().with(&words);
        assert_eq!(refused.unwrap_err()[0].wrong, RuleWrong::TooManyVariants);
    }

    #[test]
    fn words_that_multiply_are_refused_before_they_are_made() {
        // Twelve letters, each with nineteen others: 20^12 phrases if they were all made.
        let letters: Vec<char> = "一二三四五六七八九十百千".chars().collect();
        let group = |it: &char| {
            let others = (0..19).map(|n| format!("{it}{n}")).collect::<Vec<_>>().join("|");
            format!("{it}|{others}")
        };
        let words = letters.iter().map(group).collect::<Vec<_>>().join("\n");
        let words = TypeRules { target: SYNONYMS.to_owned(), text: words };
        let phrase: String = letters.iter().collect();
        let lines = TypeRules { target: "GL1".to_owned(), text: format!("3 {phrase}") };
        for (first, second) in [(&lines, &words), (&words, &lines)] {
            let refused = Rules::default().with(first).unwrap().with(second).unwrap_err();
            assert_eq!(refused, [RuleFault { line: 0, wrong: RuleWrong::TooManyVariants }]);
        }
        assert_eq!(Rules::default().with(&words).unwrap().alone(&lines).unwrap_err().len(), 1);
    }

    #[test]
    fn synonyms_of_an_office_are_its_own_and_are_kept() {
        let words = TypeRules { target: SYNONYMS.to_owned(), text: "推诿|打太极".to_owned() };
        let kept = Rules::shipped().with(&words).unwrap();
        assert_eq!(Rules::of_text(&kept.to_text(|_| true)), kept);
        let own = kept.spelled_out().own();
        assert!(own.of("GL1").is_some_and(|it| it.contains("打太极") && !it.contains("推诿|")), "{own:?}");
    }
}
