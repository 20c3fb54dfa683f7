//! A page of the office's queue, and how many statements are how far.

use domain::{
    categorize::Categorization,
    changes::StatementState,
    id::{CampaignId, RecordId, UnitId},
    matters::Matter,
    queue::{OPENING_CHARS, PartOf, QueueCounts, QueueLine, Suggested},
    search::{holds, query, tsquery},
    severity::Level,
    statement::{Kind, gist},
};
use uuid::Uuid;

use super::{
    engine::{Connection, Query, Row, Value, sql, sql_made},
    queue::{kind_of, state_of, version_of},
};

/// Which statements are wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub campaign: CampaignId,
    pub state: Option<StatementState>,
    pub unit: Option<UnitId>,
    pub kind: Option<Kind>,
    /// Confirmed as any of these, or suggested where nothing is confirmed; all where none is named.
    pub categories: Vec<String>,
    /// Confirmed as any of these; all where none is named.
    pub confirmed: Vec<String>,
    /// yyyy-MM-dd, inclusive; empty for all.
    pub from: String,
    /// yyyy-MM-dd, inclusive; empty for all.
    pub to: String,
    /// Only those that others say the same as.
    pub like: bool,
    /// Only those with a transcript that nobody accepted yet.
    pub heard: bool,
    /// Only those that seem to hold several matters, and the parts of those that were divided.
    pub several: bool,
    /// Only those that are at least as grave.
    pub severity: Level,
    /// The gravest first, else the latest.
    pub gravest_first: bool,
    /// Words to look for; empty for all.
    pub search: String,
    /// Severity, arrival and id of the last line of the page before.
    pub before: Option<(i64, i64, Uuid)>,
    pub limit: i64,
}

const LINES: &str =
    "select statement.id, words, transcript, summary, statement.state, statement.kind, statement.category, kind_said, proposed,
        statement.version, statement.unit, unit.name as unit_name, statement.received_at, suggestion.body,
        coalesce(suggestion.severity, 0) as severity, statement.part_of, suggestion.matters,
        case when exists (select 1 from decision where decision.statement = statement.id and act = 'one_matter'
            and undone_at is null) then 1 else 0 end as one_matter,
        (select count(*) from statement as other where other.part_of = statement.part_of and other.counted = 1
            and other.part_start <= statement.part_start) as part_number,
        (select count(*) from statement as other where other.part_of = statement.part_of and other.counted = 1)
            as parts_n,
        exists (select 1 from attachment where attachment.statement = statement.id and attachment.kind = 'voice')
            as has_voice,
        exists (select 1 from attachment where attachment.statement = statement.id and attachment.kind = 'photo')
            as has_photo,
        case when exists (select 1 from destruction where destruction.statement = statement.id) then 1 else 0 end
            as handed_over,
        (select count(*) from likeness join statement as other on other.id = likeness.other
            join visit as its on its.id = other.visit
            where likeness.statement = statement.id and its.withdrawn is null and other.counted = 1) as n_like
    from statement join visit on visit.id = statement.visit
    left join unit on unit.id = statement.unit
    left join suggestion on suggestion.statement = statement.id
    where statement.campaign = $1 and visit.withdrawn is null and statement.counted = 1";
const ONE_WAITING: &str =
    "select statement.id, words, transcript, summary, kind_said, proposed, statement.version, suggestion.body, suggestion.matters,
        case when exists (select 1 from decision where decision.statement = statement.id and act = 'one_matter'
            and undone_at is null) then 1 else 0 end as one_matter,
        case when exists (select 1 from destruction where destruction.statement = statement.id) then 1 else 0 end
            as handed_over
    from statement join visit on visit.id = statement.visit
    join suggestion on suggestion.statement = statement.id
    where statement.id = $1 and statement.state = 'waiting' and visit.withdrawn is null and statement.counted = 1";
const ORDER: &str = " order by statement.received_at desc, statement.id desc limit ";
const GRAVEST_FIRST: &str =
    " order by coalesce(suggestion.severity, 0) desc, statement.received_at desc, statement.id desc limit ";
/// Both looked for by its own index.
const OF_CATEGORY: &str = "statement.id in (
    select id from statement where campaign = $1 and category in (?) union all
    select suggestion.statement from suggestion join statement on statement.id = suggestion.statement
        where code in (?) and statement.category is null)";
const SAYS: &str = "statement.id in (select suggestion.statement from statement_search
    join suggestion on suggestion.number = statement_search.rowid where pairs match ?)";
const SAYS_POSTGRES: &str = "statement.id in (select suggestion.statement from statement_search
    join suggestion on suggestion.number = statement_search.number where pairs @@ cast(? as tsquery))";
const LIKE: &str = "exists (select 1 from likeness join statement as other on other.id = likeness.other
    join visit as its on its.id = other.visit
    where likeness.statement = statement.id and its.withdrawn is null and other.counted = 1)";
/// What waits to be divided, and what it was divided into; both looked for by their own index.
const SEVERAL: &str = "statement.id in (
    select suggestion.statement from suggestion where matters <> '[]' and not exists (select 1 from decision
        where decision.statement = suggestion.statement and act = 'one_matter' and undone_at is null) union all
    select part.id from statement as part where part.part_of is not null)";
/// Those of recordings of the whole visit are accepted beside any of its statements.
const HEARD: &str =
    "exists (select 1 from transcript join attachment on attachment.id = transcript.attachment
    where attachment.visit = statement.visit and transcript.state = 'heard'
        and (attachment.statement is null or attachment.statement = statement.id))";
const COUNTS: &str = "select state, count(*) as n, count(case when received_at >= $2 then 1 end) as new_n
    from statement where campaign = $1 group by state";
const WITHDRAWN: &str = "select statement.state, count(case when statement.counted = 1 then 1 end) as n,
        count(case when statement.received_at >= $2 then 1 end) as new_n
    from visit join statement on statement.visit = visit.id
    where visit.campaign = $1 and visit.withdrawn is not null group by statement.state";
const UNCOUNTED: &str =
    "select state, count(*) as n from statement where campaign = $1 and counted = 0 group by state";
/// Those that an office made: nobody brought them in.
const NEW_PARTS: &str = "select count(*) as n from statement join visit on visit.id = statement.visit
    where part_of is not null and statement.campaign = $1 and statement.received_at >= $2 and visit.withdrawn is null";

/// A statement in the making. It says what is asked for and no more: the engine chooses an index by that.
struct Asked<'a> {
    text: String,
    values: Vec<Value<'a>>,
}

impl<'a> Asked<'a> {
    /// A condition, where there is a value for each of its question marks.
    fn and(&mut self, condition: &str, value: Option<Value<'a>>) {
        let Some(value) = value else { return };
        self.text += " and ";
        for (n, part) in condition.split('?').enumerate() {
            if n > 0 {
                self.place(value.clone());
            }
            self.text += part;
        }
    }

    /// A condition in which each question mark stands for all of `values`, where there are any.
    fn among(&mut self, condition: &str, values: &[String]) {
        if values.is_empty() {
            return;
        }
        self.text += " and ";
        for (n, part) in condition.split('?').enumerate() {
            if n > 0 {
                for (n, value) in values.iter().enumerate() {
                    self.text += if n > 0 { ", " } else { "" };
                    self.place(value.clone().into());
                }
            }
            self.text += part;
        }
    }

    fn place(&mut self, value: Value<'a>) {
        self.values.push(value);
        self.text += &format!("${}", self.values.len());
    }
}

/// A page, the latest first.
pub async fn lines(db: &mut Connection, wanted: &Wanted) -> sqlx::Result<Vec<QueueLine>> {
    rows(db, wanted).await?.iter().map(|row| line(row, &wanted.search)).collect()
}

/// What waits and was suggested something, as deciding without reading it needs it.
pub struct Waiting {
    pub id: RecordId,
    pub version: u32,
    pub kind_said: Kind,
    pub proposed: Vec<String>,
    pub suggestion: Categorization,
    /// The first [`OPENING_CHARS`].
    pub opening: String,
    pub handed_over: bool,
    /// It seems to hold several matters, and nobody said that it is one.
    pub several: bool,
}

/// A page of those to which something was suggested, the latest first.
pub async fn waiting(db: &mut Connection, wanted: &Wanted) -> sqlx::Result<Vec<Waiting>> {
    Ok(rows(db, wanted).await?.iter().filter_map(waiting_of).collect())
}

/// One of them, if it still waits.
pub async fn one_waiting(db: &mut Connection, id: RecordId) -> sqlx::Result<Option<Waiting>> {
    Ok(sql(ONE_WAITING).bind(id.0).fetch_optional(db).await?.as_ref().and_then(waiting_of))
}

fn waiting_of(row: &Row) -> Option<Waiting> {
    Some(Waiting {
        id: RecordId(row.get("id")),
        version: version_of(row),
        kind_said: kind_of(row.get("kind_said")).ok()?,
        proposed: serde_json::from_str(row.get("proposed")).unwrap_or_default(),
        suggestion: serde_json::from_str(row.get::<Option<&str>>("body")?).ok()?,
        opening: opening(row),
        handed_over: row.get::<i64>("handed_over") != 0,
        several: matters_n(row) > 1,
    })
}

/// How many matters it seems to hold, unless someone said that it is one.
fn matters_n(row: &Row) -> u32 {
    let matters = row.get::<Option<&str>>("matters").filter(|_| row.get::<i64>("one_matter") == 0);
    let matters: Vec<Matter> = matters.and_then(|it| serde_json::from_str(it).ok()).unwrap_or_default();
    u32::try_from(matters.len()).unwrap_or(u32::MAX)
}

fn opening(row: &Row) -> String {
    let shown = gist(row.get("words"), row.get("transcript"), row.get("summary"));
    shown.chars().take(OPENING_CHARS).collect()
}

async fn rows(db: &mut Connection, wanted: &Wanted) -> sqlx::Result<Vec<Row>> {
    let some = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned().into());
    let mut asked = Asked { text: LINES.to_owned(), values: vec![wanted.campaign.0.into()] };
    asked.and("statement.state = ?", wanted.state.map(|it| it.as_str().into()));
    asked.and("statement.unit = ?", wanted.unit.map(|it| it.0.into()));
    asked.and("statement.kind = ?", wanted.kind.map(|it| it.as_str().into()));
    asked.among(OF_CATEGORY, &wanted.categories);
    asked.among("statement.category in (?)", &wanted.confirmed);
    asked.and("visit.day >= ?", some(&wanted.from));
    asked.and("visit.day <= ?", some(&wanted.to));
    for (condition, is_wanted) in [(LIKE, wanted.like), (HEARD, wanted.heard), (SEVERAL, wanted.several)] {
        if is_wanted {
            asked.text += " and ";
            asked.text += condition;
        }
    }
    let severity = Some(wanted.severity).filter(|it| *it > Level::Ordinary);
    asked.and("suggestion.severity >= ?", severity.map(|it| it.number().into()));
    let (says, words) = if db.is_postgres() {
        (SAYS_POSTGRES, tsquery(&wanted.search))
    } else {
        (SAYS, query(&wanted.search))
    };
    asked.and(says, words.map(Value::from));
    if let Some((severity, at, id)) = wanted.before {
        asked.text += " and (";
        if wanted.gravest_first {
            asked.text += "coalesce(suggestion.severity, 0), ";
        }
        asked.text += "statement.received_at, statement.id) < (";
        if wanted.gravest_first {
            asked.place(severity.into());
            asked.text += ", ";
        }
        asked.place(at.into());
        asked.text += ", ";
        asked.place(id.into());
        asked.text += ")";
    }
    asked.text += if wanted.gravest_first { GRAVEST_FIRST } else { ORDER };
    asked.place(wanted.limit.into());
    let query = asked.values.into_iter().fold(sql_made(asked.text), Query::bind);
    query.fetch_all(db).await
}

fn line(row: &Row, search: &str) -> sqlx::Result<QueueLine> {
    let body: Option<String> = row.get("body");
    let made: Option<Categorization> = body.and_then(|it| serde_json::from_str(&it).ok());
    let suggested = made
        .and_then(|it| it.suggestions.into_iter().next())
        .map(|it| Suggested { code: it.code, confidence: it.confidence });
    let own = ["words", "transcript", "summary"].map(|it| row.get::<&str>(it)).join("\n");
    Ok(QueueLine {
        id: RecordId(row.get("id")),
        opening: opening(row),
        has_voice: row.get::<i64>("has_voice") != 0,
        has_photo: row.get::<i64>("has_photo") != 0,
        state: state_of(row)?,
        kind: kind_of(row.get("kind"))?,
        category: row.get("category"),
        suggested,
        unit: UnitId(row.get("unit")),
        unit_name: row.get::<Option<String>>("unit_name").unwrap_or_default(),
        received_at: row.get("received_at"),
        version: version_of(row),
        handed_over: row.get::<i64>("handed_over") != 0,
        n_like: u32::try_from(row.get::<i64>("n_like")).unwrap_or(u32::MAX),
        matters_n: matters_n(row),
        severity: Level::of_number(row.get("severity")),
        part: row.get::<Option<Uuid>>("part_of").map(|whole| PartOf {
            whole: RecordId(whole),
            number: row.get("part_number"),
            parts_n: row.get("parts_n"),
        }),
        heard_in_visit: !search.is_empty() && !holds(&own, search),
    })
}

/// How many statements are how far. Those of visits that were withdrawn, and those that are divided, are few: they are taken off,
/// rather than looking for each statement's visit. New since `midnight` is what came in, as people gave it: not the parts that an office
/// made of it.
pub async fn counts(db: &mut Connection, campaign: CampaignId, midnight: i64) -> sqlx::Result<QueueCounts> {
    let mut counts = QueueCounts::default();
    let all = sql(COUNTS).bind(campaign.0).bind(midnight).fetch_all(&mut *db).await?;
    let withdrawn = sql(WITHDRAWN).bind(campaign.0).bind(midnight).fetch_all(&mut *db).await?;
    let uncounted = sql(UNCOUNTED).bind(campaign.0).fetch_all(&mut *db).await?;
    let parts = sql(NEW_PARTS).bind(campaign.0).bind(midnight).fetch_one(db).await?;
    let new_n = |rows: &[Row]| rows.iter().map(|row| row.get::<i64>("new_n")).sum::<i64>();
    let new_today = new_n(&all) - new_n(&withdrawn) - parts.get::<i64>("n");
    counts.new_today = u32::try_from(new_today).unwrap_or(0);
    for (rows, sign) in [(all, 1), (withdrawn, -1), (uncounted, -1)] {
        for row in &rows {
            let add = |to: &mut u32, n: i64| {
                *to = u32::try_from(i64::from(*to) + sign * n).unwrap_or(0);
            };
            let of = match state_of(row)? {
                StatementState::Waiting => &mut counts.waiting,
                StatementState::Sorted => &mut counts.sorted,
                StatementState::Referred => &mut counts.referred,
                StatementState::SentBack => &mut counts.sent_back,
            };
            add(of, row.get("n"));
        }
    }
    Ok(counts)
}
