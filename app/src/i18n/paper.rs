//! Words of questionnaires on paper.

use domain::questionnaire::printed::{Condition, Must, When};

pub struct PaperText {
    pub title: &'static str,
    pub draft: &'static str,
    pub broken: &'static str,
    /// What is written at the head of each, with room behind it.
    pub about: [&'static str; 3],
    pub how: &'static str,
    pub scan: &'static str,
    pub code: &'static str,
    pub required: &'static str,
    pub several: &'static str,
    pub ordered: &'static str,
    pub when: fn(&When) -> String,
    pub turn: fn(&str, u32) -> String,
    pub one_of: fn(u32) -> String,
    pub day: &'static str,
    pub clock: &'static str,
    pub day_and_clock: &'static str,
    pub place: &'static str,
    pub apart: &'static str,
    pub tick: &'static str,
}

/// All conditions of a line, with what stands between two of them.
fn joined(when: &When, words: fn(&Condition) -> String, [and, or]: [&str; 2]) -> String {
    let all: Vec<String> = when.conditions.iter().map(words).collect();
    all.join(if when.any { or } else { and })
}

pub static ZH: PaperText = PaperText {
    title: "打印问卷",
    draft: "未发布",
    broken: "问卷里还有错，改好了才能打印。",
    about: ["单位：", "走访人：", "日期：　　　　年　　月　　日"],
    how: "在方框里打勾，在横线上写。写不下的写在背面，注明题号。姓名可以不留。",
    scan: "用走访人员的手机扫，就开始一次走访，打开这份问卷",
    code: "开始走访的二维码",
    required: "（必答）",
    several: "（可选几项）",
    ordered: "（按先后在框里写 1、2、3）",
    when: |it| {
        if it.conditions.is_empty() {
            return format!("〔符合 {} 时填，方括号里是题号〕", it.expression);
        }
        format!("〔若{}〕", joined(it, condition_zh, ["，并且", "，或者"]))
    },
    turn: |label, n| format!("{label}（第 {n} 份）"),
    one_of: |n| format!("共 {n} 个选项，写其中一个："),
    day: "　　　　　年　　　月　　　日",
    clock: "　　　时　　　分",
    day_and_clock: "　　　　　年　　　月　　　日　　　时　　　分",
    place: "地点：",
    apart: "另附（照片、录音、材料）",
    tick: "知道了",
};

fn condition_zh(it: &Condition) -> String {
    let (n, with) = (it.number, &it.with);
    match it.must {
        Must::BeAnswered => format!("第 {n} 题有回答"),
        Must::NotBeAnswered => format!("第 {n} 题没有回答"),
        Must::BeChosen => format!("第 {n} 题选“{with}”"),
        Must::NotBeChosen => format!("第 {n} 题没有选“{with}”"),
        Must::Be => format!("第 {n} 题是 {with}"),
        Must::NotBe => format!("第 {n} 题不是 {with}"),
        Must::BeLess => format!("第 {n} 题小于 {with}"),
        Must::BeAtMost => format!("第 {n} 题不大于 {with}"),
        Must::BeMore => format!("第 {n} 题大于 {with}"),
        Must::BeAtLeast => format!("第 {n} 题不小于 {with}"),
    }
}

pub static EN: PaperText = PaperText {
    title: "Print the questionnaire",
    draft: "not published",
    broken: "There are errors in it yet; once they are mended it can be printed.",
    about: ["Unit:", "Visitor:", "Date:"],
    how: "Tick the boxes, write on the lines. What does not fit goes on the back, with the number of the question. No name is needed.",
    scan: "Scanned by a visitor's phone, it begins a visit with this questionnaire",
    code: "QR code that begins a visit",
    required: " (required)",
    several: " (several may be ticked)",
    ordered: " (write 1, 2, 3 in the boxes)",
    when: |it| {
        if it.conditions.is_empty() {
            return format!("[only if {}; numbers in brackets are of questions]", it.expression);
        }
        format!("[only if {}]", joined(it, condition_en, [" and ", " or "]))
    },
    turn: |label, n| format!("{label} ({n})"),
    one_of: |n| format!("Write one of {n} choices:"),
    day: "Date:",
    clock: "Time:",
    day_and_clock: "Date and time:",
    place: "Place:",
    apart: "enclosed (photo, recording, paper)",
    tick: "understood",
};

fn condition_en(it: &Condition) -> String {
    let (n, with) = (it.number, &it.with);
    match it.must {
        Must::BeAnswered => format!("question {n} is answered"),
        Must::NotBeAnswered => format!("question {n} is not answered"),
        Must::BeChosen => format!("“{with}” is ticked in question {n}"),
        Must::NotBeChosen => format!("“{with}” is not ticked in question {n}"),
        Must::Be => format!("question {n} is {with}"),
        Must::NotBe => format!("question {n} is not {with}"),
        Must::BeLess => format!("question {n} is less than {with}"),
        Must::BeAtMost => format!("question {n} is {with} at most"),
        Must::BeMore => format!("question {n} is more than {with}"),
        Must::BeAtLeast => format!("question {n} is {with} at least"),
    }
}
