//! CSV out: what the columns are, and rows of the store as lines.
//!
//! One column table per export, so that header, machine name, cell type and value cannot drift apart.

use std::sync::Arc;

use axum::body::Bytes;
use chrono::{DateTime, FixedOffset};
use domain::{
    csv::{BETWEEN_CHOICES, CellType, Guard, MARK, pieces, write_row},
    respondent::RespondentKind,
    statement::Kind,
    taxonomy::Taxonomy,
};

use crate::{
    App,
    error::Error,
    store::{
        self,
        export::{After, IssueRow, Range, StatementRow, VisitRow},
    },
};

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Visits,
    Statements,
    Issues,
}

impl What {
    /// The word in addresses, file names and the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visits => "visits",
            Self::Statements => "statements",
            Self::Issues => "issues",
        }
    }
}

/// How it is written.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Machine names in the header rather than Chinese ones.
    pub machine_names: bool,
    /// A mark at the front, by which Excel knows UTF-8.
    pub mark: bool,
    pub guard: Guard,
    /// Names, telephones, addresses; by right and with a reason only.
    pub identities: bool,
}

impl What {
    /// Whether its rows are people's: only these can leave with identities.
    pub fn has_identities(self) -> bool {
        match self {
            Self::Visits => true,
            Self::Statements | Self::Issues => false,
        }
    }
}

/// What the audit log says was exported.
pub fn object(what: What, identities: bool) -> String {
    format!("export {}{}", what.as_str(), if identities { " with identities" } else { "" })
}

/// A column of rows `R`.
pub struct Column<R> {
    pub chinese: String,
    pub machine: String,
    pub cell_type: CellType,
    pub value: Box<dyn Fn(&R) -> String + Send + Sync>,
}

/// A column from its names, type and value.
pub fn column<R>(
    chinese: &str,
    machine: &str,
    cell_type: CellType,
    value: impl Fn(&R) -> String + Send + Sync + 'static,
) -> Column<R> {
    Column { chinese: chinese.to_owned(), machine: machine.to_owned(), cell_type, value: Box::new(value) }
}

/// A column of long texts and the one in which they go on: 20,000 characters may fill one and a half cells.
pub fn long_columns<R: 'static>(
    chinese: &str,
    machine: &str,
    value: impl for<'a> Fn(&'a R) -> &'a str + Send + Sync + Copy + 'static,
) -> [Column<R>; 2] {
    let piece = move |n: usize| move |it: &R| (*pieces(value(it)).get(n).unwrap_or(&"")).to_owned();
    [
        column(chinese, machine, CellType::Text, piece(0)),
        column(&format!("{chinese}（续）"), &format!("{machine}_2"), CellType::Text, piece(1)),
    ]
}

/// The header of an export, and its rows as lines.
pub struct Writer<R> {
    columns: Vec<Column<R>>,
    style: Style,
}

impl<R> Writer<R> {
    pub fn new(columns: Vec<Column<R>>, style: Style) -> Self {
        Self { columns, style }
    }

    /// The first line.
    pub fn header(&self) -> String {
        let mut out = if self.style.mark { MARK.to_owned() } else { String::new() };
        let names = self.columns.iter().map(|it| {
            (CellType::Text, if self.style.machine_names { it.machine.as_str() } else { it.chinese.as_str() })
        });
        write_row(&mut out, names, self.style.guard);
        out
    }

    /// One line each.
    pub fn lines(&self, rows: &[R]) -> String {
        let mut out = String::new();
        for row in rows {
            let cells: Vec<String> = self.columns.iter().map(|it| (it.value)(row)).collect();
            let typed = self.columns.iter().zip(&cells).map(|(column, it)| (column.cell_type, it.as_str()));
            write_row(&mut out, typed, self.style.guard);
        }
        out
    }
}

/// `2026-11-23 14:02` in China; beyond the year 9999, where a device's clock may claim to be, milliseconds.
fn time(at: i64) -> String {
    if !(0..=LATEST_MS).contains(&at) {
        return at.to_string();
    }
    let zone = FixedOffset::east_opt(8 * 60 * 60).expect("eight hours is an offset");
    DateTime::from_timestamp_millis(at)
        .map(|it| it.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string())
        .unwrap_or_default()
}

/// The last day of the year 9999 begins, in milliseconds since 1970: later years begin with a plus sign.
const LATEST_MS: i64 = 253_402_214_400_000;

fn yes(it: bool) -> String {
    if it { "是" } else { "否" }.to_owned()
}

/// The Chinese of a word of ours; the word itself with machine names.
fn word(style: Style, table: &'static [(&'static str, &'static str)], word: &str) -> String {
    if style.machine_names {
        return word.to_owned();
    }
    table.iter().find(|it| it.0 == word).map_or(word, |it| it.1).to_owned()
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
    taxonomy: &Arc<Taxonomy>,
) -> impl Fn(&str) -> String + Clone + Send + Sync + 'static {
    let taxonomy = Arc::clone(taxonomy);
    move |code| if style.machine_names { code.to_owned() } else { taxonomy.path_zh(code) }
}

fn of_visit(
    chinese: &str,
    machine: &str,
    cell_type: CellType,
    value: impl Fn(&VisitRow) -> String + Send + Sync + 'static,
) -> Column<VisitRow> {
    column(chinese, machine, cell_type, value)
}

fn of_statement(
    chinese: &str,
    machine: &str,
    cell_type: CellType,
    value: impl Fn(&StatementRow) -> String + Send + Sync + 'static,
) -> Column<StatementRow> {
    column(chinese, machine, cell_type, value)
}

/// The columns of visits.
fn visit_columns(style: Style) -> Vec<Column<VisitRow>> {
    use CellType::{Digits, Plain, Text};
    let mut columns: Vec<Column<VisitRow>> = vec![
        of_visit("走访编号", "visit", Digits, |it| it.id.to_string()),
        of_visit("走访日期", "day", Plain, |it| it.day.clone()),
        of_visit("单位", "unit", Text, |it| it.unit.clone()),
        of_visit("走访人员", "visitors", Text, |it| it.visitors.clone()),
        of_visit("受访人类别", "respondent_kind", Plain, move |it| {
            word(style, RESPONDENTS, &it.respondent_kind)
        }),
    ];
    for kind in RespondentKind::ALL {
        let chinese = RESPONDENTS.iter().find(|it| it.0 == kind.as_str()).map_or("", |it| it.1);
        columns.push(of_visit(
            &format!("受访人类别/{chinese}"),
            &format!("respondent_kind/{}", kind.as_str()),
            Plain,
            move |it| u8::from(it.respondent_kind == kind.as_str()).to_string(),
        ));
    }
    columns.extend([
        of_visit("方式", "form", Plain, move |it| word(style, FORMS, &it.form)),
        of_visit("人数", "head_count", Plain, |it| {
            it.head_count.map(|it| it.to_string()).unwrap_or_default()
        }),
        of_visit("书面或口头", "manner", Plain, move |it| word(style, MANNERS, &it.manner)),
        of_visit("开始（北京时间，按手机）", "started_at", Plain, |it| time(it.started_at)),
        of_visit("结束（北京时间，按手机）", "ended_at", Plain, |it| {
            it.ended_at.map(time).unwrap_or_default()
        }),
        of_visit("地点", "place", Text, |it| it.place.clone()),
    ]);
    columns.extend(long_columns("讲解的政策", "policies", |it: &VisitRow| &it.policies));
    columns.extend([
        of_visit("同意记录", "consent_given", Plain, move |it| word(style, GIVEN, &it.consent_given)),
        of_visit("同意录音", "consent_recording", Plain, move |it| {
            word(style, GIVEN, &it.consent_recording)
        }),
        of_visit("希望回音", "call_back_wanted", Plain, |it| yes(it.call_back_wanted)),
        of_visit("向别处反映过", "reported_elsewhere", Plain, |it| {
            it.reported_elsewhere.map(yes).unwrap_or_default()
        }),
        of_visit("向谁反映过", "reported_to", Text, |it| it.reported_to.clone()),
    ]);
    columns.extend(long_columns("当场答复", "answered_on_the_spot", |it: &VisitRow| &it.answered));
    columns.extend([
        of_visit("念给对方听", "read_back", Plain, |it| yes(it.read_back)),
        of_visit("录入", "entered", Plain, move |it| word(style, ENTERED, &it.entered)),
        of_visit("意见条数", "statements_n", Plain, |it| it.statements_n.to_string()),
        of_visit("附件数", "attachments_n", Plain, |it| it.attachments_n.to_string()),
        of_visit("齐全", "complete", Plain, |it| yes(it.complete)),
    ]);
    columns.extend(long_columns("撤回原因", "withdrawn", |it: &VisitRow| {
        it.withdrawn.as_deref().unwrap_or_default()
    }));
    columns.extend([of_visit("收到（北京时间）", "received_at", Plain, |it| time(it.received_at))]);
    if style.identities {
        columns.extend(identity_columns());
    }
    columns
}

/// What leads to a person: how to call them back and where exactly they were met are among it.
fn identity_columns() -> [Column<VisitRow>; 7] {
    use CellType::{Digits, Text};
    fn of(it: &VisitRow, read: fn(&store::export::IdentityRow) -> &String) -> String {
        it.identity.as_ref().map(|it| read(it).clone()).unwrap_or_default()
    }
    [
        of_visit("姓名", "name", Text, |it| of(it, |it| &it.name)),
        of_visit("单位或店名", "organisation", Text, |it| of(it, |it| &it.organisation)),
        of_visit("电话", "telephone", Digits, |it| of(it, |it| &it.telephone)),
        of_visit("住址", "address", Text, |it| of(it, |it| &it.address)),
        of_visit("身份证号", "id_number", Digits, |it| of(it, |it| &it.id_number)),
        of_visit("回音方式", "call_back_how", Text, |it| it.call_back_how.clone()),
        of_visit("位置（纬度，经度）", "position", Text, |it| it.position.clone()),
    ]
}

/// The columns of statements.
fn statement_columns(style: Style) -> Vec<Column<StatementRow>> {
    use CellType::{Digits, Plain, Text};
    let taxonomy = Arc::new(Taxonomy::shipped());
    let path = path_of(style, &taxonomy);
    let path_too = path.clone();
    let mut columns: Vec<Column<StatementRow>> = vec![
        of_statement("意见编号", "statement", Digits, |it| it.id.to_string()),
        of_statement("走访编号", "visit", Digits, |it| it.visit.to_string()),
        of_statement("走访日期", "day", Plain, |it| it.day.clone()),
        of_statement("单位", "unit", Text, |it| it.unit.clone()),
        of_statement("受访人类别", "respondent_kind", Plain, move |it| {
            word(style, RESPONDENTS, &it.respondent_kind)
        }),
    ];
    columns.extend(long_columns("受访人原话", "words", |it: &StatementRow| &it.words));
    columns.extend(long_columns("概括", "summary", |it: &StatementRow| &it.summary));
    columns.extend([
        of_statement("性质（走访人员）", "kind_said", Plain, move |it| {
            word(style, KINDS, &it.kind_said)
        }),
        of_statement("性质", "kind", Plain, move |it| word(style, KINDS, &it.kind)),
    ]);
    for kind in Kind::ALL {
        let chinese = KINDS.iter().find(|it| it.0 == kind.as_str()).map_or("", |it| it.1);
        columns.push(of_statement(
            &format!("性质/{chinese}"),
            &format!("kind/{}", kind.as_str()),
            Plain,
            move |it| u8::from(it.kind == kind.as_str()).to_string(),
        ));
    }
    columns.extend([
        of_statement("反映的单位或人", "about", Text, |it| it.about.clone()),
        of_statement("什么时候的事", "happened", Text, |it| it.happened.clone()),
        of_statement("状态", "state", Plain, move |it| word(style, STATES, &it.state)),
        of_statement("问题类型代码", "category", Plain, |it| it.category.clone().unwrap_or_default()),
        of_statement("问题类型", "category_name", Text, move |it| {
            it.category.as_deref().map(&path).unwrap_or_default()
        }),
        of_statement("走访人员建议的类型", "proposed", Text, move |it| {
            it.proposed.iter().map(|it| path_too(it)).collect::<Vec<_>>().join(BETWEEN_CHOICES)
        }),
        of_statement("附件数", "attachments_n", Plain, |it| it.attachments_n.to_string()),
        of_statement("收到（北京时间）", "received_at", Plain, |it| time(it.received_at)),
    ]);
    columns.extend(taxonomy.leaves().map(|it| it.code.clone()).map(|code| {
        let name = format!("建议/{}", taxonomy.path_zh(&code));
        let machine = format!("proposed/{code}");
        of_statement(&name, &machine, Plain, move |it| u8::from(it.proposed.contains(&code)).to_string())
    }));
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
fn issue_columns(style: Style) -> Vec<Column<IssueRow>> {
    use CellType::{Digits, Plain, Text};
    fn of(
        chinese: &str,
        machine: &str,
        cell_type: CellType,
        value: impl Fn(&IssueRow) -> String + Send + Sync + 'static,
    ) -> Column<IssueRow> {
        column(chinese, machine, cell_type, value)
    }
    fn measure(it: &IssueRow, read: fn(&store::export::MeasureRow) -> String) -> String {
        it.measure.as_ref().map(read).unwrap_or_default()
    }
    let path = path_of(style, &Arc::new(Taxonomy::shipped()));
    let state_word = move |it: &IssueRow| {
        it.measure.as_ref().map(|it| word(style, MEASURE_STATES, &it.state)).unwrap_or_default()
    };
    fn text(it: &IssueRow, read: fn(&store::export::MeasureRow) -> &String) -> &str {
        it.measure.as_ref().map(read).map_or("", String::as_str)
    }
    let mut columns = vec![
        of("问题编号", "issue", Digits, |it| it.id.to_string()),
        of("序号", "number", Plain, |it| it.number.to_string()),
        of("问题", "title", Text, |it| it.title.clone()),
    ];
    columns.extend(long_columns("表述", "wording", |it: &IssueRow| &it.wording));
    columns.extend([
        of("问题类型代码", "category", Plain, |it| it.category.clone().unwrap_or_default()),
        of("问题类型", "category_name", Text, move |it| {
            it.category.as_deref().map(&path).unwrap_or_default()
        }),
        of("来源", "source", Plain, move |it| word(style, SOURCES, &it.source)),
        of("状态", "state", Plain, move |it| word(style, ISSUE_STATES, &it.state)),
        of("反映次数", "n_said", Plain, |it| it.n_said.to_string()),
        of("整改单位", "unit", Text, |it| measure(it, |it| it.unit.clone())),
    ]);
    columns.extend(long_columns("原因", "cause", |it| text(it, |it| &it.cause)));
    columns.extend(long_columns("整改措施", "measure", |it| text(it, |it| &it.what)));
    columns.extend([
        of("责任领导", "leader", Text, |it| measure(it, |it| it.leader.clone())),
        of("责任人", "person", Text, |it| measure(it, |it| it.person.clone())),
        of("整改时限", "by_when", Plain, |it| measure(it, |it| it.by_when.clone().unwrap_or_default())),
        of("长期坚持", "long_term", Plain, |it| measure(it, |it| yes(it.long_term))),
    ]);
    columns.extend(long_columns("怎么算做到了", "proof", |it| text(it, |it| &it.proof)));
    columns.extend([
        of("报局党组审定", "proposed", Plain, |it| measure(it, |it| yes(it.proposed))),
        of("整改状态", "measure_state", Plain, state_word),
    ]);
    columns
}

/// The table that is being written.
enum Table {
    Visits(Writer<VisitRow>),
    Statements(Writer<StatementRow>),
    Issues(Writer<IssueRow>),
}

/// Where pages are read to: piece by piece, the header first. `None` at the end.
pub struct Lines {
    app: App,
    table: Table,
    range: Range,
    /// The last row written; before the header there is none.
    after: Option<After>,
    ended: bool,
}

impl Lines {
    pub fn new(app: App, what: What, range: Range, style: Style) -> Self {
        let table = match what {
            What::Visits => Table::Visits(Writer::new(visit_columns(style), style)),
            What::Statements => Table::Statements(Writer::new(statement_columns(style), style)),
            What::Issues => Table::Issues(Writer::new(issue_columns(style), style)),
        };
        Self { app, table, range, after: None, ended: false }
    }

    /// The next lines.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if self.ended {
            return Ok(None);
        }
        let Some(after) = &self.after else {
            self.after = Some(After::default());
            return Ok(Some(self.header().into()));
        };
        let mut db = self.app.db.read().await?;
        let (text, n, last) = match &self.table {
            Table::Visits(writer) => {
                let rows =
                    store::export::visits(&mut db, &self.range, after, writer.style.identities).await?;
                let last = rows.last();
                let last = last.map(|it| After { day: it.day.clone(), visit: it.id.0, ..After::default() });
                (writer.lines(&rows), rows.len(), last)
            }
            Table::Statements(writer) => {
                let rows = store::export::statements(&mut db, &self.range, after).await?;
                let last = rows.last().map(|it| After {
                    day: it.day.clone(),
                    visit: it.visit.0,
                    statement: it.id.0,
                    ..After::default()
                });
                (writer.lines(&rows), rows.len(), last)
            }
            // A row is an issue with one of its measures: at least as many rows as issues.
            Table::Issues(writer) => {
                let rows = store::export::issues(&mut db, &self.range, after).await?;
                let last = rows.last().map(|it| After { number: it.number, ..After::default() });
                (writer.lines(&rows), rows.len(), last)
            }
        };
        self.ended = i64::try_from(n).is_ok_and(|it| it < store::export::PAGE);
        self.after = last.or(self.after.take());
        Ok(Some(text.into()))
    }

    fn header(&self) -> String {
        match &self.table {
            Table::Visits(writer) => writer.header(),
            Table::Statements(writer) => writer.header(),
            Table::Issues(writer) => writer.header(),
        }
    }
}
