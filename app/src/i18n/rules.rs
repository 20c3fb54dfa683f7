//! Words of the rules by which types are suggested.

use domain::rules::{RuleFault, RuleWrong};

pub struct RulesText {
    pub title: &'static str,
    pub hint: &'static str,
    pub target: &'static str,
    pub kinds: &'static str,
    pub lines: &'static str,
    pub format: &'static str,
    pub words: &'static str,
    pub words_format: &'static str,
    pub of_line: fn(line: usize, matched_n: u32) -> String,
    pub fault: fn(RuleFault) -> String,
    pub none_matched: fn(looked_at_n: u32) -> String,
    pub matched: fn(matched_n: u32, looked_at_n: u32, more: bool) -> String,
    pub denied: &'static str,
    pub try_one: &'static str,
    pub try_hint: &'static str,
    pub matches: &'static str,
    pub no_match: &'static str,
    pub would_suggest: &'static str,
    pub nothing_suggested: &'static str,
    pub save: &'static str,
    pub saved: fn(number: i64) -> String,
    pub wrong: fn(field: &str) -> &'static str,
    pub others_first: &'static str,
    pub theirs: &'static str,
    pub versions: &'static str,
    pub shipped: &'static str,
    pub back_once_more: &'static str,
}

pub static ZH: RulesText = RulesText {
    title: "规则",
    hint: "建议引的就是这些话。自己加的按写明的分量算；随程序带的还和学来的合在一起看，去掉了也可能还会建议。保存就是一版，还没归类的重新给建议，随时可以改回。手机上用的仍是随程序带的。",
    target: "类型",
    kinds: "性质",
    lines: "说法",
    format: "一行一组：先写 1、2 或 3（3 是明说，1 是暗示），空一格，再写群众的说法，用 | 隔开。… 代表同一句里的几个字。前面说“没有、从来没有”的不算。",
    words: "同义说法（各类通用）",
    words_format: "一行一组意思一样的说法，用 | 隔开：跑腿|奔波|来回跑。各类规则里写了其中一个，别的也算。",
    of_line: |line, matched_n| format!("第 {line} 行：{matched_n} 条"),
    fault: |it| {
        let what = match it.wrong {
            RuleWrong::Weight => "开头要写 1、2 或 3，再空一格",
            RuleWrong::Empty => "有一个说法是空的",
            RuleWrong::TooLong => "太长：一个说法最多 40 个字",
            RuleWrong::TooMany => "太多：一类最多 50 行",
            RuleWrong::Alone => "只有一个说法，要用 | 隔开两个以上",
            RuleWrong::Gap => "同义说法里不能有空格和 …",
            RuleWrong::TooManyWords => "太多：一行最多 20 个说法",
            RuleWrong::TooManyVariants => {
                "换出来的说法太多（一个说法最多换成 40 个，一共最多两万个），请去掉几组"
            }
        };
        if it.line == 0 { what.to_owned() } else { format!("第 {} 行：{what}", it.line) }
    },
    none_matched: |n| format!("最近 {n} 条里没有说到的。"),
    matched: |matched_n, looked_at_n, more| {
        let rest = if more { "（更早的没有看）" } else { "" };
        format!("最近 {looked_at_n} 条里有 {matched_n} 条说到{rest}。")
    },
    denied: "说的是没有，不算",
    try_one: "试一句",
    try_hint: "写一句群众会说的话，看认出哪几个字、会建议什么。",
    matches: "认出",
    no_match: "这一类的说法一个也没有认出。",
    would_suggest: "会建议",
    nothing_suggested: "什么也不建议",
    save: "保存为新的一版",
    saved: |number| format!("已存为第 {number} 版"),
    wrong: |field| match field {
        "change" => "和在用的一样，没有要存的。",
        "target" => "这一类现在不用了。",
        "version" => "没有这一版。",
        _ => "有一行不合规则。",
    },
    others_first: "别人先改了，这是最新的，请再看一遍。",
    theirs: "别人这时存了这一类，现在在用的是：",
    versions: "各版",
    shipped: "随程序带的",
    back_once_more: "以前的一版再用一次",
};

pub static EN: RulesText = RulesText {
    title: "Rules",
    hint: "Suggestions quote these words. Those you add count by the weight you give them; those that came with the program count beside what was learned, so that a type may still be suggested without them. Saving makes a version: what is not sorted yet is suggested anew, and you can go back. Phones use those that came with the program.",
    target: "Type",
    kinds: "Kinds",
    lines: "What people say",
    format: "A group a line: 1, 2 or 3 (3 says it outright, 1 hints), a space, then what people say, parted by |. … stands for some letters of the same sentence. What is denied does not count.",
    words: "Ways to say the same (for all types)",
    words_format: "Words that say the same a line, parted by |. Where the rules of any type have one of them, the others count as well.",
    of_line: |line, matched_n| format!("Line {line}: {matched_n}"),
    fault: |it| {
        let what = match it.wrong {
            RuleWrong::Weight => "begin with 1, 2 or 3 and a space",
            RuleWrong::Empty => "a phrase is empty",
            RuleWrong::TooLong => "too long: a phrase has 40 letters at most",
            RuleWrong::TooMany => "too many: 50 lines at most",
            RuleWrong::Alone => "one word alone: write two or more, parted by |",
            RuleWrong::Gap => "words that say the same have no spaces and no …",
            RuleWrong::TooManyWords => "too many: 20 words a line at most",
            RuleWrong::TooManyVariants => {
                "too many phrases would come of it (40 of one, 20,000 of all at most): take some lines out"
            }
        };
        if it.line == 0 { what.to_owned() } else { format!("Line {}: {what}", it.line) }
    },
    none_matched: |n| format!("None of the latest {n} says it."),
    matched: |matched_n, looked_at_n, more| {
        let rest = if more { " (earlier ones were not looked at)" } else { "" };
        format!("{matched_n} of the latest {looked_at_n} say it{rest}.")
    },
    denied: "denied: does not count",
    try_one: "Try a sentence",
    try_hint: "Write what someone might say, and see which words are found and what would be suggested.",
    matches: "Found",
    no_match: "None of this type’s phrases is in it.",
    would_suggest: "Would be suggested",
    nothing_suggested: "nothing",
    save: "Save as a version",
    saved: |number| format!("Saved as version {number}"),
    wrong: |field| match field {
        "change" => "Nothing would differ.",
        "target" => "This type is no longer used.",
        "version" => "There is no such version.",
        _ => "A line does not keep its rule.",
    },
    others_first: "Someone else changed them first. This is the latest; please look again.",
    theirs: "Someone has kept this type meanwhile. In use now:",
    versions: "Versions",
    shipped: "What came with the program",
    back_once_more: "an earlier version once more",
};
