//! What phones pull: a row a change, in the order of their commits.
//!
//! A row says only that a thing changed; what it is like is read when it is pulled, so that a phone
//! never gets a state that has passed.

use domain::id::{AccountId, RecordId, UnitId};
use uuid::Uuid;

use super::{
    engine::{Connection, sql},
    many::{for_ids, rows_in},
};

/// A kind of thing that phones pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    Campaign,
    Colleague,
    Respondent,
    Assignment,
    Visit,
}

impl Thing {
    const ALL: [Self; 5] = [Self::Campaign, Self::Colleague, Self::Respondent, Self::Assignment, Self::Visit];

    fn as_str(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::Colleague => "colleague",
            Self::Respondent => "respondent",
            Self::Assignment => "assignment",
            Self::Visit => "visit",
        }
    }
}

/// Something that changed.
pub struct Changed {
    pub sequence: i64,
    pub thing: Thing,
    pub id: Uuid,
}

const FORGET: &str = "delete from change where kind = $1 and id = $2
    and ($3 is null or unit is not distinct from $3) and ($4 is null or account is not distinct from $4)";
const NOTE: &str = "insert into change (kind, id, unit, account) values ($1, $2, $3, $4)";
const FORGET_VISIT_IDS: &str = "delete from change where kind = 'visit' and id in (";
const NOTE_ROWS: &str = "insert into change (kind, id, unit, account) values ";
const AFTER: &str = "select sequence, kind, id from change
    where sequence > $1 and ($2 = 1 or unit is null or unit = $3) and (account is null or account = $4)
    order by sequence limit $5";

const LEFT: &str = "select count(*) from change
    where sequence > $1 and ($2 = 1 or unit is null or unit = $3) and (account is null or account = $4)";

/// Notes that a thing changed, for phones of `unit` (all when `None`) and of `account` (all when
/// `None`). Call it in the transaction that changes the thing.
pub async fn note(
    db: &mut Connection,
    thing: Thing,
    id: Uuid,
    unit: Option<UnitId>,
    account: Option<AccountId>,
) -> sqlx::Result<()> {
    // Only the latest row of a thing counts for those who read it; one for others is not theirs to lose.
    sql(FORGET)
        .bind(thing.as_str())
        .bind(id)
        .bind(unit.map(|it| it.0))
        .bind(account.map(|it| it.0))
        .execute(&mut *db)
        .await?;
    sql(NOTE)
        .bind(thing.as_str())
        .bind(id)
        .bind(unit.map(|it| it.0))
        .bind(account.map(|it| it.0))
        .execute(db)
        .await?;
    Ok(())
}

/// Notes that visits changed, each for the phone of its author in the unit where it was recorded.
pub async fn note_visits(db: &mut Connection, visits: &[(RecordId, UnitId, AccountId)]) -> sqlx::Result<()> {
    let ids: Vec<RecordId> = visits.iter().map(|it| it.0).collect();
    for_ids(db, FORGET_VISIT_IDS, ")", &ids).await?;
    rows_in(db, NOTE_ROWS, 4, "", visits, |query, (visit, unit, author)| {
        query.bind(Thing::Visit.as_str()).bind(visit.0).bind(unit.0).bind(author.0)
    })
    .await
}

/// Whose changes are read.
#[derive(Clone, Copy)]
pub struct Reader {
    /// Those of every unit.
    pub all_units: bool,
    pub unit: Option<UnitId>,
    pub account: AccountId,
}

/// How many changes there are after a sequence for one reader.
pub async fn left(db: &mut Connection, sequence: i64, reader: Reader) -> sqlx::Result<u32> {
    let query = sql(LEFT).bind(sequence).bind(reader.all_units).bind(reader.unit.map(|it| it.0));
    Ok(query.bind(reader.account.0).fetch_one(db).await?.get(0))
}

/// The next changes after a sequence for one reader.
pub async fn after(
    db: &mut Connection,
    sequence: i64,
    reader: Reader,
    limit: u32,
) -> sqlx::Result<Vec<Changed>> {
    let query = sql(AFTER).bind(sequence).bind(reader.all_units).bind(reader.unit.map(|it| it.0));
    let rows = query.bind(reader.account.0).bind(i64::from(limit)).fetch_all(db).await?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            let kind: String = row.get("kind");
            let thing = Thing::ALL.into_iter().find(|it| it.as_str() == kind)?;
            Some(Changed { sequence: row.get("sequence"), thing, id: row.get("id") })
        })
        .collect())
}
