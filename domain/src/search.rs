//! Searching Chinese: pairs of letters stand for words, which nobody marks in writing.

/// The pairs of a text, as a text of their own for an index that splits at blanks.
///
/// A run of Latin letters or digits stands as it is, in lower case.
pub fn pairs(text: &str) -> String {
    let mut tokens: Vec<String> = Vec::new();
    for run in runs(text) {
        if run.whole {
            tokens.push(run.letters.iter().collect());
        } else {
            // The last letter stands alone, so that each letter begins a token.
            tokens.extend((0..run.letters.len()).map(|at| pair(&run.letters, at)));
        }
    }
    tokens.join(" ")
}

/// What to ask the index (FTS5's language) for texts that hold every run of `words`; `None` when
/// there is nothing to ask for.
pub fn query(words: &str) -> Option<String> {
    let asked: Vec<String> = runs(words)
        .iter()
        .map(|run| match run.letters.as_slice() {
            letters if run.whole => format!("\"{}\" *", letters.iter().collect::<String>()),
            [only] => format!("\"{only}\" *"),
            letters => {
                let pairs: Vec<String> = (0..letters.len() - 1).map(|at| pair(letters, at)).collect();
                format!("\"{}\"", pairs.join(" "))
            }
        })
        .collect();
    (!asked.is_empty()).then(|| asked.join(" "))
}

/// Whether a text holds every run of `words`, as [`query`] and [`tsquery`] find it; any text where there is none.
pub fn holds(text: &str, words: &str) -> bool {
    let held = runs(text);
    let is_held = |asked: &Run| {
        held.iter().filter(|it| it.whole == asked.whole).any(|it| {
            if asked.whole {
                it.letters.starts_with(&asked.letters)
            } else {
                it.letters.windows(asked.letters.len()).any(|some| some == asked.letters)
            }
        })
    };
    runs(words).iter().all(is_held)
}

/// Longest word of PostgreSQL's index, in letters; a run of Latin letters beyond it is cut.
const WORD_LETTERS_MAX: usize = 500;

/// The pairs of a text in the language of PostgreSQL's `tsvector`, whose own parsers know no Chinese.
///
/// Positions beyond the engine's last (16,383) count as that one: behind it pairs are still found, not their order.
pub fn tsvector(text: &str) -> String {
    let pairs = pairs(text);
    let words = pairs.split(' ').filter(|it| !it.is_empty()).enumerate();
    let words: Vec<String> = words.map(|(at, word)| format!("'{}':{}", cut(word), at + 1)).collect();
    words.join(" ")
}

/// The same question as [`query`]'s, in the language of PostgreSQL's `tsquery`.
pub fn tsquery(words: &str) -> Option<String> {
    let asked: Vec<String> = runs(words)
        .iter()
        .map(|run| match run.letters.as_slice() {
            letters if run.whole => format!("'{}':*", cut(&letters.iter().collect::<String>())),
            [only] => format!("'{only}':*"),
            letters => {
                let pairs: Vec<String> =
                    (0..letters.len() - 1).map(|at| format!("'{}'", pair(letters, at))).collect();
                format!("({})", pairs.join(" <-> "))
            }
        })
        .collect();
    (!asked.is_empty()).then(|| asked.join(" & "))
}

fn cut(word: &str) -> &str {
    word.char_indices().nth(WORD_LETTERS_MAX).map_or(word, |(end, _)| &word[..end])
}

/// How much of a short text occurs in a long one, 0 to 1, by pairs.
pub fn likeness(short: &str, long: &str) -> f64 {
    let (short, long) = (pairs(short), pairs(long));
    let whole_pairs = |text: &'_ str| -> std::collections::HashSet<String> {
        text.split(' ').filter(|it| it.chars().count() > 1).map(str::to_owned).collect()
    };
    let (short, long) = (whole_pairs(&short), whole_pairs(&long));
    if short.is_empty() {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of pairs in a text, far below 2^52")]
    let share = short.intersection(&long).count() as f64 / short.len() as f64;
    share
}

/// Letters with nothing between them.
struct Run {
    letters: Vec<char>,
    /// Latin letters and digits, which are words by themselves.
    whole: bool,
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut goes_on = false;
    for letter in text.chars() {
        if !letter.is_alphanumeric() {
            goes_on = false;
            continue;
        }
        let letter = letter.to_lowercase().next().unwrap_or(letter);
        let whole = letter.is_ascii_alphanumeric();
        match runs.last_mut() {
            Some(run) if goes_on && run.whole == whole => run.letters.push(letter),
            Some(_) | None => runs.push(Run { letters: vec![letter], whole }),
        }
        goes_on = true;
    }
    runs
}

fn pair(letters: &[char], at: usize) -> String {
    letters[at..(at + 2).min(letters.len())].iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pairs_stand_for_words() {
        assert_eq!(pairs("低保不公开，办了5个月 WIFI"), "低保 保不 不公 公开 开 办了 了 5 个月 月 wifi");
        assert_eq!(pairs("，。"), "");
    }

    #[test]
    fn a_query_asks_for_every_run() {
        assert_eq!(query("低保评").as_deref(), Some("\"低保 保评\""));
        assert_eq!(query("低 WI").as_deref(), Some("\"低\" * \"wi\" *"));
        assert_eq!(query(" \"*").as_deref(), None);
    }

    #[test]
    fn postgresql_is_asked_the_same() {
        assert_eq!(tsvector("低保，5个 WIFI"), "'低保':1 '保':2 '5':3 '个':4 'wifi':5");
        assert_eq!(tsquery("低保评 低 WI").as_deref(), Some("('低保' <-> '保评') & '低':* & 'wi':*"));
        assert_eq!(tsquery(" '\\:&").as_deref(), None);
    }

    #[test]
    fn a_text_holds_what_the_index_finds_in_it() {
        let text = "低保不公开，办了5个月 WIFI";
        for words in ["低保", "保不公", "公开 wi", "月", "5", "", "，"] {
            assert!(holds(text, words), "{words}");
        }
        for words in ["开办", "低保 路灯", "fi", "50", "保低"] {
            assert!(!holds(text, words), "{words}");
        }
    }

    #[test]
    fn like_things_share_pairs() {
        let words = "低保评的时候没有公开，村支书的亲戚评上了";
        assert!(likeness("低保评定不公开", words) > likeness("办事大厅态度差", words));
        assert!((likeness("低保", words) - 1.0).abs() < f64::EPSILON);
        assert!(likeness("", words).abs() < f64::EPSILON);
    }

    proptest! {
        #[test]
        fn a_query_holds_no_mark_that_the_index_could_misread(words in ".{0,40}") {
            let asked = query(&words).unwrap_or_default();
            prop_assert!(asked.chars().all(|it| it.is_alphanumeric() || matches!(it, '"' | ' ' | '*')));
            prop_assert_eq!(asked.matches('"').count() % 2, 0);
            let asked = tsquery(&words).unwrap_or_default();
            prop_assert!(asked.chars().all(|it| it.is_alphanumeric() || "' &:*()<->".contains(it)));
            let index = tsvector(&words);
            prop_assert!(index.chars().all(|it| it.is_alphanumeric() || "' :".contains(it)));
        }
    }
}
