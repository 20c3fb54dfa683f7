//! A release: an issue as one branch sees it, in a wording that gives no speaker away.
//!
//! The office writes the wording; the rules here say which words of it must change. A person
//! decides in the end: they refuse, they never reword.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{
    id::{IssueId, RecordId, ReleaseId, RespondentId, UnitId},
    role::Stage,
    text::{TextError, check_line, check_text},
};

/// Shortest run that counts as a quote, in letters and digits; punctuation does not break a run.
pub const QUOTE_CHARS_MIN: usize = 12;
/// Shortest run of digits that may be a telephone, a house or an identity: local numbers have 7.
pub const DIGITS_MIN: usize = 7;
/// Shortest name looked for: a surname alone is a common word.
pub const NAME_CHARS_MIN: usize = 2;
/// Shortest name looked for among those who said nothing here: many names of two characters
/// are common words too (平安, 文明).
pub const OTHER_NAME_CHARS_MIN: usize = 3;
/// Fewer households than this behind an issue, and they may be recognised; unless the configuration says otherwise.
pub const HOUSEHOLDS_MIN: u32 = 5;
/// Fewer firms than this behind an issue, and they may be recognised; unless the configuration says otherwise.
pub const FIRMS_MIN: u32 = 3;
/// Most units that one request releases to.
pub const UNITS_MAX: usize = 60;

/// What a branch sees of an issue. Holds no id and no date that leads back to a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Release {
    /// Made for this release alone, always v4.
    pub id: ReleaseId,
    pub unit: UnitId,
    pub unit_name: String,
    /// Counts the releases to this unit, from 1.
    pub number: u32,
    pub title: String,
    /// Approved by the office.
    pub wording: String,
    /// Code of the taxonomy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How many times it was said.
    pub n_said: u32,
    /// By how many households and firms.
    pub n_households: u32,
    /// How many times it was said again after measures had been agreed.
    pub again_n: u32,
    /// yyyy-MM in which it was last said.
    pub month: String,
    pub state: ReleaseState,
    /// Whether it was taken back, for whoever asked before there were states.
    pub withdrawn: bool,
}

/// What a release has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReleaseState {
    /// 待签发: waits for a second person; its unit sees nothing of it.
    #[default]
    Proposed,
    /// 已签发: its unit discusses it.
    Approved,
    /// 退回: with a reason, for another proposal to heed.
    Returned,
    /// 收回: its unit sees it no more, minutes that name it stay.
    TakenBack,
}

impl ReleaseState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Proposed, Self::Approved, Self::Returned, Self::TakenBack];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Returned => "returned",
            Self::TakenBack => "taken_back",
        }
    }

    /// The state of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Whether it may not be proposed once more beside it.
    pub fn stands(self) -> bool {
        matches!(self, Self::Proposed | Self::Approved)
    }

    /// What the table of roles calls it.
    pub fn stage(self) -> Stage {
        match self {
            Self::Proposed => Stage::Proposed,
            Self::Approved => Stage::Approved,
            Self::Returned => Stage::Returned,
            Self::TakenBack => Stage::TakenBack,
        }
    }
}

/// A release as those see it who propose and approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Proposal {
    pub release: Release,
    pub issue: IssueId,
    /// Name of who proposed it.
    pub by: String,
    /// Whoever asks proposed it, and so cannot approve it.
    pub own: bool,
    /// Why it is proposed although few of one unit or kind said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub despite_few: Option<String>,
    /// Name of who approved or returned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Why it was returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<String>,
}

/// The releases of an issue, and whether so many stand behind it that there can be more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssueReleases {
    pub proposals: Vec<Proposal>,
    /// Who stands behind the issue.
    pub group: Cell,
    /// How many must.
    pub least: Cell,
}

impl Release {
    /// Leaves nothing of what it said, only that there was one.
    pub fn take_back(&mut self) {
        self.title.clear();
        self.wording.clear();
        self.category = None;
        (self.n_said, self.n_households, self.again_n) = (0, 0, 0);
        self.month.clear();
    }

    /// Whether it was taken back before it was discussed to the end.
    pub fn is_taken_back(&self) -> bool {
        self.state == ReleaseState::TakenBack && self.title.is_empty()
    }
}

/// An issue is to be released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewRelease {
    pub units: Vec<UnitId>,
    pub title: String,
    pub wording: String,
    /// Why it is released although so few of one unit or kind said it that they may be recognised there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub despite_few: Option<String>,
}

impl NewRelease {
    /// Checks what needs no knowledge of the issue.
    ///
    /// # Errors
    ///
    /// The name of the field that does not keep its rule.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.units.is_empty() || self.units.len() > UNITS_MAX {
            return Err("units");
        }
        let filled = |text: &str, fits: Result<(), TextError>| !text.trim().is_empty() && fits.is_ok();
        if !filled(&self.title, check_line(&self.title)) {
            return Err("title");
        }
        if !filled(&self.wording, check_text(&self.wording)) {
            return Err("wording");
        }
        match &self.despite_few {
            Some(reason) if !filled(reason, check_text(reason)) => Err("despite_few"),
            Some(_) | None => Ok(()),
        }
    }
}

/// A release is taken back: a branch sees it no more, minutes that name it stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    pub reason: String,
}

/// What came of asking for a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ReleaseOutcome {
    /// They wait for a second person.
    Proposed { releases: Vec<Release> },
    /// Nothing was proposed; these words must change, or a reason be given.
    Refused { objections: Vec<Objection> },
}

/// What stands against a wording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Objection {
    pub rule: Rule,
    /// The words of the wording or title that are meant; empty for a rule about numbers.
    pub words: String,
}

/// Why a wording may not leave the office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A respondent's own words, in length.
    Quote,
    /// Digits that may be a telephone, an identity or a day.
    Digits,
    /// Words that tell which day it was, with the records or without.
    Day,
    /// The name of a respondent or a firm.
    Name,
    /// So few of one unit or kind said it that they may be recognised there; a reason overrules this one.
    Few,
    /// So few said it at all that they may be recognised; nothing overrules this.
    TooFew,
}

/// What the rules compare a wording with.
#[derive(Clone, Debug, Default)]
pub struct Behind {
    /// The words of each statement behind the issue.
    pub words: Vec<String>,
    /// Names and organisations of those who were visited.
    pub names: Vec<String>,
    /// Names and organisations of the whole directory.
    pub directory: Vec<String>,
    /// How many stand behind the issue in all.
    pub group: Cell,
    /// How many for each unit that heard it.
    pub cells: Vec<Cell>,
    /// How many households or firms must.
    pub least: Cell,
}

/// Who said something, as far as the records tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaker {
    pub visit: RecordId,
    /// Set when chosen from the directory.
    pub respondent: Option<RespondentId>,
    /// The firm, or the person where there is none; may be empty.
    pub name: String,
    pub place: String,
    /// May be empty.
    pub telephone: String,
}

/// Which of `speakers` are one household or firm: equal numbers, counted from 0 without gaps.
///
/// Whoever is in the directory is one by its id; whoever is not, by name and place or by telephone;
/// an unnamed speaker is one a visit. Telephones of the directory say nothing: lists give many
/// households the one of their village.
pub fn households(speakers: &[Speaker]) -> Vec<usize> {
    let mut numbers: HashMap<Key, usize> = HashMap::new();
    let mut numbered = vec![0; speakers.len()];
    let mut n = 0;
    let listed_first =
        |listed: bool| speakers.iter().enumerate().filter(move |(_, it)| it.respondent.is_some() == listed);
    for (at, speaker) in listed_first(true).chain(listed_first(false)) {
        let keys = keys(speaker);
        let number = keys.iter().find_map(|it| numbers.get(it).copied()).unwrap_or_else(|| {
            n += 1;
            n - 1
        });
        for key in keys {
            numbers.entry(key).or_insert(number);
        }
        if speaker.respondent.is_some() {
            // Someone met on the spot may be one of the directory.
            if let Some(key) = named(speaker) {
                numbers.entry(key).or_insert(number);
            }
        }
        numbered[at] = number;
    }
    numbered
}

/// What tells one speaker from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Respondent(RespondentId),
    Named(Vec<char>),
    Telephone(Vec<char>),
    Visit(RecordId),
}

fn keys(speaker: &Speaker) -> Vec<Key> {
    if let Some(id) = speaker.respondent {
        return vec![Key::Respondent(id)];
    }
    let digits: Vec<char> =
        letters(&speaker.telephone).iter().map(|it| it.plain).filter(char::is_ascii_digit).collect();
    let telephone = (digits.len() >= DIGITS_MIN).then_some(Key::Telephone(digits));
    let keys: Vec<Key> = named(speaker).into_iter().chain(telephone).collect();
    if keys.is_empty() { vec![Key::Visit(speaker.visit)] } else { keys }
}

fn named(speaker: &Speaker) -> Option<Key> {
    let name: Vec<char> = letters(&speaker.name).iter().map(|it| it.plain).collect();
    let place = letters(&speaker.place);
    (name.len() >= NAME_CHARS_MIN)
        .then(|| Key::Named(name.into_iter().chain(['/']).chain(place.iter().map(|it| it.plain)).collect()))
}

/// How many said something, in one crossing of issue and unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cell {
    /// Households and persons.
    pub households: u32,
    pub firms: u32,
}

impl Cell {
    /// What must stand behind an issue, unless the configuration says otherwise.
    pub const LEAST: Self = Self { households: HOUSEHOLDS_MIN, firms: FIRMS_MIN };

    /// Whether so few of a kind are meant that they may be recognised; nobody cannot be.
    pub fn is_small(self, least: Self) -> bool {
        (1..least.households).contains(&self.households) || (1..least.firms).contains(&self.firms)
    }

    /// Whether neither kind is enough; an issue that nobody said, from another source, is nobody's.
    pub fn is_too_small(self, least: Self) -> bool {
        self != Self::default() && self.households < least.households && self.firms < least.firms
    }
}

/// Everything that stands against releasing `text` (a title or a wording).
pub fn objections(text: &str, behind: &Behind) -> Vec<Objection> {
    let letters = letters(text);
    let plain: Vec<char> = letters.iter().map(|it| it.plain).collect();
    let mut found = vec![];
    for run in quoted(&plain, &behind.words) {
        found.push(objection(Rule::Quote, text, &letters[run]));
    }
    for run in digits(&letters) {
        found.push(objection(Rule::Digits, text, &letters[run]));
    }
    for run in days(&plain).into_iter().chain(relative_days(text, &letters)).chain(short_days(text, &letters))
    {
        found.push(objection(Rule::Day, text, &letters[run]));
    }
    let named = behind.names.iter().map(|it| (it, NAME_CHARS_MIN));
    let others = behind.directory.iter().map(|it| (it, OTHER_NAME_CHARS_MIN));
    for (name, chars_min) in named.chain(others) {
        let name: Vec<char> = self::letters(name).iter().map(|it| it.plain).collect();
        if name.len() < chars_min {
            continue;
        }
        if let Some(at) = plain.windows(name.len()).position(|it| it == name) {
            let objection = objection(Rule::Name, text, &letters[at..at + name.len()]);
            if !found.contains(&objection) {
                found.push(objection);
            }
        }
    }
    found
}

/// What stands against a release because few stand behind the issue.
pub fn few(behind: &Behind) -> Option<Objection> {
    let small = |it: &Cell| it.is_small(behind.least);
    let rule = if behind.group.is_too_small(behind.least) {
        Rule::TooFew
    } else if small(&behind.group) || behind.cells.iter().any(small) {
        Rule::Few
    } else {
        return None;
    };
    Some(Objection { rule, words: String::new() })
}

/// A letter or digit of a text, and where it stands there.
#[derive(Clone, Copy)]
struct Letter {
    /// Half width, lower case: what is compared.
    plain: char,
    starts: usize,
    ends: usize,
}

fn letters(text: &str) -> Vec<Letter> {
    text.char_indices()
        .filter(|(_, it)| it.is_alphanumeric())
        .map(|(starts, it)| Letter { plain: plain(it), starts, ends: starts + it.len_utf8() })
        .collect()
}

/// Full-width letters and digits (U+FF01 to U+FF5E) as their half-width ones, in lower case.
fn plain(letter: char) -> char {
    let half = match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        other => other,
    };
    half.to_lowercase().next().unwrap_or(half)
}

fn objection(rule: Rule, text: &str, letters: &[Letter]) -> Objection {
    let words = match (letters.first(), letters.last()) {
        (Some(first), Some(last)) => &text[first.starts..last.ends],
        _ => "",
    };
    Objection { rule, words: words.to_owned() }
}

/// The runs of `plain` that one of `said` holds too, each as long as it gets.
fn quoted(plain: &[char], said: &[String]) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = vec![];
    let seeds: std::collections::HashSet<&[char]> = plain.windows(QUOTE_CHARS_MIN).collect();
    if seeds.is_empty() {
        return runs;
    }
    let mut hit = vec![false; plain.len()];
    for words in said {
        let words: Vec<char> = letters(words).iter().map(|it| it.plain).collect();
        for window in words.windows(QUOTE_CHARS_MIN).filter(|it| seeds.contains(it)) {
            for at in 0..=plain.len() - QUOTE_CHARS_MIN {
                if &plain[at..at + QUOTE_CHARS_MIN] == window {
                    hit[at..at + QUOTE_CHARS_MIN].fill(true);
                }
            }
        }
    }
    for (at, _) in hit.iter().enumerate().filter(|(_, it)| **it) {
        match runs.last_mut() {
            Some(run) if run.end == at => run.end = at + 1,
            Some(_) | None => runs.push(at..at + 1),
        }
    }
    runs
}

/// The runs of digits, written in any way, that only punctuation or blanks interrupt.
fn digits(letters: &[Letter]) -> Vec<std::ops::Range<usize>> {
    let mut runs = vec![];
    let mut starts = None;
    for (at, letter) in letters.iter().chain([&Letter { plain: '末', starts: 0, ends: 0 }]).enumerate() {
        match (is_digit(letter.plain), starts) {
            (true, None) => starts = Some(at),
            (false, Some(first)) => {
                if at - first >= DIGITS_MIN {
                    runs.push(first..at);
                }
                starts = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    runs
}

/// The days of a month: 11月22日, 十一月二十二日, 22号, 腊月廿三, 正月初五.
///
/// A stretch of days (10日内) or a numbered paper (一号文件) is none.
fn days(plain: &[char]) -> Vec<std::ops::Range<usize>> {
    let mut runs = vec![];
    let mut at = 0;
    while at < plain.len() {
        let number_n = plain[at..].iter().take_while(|it| is_numeral(**it)).count();
        let ends = at + number_n;
        let month = month_before(plain, at);
        let lunar = number_n > 1
            && month.is_some()
            && "初廿卅".contains(plain[at])
            && !plain.get(ends).is_some_and(|it| COUNTERS.contains(*it));
        let marked = matches!(plain.get(ends), Some('日' | '号')) && !is_no_day(&plain[ends..]);
        if (marked || lunar) && (1..=31).contains(&numeral(&plain[at..ends])) {
            runs.push(month.unwrap_or(at)..ends + usize::from(marked));
        }
        at = ends.max(at + 1);
    }
    runs
}

/// What is counted after a number that is then no day: 初三户 of 上月初三户.
const COUNTERS: &str = "次户家个名件条项批起份人天场轮回成";

/// Where the month before a day begins: digits or 正, 冬, 腊 and 月; 上月, 上个月.
fn month_before(plain: &[char], at: usize) -> Option<usize> {
    let month = plain[..at].strip_suffix(&['月'])?;
    let number_n = month.iter().rev().take_while(|it| is_numeral(**it)).count();
    let named_n = usize::from(month.last().is_some_and(|it| "正冬腊上本当同".contains(*it)));
    let counted = month.strip_suffix(&['个']);
    let counted_n =
        if counted.is_some_and(|it| it.last().is_some_and(|it| "上这那".contains(*it))) { 2 } else { 0 };
    let n = number_n.max(named_n).max(counted_n);
    (n > 0).then(|| month.len() - n)
}

/// Whether `plain` begins with `words`.
fn begins(plain: &[char], words: &str) -> bool {
    let mut plain = plain.iter();
    words.chars().all(|it| plain.next() == Some(&it))
}

/// Whether `plain` ends with `words`.
fn ends(plain: &[char], words: &str) -> bool {
    let mut plain = plain.iter().rev();
    words.chars().rev().all(|it| plain.next() == Some(&it))
}

/// Days told from the day of speaking: 昨天, 大前天, 今早, 上周三, 3天前.
///
/// A week or a stretch (上周, 前几天), every week's day (每周三) and idioms (时至今日) are none, nor is what only
/// reads so across a comma (目前，天气).
fn relative_days(text: &str, letters: &[Letter]) -> Vec<std::ops::Range<usize>> {
    let plain: Vec<char> = letters.iter().map(|it| it.plain).collect();
    let mut runs: Vec<std::ops::Range<usize>> = vec![];
    let mut at = 0;
    while at < plain.len() {
        let found_n = named_day(&plain, at).or_else(|| week_day(&plain, at)).or_else(|| days_ago(&plain, at));
        let found = found_n.map(|n| at..at + n).filter(|run| is_one_word(text, &letters[run.clone()]));
        at = found.as_ref().map_or(at + 1, |it| it.end);
        runs.extend(found);
    }
    runs
}

/// Whether nothing but blanks stands between the letters.
fn is_one_word(text: &str, letters: &[Letter]) -> bool {
    letters.windows(2).all(|it| text[it[0].ends..it[1].starts].chars().all(char::is_whitespace))
}

/// How long the word for a day is that begins at `at`: 昨天, 前天, 今早.
fn named_day(plain: &[char], at: usize) -> Option<usize> {
    let (before, here) = plain.split_at(at);
    let (first, second) = (here.first()?, here.get(1));
    let part = |of: &str| second.is_some_and(|it| of.contains(*it)) && !is_no_day(&here[1..]);
    match first {
        '昨' if part("天日晚夜早晨儿上下") => Some(2),
        '今' if part("天日晚夜早晨儿") && !ends(before, "至") && !ends(before, "当") => Some(2),
        '大' if begins(here, "大前天") || begins(here, "大昨天") => Some(3),
        // 目前天气, 以前天天, 此前日子, 提前天数.
        '前' if part("天日晚夜")
            && !before.last().is_some_and(|it| "目以之当此提从生眼事会饭睡节".contains(*it)) =>
        {
            Some(2)
        }
        '前' if begins(here, "前两天")
            && !before.last().is_some_and(|it| "目以之当此提从节会".contains(*it)) =>
        {
            Some(3)
        }
        _ => None,
    }
}

/// How long the day of a certain week is that begins at `at`: 上周三, 上个星期天, 本周五.
fn week_day(plain: &[char], at: usize) -> Option<usize> {
    let here = &plain[at..];
    let which = ["上上个", "上上", "上个", "上", "这个", "这", "本", "前个"];
    let which = which.iter().find(|it| begins(here, it))?;
    let after_which = which.chars().count();
    let week = ["周", "星期", "礼拜"].into_iter().find(|it| begins(&here[after_which..], it))?;
    let day = after_which + week.chars().count();
    let rest = here.get(day + 1..).unwrap_or_default();
    let name = here.get(day).filter(|it| "一二三四五六日天末1234567".contains(**it))?;
    let counts = rest.first().is_some_and(|it| COUNTERS.contains(*it) || is_numeral(*it));
    // 这周一直, 本周一共.
    let other_word = *name == '一' && rest.first().is_some_and(|it| "共直些律定般致并度下".contains(*it));
    (!counts && !other_word && !is_no_day(&here[day..])).then_some(day + 1)
}

/// How long a number of days before is that begins at `at`: 3天前, 两天以前.
fn days_ago(plain: &[char], at: usize) -> Option<usize> {
    let (before, here) = plain.split_at(at);
    let is_count = |it: &char| is_numeral(*it) || *it == '两';
    if before.last().is_some_and(|it| is_count(it) || "几多第提".contains(*it)) {
        return None;
    }
    let number_n = here.iter().take_while(|it| is_count(it)).count();
    let number = numeral(&here[..number_n]);
    let told = (1..=31).contains(&number) || here[..number_n] == ['两'];
    let ago = ["天以前", "天之前", "天前"].into_iter().find(|it| begins(&here[number_n..], it))?;
    (number_n > 0 && told).then(|| number_n + ago.chars().count())
}

/// Days in digits with a stroke: 11/22, 26-11-22, 11.22日.
///
/// A share (1/3的农户, 11/22户) and a service round the clock (7/24小时) are none.
fn short_days(text: &str, letters: &[Letter]) -> Vec<std::ops::Range<usize>> {
    let plain: Vec<char> = letters.iter().map(|it| it.plain).collect();
    let mut runs = vec![];
    let mut at = 0;
    while at < plain.len() {
        let numbers = numbers_at(text, letters, at);
        let end = numbers.last().map_or(at + 1, |it| it.0.end);
        let after = plain.get(end..).unwrap_or_default();
        let ((month, day), joint) = match &numbers[..] {
            [(month, joint), (day, _)] | [_, (month, joint), (day, _)] => {
                ((value(&plain, month), value(&plain, day)), *joint)
            }
            _ => ((0, 0), ' '),
        };
        let told = joint == '/' || numbers.len() == 3 || after.first().is_some_and(|it| "日号".contains(*it));
        let fits = (1..=12).contains(&month) && (1..=31).contains(&day);
        let part_of_a_name = at > 0 && plain[at - 1].is_ascii_alphabetic();
        let share = numbers.len() == 2 && is_share(&plain[..at], month, day, after);
        if fits && told && !share && !part_of_a_name && !is_no_day(after) {
            // Four digits of a year and more are found as digits.
            let digits_n: usize = numbers.iter().map(|it| it.0.len()).sum();
            if digits_n < DIGITS_MIN {
                runs.push(at..end);
            }
        }
        at = end;
    }
    runs
}

/// The numbers in digits that follow each other from `at` on, each with the stroke after it, or a blank.
fn numbers_at(text: &str, letters: &[Letter], at: usize) -> Vec<(std::ops::Range<usize>, char)> {
    let mut numbers = vec![];
    let mut starts = at;
    loop {
        let digits = letters[starts..].iter().enumerate();
        let n = digits
            .take_while(|(n, it)| {
                it.plain.is_ascii_digit() && (*n == 0 || letters[starts + n - 1].ends == it.starts)
            })
            .count();
        if n == 0 {
            return numbers;
        }
        let end = starts + n;
        let between = letters.get(end).map_or("", |next| &text[letters[end - 1].ends..next.starts]);
        let joint = match between.trim() {
            "/" | "／" => '/',
            "-" | "－" | "–" | "—" => '-',
            "." | "．" | "·" => '.',
            _ => ' ',
        };
        numbers.push((starts..end, joint));
        if joint == ' ' {
            return numbers;
        }
        starts = end;
    }
}

fn value(plain: &[char], number: &std::ops::Range<usize>) -> u32 {
    numeral(&plain[number.clone()])
}

/// Whether `part` of `whole` between `before` and `after` is a share rather than a day.
fn is_share(before: &[char], part: u32, whole: u32, after: &[char]) -> bool {
    const BEFORE: [&str; 9] = ["约", "占", "近", "超过", "不足", "不到", "大约", "达", "仅"];
    const AFTER: [&str; 14] = [
        "的农", "的户", "的群", "的人", "的企", "的受", "的干", "的股", "的单", "的村", "以上", "以下",
        "左右", "小时",
    ];
    const WHEN: [&str; 12] =
        ["日", "号", "上午", "下午", "早", "晚", "走访", "去", "来", "到", "那天", "当天"];
    const AT: [&str; 5] = ["在", "于", "从", "自", "至"];
    if part >= whole {
        return begins(after, "小时");
    }
    let counted = after.first().is_some_and(|it| COUNTERS.contains(*it));
    if counted || BEFORE.iter().any(|it| ends(before, it)) || AFTER.iter().any(|it| begins(after, it)) {
        return true;
    }
    // Thirds and fifths are said more often than days are written so.
    whole <= 10 && !WHEN.iter().any(|it| begins(after, it)) && !AT.iter().any(|it| ends(before, it))
}

/// What follows 日 or 号 where no day of a month is meant.
fn is_no_day(after: &[char]) -> bool {
    const NO_DAY: [&str; 11] =
        ["日三", "日内", "日以内", "日之内", "日均", "日常", "号文", "号令", "号线", "号窗", "号公告"];
    NO_DAY
        .iter()
        .any(|it| it.chars().zip(after).filter(|(one, other)| one == *other).count() == it.chars().count())
}

fn is_numeral(letter: char) -> bool {
    letter.is_ascii_digit() || "〇零一二三四五六七八九十初廿卅".contains(letter)
}

/// The number of a day as it is written; 0 for what is none.
fn numeral(letters: &[char]) -> u32 {
    letters.iter().fold(0_u32, |sum, letter| match letter {
        '初' => 0,
        '十' => 10 * sum.max(1),
        '廿' => 20,
        '卅' => 30,
        digit => {
            let value = "〇一二三四五六七八九".chars().position(|it| it == *digit);
            let value = digit.to_digit(10).or(value.and_then(|it| u32::try_from(it).ok())).unwrap_or(0);
            // 二十二 is added up, 22 is shifted.
            if sum >= 10 && sum % 10 == 0 && !digit.is_ascii_digit() {
                sum + value
            } else {
                sum.saturating_mul(10).saturating_add(value)
            }
        }
    })
}

/// Digits as typed and as spoken; 幺 is how telephone numbers say one.
fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit() || "〇零一二三四五六七八九幺".contains(letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn behind() -> Behind {
        Behind {
            words: vec!["我去窗口跑了五趟，每次都说材料不全，问清楚了又变。".into()],
            names: vec!["陈桂香".into(), "李四".into(), "王".into(), "桂香米粉店".into()],
            directory: vec!["文明".into(), "欧阳建国".into()],
            ..Behind::default()
        }
    }

    fn check(text: &str, expected: &[(Rule, &str)]) {
        let found: Vec<(Rule, String)> =
            objections(text, &behind()).into_iter().map(|it| (it.rule, it.words)).collect();
        let expected: Vec<(Rule, String)> =
            expected.iter().map(|(rule, words)| (*rule, (*words).to_owned())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn the_offices_own_words_pass() {
        check("有群众反映，个别走访没有入户，签字由他人代签。", &[]);
        check("2026年11月以来，3个股室出现同类问题，文明办事需加强。", &[]);
        check("", &[]);
    }

    #[test]
    fn a_quote_is_found_however_it_is_punctuated() {
        check(
            "有人说：我去窗口跑了五趟，每次都说材料不全。",
            &[(Rule::Quote, "我去窗口跑了五趟，每次都说材料不全")],
        );
        check("我去窗口 跑了五趟 每次都说", &[(Rule::Quote, "我去窗口 跑了五趟 每次都说")]);
        check("我去窗口跑了五趟，每次都", &[]);
    }

    #[test]
    fn numbers_are_found_however_they_are_written() {
        check("可拨138-0000-1234询问", &[(Rule::Digits, "138-0000-1234")]);
        check("电话１３８００００１２３４", &[(Rule::Digits, "１３８００００１２３４")]);
        check("幺三八零零零零一二三四", &[(Rule::Digits, "幺三八零零零零一二三四")]);
        check("2026-11-22", &[(Rule::Digits, "2026-11-22")]);
        check("约 300000 元", &[]);
    }

    #[test]
    fn a_day_is_found_however_it_is_written() {
        check("11月22日走访时", &[(Rule::Day, "11月22日")]);
        check("１１ 月 ２２ 日", &[(Rule::Day, "１１ 月 ２２ 日")]);
        check("十一月二十二日，", &[(Rule::Day, "十一月二十二日")]);
        check("11月5号上午", &[(Rule::Day, "11月5号")]);
        check("当月22号没有人", &[(Rule::Day, "当月22号")]);
        check("三十一日", &[(Rule::Day, "三十一日")]);
        check("正月初五、腊月廿三", &[(Rule::Day, "正月初五"), (Rule::Day, "腊月廿三")]);
        check("11月有12户、3个股室反映，10日内答复", &[]);
        check("2026年11月，三个工作日没有办，一号文件、2号窗口，120日", &[]);
        check("初三学生，一日三餐", &[]);
        check("上个月5号、上月初五", &[(Rule::Day, "上个月5号"), (Rule::Day, "上月初五")]);
        check("上月初三户反映，上月初已办", &[]);
    }

    #[test]
    fn a_day_told_from_today_is_found() {
        for day in [
            "昨天",
            "昨日",
            "昨晚",
            "前天",
            "大前天",
            "前晚",
            "今天",
            "今早",
            "今晚",
            "上周三",
            "上个星期天",
            "这礼拜五",
            "本周二",
            "上上周六",
            "3天前",
            "两天前",
            "十二天以前",
            "前两天",
        ] {
            check(&format!("有人{day}去办没有人"), &[(Rule::Day, day)]);
            check(day, &[(Rule::Day, day)]);
        }
        check("昨 天", &[(Rule::Day, "昨 天")]);
        check("昨天和上周三", &[(Rule::Day, "昨天"), (Rule::Day, "上周三")]);
    }

    #[test]
    fn stretches_and_idioms_are_no_days() {
        for words in [
            "今年、今后、如今、去年、上半年、上月、本月、近日、日前",
            "前几天、前期、前段时间、几天前",
            "时至今日仍未答复",
            "目前天气、以前天天去、提前天数、此前日常工作",
            "目前，天气转冷",
            "每周三学习，周末休息，上周没有人",
            "本周一直没有人，本周一共三户，本周三次，上周两户、上周3户",
            "三个工作日内办结，当天办结，第二天再来",
            "提前3天告知",
            "十几天前",
            "昨、今两年",
            "几十天前",
        ] {
            check(words, &[]);
        }
    }

    #[test]
    fn a_day_with_a_stroke_is_found_and_a_share_is_not() {
        for day in ["11/22", "１１／２２", "5/1", "26/11/22", "26-11-22", "2026/1/2", "11.22", "3/5"] {
            let suffix = match day {
                "11.22" => "日",
                "3/5" => "上午",
                _ => "走访时",
            };
            let found: Vec<Objection> = objections(&format!("有人{day}{suffix}"), &Behind::default());
            assert_eq!(found.len(), 1, "{day}");
            assert_eq!((found[0].rule, &*found[0].words), (Rule::Day, day));
        }
        check("在1/3见面", &[(Rule::Day, "1/3")]);
        for words in [
            "1/3的农户",
            "约11/22",
            "11/22户没有签字",
            "2/3以上不满意",
            "有1/2没有去",
            "24/7",
            "7/24小时服务",
            "A4/11",
            "13/40",
            "3.5万元，11.22万元",
            "5-10户，11-22",
            "1/3，2/3",
            "图1-2",
            "12/31户",
        ] {
            check(words, &[]);
        }
    }

    fn speaker(visit: u128, respondent: Option<u128>, name: &str, telephone: &str) -> Speaker {
        Speaker {
            visit: RecordId(uuid::Uuid::from_u128(visit)),
            respondent: respondent.map(|it| RespondentId(uuid::Uuid::from_u128(it))),
            name: name.to_owned(),
            place: "李家坳村".to_owned(),
            telephone: telephone.to_owned(),
        }
    }

    #[test]
    fn one_person_met_five_times_is_one_household() {
        let met = |visit, name: &str, telephone: &str| speaker(visit, None, name, telephone);
        assert_eq!(
            households(&[met(1, "李桂兰", ""), met(2, "李 桂兰", ""), met(3, "李桂兰", "138 0000 1234")]),
            [0, 0, 0]
        );
        assert_eq!(households(&[met(1, "李桂兰", "13800001234"), met(2, "", "138-0000-1234")]), [0, 0]);
        assert_eq!(households(&[met(1, "", ""), met(2, "", ""), met(3, "王", "")]), [0, 1, 2]);
        // The directory knows better than names do, and is asked first.
        let listed = |visit, id| speaker(visit, Some(id), "李桂兰", "13800001234");
        assert_eq!(
            households(&[met(1, "李桂兰", ""), listed(2, 7), listed(3, 8), listed(4, 7)]),
            [0, 0, 1, 0]
        );
    }

    #[test]
    fn names_of_the_visited_and_of_the_directory_are_found() {
        check("陈 桂香家反映", &[(Rule::Name, "陈 桂香")]);
        check("李四和桂香米粉店", &[(Rule::Name, "李四"), (Rule::Name, "桂香米粉店")]);
        check("欧阳建国", &[(Rule::Name, "欧阳建国")]);
        check("王姓群众", &[]);
    }

    #[test]
    fn few_speakers_are_small_and_none_is_not() {
        let small = |households, firms| Cell { households, firms }.is_small(Cell::LEAST);
        assert!(small(4, 0) && small(0, 2) && small(5, 1) && small(1, 3));
        assert!(!small(5, 0) && !small(0, 3) && !small(5, 3) && !small(0, 0));
        assert!(Cell { households: 5, firms: 0 }.is_small(Cell { households: 6, firms: 3 }));
    }

    #[test]
    fn a_group_that_is_too_small_is_never_released_and_a_small_part_of_one_for_a_reason() {
        let rule = |group: (u32, u32), parts: &[(u32, u32)]| {
            let cell = |it: (u32, u32)| Cell { households: it.0, firms: it.1 };
            let cells = parts.iter().copied().map(cell).collect();
            let behind = Behind { group: cell(group), cells, least: Cell::LEAST, ..Behind::default() };
            few(&behind).map(|it| it.rule)
        };
        assert_eq!(rule((4, 2), &[(4, 2)]), Some(Rule::TooFew));
        assert_eq!(rule((1, 0), &[(1, 0)]), Some(Rule::TooFew));
        assert_eq!(rule((6, 0), &[(5, 0), (1, 0)]), Some(Rule::Few));
        assert_eq!(rule((5, 1), &[(5, 1)]), Some(Rule::Few));
        assert_eq!(rule((5, 3), &[(5, 3)]), None);
        assert_eq!(rule((0, 0), &[]), None);
    }

    #[test]
    fn every_state_reads_back_from_its_word() {
        for state in ReleaseState::ALL {
            assert_eq!(ReleaseState::from_word(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }

    proptest! {
        #[test]
        fn no_run_of_a_statement_passes(words in "[一-龥，。]{12,60}", from in 0_usize..40, before in "[a-z]{0,8}") {
            let letters: Vec<char> = words.chars().filter(|it| it.is_alphanumeric()).collect();
            prop_assume!(letters.len() >= QUOTE_CHARS_MIN);
            let from = from.min(letters.len() - QUOTE_CHARS_MIN);
            let run: String = letters[from..from + QUOTE_CHARS_MIN].iter().collect();
            let behind = Behind { words: vec![words], ..Behind::default() };
            let found = objections(&format!("{before}{run}"), &behind);
            prop_assert!(found.iter().any(|it| it.rule == Rule::Quote && it.words.contains(&run)));
        }

        /// Whatever stands around it, a day told from today is found whole.
        #[test]
        fn no_relative_day_passes(before in "[a-z，。有人说]{0,6}", day in "昨[天日晚]|大?前天|今[天早晚]|上个?(周|星期|礼拜)[一二三四五六日]", after in "([，。a-z去没来][a-z，。]{0,5})?") {
            let found = objections(&format!("{before}{day}{after}"), &Behind::default());
            prop_assert_eq!(found, vec![Objection { rule: Rule::Day, words: day }]);
        }

        #[test]
        fn no_month_and_day_with_a_stroke_passes(month in 1_u32..=12, day in 11_u32..=31, after in "(走访时|，|有人)?") {
            let found = objections(&format!("{month}/{day}{after}"), &Behind::default());
            prop_assert_eq!(found, vec![Objection { rule: Rule::Day, words: format!("{month}/{day}") }]);
        }

        #[test]
        fn a_share_of_few_passes(part in 1_u32..10, of in 2_u32..=10, who in "的农户|的群众|户|以上") {
            prop_assume!(part < of);
            check(&format!("{part}/{of}{who}"), &[]);
        }

        #[test]
        fn any_text_is_looked_at_without_failing(text in ".{0,80}", words in ".{0,80}", name in ".{0,6}") {
            let behind = Behind { words: vec![words], names: vec![name], ..Behind::default() };
            for objection in objections(&text, &behind) {
                prop_assert!(text.contains(&objection.words));
            }
        }
    }
}
