//! Rows for export, one statement a table: all of it is one moment's state, and few rows are in memory at once.
//!
//! The engine hands over each row as one text, because drivers pay for each column: the lengths of the fields in
//! bytes, with commas between, a semicolon, and the fields.

use domain::id::CampaignId;

use super::engine::{Connection, Query, Row, sql_made};
use crate::error::Error;

/// Which rows are wanted.
#[derive(Clone, Debug)]
pub struct Range {
    pub campaign: CampaignId,
    /// yyyy-MM-dd, inclusive.
    pub from: String,
    /// yyyy-MM-dd, inclusive.
    pub to: String,
}

/// The fields of a row, each as text; what is null is empty.
#[derive(Default)]
pub struct Fields {
    text: String,
    /// Where each ends in `text`; the first begins behind the lengths.
    ends: Vec<usize>,
    begins: usize,
}

impl Fields {
    fn read(&mut self, row: &Row) -> sqlx::Result<()> {
        self.text.clear();
        self.text.push_str(row.get(0));
        self.ends.clear();
        let unreadable = || sqlx::Error::Decode("a row that was put together otherwise".into());
        let (lengths, _) = self.text.split_once(';').ok_or_else(unreadable)?;
        self.begins = lengths.len() + 1;
        let mut end = self.begins;
        for length in lengths.split(',') {
            end += length.parse::<usize>().map_err(|_| unreadable())?;
            self.ends.push(end);
        }
        if end == self.text.len() { Ok(()) } else { Err(unreadable()) }
    }

    /// The field in place `n`; empty when it was not asked for.
    fn field(&self, n: usize) -> &str {
        let begins = n.checked_sub(1).map_or(Some(self.begins), |before| self.ends.get(before).copied());
        let ends = self.ends.get(n).copied();
        begins.zip(ends).and_then(|(begins, ends)| self.text.get(begins..ends)).unwrap_or_default()
    }
}

/// A row's fields by name, and what the engine is asked for them: a column, or `id:` and a column of ids.
macro_rules! row {
    ($(#[$about:meta])* $row:ident, $places:ident, $asked:ident { $($(#[$doc:meta])* $name:ident = $sql:literal),* $(,)? }) => {
        const $asked: &[&str] = &[$($sql),*];

        #[expect(non_camel_case_types, reason = "named as the fields are")]
        enum $places { $($name),* }

        $(#[$about])*
        #[derive(Default)]
        pub struct $row(Fields);

        impl AsMut<Fields> for $row {
            fn as_mut(&mut self) -> &mut Fields {
                &mut self.0
            }
        }

        impl $row {
            $($(#[$doc])* pub fn $name(&self) -> &str { self.0.field($places::$name as usize) })*
        }
    };
}

row! {
    /// A visit.
    VisitRow, VisitPlace, VISIT_ASKED {
        id = "id:visit.id",
        day = "visit.day",
        unit = "coalesce(unit.name, '')",
        /// JSON list of `Visitor`.
        visitors = "visitors",
        respondent_kind = "respondent_kind",
        form = "form",
        head_count = "coalesce(cast(head_count as text), '')",
        manner = "manner",
        /// Milliseconds since 1970; so are all times.
        started_at = "cast(started_at as text)",
        ended_at = "coalesce(cast(ended_at as text), '')",
        place = "place",
        policies = "policies",
        consent_given = "consent_given",
        consent_recording = "consent_recording",
        /// `0` or `1`.
        call_back_wanted = "cast(call_back_wanted as text)",
        /// `0`, `1`, or empty when it was not asked.
        reported_elsewhere = "coalesce(cast(reported_elsewhere as text), '')",
        reported_to = "reported_to",
        answered = "answered",
        read_back = "cast(read_back as text)",
        entered = "entered",
        withdrawn = "coalesce(withdrawn, '')",
        statements_n = "cast(statements_n as text)",
        attachments_n = "cast(attachments_n as text)",
        /// When the last of what belongs to it arrived; empty before.
        complete_at = "coalesce(cast(complete_at as text), '')",
        received_at = "cast(received_at as text)",
        call_back_how = "call_back_how",
        /// JSON of `Position`, or empty.
        position = "coalesce(visit.position, '')",
        name = "coalesce(identity.name, '')",
        organisation = "coalesce(identity.organisation, '')",
        telephone = "coalesce(identity.telephone, '')",
        address = "coalesce(identity.address, '')",
        id_number = "coalesce(identity.id_number, '')",
    }
}

/// Of a visit's fields, those that lead to nobody.
const WITHOUT_IDENTITY: usize = VisitPlace::call_back_how as usize;

row! {
    /// A statement.
    StatementRow, StatementPlace, STATEMENT_ASKED {
        id = "id:statement.id",
        visit = "id:statement.visit",
        day = "visit.day",
        unit = "coalesce(unit.name, '')",
        respondent_kind = "visit.respondent_kind",
        words = "words",
        summary = "summary",
        kind_said = "kind_said",
        kind = "statement.kind",
        about = "about",
        happened = "happened",
        state = "state",
        category = "coalesce(category, '')",
        /// JSON list of the codes that the visitor proposed.
        proposed = "proposed",
        /// JSON list of ids.
        attachments = "attachments",
        received_at = "cast(statement.received_at as text)",
    }
}

row! {
    /// An issue with one of its measures, whose fields are empty when there is none.
    IssueRow, IssuePlace, ISSUE_ASKED {
        id = "id:issue.id",
        number = "cast(number as text)",
        title = "issue.title",
        wording = "issue.wording",
        category = "coalesce(issue.category, '')",
        source = "issue.source",
        state = "issue.state",
        n_said = "cast((select count(*) from issue_statement join statement on statement.id = issue_statement.statement
            join visit on visit.id = statement.visit
            where issue_statement.issue = issue.id and left_at is null and visit.withdrawn is null) as text)",
        /// `1` when there is a measure.
        has_measure = "case when agreed.what is null then '' else '1' end",
        unit = "coalesce(agreed.unit_name, '')",
        cause = "coalesce(agreed.cause, '')",
        what = "coalesce(agreed.what, '')",
        leader = "coalesce(agreed.leader, '')",
        person = "coalesce(agreed.person, '')",
        by_when = "coalesce(agreed.by_when, '')",
        /// `0` or `1`.
        long_term = "coalesce(cast(agreed.long_term as text), '')",
        proof = "coalesce(agreed.proof, '')",
        proposed = "coalesce(cast(agreed.proposed as text), '')",
        measure_state = "coalesce(agreed.measure_state, '')",
    }
}

const VISITS: &str = "from visit left join unit on unit.id = visit.unit
    where visit.campaign = $1 and visit.day >= $2 and visit.day <= $3 order by visit.day, visit.id";
const VISITS_WITH_IDENTITIES: &str = "from visit left join unit on unit.id = visit.unit
    left join identity on identity.visit = visit.id
    where visit.campaign = $1 and visit.day >= $2 and visit.day <= $3 order by visit.day, visit.id";
const STATEMENTS: &str =
    "from visit join statement on statement.visit = visit.id left join unit on unit.id = statement.unit
    where visit.campaign = $1 and visit.day >= $2 and visit.day <= $3 and visit.withdrawn is null
    order by visit.day, visit.id, statement.id";
const ISSUES: &str = "from issue left join (select measure.issue, measure.unit, measure.position, what, leader,
            person, by_when, long_term, proof, proposed, measure.state as measure_state, unit.name as unit_name,
            agenda_item.cause
        from measure join agenda_item on agenda_item.id = measure.item left join unit on unit.id = measure.unit
        where measure.removed_at is null and agenda_item.state = 'agreed') as agreed on agreed.issue = issue.id
    where issue.campaign = $1 order by number, agreed.unit, agreed.position";

/// The statement that hands over each row of `from` as one text of the fields that are asked for.
fn statement(db: &Connection, asked: &[&str], from: &str) -> String {
    let of_id = |column: &str| {
        if db.is_postgres() { format!("cast({column} as text)") } else { format!("hex({column})") }
    };
    let fields: Vec<String> =
        asked.iter().map(|it| it.strip_prefix("id:").map_or_else(|| (*it).to_owned(), of_id)).collect();
    let lengths: Vec<String> = fields.iter().map(|it| format!("octet_length({it})")).collect();
    format!("select concat(concat_ws(',', {}), ';', {}) {from}", lengths.join(", "), fields.join(", "))
}

/// Hands on the rows of a statement that [`statement`] made.
async fn rows<R: Default + AsMut<Fields>>(
    db: &mut Connection,
    query: Query<'_>,
    mut each: impl AsyncFnMut(&R) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut read = R::default();
    query
        .fetch_each(db, async |row| {
            read.as_mut().read(&row)?;
            each(&read).await
        })
        .await
}

fn between_days(text: String, range: &Range) -> Query<'_> {
    sql_made(text).bind(range.campaign.0).bind(&range.from).bind(&range.to)
}

/// Hands on the visits of a range, by day.
///
/// # Errors
///
/// The database's, and what `each` answers.
pub async fn visits(
    db: &mut Connection,
    range: &Range,
    identities: bool,
    each: impl AsyncFnMut(&VisitRow) -> Result<(), Error>,
) -> Result<(), Error> {
    let text = if identities {
        statement(db, VISIT_ASKED, VISITS_WITH_IDENTITIES)
    } else {
        statement(db, &VISIT_ASKED[..WITHOUT_IDENTITY], VISITS)
    };
    rows(db, between_days(text, range), each).await
}

/// Hands on the statements of a range, by the day of their visits. Withdrawn visits are left out.
///
/// # Errors
///
/// The database's, and what `each` answers.
pub async fn statements(
    db: &mut Connection,
    range: &Range,
    each: impl AsyncFnMut(&StatementRow) -> Result<(), Error>,
) -> Result<(), Error> {
    let text = statement(db, STATEMENT_ASKED, STATEMENTS);
    rows(db, between_days(text, range), each).await
}

/// Hands on the issues, each with the measures that were agreed on. Days do not matter: a campaign's issues are
/// one list.
///
/// # Errors
///
/// The database's, and what `each` answers.
pub async fn issues(
    db: &mut Connection,
    range: &Range,
    each: impl AsyncFnMut(&IssueRow) -> Result<(), Error>,
) -> Result<(), Error> {
    let query = sql_made(statement(db, ISSUE_ASKED, ISSUES)).bind(range.campaign.0);
    rows(db, query, each).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Db;

    #[tokio::test]
    async fn the_first_rows_do_not_wait_for_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path(), None).await.unwrap();
        let mut db = db.read().await.unwrap();
        for (asked, from) in [
            (VISIT_ASKED, VISITS_WITH_IDENTITIES),
            (&VISIT_ASKED[..WITHOUT_IDENTITY], VISITS),
            (STATEMENT_ASKED, STATEMENTS),
        ] {
            let text = statement(&db, asked, from);
            let mut query = sql_made(format!("explain query plan {text}"));
            for _ in 0..3 {
                query = query.bind(0_i64);
            }
            let plan = query.fetch_all(&mut db).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|it| it.get("detail")).collect();
            // What is said within one visit may be sorted; the visits may not.
            assert!(!plan.iter().any(|it| it.contains("TEMP B-TREE FOR ORDER BY")), "{plan:?}");
        }
    }

    #[tokio::test]
    async fn a_field_may_hold_anything() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path(), None).await.unwrap();
        let mut db = db.read().await.unwrap();
        let text = statement(
            &db,
            &["a", "coalesce(b, '')", "id:c", "d"],
            "from (select $1 as a, $2 as b, $3 as c, $4 as d)",
        );
        let id = uuid::Uuid::from_u128(0xab);
        let query = sql_made(text).bind("1,2;三").bind(None::<String>).bind(id).bind("\u{1f};\n𠮷");
        let mut fields = Fields::default();
        fields.read(&query.fetch_one(&mut db).await.unwrap()).unwrap();
        let read: Vec<&str> = (0..5).map(|n| fields.field(n)).collect();
        assert_eq!(read, ["1,2;三", "", "000000000000000000000000000000AB", "\u{1f};\n𠮷", ""]);
    }
}
