//! Words of several matters in one text, and of how grave it is.

use domain::severity::{Ground, Level};

pub struct MattersText {
    /// A text seems to hold so many matters.
    pub holds: fn(n: usize) -> String,
    pub holds_short: fn(n: u32) -> String,
    pub divide: fn(n: usize) -> String,
    pub one_matter: &'static str,
    pub choose_cuts: &'static str,
    pub choose_hint: &'static str,
    pub cut_here: &'static str,
    pub join_here: &'static str,
    /// Which part of how many.
    pub part: fn(number: u32, parts_n: u32) -> String,
    pub see_whole: &'static str,
    pub put_together: &'static str,
    pub put_together_hint: &'static str,
    pub divided: fn(n: usize) -> String,
    pub put_back: &'static str,
    pub leaves_whole: &'static str,
    pub only_several: &'static str,
    pub more_filters: &'static str,

    pub severity: &'static str,
    pub levels: fn(Level) -> &'static str,
    /// That grave, or graver.
    pub at_least: fn(Level) -> &'static str,
    pub grounds: fn(Ground) -> &'static str,
    pub gravest_first: &'static str,
}

pub static ZH: MattersText = MattersText {
    holds: |n| format!("这段话像是说了 {n} 件事"),
    holds_short: |n| format!("像是 {n} 件事"),
    divide: |n| format!("分成 {n} 条"),
    one_matter: "是一件事",
    choose_cuts: "自己选在哪里分",
    choose_hint: "原话一字不改，分开的各条分别归类、计数、导出，随时可以合回。",
    cut_here: "在这里分开",
    join_here: "不在这里分",
    part: |number, parts_n| format!("一段话的第 {number} 部分，共 {parts_n} 部分"),
    see_whole: "看整段话",
    put_together: "合回一条",
    put_together_hint: "合回以后，各部分的归类一并撤销，整段话重新待归类。",
    divided: |n| format!("这段话已分成 {n} 条，分别归类"),
    put_back: "这一部分已合回整段话，不再单独归类。",
    leaves_whole: "这是一段话的一部分，移交时整段话一起移交。",
    only_several: "说了几件事的",
    more_filters: "更多条件",
    severity: "轻重",
    levels: |it| match it {
        Level::Ordinary => "一般",
        Level::Serious => "较重",
        Level::Grave => "要紧",
    },
    at_least: |it| match it {
        Level::Ordinary => "轻重不限",
        Level::Serious => "较重和要紧的",
        Level::Grave => "要紧的",
    },
    grounds: |it| match it {
        Ground::Harm => "人身伤害或威胁",
        Ground::Money => "钱财数额",
        Ground::Many => "多人、长期或多次",
        Ground::Livelihood => "生活无着",
        Ground::Danger => "安全隐患",
        Ground::Petition => "群体上访苗头",
    },
    gravest_first: "要紧的排在前面",
};

pub static EN: MattersText = MattersText {
    holds: |n| format!("This seems to speak of {n} matters"),
    holds_short: |n| format!("maybe {n} matters"),
    divide: |n| format!("Divide into {n}"),
    one_matter: "It is one matter",
    choose_cuts: "Choose where to divide",
    choose_hint: "No word changes; each part is sorted, counted and exported by itself, and they can be put together again.",
    cut_here: "Divide here",
    join_here: "Do not divide here",
    part: |number, parts_n| format!("Part {number} of {parts_n} of what was said"),
    see_whole: "See all that was said",
    put_together: "Put together again",
    put_together_hint: "What was decided of the parts is undone, and the whole waits to be sorted.",
    divided: |n| format!("Divided into {n}, sorted each by itself"),
    put_back: "This part was put together with the rest again, and is not sorted by itself.",
    leaves_whole: "This is part of what was said; all of it is handed over.",
    only_several: "Several matters",
    more_filters: "More filters",
    severity: "Severity",
    levels: |it| match it {
        Level::Ordinary => "ordinary",
        Level::Serious => "serious",
        Level::Grave => "grave",
    },
    at_least: |it| match it {
        Level::Ordinary => "Any severity",
        Level::Serious => "Serious and grave",
        Level::Grave => "Grave",
    },
    grounds: |it| match it {
        Ground::Harm => "harm or threats",
        Ground::Money => "sums of money",
        Ground::Many => "many people, long or often",
        Ground::Livelihood => "nothing to live on",
        Ground::Danger => "danger",
        Ground::Petition => "signs of a collective petition",
    },
    gravest_first: "The gravest first",
};
