//! How grave what is told is, by the words of the text alone, each ground quoted: apart from the type, and from what it asks of the office.
//!
//! Rules only: phrases, and amounts with the words that make them a loss, a wait or a crowd. What is denied ("没有打人") or over
//! ("已经还清了") does not count. It is a mark for whoever reads, and decides nothing.

mod amounts;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use self::amounts::{Amount, Unit, amounts};
use crate::phrases::{Found, Gap, Phrases};

/// Most grounds that are told of one text.
pub const REASONS_MAX: usize = 5;
/// How far before a phrase a denial is looked for, in characters.
const DENIAL_CHARS: usize = 5;
/// How far around an amount the words are looked for that make it one, in characters.
const AROUND: usize = 10;

// From where on an amount counts.
const MONEY_SERIOUS: f64 = 2_000.0;
const MONEY_GRAVE: f64 = 50_000.0;
const YEARS_SERIOUS: f64 = 2.0;
const TIMES_SERIOUS: f64 = 6.0;
const HOUSEHOLDS_SERIOUS: f64 = 10.0;

/// How grave it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SeverityLevel))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 一般
    #[default]
    Ordinary,
    /// 较重
    Serious,
    /// 要紧
    Grave,
}

impl Level {
    /// All levels, the least first.
    pub const ALL: [Self; 3] = [Self::Ordinary, Self::Serious, Self::Grave];

    /// The word in JSON and in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Serious => "serious",
            Self::Grave => "grave",
        }
    }

    /// The level of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Its place among [`Self::ALL`], by which it rests in the database.
    pub fn number(self) -> i64 {
        match self {
            Self::Ordinary => 0,
            Self::Serious => 1,
            Self::Grave => 2,
        }
    }

    /// The level of a number of [`Self::number`].
    pub fn of_number(number: i64) -> Self {
        Self::ALL.into_iter().find(|it| it.number() == number).unwrap_or_default()
    }
}

/// What makes it so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// 人身伤害或威胁
    Harm,
    /// 钱财数额
    Money,
    /// 多人、长期、多次
    Many,
    /// 生活无着
    Livelihood,
    /// 安全隐患
    Danger,
    /// 群体上访苗头
    Petition,
}

/// A ground with the words it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SeverityReason))]
pub struct Reason {
    pub ground: Ground,
    pub level: Level,
    /// Verbatim.
    pub text: String,
    /// In characters of the text.
    pub start: usize,
    /// In characters, not included.
    pub end: usize,
}

/// How grave a text is, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = TextSeverity))]
pub struct Severity {
    pub level: Level,
    /// The gravest first, then in the order of the text; at most [`REASONS_MAX`].
    pub reasons: Vec<Reason>,
}

use Ground::{Danger, Harm, Livelihood, Many, Petition};
use Level::{Grave, Serious};

/// Phrases, of which `…` leaves out up to six letters of the same clause.
const PHRASES: [(Ground, Level, &str); 30] = [
    (
        Harm,
        Grave,
        "打人|挨打|被打|被人打|打伤|打断|打死|打得|打她|打他|打我|打了我|打了他|打了她|殴打|动手打|动手就打|动了手|动起手|推倒|打骂|家暴|一块好肉",
    ),
    (
        Harm,
        Grave,
        "威胁|恐吓|弄死|整死|砍|拿刀|拿着刀|提着刀|捅|放狗咬|要我的命|要他的命|出人命|收拾你|收拾我|不敢出门",
    ),
    (Harm, Grave, "自杀|寻短见|喝农药|喝药|买了农药|跳楼|跳河|上吊|不想活|活不下去|没有活路"),
    (Harm, Grave, "关在屋|被关了|关起来|不让走|非法拘禁|强奸|猥亵|骚扰|拐卖|人失踪"),
    (Harm, Grave, "骨折|打…住院|流血|头破血流|电死|淹死|压死|砸死|撞死|死了人|死了…个人|中毒"),
    (Harm, Serious, "砸伤|摔伤|撞伤|咬伤|烫伤|摔断|撞了…个人"),
    (
        Livelihood,
        Grave,
        "揭不开锅|没饭吃|没有饭吃|吃不上饭|饿得|断粮|没米下锅|无家可归|没有地方住|没地方住|露宿|睡桥洞|住桥洞",
    ),
    (
        Livelihood,
        Serious,
        "没有生活来源|没生活来源|断了收入|没有收入|没有一点收入|没有任何收入|没钱看病|没有钱看病|看不起病|药都吃不起|吃不起药|没钱吃药|没钱买药|没钱买米|靠…接济|讨饭",
    ),
    (Danger, Grave, "要塌|快塌|会塌|塌下来|塌了|要垮|快垮|会垮|要倒了|快倒了|会倒|掉下来砸|房梁断"),
    (Danger, Grave, "漏电|触电|电线…搭在|漏气|煤气泄漏|燃气泄漏|煤气漏|爆炸|着火|起火|失火|火灾"),
    (Danger, Grave, "塌方|山体滑坡|滑坡|泥石流|决口|溃坝|坝上裂"),
    (
        Danger,
        Serious,
        "危房|危桥|裂…缝|裂了口|开裂|墙裂|震裂|护栏断|没有护栏|没护栏|没有栏杆|护栏坏|栏杆断|栏杆…掉|栏杆…断",
    ),
    (
        Danger,
        Serious,
        "井盖丢|井盖没|没有井盖|没井盖|井盖…不见|井盖坏|安全隐患|电线裸|电线老化|电线垂|消防通道堵|堵了消防通道|掉下去|刹车…坏|出车祸|出过车祸|救护车…进不来|没有红绿灯",
    ),
    (
        Petition,
        Grave,
        "集体上访|集访|联名|联合起来|堵路|堵门|堵工地|拉横幅|围堵|围了政府|围政府|静坐|闹大|聚众|罢工",
    ),
    (
        Petition,
        Grave,
        "上北京|去北京|进京|一起去省|一起去市|一起去县|一起上访|约好…去县|约好…去市|商量…去市|商量…去省|商量…去县",
    ),
    (Petition, Serious, "上访|信访|去市里告|到市里告|去省里告|告到省|告到市|去纪委告|找记者|发到网上"),
    (
        Many,
        Serious,
        "全村的人都|全村人都|全村都|全组都|全组的人|整个村都|整栋楼|一栋楼都|一栋楼的人|整个小区|好几十户|上百户|上百人|几百人|成百上千",
    ),
    (Many, Serious, "年年都这样|一直没有人管|好多年|多少年了|常年|长期没|反反复复"),
    (Many, Serious, "几十趟|几十次|几十回|无数次|无数趟|无数回|数不清多少"),
    (Ground::Money, Serious, "血汗钱|养老钱|救命钱|棺材本|一辈子的积蓄"),
    (Harm, Serious, "骂骂咧咧地推|抢走|强行拆|强拆|撬门|撬锁|砸门|砸了"),
    (Danger, Serious, "水…发黄|黄水|水有毒|水…臭|过期药|毒|污染"),
    (Livelihood, Serious, "没有工作没有地|没田没地|瘫在床上没人管|孤寡…没人管"),
    (Harm, Grave, "绑起来|绑架|追着打|围着打|要报复|打击报复"),
    (Livelihood, Grave, "冻死|饿死|没水喝"),
    (Danger, Grave, "水库…裂|大坝…裂|随时会…下来|随时…塌|随时…垮|随时…倒"),
    (Petition, Grave, "工友…上北京|带人去堵|去堵|堵大门|上街"),
    (Harm, Grave, "打群架|械斗|拿棍子|拿锄头|拿着棍子|拿着锄头"),
    (Many, Serious, "几十户|二三十户|七八十户"),
    (Ground::Money, Serious, "倾家荡产|高利贷|集资款|传销"),
];
/// Before what is denied.
const DENIALS: [&str; 22] = [
    "没有",
    "没",
    "不",
    "从不",
    "从没",
    "从来没有",
    "从来没",
    "并没有",
    "未",
    "没有人",
    "没人",
    "不会",
    "不再",
    "没有再",
    "不是",
    "不想",
    "不愿",
    "不用",
    "未曾",
    "不至于",
    "不怕",
    "没有谁",
];
/// In the sentence of what is over.
const OVER: [&str; 15] = [
    "修好",
    "还清",
    "已经还",
    "解决了",
    "处理好",
    "处理了",
    "已经拆",
    "换好",
    "补好",
    "退给我",
    "退了给",
    "重新修",
    "加固",
    "现在好",
    "已经发",
];
/// Beside an amount that someone lost, is asked for or owed.
const LOSS: [&str; 28] = [
    "收",
    "罚",
    "欠",
    "骗",
    "赔",
    "拿",
    "扣",
    "借",
    "押金",
    "冒领",
    "截留",
    "补偿",
    "工程款",
    "工钱",
    "工资",
    "征地款",
    "花了",
    "差",
    "少发",
    "没有发",
    "没有给",
    "没有退",
    "不退",
    "不给",
    "贪",
    "亏",
    "要我",
    "用了",
];
/// Beside years for which someone waits.
const WAITS: [&str; 22] = [
    "拖",
    "找",
    "等",
    "告",
    "反映",
    "申请",
    "问",
    "欠",
    "催",
    "喊",
    "跑",
    "报",
    "停",
    "没有人",
    "没人",
    "没有",
    "没",
    "不",
    "还是",
    "争",
    "堵",
    "漏",
];
/// Before a number of times that someone tried.
const TRIES: [&str; 18] = [
    "跑", "找", "问", "去", "来", "打", "反映", "催", "交", "改", "折腾", "开", "说", "求", "喊", "告",
    "往返", "报",
];

/// How grave a text is. Takes time in proportion to its length.
pub fn severity(text: &str) -> Severity {
    let letters: Vec<char> = text.chars().collect();
    let mut reasons = phrases(&letters);
    reasons.extend(amounts(&letters).into_iter().filter_map(|it| of_amount(&letters, it)));
    reasons.sort_by_key(|it| (it.start, std::cmp::Reverse(it.end)));
    // One within another, or told before, says nothing new.
    let mut kept: Vec<Reason> = Vec::new();
    for it in reasons {
        let told = kept.iter().any(|of| it.ground == of.ground && (it.start < of.end || it.text == of.text));
        if !told || kept.iter().all(|of| it.ground != of.ground || it.level > of.level) {
            kept.push(it);
        }
    }
    kept.sort_by_key(|it| (std::cmp::Reverse(it.level), it.start));
    kept.truncate(REASONS_MAX);
    Severity { level: kept.first().map_or(Level::Ordinary, |it| it.level), reasons: kept }
}

fn reason(letters: &[char], ground: Ground, level: Level, start: usize, end: usize) -> Reason {
    Reason { ground, level, text: letters[start..end].iter().collect(), start, end }
}

/// Between the parts of a phrase: letters of the same clause.
const GAP: Gap = Gap { max: 6, takes: char::is_alphanumeric };

/// The phrases made ready, and what each says.
static READY: LazyLock<(Phrases, Vec<(Ground, Level)>)> = LazyLock::new(|| {
    let all = || {
        PHRASES.iter().flat_map(|(ground, level, of)| of.split('|').map(move |it| (it, (*ground, *level))))
    };
    let phrases = Phrases::new(all().map(|it| it.0), GAP).expect("the phrases are read by a test");
    (phrases, all().map(|it| it.1).collect())
});

fn phrases(letters: &[char]) -> Vec<Reason> {
    let (phrases, said) = &*READY;
    let stands = |it: &Found| {
        !is_other_word(letters, it.start, it.end)
            && !is_denied(letters, it.start)
            && !is_over(letters, it.end)
    };
    let told = |it: Found| {
        let (ground, level) = said[it.phrase];
        reason(letters, ground, level, it.start, it.end)
    };
    phrases.find(letters).into_iter().filter(stands).map(told).collect()
}

/// "打我电话", "打他手机": another word.
fn is_other_word(letters: &[char], start: usize, end: usize) -> bool {
    let around: String = letters[start..(end + 2).min(letters.len())].iter().collect();
    ["电话", "手机", "招呼", "听"].iter().any(|it| around.contains(it)) && around.starts_with('打')
        || around.starts_with("砍树")
        || around.starts_with("砍柴")
        || around.starts_with("砍伐")
}

fn is_denied(letters: &[char], start: usize) -> bool {
    let before: String = letters[start.saturating_sub(DENIAL_CHARS)..start].iter().collect();
    let before = before.trim_end_matches(['去', '敢', '动', '人', '到', '要', '过', '再']);
    DENIALS.iter().any(|it| before.ends_with(it))
}

/// The sentence that holds a place.
fn sentence(letters: &[char], at: usize) -> std::ops::Range<usize> {
    let ends = |it: &char| matches!(it, '。' | '！' | '？' | '!' | '?' | '；' | ';' | '\n');
    let start = letters[..at].iter().rposition(ends).map_or(0, |it| it + 1);
    let end = letters[at..].iter().position(ends).map_or(letters.len(), |it| at + it);
    start..end
}

fn is_over(letters: &[char], end: usize) -> bool {
    let of = sentence(letters, end.saturating_sub(1));
    let behind: String = letters[end.saturating_sub(1)..of.end].iter().collect();
    OVER.iter().any(|it| behind.contains(it)) && !behind.contains("没有") && !behind.contains("才")
}

fn of_amount(letters: &[char], it: Amount) -> Option<Reason> {
    let of = sentence(letters, it.start);
    let before: String = letters[of.start.max(it.start.saturating_sub(AROUND))..it.start].iter().collect();
    let behind: String = letters[it.end..of.end.min(it.end + AROUND)].iter().collect();
    let beside = |words: &[&str]| words.iter().any(|word| before.contains(word) || behind.contains(word));
    let (ground, level) = match it.unit {
        Unit::Yuan if it.value >= MONEY_SERIOUS && beside(&LOSS) => {
            (Ground::Money, if it.value >= MONEY_GRAVE { Grave } else { Serious })
        }
        Unit::Years if it.value >= YEARS_SERIOUS && beside(&WAITS) => (Many, Serious),
        Unit::Times if it.value >= TIMES_SERIOUS && TRIES.iter().any(|word| before.contains(word)) => {
            (Many, Serious)
        }
        Unit::Households if it.value >= HOUSEHOLDS_SERIOUS => (Many, Serious),
        Unit::Yuan | Unit::Years | Unit::Times | Unit::Households => return None,
    };
    (!is_over(letters, it.end)).then(|| reason(letters, ground, level, it.start, it.end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A level and a sentence a line: those that the rules were made with, and those that were left alone.
    const MAKING: &str = include_str!("severity/making.tsv");
    const UNTOUCHED: &str = include_str!("severity/untouched.tsv");

    fn right_n(lines: &str) -> usize {
        let judged = lines.lines().map(|it| it.split_once('\t').unwrap());
        judged.filter(|(level, words)| severity(words).level.as_str() == *level).count()
    }

    #[test]
    fn sentences_are_as_grave_as_people_would_say() {
        let (making, untouched) = (right_n(MAKING), right_n(UNTOUCHED));
        assert!(making >= 38, "{making} of 40");
        assert!(untouched >= 16, "{untouched} of 20");
        assert_eq!((MAKING.lines().count(), UNTOUCHED.lines().count()), (40, 20));
    }

    #[track_caller]
    fn check(text: &str, expected: &[(Ground, &str)]) {
        let made = severity(text);
        let reasons: Vec<(Ground, &str)> = made.reasons.iter().map(|it| (it.ground, &*it.text)).collect();
        assert_eq!(reasons, expected, "{text}");
    }

    #[test]
    fn each_ground_is_quoted() {
        check("他带人把我打伤了，还欠我两万块工钱", &[(Harm, "打伤"), (Ground::Money, "两万块")]);
        check("房子要塌了，找了三年没有人管", &[(Danger, "要塌"), (Many, "三年")]);
        check("家里揭不开锅，大家说好一起去县里", &[(Livelihood, "揭不开锅"), (Petition, "一起去县")]);
    }

    #[test]
    fn what_is_denied_or_over_does_not_count() {
        for text in [
            "没有打人",
            "从来没有打过人",
            "没有人威胁我",
            "房子原来要塌，现在修好了",
            "欠的三万块已经还清了",
            "",
        ] {
            check(text, &[]);
        }
        assert_eq!(severity("打我电话就行").level, Level::Ordinary);
    }

    #[test]
    fn levels_read_back() {
        for it in Level::ALL {
            assert_eq!((Level::from_word(it.as_str()), Level::of_number(it.number())), (Some(it), it));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "(打人|没有|欠|两万|3,000|1.5万|块|元|十几|户|三年|，|。|要塌|随时会|👨|\n){0,20}") {
            let letters: Vec<char> = text.chars().collect();
            let made = severity(&text);
            prop_assert!(made.reasons.len() <= REASONS_MAX);
            for it in made.reasons {
                prop_assert!(it.level <= made.level);
                prop_assert_eq!(letters[it.start..it.end].iter().collect::<String>(), it.text);
            }
        }
    }
}
