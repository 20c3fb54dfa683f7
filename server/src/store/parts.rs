//! Statements that an office divided: their parts, and which of them count.

use domain::{
    changes::StatementState,
    id::RecordId,
    queue::{PartLine, PartOf},
};

use super::{
    engine::{Connection, sql},
    many::for_ids,
    queue::state_of,
    visits,
};

/// A part's record is its whole's, but that no revision speaks of it.
const ADD_RECORD: &str = "insert into record (id, kind, campaign, unit, visit, author, first_at)
    select $2, kind, campaign, unit, visit, author, $3 from record where id = $1";
/// What the visitor noted of the whole is noted of each part; what is attached, and what the visitor proposed, stay with the whole.
const ADD: &str = "insert into statement
    (id, visit, campaign, unit, words, transcript, summary, kind_said, about, happened, attachments, proposed,
     received_at, kind, part_of, part_start, part_end)
    select $2, visit, campaign, unit, $3, $4, summary, kind_said, about, happened, '[]', '[]',
        received_at, kind_said, id, $5, $6 from statement where id = $1";
const COUNT_WHOLE: &str = "update statement set counted = $2 where id = $1";
const UNCOUNT_PARTS: &str = "update statement set counted = 0 where part_of = $1";
const OF: &str = "select id, state, category, words, transcript from statement
    where part_of = $1 and counted = 1 order by part_start";
const PART_OF: &str = "select part_of,
        (select count(*) from statement as other where other.part_of = statement.part_of and other.counted = 1
            and other.part_start <= statement.part_start) as number,
        (select count(*) from statement as other where other.part_of = statement.part_of and other.counted = 1)
            as parts_n
    from statement where id = $1 and part_of is not null";
const COMPARE_AGAIN: &str =
    "insert into uncompared (statement) select statement from compared where statement = $1";
/// The visitor completed the whole: its parts follow, and those that were sent back wait anew.
const FOLLOW_IDS: &str = "update statement set
     (summary, kind_said, about, happened) = (select whole.summary, whole.kind_said, whole.about, whole.happened
        from statement as whole where whole.id = statement.part_of),
     state = case when statement.state = 'sent_back' then 'waiting' else statement.state end,
     version = statement.version + case when statement.state = 'sent_back' then 1 else 0 end
    where part_of in (";
const COUNTED_IDS: &str = "select id from statement where counted = 1 and part_of in (";

/// A part to be made: its own words, or what was accepted of recordings, and where they stand.
pub struct NewPart<'a> {
    pub id: RecordId,
    pub words: &'a str,
    pub transcript: &'a str,
    /// In characters of the whole's text.
    pub start: usize,
    /// In characters, not included.
    pub end: usize,
}

/// Puts parts in the place of a statement.
pub async fn divide(
    db: &mut Connection,
    (whole, visit): (RecordId, RecordId),
    parts: &[NewPart<'_>],
    at: i64,
) -> sqlx::Result<()> {
    for it in parts {
        sql(ADD_RECORD).bind(whole.0).bind(it.id.0).bind(at).execute(&mut *db).await?;
        let query = sql(ADD).bind(whole.0).bind(it.id.0).bind(it.words).bind(it.transcript);
        query.bind(place(it.start)).bind(place(it.end)).execute(&mut *db).await?;
    }
    sql(COUNT_WHOLE).bind(whole.0).bind(0_i64).execute(&mut *db).await?;
    visits::count(db, &[visit]).await
}

fn place(at: usize) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

/// Puts a statement in the place of its parts again; what was decided of them is left to the caller.
pub async fn put_together(db: &mut Connection, (whole, visit): (RecordId, RecordId)) -> sqlx::Result<()> {
    sql(UNCOUNT_PARTS).bind(whole.0).execute(&mut *db).await?;
    sql(COUNT_WHOLE).bind(whole.0).bind(1_i64).execute(&mut *db).await?;
    // What came meanwhile was not compared with it.
    sql(COMPARE_AGAIN).bind(whole.0).execute(&mut *db).await?;
    visits::count(db, &[visit]).await
}

/// The parts that stand in the place of a statement, in the order of its words.
pub async fn of(db: &mut Connection, whole: RecordId) -> sqlx::Result<Vec<PartLine>> {
    let rows = sql(OF).bind(whole.0).fetch_all(db).await?;
    let part = |row: &super::engine::Row| {
        let (words, transcript): (String, String) = (row.get("words"), row.get("transcript"));
        Ok(PartLine {
            id: RecordId(row.get("id")),
            text: if words.is_empty() { transcript } else { words },
            state: state_of(row)?,
            category: row.get("category"),
        })
    };
    rows.iter().map(part).collect()
}

/// Which part of what a statement is.
pub async fn part_of(db: &mut Connection, id: RecordId) -> sqlx::Result<Option<PartOf>> {
    let row = sql(PART_OF).bind(id.0).fetch_optional(db).await?;
    Ok(row.map(|row| PartOf {
        whole: RecordId(row.get("part_of")),
        number: row.get("number"),
        parts_n: row.get("parts_n"),
    }))
}

/// Has the parts of statements say what the visitor says of these by now, and the machine look at them again.
pub async fn follow(db: &mut Connection, wholes: &[RecordId]) -> sqlx::Result<()> {
    let parts = for_ids(db, COUNTED_IDS, ")", wholes).await?;
    if parts.is_empty() {
        return Ok(());
    }
    for_ids(db, FOLLOW_IDS, ")", wholes).await?;
    let ids: Vec<RecordId> = parts.iter().map(|it| RecordId(it.get("id"))).collect();
    super::suggestions::look_at(db, &ids).await
}

/// How far a divided statement is, by how far its parts are: as far as the least of them, and sent back where one is.
pub fn state_of_parts(parts: &[StatementState]) -> StatementState {
    use StatementState::{Referred, SentBack, Sorted, Waiting};
    [SentBack, Waiting, Sorted].into_iter().find(|it| parts.contains(it)).unwrap_or(Referred)
}
