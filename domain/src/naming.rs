//! Units and places that a text names: by how their names end, and by where the words before them stop.
//!
//! Chinese has no blanks between words, so where a name begins is a guess: at the last letter before it that hardly ever stands in
//! a name. What is found is pointed at in the text and searched for; nothing is decided by it.

use serde::{Deserialize, Serialize};

/// Most that are told of one text: what a person takes in at a glance.
pub const NAMED_MAX: usize = 5;
/// Letters before an ending that still belong to its name, at most.
const BEFORE_MAX: usize = 6;

/// A unit or a place, where it is named first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub text: String,
    pub kind: NamedKind,
    /// In characters of the text.
    pub start: usize,
    /// In characters, behind the last.
    pub end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamedKind {
    /// An office, a school, a firm.
    Unit,
    /// A village, a town, a quarter.
    Place,
}

use NamedKind::{Place, Unit};

/// How names end, with the fewest letters that must stand before it: an ending that is a common word alone names nothing. Of two
/// that fit at one place the longer one counts.
const ENDINGS: [(&str, NamedKind, usize); 83] = [
    ("村民委员会", Unit, 0),
    ("居民委员会", Unit, 0),
    ("监督委员会", Unit, 0),
    ("调解委员会", Unit, 0),
    ("村监委会", Unit, 0),
    ("业主委员会", Unit, 0),
    ("业委会", Unit, 0),
    ("调委会", Unit, 0),
    ("村委会", Unit, 0),
    ("居委会", Unit, 0),
    ("管委会", Unit, 0),
    ("村支部", Unit, 0),
    ("村两委", Unit, 0),
    ("政府", Unit, 1),
    ("街道办事处", Unit, 0),
    ("街道办", Unit, 0),
    ("派出所", Unit, 0),
    ("司法所", Unit, 0),
    ("财政所", Unit, 0),
    ("国土所", Unit, 0),
    ("供电所", Unit, 0),
    ("税务所", Unit, 0),
    ("工商所", Unit, 0),
    ("林业站", Unit, 0),
    ("农技站", Unit, 0),
    ("水利站", Unit, 0),
    ("水管站", Unit, 0),
    ("兽医站", Unit, 0),
    ("收费站", Unit, 1),
    ("卫生院", Unit, 0),
    ("卫生室", Unit, 0),
    ("医院", Unit, 1),
    ("法院", Unit, 0),
    ("检察院", Unit, 0),
    ("敬老院", Unit, 0),
    ("养老院", Unit, 1),
    ("信用社", Unit, 0),
    ("合作社", Unit, 1),
    ("供销社", Unit, 0),
    ("银行", Unit, 1),
    ("公司", Unit, 2),
    ("物业", Unit, 2),
    ("学校", Unit, 2),
    ("小学", Unit, 1),
    ("中学", Unit, 1),
    ("幼儿园", Unit, 1),
    ("驾校", Unit, 1),
    ("纪委", Unit, 0),
    ("残联", Unit, 0),
    ("妇联", Unit, 0),
    ("总工会", Unit, 0),
    ("团委", Unit, 0),
    ("消防队", Unit, 0),
    ("消防大队", Unit, 0),
    ("援助中心", Unit, 2),
    ("便民中心", Unit, 0),
    ("事务局", Unit, 2),
    ("发改委", Unit, 0),
    ("卫健委", Unit, 0),
    ("住建委", Unit, 0),
    ("信访办", Unit, 0),
    ("扶贫办", Unit, 0),
    ("振兴办", Unit, 0),
    ("综治办", Unit, 0),
    ("征收办", Unit, 0),
    ("拆迁办", Unit, 0),
    ("党政办", Unit, 0),
    ("营商专班", Unit, 0),
    ("政务大厅", Unit, 0),
    ("服务大厅", Unit, 0),
    ("服务中心", Unit, 1),
    ("交警队", Unit, 0),
    ("交警大队", Unit, 0),
    ("工作队", Unit, 1),
    ("执法队", Unit, 0),
    ("局", Unit, 1),
    ("社区", Place, 1),
    ("小区", Place, 2),
    ("街道", Place, 2),
    ("村", Place, 1),
    ("镇", Place, 1),
    ("乡", Place, 1),
    ("组", Place, 1),
];

/// Letters that hardly ever stand in a name, but very often before one.
const STOPS: &str = "的了离着过在到去找跟和是说让叫被从对向给把我你他她它们这那哪有来等问与及也都就还没不要请想会能个每各某次回往比由帮看听见很好又再才只为因所但却把将于至或并且而如若像按靠归属凭该其此何么什吗呢吧啊呀哦嘛得地时候问找催告约陪带领送寄打喊骂怪怕求托替代入搬访识配议希谢骗欠查扼难究竟助担负严违强照排交视整聚事总共全体立即织面量位年号如贵望发表";

/// What ends like a name and is none.
const COMMON: [&str; 51] = [
    "布局",
    "结局",
    "当局",
    "格局",
    "大局",
    "全局",
    "局局",
    "饭局",
    "僵局",
    "农村",
    "乡村",
    "山村",
    "新村",
    "全村",
    "本村",
    "外村",
    "邻村",
    "各村",
    "同村",
    "驻村",
    "进村",
    "出村",
    "行政村",
    "贫困村",
    "自然村",
    "新农村",
    "城中村",
    "乡镇",
    "城镇",
    "集镇",
    "全镇",
    "家乡",
    "城乡",
    "老乡",
    "下乡",
    "返乡",
    "全乡",
    "故乡",
    "小组",
    "全组",
    "班组",
    "各组",
    "分组",
    "人民政府",
    "上小学",
    "上中学",
    "读小学",
    "读中学",
    "村村",
    "老百姓政府",
    "党和政府",
];

/// The letter behind an ending of one letter with which it is another word.
const GOES_ON: [(char, &str); 5] =
    [('局', "面部限势促"), ('村', "镇"), ('镇', "压静定"), ('乡', "村镇愁音亲下"), ('组', "织成合建团装")];

/// Units and places that a text names, in its order, each once. Takes time in proportion to its length.
pub fn named(text: &str) -> Vec<Named> {
    let letters: Vec<char> = text.chars().collect();
    let mut found: Vec<Named> = Vec::new();
    let mut from = 0;
    while from < letters.len() && found.len() < NAMED_MAX {
        let longest = ENDINGS
            .iter()
            .filter(|(ending, ..)| starts_with(&letters[from..], ending))
            .max_by_key(|(ending, ..)| ending.len());
        let Some((ending, kind, before_min)) = longest else {
            from += 1;
            continue;
        };
        let end = from + ending.chars().count();
        let after = found.last().filter(|it| it.end <= from).map_or(0, |it| it.end);
        if let Some(start) = begins(&letters, after, from, end, *before_min) {
            // A town and its police station are one name, a village and its group too.
            let goes_with = *kind == Unit || *ending == "组";
            let whole = found.pop_if(|it| it.end == start && it.kind == Place && goes_with);
            let start = whole.map_or(start, |it| it.start);
            let text: String = letters[start..end].iter().collect();
            if !found.iter().any(|it| it.text.ends_with(&text)) {
                found.push(Named { text, kind: *kind, start, end });
            }
        }
        from = end;
    }
    found
}

fn starts_with(letters: &[char], ending: &str) -> bool {
    let mut letters = letters.iter();
    ending.chars().all(|it| letters.next() == Some(&it))
}

/// Where the name begins that ends in `from..end`; `None` when it is none.
fn begins(letters: &[char], after: usize, from: usize, end: usize, before_min: usize) -> Option<usize> {
    let is_in_name = |it: &char| is_han(*it) && !STOPS.contains(*it);
    let before_n = letters[after..from].iter().rev().take(BEFORE_MAX).take_while(|it| is_in_name(it)).count();
    let start = from - before_n;
    let text: String = letters[start..end].iter().collect();
    let goes_on = || {
        let (last, next) = (letters[end - 1], letters.get(end));
        end - from == 1
            && GOES_ON
                .iter()
                .any(|(it, next_ones)| *it == last && next.is_some_and(|it| next_ones.contains(*it)))
    };
    let is_common = COMMON.iter().any(|it| text.ends_with(it));
    let is_group = letters[from] != '组' || is_numbered(&letters[start..from]);
    (before_n >= before_min && !is_common && is_group && !goes_on()).then_some(start)
}

/// Groups of a village have numbers; other groups are no places.
fn is_numbered(before: &[char]) -> bool {
    before.last().is_some_and(|it| "一二三四五六七八九十".contains(*it))
}

fn is_han(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text, and what it names.
    const SAID: [(&str, &[&str]); 20] = [
        ("我去县医院挂号，都在手机上。", &["县医院"]),
        ("司法所的同志态度很好，当天就给我办了。", &["司法所"]),
        ("李家坳村的路修了一半就扔下不管。", &["李家坳村"]),
        ("找了三回青口镇派出所，都说等等。", &["青口镇派出所"]),
        ("住建局说归城管局管，城管局说归住建局管。", &["住建局", "城管局"]),
        ("村委会一年没有开过会。", &["村委会"]),
        ("三组的水管还没有修。", &["三组"]),
        ("镇政府和县政府都去过。", &["镇政府", "县政府"]),
        ("农村的老人不会用手机。", &[]),
        ("村里的干部，镇上的干部，都来过。", &[]),
        ("大局为重，这个格局不好。", &[]),
        ("他组织大家开会，组成了工作小组。", &[]),
        ("我们村、他们村、全村都一样。", &[]),
        ("干部下乡要多看看，家乡变化大。", &[]),
        ("公司去年才注册。", &[]),
        ("学校食堂的饭菜涨价了。", &[]),
        ("供电所停电不通知，我在信用社也办不了事。", &["供电所", "信用社"]),
        ("电价说降了，我们的电费单上没看出来。", &[]),
        ("", &[]),
        ("局", &[]),
    ];

    #[test]
    fn names_are_found_and_common_words_are_not() {
        for (text, expected) in SAID {
            let found: Vec<String> = named(text).into_iter().map(|it| it.text).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    /// A sentence and what it names, a line: those that the rules were made with, and those that were left alone.
    const MAKING: &str = include_str!("naming/making.tsv");
    const UNTOUCHED: &str = include_str!("naming/untouched.tsv");

    #[test]
    fn most_names_are_found_and_little_else() {
        for lines in [MAKING, UNTOUCHED] {
            let (mut found_n, mut right_n, mut expected_n) = (0, 0, 0);
            for (words, names) in lines.lines().map(|it| it.split_once('\t').unwrap()) {
                let expected: Vec<&str> = names.split('、').filter(|it| !it.is_empty()).collect();
                let found: Vec<String> = named(words).into_iter().map(|it| it.text).collect();
                right_n += found.iter().filter(|it| expected.contains(&it.as_str())).count();
                (found_n, expected_n) = (found_n + found.len(), expected_n + expected.len());
            }
            assert_eq!(lines.lines().count(), 50);
            assert!(right_n * 100 >= found_n * 85, "{right_n} of {found_n} are names");
            assert!(right_n * 100 >= expected_n * 85, "{right_n} of {expected_n} names are found");
        }
    }

    #[test]
    fn what_is_found_stands_where_it_says() {
        for (text, _) in SAID {
            let letters: Vec<char> = text.chars().collect();
            for it in named(text) {
                assert_eq!(letters[it.start..it.end].iter().collect::<String>(), it.text);
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_in_bounds(text in "[的村镇局组派出所甲乙丙，。a ]{0,60}") {
            let n = text.chars().count();
            let found = named(&text);
            assert!(found.len() <= NAMED_MAX);
            assert!(found.iter().all(|it| it.start < it.end && it.end <= n));
        }
    }
}
