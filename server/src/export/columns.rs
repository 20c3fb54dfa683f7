//! What the columns of each export are: header, machine name, cell type and value stand together, so that they cannot
//! drift apart.

use std::{borrow::Cow, sync::Arc};

use chrono::{DateTime, Datelike, Timelike};
use domain::{
    csv::{BETWEEN_CHOICES, CellType},
    respondent::RespondentKind,
    statement::Kind,
    taxonomy::scheme::Scheme,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{Column, Style, column, long_columns, plain};
use crate::store::export::{IssueRow, StatementRow, VisitRow};

/// `2026-11-23 14:02` in China of milliseconds since 1970; beyond the year 9999, where a device's clock may claim
/// to be, the milliseconds.
fn time(at: &str) -> Cow<'_, str> {
    let Ok(ms) = at.parse::<i64>() else { return Cow::Borrowed(at) };
    let there = Some(ms).filter(|it| (0..=LATEST_MS).contains(it)).map(|it| it + CHINA_MS);
    let Some(time) = there.and_then(DateTime::from_timestamp_millis) else { return Cow::Borrowed(at) };
    let mut text = String::with_capacity(16);
    let year = time.year().unsigned_abs();
    // A million rows have four million of these: no formatting.
    for (number, after) in [
        (year / 100, ""),
        (year % 100, "-"),
        (time.month(), "-"),
        (time.day(), " "),
        (time.hour(), ":"),
        (time.minute(), ""),
    ] {
        text.extend([number / 10, number % 10].map(|it| char::from(b'0' + u8::try_from(it).unwrap_or(0))));
        text.push_str(after);
    }
    Cow::Owned(text)
}

/// China is so far ahead of UTC, in milliseconds.
const CHINA_MS: i64 = 8 * 60 * 60 * 1_000;
/// The last day of the year 9999 begins, in milliseconds since 1970: later years begin with a plus sign.
const LATEST_MS: i64 = 253_402_214_400_000;

fn yes(it: bool) -> &'static str {
    if it { "是" } else { "否" }
}

/// The same of a truth as the database keeps it; nothing of nothing.
fn yes_of(truth: &str) -> &'static str {
    if truth.is_empty() { "" } else { yes(truth != "0") }
}

fn one_or_zero(it: bool) -> &'static str {
    if it { "1" } else { "0" }
}

/// An id as it is written everywhere, of one as the database puts it.
fn id(text: &str) -> Cow<'_, str> {
    Uuid::try_parse(text).map_or(Cow::Borrowed(text), |it| Cow::Owned(it.to_string()))
}

/// The Chinese of a word of ours; the word itself with machine names.
fn word<'a>(style: Style, table: &'static [(&'static str, &'static str)], word: &'a str) -> &'a str {
    if style.machine_names {
        return word;
    }
    table.iter().find(|it| it.0 == word).map_or(word, |it| it.1)
}

const RESPONDENTS: &[(&str, &str)] =
    &[("business", "经营业主"), ("household", "脱贫户"), ("retired_cadre", "老干部职工"), ("other", "其他")];
const FORMS: &[(&str, &str)] =
    &[("visit", "上门走访"), ("symposium", "座谈会"), ("telephone", "电话"), ("slip", "收取书面意见")];
const MANNERS: &[(&str, &str)] = &[("verbal", "口头"), ("written", "书面")];
const GIVEN: &[(&str, &str)] =
    &[("not_asked", "未问"), ("spoken", "口头同意"), ("signed", "签字同意"), ("refused", "不同意")];
const ENTERED: &[(&str, &str)] = &[("on_the_spot", "现场"), ("at_desk", "补录")];
const KINDS: &[(&str, &str)] = &[
    ("problem", "问题"),
    ("suggestion", "建议"),
    ("request", "诉求"),
    ("praise", "表扬"),
    ("none", "无意见"),
];
const STATES: &[(&str, &str)] =
    &[("waiting", "待归类"), ("sorted", "已归类"), ("referred", "已转办"), ("sent_back", "退回补充")];

/// Group and type of a code in words; the code itself with machine names.
fn path_of(
    style: Style,
    scheme: &Arc<Scheme>,
) -> impl Fn(&str) -> Cow<'_, str> + Clone + Send + Sync + 'static {
    let scheme = Arc::clone(scheme);
    move |code| {
        if code.is_empty() || style.machine_names {
            Cow::Borrowed(code)
        } else {
            Cow::Owned(scheme.path_zh(code))
        }
    }
}

fn of_visit(
    chinese: &str,
    machine: &str,
    cell_type: CellType,
    value: impl for<'a> Fn(&'a VisitRow) -> &'a str + Send + Sync + 'static,
) -> Column<VisitRow> {
    plain(chinese, machine, cell_type, value)
}

/// The columns of visits.
pub fn visits(style: Style) -> Vec<Column<VisitRow>> {
    use CellType::{Digits, Plain, Text};
    let mut columns: Vec<Column<VisitRow>> = vec![
        column("走访编号", "visit", Digits, |it: &VisitRow| id(it.id())),
        of_visit("走访日期", "day", Plain, |it| it.day()),
        of_visit("单位", "unit", Text, |it| it.unit()),
        column("走访人员", "visitors", Text, |it: &VisitRow| names(it.visitors())),
        of_visit("受访人类别", "respondent_kind", Plain, move |it| {
            word(style, RESPONDENTS, it.respondent_kind())
        }),
    ];
    for kind in RespondentKind::ALL {
        let chinese = RESPONDENTS.iter().find(|it| it.0 == kind.as_str()).map_or("", |it| it.1);
        columns.push(of_visit(
            &format!("受访人类别/{chinese}"),
            &format!("respondent_kind/{}", kind.as_str()),
            Plain,
            move |it| one_or_zero(it.respondent_kind() == kind.as_str()),
        ));
    }
    columns.extend([
        of_visit("方式", "form", Plain, move |it| word(style, FORMS, it.form())),
        of_visit("人数", "head_count", Plain, |it| it.head_count()),
        of_visit("书面或口头", "manner", Plain, move |it| word(style, MANNERS, it.manner())),
        column("开始（北京时间，按手机）", "started_at", Plain, |it: &VisitRow| {
            time(it.started_at())
        }),
        column("结束（北京时间，按手机）", "ended_at", Plain, |it: &VisitRow| {
            time(it.ended_at())
        }),
        of_visit("地点", "place", Text, |it| it.place()),
    ]);
    columns.extend(long_columns("讲解的政策", "policies", VisitRow::policies));
    columns.extend([
        of_visit("同意记录", "consent_given", Plain, move |it| word(style, GIVEN, it.consent_given())),
        of_visit("同意录音", "consent_recording", Plain, move |it| {
            word(style, GIVEN, it.consent_recording())
        }),
        of_visit("希望回音", "call_back_wanted", Plain, |it| yes_of(it.call_back_wanted())),
        of_visit("向别处反映过", "reported_elsewhere", Plain, |it| yes_of(it.reported_elsewhere())),
        of_visit("向谁反映过", "reported_to", Text, |it| it.reported_to()),
    ]);
    columns.extend(long_columns("当场答复", "answered_on_the_spot", VisitRow::answered));
    columns.extend([
        of_visit("念给对方听", "read_back", Plain, |it| yes_of(it.read_back())),
        of_visit("录入", "entered", Plain, move |it| word(style, ENTERED, it.entered())),
        of_visit("意见条数", "statements_n", Plain, |it| it.statements_n()),
        of_visit("附件数", "attachments_n", Plain, |it| it.attachments_n()),
        of_visit("齐全", "complete", Plain, |it| yes(!it.complete_at().is_empty())),
    ]);
    columns.extend(long_columns("撤回原因", "withdrawn", VisitRow::withdrawn));
    columns.extend([column("收到（北京时间）", "received_at", Plain, |it: &VisitRow| {
        time(it.received_at())
    })]);
    if style.identities {
        columns.extend(identity_columns());
    }
    columns
}

/// What leads to a person: how to call them back and where exactly they were met are among it.
fn identity_columns() -> [Column<VisitRow>; 7] {
    use CellType::{Digits, Text};
    [
        of_visit("姓名", "name", Text, |it| &it.person().name),
        of_visit("单位或店名", "organisation", Text, |it| &it.person().organisation),
        of_visit("电话", "telephone", Digits, |it| &it.person().telephone),
        of_visit("住址", "address", Text, |it| &it.person().address),
        of_visit("身份证号", "id_number", Digits, |it| &it.person().id_number),
        of_visit("回音方式", "call_back_how", Text, |it| &it.contact().call_back_how),
        column("位置（纬度，经度）", "position", Text, |it: &VisitRow| {
            place_on_earth(it.contact().position)
        }),
    ]
}

/// The names in a JSON list of visitors.
fn names(visitors: &str) -> Cow<'_, str> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        name: Cow<'a, str>,
    }
    let mut visitors: Vec<Named<'_>> = serde_json::from_str(visitors).unwrap_or_default();
    match visitors.as_mut_slice() {
        [one] => std::mem::take(&mut one.name),
        many => {
            let names: Vec<&str> = many.iter().map(|it| &*it.name).collect();
            Cow::Owned(names.join(BETWEEN_CHOICES))
        }
    }
}

fn place_on_earth(position: Option<domain::visit::Position>) -> Cow<'static, str> {
    position.map_or(Cow::Borrowed(""), |it| Cow::Owned(format!("{}, {}", it.latitude, it.longitude)))
}

fn of_statement(
    chinese: &str,
    machine: &str,
    cell_type: CellType,
    value: impl for<'a> Fn(&'a StatementRow) -> &'a str + Send + Sync + 'static,
) -> Column<StatementRow> {
    plain(chinese, machine, cell_type, value)
}

/// The codes in a JSON list of them.
fn codes(proposed: &str) -> Vec<Cow<'_, str>> {
    serde_json::from_str(proposed).unwrap_or_default()
}

/// The columns of statements.
pub fn statements(style: Style, scheme: &Arc<Scheme>) -> Vec<Column<StatementRow>> {
    use CellType::{Digits, Plain, Text};
    let path = path_of(style, scheme);
    let path_too = path.clone();
    let mut columns: Vec<Column<StatementRow>> = vec![
        column("意见编号", "statement", Digits, |it: &StatementRow| id(it.id())),
        column("走访编号", "visit", Digits, |it: &StatementRow| id(it.visit())),
        of_statement("走访日期", "day", Plain, |it| it.day()),
        of_statement("单位", "unit", Text, |it| it.unit()),
        of_statement("受访人类别", "respondent_kind", Plain, move |it| {
            word(style, RESPONDENTS, it.respondent_kind())
        }),
    ];
    columns.extend(long_columns("受访人原话", "words", StatementRow::words));
    columns.extend(long_columns("概括", "summary", StatementRow::summary));
    columns.extend([
        of_statement("性质（走访人员）", "kind_said", Plain, move |it| {
            word(style, KINDS, it.kind_said())
        }),
        of_statement("性质", "kind", Plain, move |it| word(style, KINDS, it.kind())),
    ]);
    for kind in Kind::ALL {
        let chinese = KINDS.iter().find(|it| it.0 == kind.as_str()).map_or("", |it| it.1);
        columns.push(of_statement(
            &format!("性质/{chinese}"),
            &format!("kind/{}", kind.as_str()),
            Plain,
            move |it| one_or_zero(it.kind() == kind.as_str()),
        ));
    }
    columns.extend([
        of_statement("反映的单位或人", "about", Text, |it| it.about()),
        of_statement("什么时候的事", "happened", Text, |it| it.happened()),
        of_statement("状态", "state", Plain, move |it| word(style, STATES, it.state())),
        of_statement("问题类型代码", "category", Plain, |it| it.category()),
        column("问题类型", "category_name", Text, move |it: &StatementRow| path(it.category())),
        column("走访人员建议的类型", "proposed", Text, move |it: &StatementRow| {
            let paths: Vec<String> =
                codes(it.proposed()).iter().map(|it| path_too(it).into_owned()).collect();
            Cow::Owned(paths.join(BETWEEN_CHOICES))
        }),
        column("附件数", "attachments_n", Plain, |it: &StatementRow| {
            let ids: Vec<serde::de::IgnoredAny> = serde_json::from_str(it.attachments()).unwrap_or_default();
            Cow::Owned(ids.len().to_string())
        }),
        column("收到（北京时间）", "received_at", Plain, |it: &StatementRow| time(it.received_at())),
    ]);
    // What is no longer offered goes behind: no column changes its place.
    let leaves = scheme.taxonomy.leaves().chain(scheme.past_leaves());
    columns.extend(leaves.map(|it| it.code.clone()).map(|code| {
        let name = format!("建议/{}", scheme.path_zh(&code));
        let machine = format!("proposed/{code}");
        of_statement(&name, &machine, Plain, move |it| {
            // Most propose nothing.
            one_or_zero(it.proposed() != "[]" && codes(it.proposed()).iter().any(|it| *it == code))
        })
    }));
    columns.extend(long_columns("录音转写（已采用）", "transcript", StatementRow::transcript));
    columns.extend([
        column("整段话的编号（分开归类的）", "part_of", Digits, |it: &StatementRow| {
            if it.whole() == it.id() { Cow::Borrowed("") } else { id(it.whole()) }
        }),
        column("在整段话里从第几字", "part_from", Plain, |it: &StatementRow| {
            // People count from one.
            it.part_start().parse().map_or(Cow::Borrowed(""), |it: u32| Cow::Owned((it + 1).to_string()))
        }),
        of_statement("在整段话里到第几字", "part_to", Plain, |it| it.part_end()),
    ]);
    columns
}

const SOURCES: &[(&str, &str)] = &[
    ("visits", "走访"),
    ("self_check", "自查"),
    ("supervision", "督导检查"),
    ("inspection", "明察暗访"),
    ("superior", "上级反馈"),
];
const ISSUE_STATES: &[(&str, &str)] = &[("open", "在办"), ("settled", "办结"), ("dropped", "不再作为问题")];
const MEASURE_STATES: &[(&str, &str)] =
    &[("planned", "未启动"), ("under_way", "整改中"), ("done", "已完成"), ("kept", "长期坚持")];

/// The columns of issues, each row with one measure or none.
pub fn issues(style: Style, scheme: &Arc<Scheme>) -> Vec<Column<IssueRow>> {
    use CellType::{Digits, Plain, Text};
    fn of(
        chinese: &str,
        machine: &str,
        cell_type: CellType,
        value: impl for<'a> Fn(&'a IssueRow) -> &'a str + Send + Sync + 'static,
    ) -> Column<IssueRow> {
        plain(chinese, machine, cell_type, value)
    }
    let path = path_of(style, scheme);
    let mut columns = vec![
        column("问题编号", "issue", Digits, |it: &IssueRow| id(it.id())),
        of("序号", "number", Plain, |it| it.number()),
        of("问题", "title", Text, |it| it.title()),
    ];
    columns.extend(long_columns("表述", "wording", IssueRow::wording));
    columns.extend([
        of("问题类型代码", "category", Plain, |it| it.category()),
        column("问题类型", "category_name", Text, move |it: &IssueRow| path(it.category())),
        of("来源", "source", Plain, move |it| word(style, SOURCES, it.source())),
        of("状态", "state", Plain, move |it| word(style, ISSUE_STATES, it.state())),
        of("反映次数", "n_said", Plain, |it| it.n_said()),
        of("整改单位", "unit", Text, |it| it.unit()),
    ]);
    columns.extend(long_columns("原因", "cause", |it: &IssueRow| {
        if it.has_measure().is_empty() { "" } else { it.cause() }
    }));
    columns.extend(long_columns("整改措施", "measure", IssueRow::what));
    columns.extend([
        of("责任领导", "leader", Text, |it| it.leader()),
        of("责任人", "person", Text, |it| it.person()),
        of("整改时限", "by_when", Plain, |it| it.by_when()),
        of("长期坚持", "long_term", Plain, |it| yes_of(it.long_term())),
    ]);
    columns.extend(long_columns("怎么算做到了", "proof", IssueRow::proof));
    columns.extend([
        of("报局党组审定", "proposed", Plain, |it| yes_of(it.proposed())),
        of("整改状态", "measure_state", Plain, move |it| word(style, MEASURE_STATES, it.measure_state())),
    ]);
    columns
}
