//! Rows for export, within one moment's state and few in memory at once.
//!
//! The engine hands over some hundred rows as one text, because drivers pay for each column and each row, and a length
//! costs the engine as much as the field. A row is, with commas between, each field that is a word of ours, a number, an id or
//! sealed (in hexadecimal digits), and the length in bytes of each that may hold anything; a semicolon; and those, one after the other.

use std::ops::Range;

use domain::id::{CampaignId, RecordId};

use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    engine::{Connection, Query, sql, sql_made},
    sealing::{Contact, Person},
};
use crate::vault::Vault;

/// The days of a campaign whose rows are asked for.
#[derive(Clone, Debug)]
pub struct Days {
    pub campaign: CampaignId,
    /// yyyy-MM-dd, inclusive.
    pub from: String,
    /// yyyy-MM-dd, inclusive.
    pub to: String,
}

/// The fields of a row, each as text; what is null is empty.
#[derive(Default)]
pub struct Fields {
    /// Rows, the current one among them.
    text: String,
    /// Where each field of the current row lies.
    places: Vec<Range<usize>>,
    /// Where the next row begins.
    next: usize,
    /// What was sealed in the current row, opened.
    person: Person,
    contact: Contact,
}

/// What is no row as [`page`] has them put together.
#[derive(Debug, thiserror::Error)]
#[error("a row that was put together otherwise")]
pub struct Unreadable;

impl Fields {
    /// Begins to read a text of rows.
    fn begin(&mut self, text: String) {
        (self.text, self.next) = (text, 0);
    }

    /// Reads the next row of fields as they were `asked` for; answers whether there is one.
    fn read_next(&mut self, asked: &[&str]) -> Result<bool, Unreadable> {
        if self.next == self.text.len() {
            return Ok(false);
        }
        self.places.clear();
        let (mut begins, mut is_head) = (self.next, true);
        for (at, byte) in self.text.bytes().enumerate().skip(self.next) {
            if matches!(byte, b',' | b';') {
                self.places.push(begins..at);
                begins = at + 1;
                is_head = byte == b',';
                if !is_head {
                    break;
                }
            }
        }
        if is_head || self.places.len() > asked.len() {
            return Err(Unreadable);
        }
        // Behind the head lie the texts whose lengths it told.
        for (place, asked) in self.places.iter_mut().zip(asked) {
            if asked.starts_with(TEXT) {
                let length: usize = self.text[place.clone()].parse().map_err(|_| Unreadable)?;
                *place = begins..begins.saturating_add(length);
                begins = place.end;
                self.text.get(place.clone()).ok_or(Unreadable)?;
            }
        }
        self.next = begins;
        Ok(true)
    }

    /// The field in place `n`; empty when it was not asked for.
    fn field(&self, n: usize) -> &str {
        self.places.get(n).map_or("", |it| &self.text[it.clone()])
    }
}

/// A row that is read from a text of many.
pub trait ReadRow: Default {
    /// Begins to read a text of rows.
    fn begin(&mut self, text: String);

    /// Becomes the next row; answers whether there is one.
    ///
    /// # Errors
    ///
    /// When what is next is none.
    fn read_next(&mut self) -> Result<bool, Unreadable>;

    /// Opens what is sealed in it.
    fn open(&mut self, vault: &Vault);
}

/// Before a column of ids, in what is asked for.
const ID: &str = "id:";
/// Before a column of what is sealed, or null.
const SEALED: &str = "sealed:";
/// Before a column that may hold anything; what else is asked for has neither comma nor semicolon.
const TEXT: &str = "text:";

/// A row's fields by name, and what the engine is asked for them: a column, with [`ID`], [`SEALED`] or [`TEXT`] before
/// it; and what opens what is sealed in it.
macro_rules! row {
    ($(#[$about:meta])* $row:ident, $places:ident, $asked:ident, $open:expr, { $($(#[$doc:meta])* $name:ident = $sql:literal),* $(,)? }) => {
        const $asked: &[&str] = &[$($sql),*];

        #[expect(non_camel_case_types, reason = "named as the fields are")]
        enum $places { $($name),* }

        $(#[$about])*
        #[derive(Default)]
        pub struct $row(Fields);

        impl ReadRow for $row {
            fn begin(&mut self, text: String) {
                self.0.begin(text);
            }

            fn read_next(&mut self) -> Result<bool, Unreadable> {
                self.0.read_next($asked)
            }

            fn open(&mut self, vault: &Vault) {
                let open: fn(&mut Self, &Vault) = $open;
                open(self, vault);
            }
        }

        impl $row {
            $($(#[$doc])* pub fn $name(&self) -> &str { self.0.field($places::$name as usize) })*
        }
    };
}

row! {
    /// A visit.
    VisitRow, VisitPlace, VISIT_ASKED, VisitRow::open_sealed, {
        id = "id:visit.id",
        day = "visit.day",
        unit = "text:coalesce(unit.name, '')",
        /// JSON list of `Visitor`.
        visitors = "text:visitors",
        respondent_kind = "respondent_kind",
        form = "form",
        head_count = "coalesce(cast(head_count as text), '')",
        manner = "manner",
        /// Milliseconds since 1970; so are all times.
        started_at = "cast(started_at as text)",
        ended_at = "coalesce(cast(ended_at as text), '')",
        place = "text:place",
        policies = "text:policies",
        consent_given = "consent_given",
        consent_recording = "consent_recording",
        /// `0` or `1`.
        call_back_wanted = "cast(call_back_wanted as text)",
        /// `0`, `1`, or empty when it was not asked.
        reported_elsewhere = "coalesce(cast(reported_elsewhere as text), '')",
        reported_to = "text:reported_to",
        answered = "text:answered",
        read_back = "cast(read_back as text)",
        entered = "entered",
        withdrawn = "text:coalesce(withdrawn, '')",
        statements_n = "cast(statements_n as text)",
        attachments_n = "cast(attachments_n as text)",
        /// When the last of what belongs to it arrived; empty before.
        complete_at = "coalesce(cast(complete_at as text), '')",
        received_at = "cast(received_at as text)",
        /// In hexadecimal digits; so is the identity.
        sealed_contact = "sealed:visit.contact",
        sealed_identity = "sealed:identity.sealed",
    }
}

impl VisitRow {
    fn open_sealed(&mut self, vault: &Vault) {
        let Ok(visit) = Uuid::try_parse(self.id()).map(RecordId) else { return };
        // No digits where nothing is there.
        let bytes_of = |digits: &str| hex::decode(digits).ok().filter(|it| !it.is_empty());
        let contact = bytes_of(self.sealed_contact());
        self.0.contact = vault.open_contact(visit, contact.as_deref());
        let person = bytes_of(self.sealed_identity());
        self.0.person = person.map(|it| vault.open_identity(visit, &it)).unwrap_or_default();
    }

    /// Who was visited; nobody unless identities were asked for.
    pub fn person(&self) -> &Person {
        &self.0.person
    }

    /// How to reach them; nothing unless identities were asked for.
    pub fn contact(&self) -> &Contact {
        &self.0.contact
    }
}

/// Of a visit's fields, those that lead to nobody.
const WITHOUT_IDENTITY: usize = VisitPlace::sealed_contact as usize;

row! {
    /// A statement.
    StatementRow, StatementPlace, STATEMENT_ASKED, |_, _| {}, {
        id = "id:statement.id",
        visit = "id:statement.visit",
        day = "visit.day",
        unit = "text:coalesce(unit.name, '')",
        respondent_kind = "visit.respondent_kind",
        words = "text:words",
        summary = "text:summary",
        /// What was accepted of its recordings.
        transcript = "text:transcript",
        kind_said = "kind_said",
        kind = "statement.kind",
        about = "text:about",
        happened = "text:happened",
        state = "state",
        category = "coalesce(category, '')",
        /// JSON list of the codes that the visitor proposed.
        proposed = "text:proposed",
        /// JSON list of ids.
        attachments = "text:attachments",
        received_at = "cast(statement.received_at as text)",
        /// The statement that it is a part of; itself where it is whole.
        whole = "id:coalesce(statement.part_of, statement.id)",
        /// Where in the words of the whole, in characters; empty where it is whole.
        part_start = "coalesce(cast(statement.part_start as text), '')",
        /// Not included.
        part_end = "coalesce(cast(statement.part_end as text), '')",
    }
}

row! {
    /// An issue with one of its measures, whose fields are empty when there is none.
    IssueRow, IssuePlace, ISSUE_ASKED, |_, _| {}, {
        id = "id:issue.id",
        number = "cast(number as text)",
        title = "text:issue.title",
        wording = "text:issue.wording",
        category = "coalesce(issue.category, '')",
        source = "issue.source",
        state = "issue.state",
        n_said = "cast((select count(*) from issue_statement join statement on statement.id = issue_statement.statement
            join visit on visit.id = statement.visit
            where issue_statement.issue = issue.id and left_at is null and visit.withdrawn is null) as text)",
        /// `1` when there is a measure.
        has_measure = "case when agreed.what is null then '' else '1' end",
        unit = "text:coalesce(agreed.unit_name, '')",
        cause = "text:coalesce(agreed.cause, '')",
        what = "text:coalesce(agreed.what, '')",
        leader = "text:coalesce(agreed.leader, '')",
        person = "text:coalesce(agreed.person, '')",
        by_when = "text:coalesce(agreed.by_when, '')",
        /// `0` or `1`.
        long_term = "coalesce(cast(agreed.long_term as text), '')",
        proof = "text:coalesce(agreed.proof, '')",
        proposed = "coalesce(cast(agreed.proposed as text), '')",
        measure_state = "coalesce(agreed.measure_state, '')",
    }
}

/// The last of `$5` visits behind a place, which ends a page; none when there are fewer.
const PAGE: &str = "select day, id from visit where campaign = $1 and (day, id) > ($2, $3) and day <= $4
    order by day, id limit 1 offset $5 - 1";
/// The visits of a page. It is their number that ends them, not the place of the last: PostgreSQL would read on behind it.
const OF_PAGE: &str = "from (select * from visit where campaign = $1 and (day, id) > ($2, $3) and day <= $4
    order by day, id limit $5) as visit";
const VISITS: &str = "left join unit on unit.id = visit.unit order by visit.day, visit.id";
const VISITS_WITH_IDENTITIES: &str = "left join unit on unit.id = visit.unit
    left join identity on identity.visit = visit.id order by visit.day, visit.id";
const STATEMENTS: &str =
    "join statement on statement.visit = visit.id left join unit on unit.id = statement.unit
    where visit.withdrawn is null and statement.counted = 1 order by visit.day, visit.id, statement.id";
const PAGE_OF_ISSUES: &str =
    "select number from issue where campaign = $1 and number > $2 order by number limit 1 offset $3 - 1";
const ISSUES: &str = "from (select * from issue where campaign = $1 and number > $2 order by number limit $3) as issue
    left join (select measure.issue, measure.unit, measure.position, what, leader,
            person, by_when, long_term, proof, proposed, measure.state as measure_state, unit.name as unit_name,
            agenda_item.cause
        from measure join agenda_item on agenda_item.id = measure.item left join unit on unit.id = measure.unit
        where measure.removed_at is null and agenda_item.state = 'agreed') as agreed on agreed.issue = issue.id
    order by number, agreed.unit, agreed.position";

/// The statement that hands over the rows of `from` as one text, of the fields that are asked for.
fn page(db: &Connection, asked: &[&str], from: &str) -> String {
    let of_id = |column: &str| {
        if db.is_postgres() { format!("cast({column} as text)") } else { format!("hex({column})") }
    };
    let of_sealed = |column: &str| {
        let hex =
            if db.is_postgres() { format!("encode({column}, 'hex')") } else { format!("hex({column})") };
        format!("coalesce({hex}, '')")
    };
    let (mut head, mut texts) = (Vec::new(), Vec::new());
    for asked in asked {
        if let Some(text) = asked.strip_prefix(TEXT) {
            head.push(format!("octet_length({text})"));
            texts.push(text);
        } else {
            let id = asked.strip_prefix(ID).map(of_id);
            let sealed = || asked.strip_prefix(SEALED).map(of_sealed);
            head.push(id.or_else(sealed).unwrap_or_else(|| (*asked).to_owned()));
        }
    }
    format!(
        "select string_agg(line, '') from
            (select concat(concat_ws(',', {}), ';', {}) as line {from}) as page",
        head.join(", "),
        texts.join(", ")
    )
}

/// A text is about so long, in bytes: long enough to be worth a call of the engine.
const TEXT_BYTES: usize = 64 * 1024;
/// Things in the first text; few, so that it comes at once.
const FIRST_PAGE: usize = 32;
/// Things in a text at most, be they ever so short.
const LARGEST_PAGE: usize = 1_024;

/// As many things as bring a text of `bytes` with `n` things nearer to [`TEXT_BYTES`], growing by doubling at most.
fn next_page(n: usize, bytes: usize) -> usize {
    (n * TEXT_BYTES / bytes.max(1)).min(n * 2).clamp(1, LARGEST_PAGE)
}

/// Hands on what the statement of [`page`] answers, page after page: of so many things behind the place `after`, the last of
/// which `end_of` tells.
async fn pages<'q, K>(
    db: &mut Connection,
    texts: mpsc::Sender<String>,
    mut after: K,
    mut end_of: impl AsyncFnMut(&mut Connection, &K, i64) -> sqlx::Result<Option<K>>,
    query: impl Fn(&K, i64) -> Query<'q>,
) -> sqlx::Result<()> {
    let mut n = FIRST_PAGE;
    loop {
        let limit = i64::try_from(n).unwrap_or(i64::MAX);
        let end = end_of(db, &after, limit).await?;
        let text: Option<String> = query(&after, limit).fetch_one(db).await?.get(0);
        let text = text.unwrap_or_default();
        n = next_page(n, text.len());
        // Who takes no more has had enough.
        if texts.send(text).await.is_err() {
            return Ok(());
        }
        match end {
            Some(end) => after = end,
            None => return Ok(()),
        }
    }
}

/// A visit's place among all.
type Place = (String, Uuid);

async fn pages_of_visits(
    db: &mut Connection,
    texts: mpsc::Sender<String>,
    days: &Days,
    asked: &[&str],
    of_visits: &str,
) -> sqlx::Result<()> {
    let text = page(db, asked, &format!("{OF_PAGE} {of_visits}"));
    let behind = |query: Query<'static>, after: &Place, n: i64| {
        let query = query.bind(days.campaign.0).bind(after.0.clone()).bind(after.1);
        query.bind(days.to.clone()).bind(n)
    };
    let end_of = async |db: &mut Connection, after: &Place, n: i64| {
        let row = behind(sql(PAGE), after, n).fetch_optional(db).await?;
        Ok(row.map(|it| (it.get(0), it.get(1))))
    };
    let before_all = (days.from.clone(), Uuid::nil());
    pages(db, texts, before_all, end_of, |after, n| behind(sql_made(text.clone()), after, n)).await
}

/// Hands on the visits of some days, in their order, as texts of rows.
///
/// # Errors
///
/// The database's.
pub async fn visits(
    db: &mut Connection,
    days: &Days,
    identities: bool,
    texts: mpsc::Sender<String>,
) -> sqlx::Result<()> {
    let (asked, of_visits) = if identities {
        (VISIT_ASKED, VISITS_WITH_IDENTITIES)
    } else {
        (&VISIT_ASKED[..WITHOUT_IDENTITY], VISITS)
    };
    pages_of_visits(db, texts, days, asked, of_visits).await
}

/// Hands on the statements of some days, by the day of their visits, as texts of rows. Withdrawn visits are left out.
///
/// # Errors
///
/// The database's.
pub async fn statements(db: &mut Connection, days: &Days, texts: mpsc::Sender<String>) -> sqlx::Result<()> {
    pages_of_visits(db, texts, days, STATEMENT_ASKED, STATEMENTS).await
}

/// Hands on the issues, each with the measures that were agreed on, as texts of rows. Days do not matter: a campaign's
/// issues are one list.
///
/// # Errors
///
/// The database's.
pub async fn issues(db: &mut Connection, days: &Days, texts: mpsc::Sender<String>) -> sqlx::Result<()> {
    let text = page(db, ISSUE_ASKED, ISSUES);
    let behind =
        |query: Query<'static>, after: &i64, n: i64| query.bind(days.campaign.0).bind(*after).bind(n);
    let end_of = async |db: &mut Connection, after: &i64, n: i64| {
        let row = behind(sql(PAGE_OF_ISSUES), after, n).fetch_optional(db).await?;
        Ok(row.map(|it| it.get(0)))
    };
    pages(db, texts, i64::MIN, end_of, |after, n| behind(sql_made(text.clone()), after, n)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Db, engine::plan};

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
            let text = page(&db, asked, &format!("{OF_PAGE} {from}"));
            let plan = plan(&mut db, &text, 5).await;
            // What is said within one visit may be sorted; the visits may not.
            assert!(!plan.iter().any(|it| it.contains("TEMP B-TREE FOR ORDER BY")), "{plan:?}");
        }
    }

    #[tokio::test]
    async fn a_field_may_hold_anything() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path(), None).await.unwrap();
        let mut db = db.read().await.unwrap();
        let asked = ["text:a", "text:coalesce(b, '')", "id:c", "text:d", "e"];
        let from =
            "from (select $1 as a, $2 as b, $3 as c, $4 as d, 7 as e union all select '二', '', $3, '', 8)";
        let id = uuid::Uuid::from_u128(0xab);
        let query = sql_made(page(&db, &asked, from));
        let query = query.bind("1,2;三").bind(None::<String>).bind(id).bind("\u{1f};\n𠮷");
        let mut fields = Fields::default();
        fields.begin(query.fetch_one(&mut db).await.unwrap().get(0));
        let mut read = Vec::new();
        while fields.read_next(&asked).unwrap() {
            read.push((0..6).map(|n| fields.field(n).to_owned()).collect::<Vec<_>>());
        }
        let hex = "000000000000000000000000000000AB";
        assert_eq!(read, [["1,2;三", "", hex, "\u{1f};\n𠮷", "7", ""], ["二", "", hex, "", "8", ""]]);
    }

    #[test]
    fn what_is_no_row_is_none() {
        for text in ["1", "1;", "9;a", "-1;a", "99999999999999999999999;a", "1;三", ",;", "x;"] {
            let mut fields = Fields::default();
            fields.begin(text.to_owned());
            assert!(fields.read_next(&["text:a"]).is_err(), "{text}");
        }
    }

    #[test]
    fn texts_grow_to_their_size_and_no_further() {
        assert_eq!(next_page(32, 0), 64);
        assert_eq!(next_page(LARGEST_PAGE, 1), LARGEST_PAGE);
        assert_eq!(next_page(64, TEXT_BYTES), 64);
        assert_eq!(next_page(64, 16 * TEXT_BYTES), 4);
        assert_eq!(next_page(1, 16 * TEXT_BYTES), 1);
    }
}
