use proptest::prelude::*;

use super::*;
use crate::suggesting::shipped;

/// Texts as people say them, with `|` where one matter ends: those that the costs were chosen on, and those that were left alone.
const MAKING: &str = include_str!("making.txt");
const UNTOUCHED: &str = include_str!("untouched.txt");

fn cuts(text: &str) -> Vec<usize> {
    let all = matters(text, |it| shipped().suggest(it));
    all.iter().skip(1).map(|it| it.start).collect()
}

/// A text without its marks, and where they stood.
fn marked(line: &str) -> (String, Vec<usize>) {
    let pieces: Vec<&str> = line.split('|').collect();
    let mut at = 0;
    let mut ends = Vec::new();
    for piece in &pieces[..pieces.len() - 1] {
        at += piece.chars().count();
        ends.push(at);
    }
    (pieces.concat(), ends)
}

/// Of cuts: how many were made, are right, and should be; of texts: how many are exactly right.
fn judged(lines: &str) -> [usize; 4] {
    let mut judged = [0; 4];
    for line in lines.lines() {
        let (text, expected) = marked(line);
        let found = cuts(&text);
        judged[0] += found.len();
        judged[1] += found.iter().filter(|it| expected.contains(it)).count();
        judged[2] += expected.len();
        judged[3] += usize::from(found == expected);
    }
    judged
}

#[test]
fn texts_are_cut_where_people_go_on_to_something_else() {
    for lines in [MAKING, UNTOUCHED] {
        let [made_n, right_n, expected_n, whole_n] = judged(lines);
        assert!(right_n * 100 >= made_n * 90, "{right_n} of {made_n} cuts are right");
        assert!(right_n * 100 >= expected_n * 75, "{right_n} of {expected_n} cuts are made");
        assert!(whole_n * 100 >= lines.lines().count() * 80, "{whole_n} texts are right");
    }
}

#[test]
fn texts_are_many_and_half_are_of_one_matter() {
    for (lines, n) in [(MAKING, 40), (UNTOUCHED, 20)] {
        assert_eq!(lines.lines().count(), n);
        assert_eq!(lines.lines().filter(|it| it.contains('|')).count(), n / 2);
    }
}

#[test]
fn each_matter_has_its_own_suggestion_with_evidence_of_the_whole() {
    let (text, _) = marked(MAKING.lines().find(|it| it.contains("公章")).unwrap());
    let letters: Vec<char> = text.chars().collect();
    let all = matters(&text, |it| shipped().suggest(it));
    assert_eq!(all.len(), 2);
    assert_ne!(all[0].made.suggestions[0].code, all[1].made.suggestions[0].code);
    for matter in &all {
        for it in matter.made.suggestions.iter().flat_map(|it| &it.evidence) {
            assert_eq!(letters[it.start..it.end].iter().collect::<String>(), it.text);
            assert!(matter.start <= it.start && it.end <= matter.end);
        }
    }
}

#[test]
fn a_quotation_is_never_cut() {
    let text = "他说：“路没有修好。还有一件事，水也停了三天没有人管。”我们只好自己挑水吃。";
    assert_eq!(places(text), [28]);
    let open = "他说：“路没有修好。还有一件事，水也停了三天没有人管。";
    assert_eq!(places(open), [10], "a quotation mark alone quotes nothing");
}

#[test]
fn an_office_cuts_at_places_and_nowhere_else() {
    let text = "路坏了。水停了！灯不亮";
    assert_eq!(places(text), [4, 8]);
    assert_eq!(divide(text, &[4, 8]), Some(vec!["路坏了。", "水停了！", "灯不亮"]));
    assert_eq!(divide(text, &[8]), Some(vec!["路坏了。水停了！", "灯不亮"]));
    for cuts in [&[][..], &[3], &[8, 4], &[4, 4], &[0], &[11], &[99]] {
        assert_eq!(divide(text, cuts), None, "{cuts:?}");
    }
}

#[test]
fn what_ends_a_talk_belongs_to_what_came_before() {
    let text =
        "小区物业收了钱不做事，电梯坏了半个月。还有一个问题，办房产证来回跑了六趟，每趟都说缺一样。就这些。";
    assert_eq!(cuts(text), [19]);
}

#[test]
fn a_long_letter_is_one() {
    let text = "办房产证来回跑了六趟。还有一个问题，小区电梯坏了半个月没有人修。".repeat(60);
    assert!(cuts(&text).is_empty());
}

proptest! {
    #[test]
    fn pieces_put_together_are_the_text(text in "(路坏了没人修|水停了|还有一件事，|第二个，|态度差|“|”|。|，|！|\n| |👨|a|\u{202e}){0,30}") {
        let suggest = |it: &str| shipped().suggest(it);
        let all = matters(&text, suggest);
        let letters: Vec<char> = text.chars().collect();
        let together: String =
            all.iter().map(|it| letters[it.start..it.end].iter().collect::<String>()).collect();
        prop_assert_eq!(&together, &text);
        prop_assert!(!all.is_empty() && all.len() <= MATTERS_MAX);
        prop_assert_eq!(all.clone(), matters(&text, suggest));
        let inner: Vec<usize> = all.iter().skip(1).map(|it| it.start).collect();
        let allowed = places(&text);
        prop_assert!(inner.iter().all(|it| allowed.contains(it)));
        if !inner.is_empty() {
            prop_assert_eq!(divide(&text, &inner).unwrap().concat(), text);
        }
    }

    #[test]
    fn any_text_is_taken(text in any::<String>()) {
        let n = text.chars().count();
        prop_assert!(places(&text).iter().all(|it| (1..n).contains(it)));
        let all = matters(&text, |it| shipped().suggest(it));
        prop_assert_eq!((all[0].start, all[all.len() - 1].end), (0, n));
    }
}
