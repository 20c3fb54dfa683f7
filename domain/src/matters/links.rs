//! Where a text may be cut, and what its words say about something new beginning there.

/// What the words behind a place say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// Another matter follows.
    Says,
    /// Something is added.
    Adds,
    /// A number in a written list: mostly of what belongs to one matter.
    Counts,
    /// It turns to the other side.
    Turns,
    /// Nothing of the kind.
    Silent,
    /// It goes on with what was said before.
    GoesOn,
}

/// A sentence that is longer may be cut at its clauses too, in characters.
const LONG_SENTENCE: usize = 40;
/// Letters in which it is said how many matters will follow.
const ANNOUNCED_WITHIN: usize = 24;

/// "我讲两个事"
const ANNOUNCED: [&str; 21] = [
    "两个事",
    "三个事",
    "几个事",
    "两件事",
    "三件事",
    "几件事",
    "两个问题",
    "三个问题",
    "几个问题",
    "两点",
    "三点",
    "几点意见",
    "四点",
    "两个意见",
    "三个意见",
    "两方面",
    "三方面",
    "两条",
    "三条",
    "两桩",
    "几桩",
];
/// What says that another matter follows.
const SAYS: [&str; 94] = [
    "第二个问题",
    "第二个事情",
    "第二个事，",
    "第二个事就",
    "第二个事是",
    "第二个是",
    "第二个就是",
    "第二个，",
    "第二个、",
    "第二个要说",
    "第二个想说",
    "第二个意见",
    "第三个问题",
    "第三个事情",
    "第三个事，",
    "第三个事就",
    "第三个事是",
    "第三个是",
    "第三个就是",
    "第三个，",
    "第三个、",
    "第三个要说",
    "第三个想说",
    "第三个意见",
    "第四个问题",
    "第四个事情",
    "第四个事，",
    "第四个事就",
    "第四个事是",
    "第四个是",
    "第四个就是",
    "第四个，",
    "第四个、",
    "第四个要说",
    "第四个想说",
    "第四个意见",
    "第五个问题",
    "第五个事情",
    "第五个事，",
    "第五个事就",
    "第五个事是",
    "第五个是",
    "第五个就是",
    "第五个，",
    "第五个、",
    "第五个要说",
    "第五个想说",
    "第五个意见",
    "第二件",
    "第三件",
    "第四件",
    "第二点",
    "第三点",
    "第四点",
    "第二桩",
    "还有一个问题",
    "还有个问题",
    "还有一个事",
    "还有个事",
    "还有一件事",
    "还有件事",
    "还有一桩",
    "还有一个就是",
    "还有一个是",
    "还有一个情况",
    "还有那个",
    "另一个问题",
    "另一件事",
    "另外一个问题",
    "另外一件事",
    "另外一个事",
    "另外反映",
    "另外说",
    "再一个",
    "再有一个",
    "再讲一个",
    "再说一个",
    "再说一件",
    "再说说",
    "再反映",
    "还要反映",
    "还想反映",
    "还想说",
    "我还想",
    "最后说一",
    "最后一个",
    "最后再",
    "最后反映",
    "顺便说",
    "顺便反映",
    "顺便提",
    "对了还有",
    "对了，还有",
    "还有第二",
];
/// What adds something.
const ADDS: [&str; 16] = [
    "另外",
    "还有就是",
    "再就是",
    "再有就是",
    "还有一点",
    "此外",
    "除此之外",
    "还有，",
    "还有：",
    "还有、",
    "再者",
    "对了",
    "顺便",
    "同时希望",
    "同时建议",
    "最后希望",
];
/// What goes on counting: as often reasons of one matter as matters.
const COUNTS: [&str; 9] = ["二是", "三是", "四是", "第二", "第三", "第四", "二来", "二则", "其次"];
/// What looks like the above and goes on with the same.
const THE_SAME: [&str; 45] = [
    "还有一回",
    "还有一次",
    "还有一家",
    "还有一拨",
    "还有一户",
    "还有人",
    "还有的",
    "还有些",
    "还有几",
    "还有两",
    "还有三",
    "还有好多",
    "还有十",
    "还有二",
    "还有半",
    "还有脸",
    "还有没有",
    "另外还",
    "另外一家",
    "另外几",
    "另外两",
    "另外三",
    "另外的",
    "另外一户",
    "另外一回",
    "另外一次",
    "第二章",
    "第三章",
    "第二条",
    "第三条",
    "第二款",
    "第三款",
    "第二天",
    "第二年",
    "第二次",
    "第二回",
    "第二趟",
    "第三次",
    "第三回",
    "第三趟",
    "第三天",
    "第三年",
    "第二个月",
    "第三个月",
    "再一个月",
];
/// What turns to the other side.
const TURNS: [&str; 5] = ["不过", "就是", "只是", "唯独", "美中不足"];
/// What goes on with what was said before: who or what it is about was named there.
const GOES_ON: [&str; 68] = [
    "第一",
    "一是",
    "首先",
    "一来",
    "一个是",
    "他",
    "她",
    "它",
    "这",
    "那",
    "结果",
    "后来",
    "所以",
    "因为",
    "最后",
    "到现在",
    "问",
    "说",
    "又",
    "也",
    "都",
    "连",
    "而且",
    "并且",
    "当时",
    "然后",
    "于是",
    "每",
    "去找",
    "找",
    "去",
    "打",
    "搞得",
    "弄得",
    "害得",
    "还",
    "就",
    "才",
    "只",
    "要不",
    "不然",
    "谁",
    "哪",
    "再",
    "头一",
    "上回",
    "上次",
    "上个月",
    "中间",
    "下雨",
    "到了",
    "到",
    "其实",
    "反正",
    "总之",
    "甚至",
    "一到",
    "一下",
    "一问",
    "我说",
    "我问",
    "我去",
    "我又",
    "不是",
    "没有",
    "如果",
    "要是",
    "比如",
];

/// Whether it is said at the beginning that several matters follow.
pub(super) fn announces(letters: &[char]) -> bool {
    let opening: String = letters.iter().take(ANNOUNCED_WITHIN).collect();
    ANNOUNCED.iter().any(|it| opening.contains(it))
}

/// What the words behind a place say.
pub(super) fn link(letters: &[char], at: usize, announced: bool) -> Link {
    let behind: String = letters[at..].iter().skip_while(|it| !is_word(**it)).take(10).collect();
    let begins = |with: &[&str]| with.iter().any(|it| behind.starts_with(it));
    if begins(&THE_SAME) {
        Link::GoesOn
    } else if begins(&SAYS) {
        Link::Says
    } else if begins(&COUNTS) || numbered(&behind).is_some_and(|it| it > 1) {
        if announced { Link::Adds } else { Link::Counts }
    } else if begins(&ADDS) {
        if announced { Link::Says } else { Link::Adds }
    } else if !ends_sentence(last_mark(letters, at)) {
        // A clause that announces nothing belongs to its sentence.
        Link::GoesOn
    } else if begins(&TURNS) {
        Link::Turns
    } else if begins(&GOES_ON) || numbered(&behind).is_some() {
        Link::GoesOn
    } else {
        Link::Silent
    }
}

/// The number of "2、", "3.", "二、".
fn numbered(behind: &str) -> Option<u32> {
    let mut letters = behind.chars();
    let first = letters.next()?;
    let number = first
        .to_digit(10)
        .or_else(|| (1..).zip("一二三四五六七八九".chars()).find(|it| it.1 == first).map(|it| it.0));
    let mark = letters.next()?;
    let then = letters.next()?;
    number.filter(|_| matches!(mark, '、' | '.' | '．' | ')' | '）') && !then.is_ascii_digit())
}

/// The mark that ends what stands before a place, without quotation marks and blanks.
fn last_mark(letters: &[char], at: usize) -> char {
    letters[..at]
        .iter()
        .rev()
        .find(|it| !closes(**it) && !it.is_whitespace() || **it == '\n')
        .copied()
        .unwrap_or(' ')
}

fn ends_sentence(letter: char) -> bool {
    matches!(letter, '。' | '！' | '？' | '!' | '?' | '；' | ';' | '\n')
}

fn ends_clause(letters: &[char], at: usize) -> bool {
    let between_digits = || {
        let digit = |at: Option<usize>| at.and_then(|it| letters.get(it)).is_some_and(char::is_ascii_digit);
        digit(at.checked_sub(1)) && digit(at.checked_add(1))
    };
    matches!(letters[at], '，' | '、' | '…' | ' ' | '\u{3000}' | '：' | ':')
        || letters[at] == ',' && !between_digits()
}

fn closes(letter: char) -> bool {
    matches!(letter, '”' | '’' | '」' | '』' | '》' | '）' | ')' | '"')
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric()
}

/// Where the text may be cut, rising.
pub(super) fn places_of(letters: &[char]) -> Vec<usize> {
    let within = within_quotations(letters);
    let has_words = |letters: &[char]| letters.iter().any(|it| is_word(*it));
    let mut places = Vec::new();
    let mut sentence = 0;
    let mut at = 0;
    while at < letters.len() {
        let (ends, clause_ends) = (ends_sentence(letters[at]), ends_clause(letters, at));
        at += 1;
        if !ends && !clause_ends {
            continue;
        }
        // Marks, closing quotation marks and blanks stay with what they end.
        while letters
            .get(at)
            .is_some_and(|it| ends_sentence(*it) || closes(*it) && within[at] || it.is_whitespace())
        {
            at += 1;
        }
        let ends = ends || ends_sentence(letters[at - 1]);
        if at >= letters.len() || within[at] || !has_words(&letters[..at]) || !has_words(&letters[at..]) {
            continue;
        }
        let rest = &letters[at..];
        let sentence_ends = at + rest.iter().position(|it| ends_sentence(*it)).unwrap_or(rest.len());
        let announced = || matches!(link(letters, at, false), Link::Says | Link::Adds | Link::Counts);
        let pause = matches!(letters[at - 1], '、' | '：' | ':');
        if ends || announced() || (!pause && sentence_ends - sentence > LONG_SENTENCE) {
            places.push(at);
        }
        if ends {
            sentence = at;
        }
    }
    places
}

/// For each place whether it lies between a pair of quotation marks or brackets. A mark without its other one quotes nothing.
fn within_quotations(letters: &[char]) -> Vec<bool> {
    const PAIRS: [(char, char); 7] =
        [('“', '”'), ('‘', '’'), ('「', '」'), ('『', '』'), ('《', '》'), ('（', '）'), ('(', ')')];
    let mut within = vec![false; letters.len() + 1];
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut straight: Option<usize> = None;
    for (at, letter) in letters.iter().enumerate() {
        if let Some((_, closing)) = PAIRS.iter().find(|it| it.0 == *letter) {
            open.push((*closing, at));
        } else if let Some(pair) = open.iter().rposition(|it| it.0 == *letter) {
            let begins = open[pair].1;
            open.truncate(pair);
            within[begins + 1..=at].fill(true);
        } else if *letter == '"' {
            if let Some(begins) = straight.take() {
                within[begins + 1..=at].fill(true);
            } else {
                straight = Some(at);
            }
        }
    }
    within
}
