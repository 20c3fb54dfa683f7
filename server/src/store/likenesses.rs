//! Statements that say the same as others.

use std::collections::{HashMap, HashSet};

use domain::{
    id::{AccountId, CampaignId, IssueId, RecordId},
    likeness::Likeness,
    queue::{LIKE_COUNTED_MAX, LIKE_SHOWN_MAX, Like, LikeStatement},
    release::{Speaker, households},
    statement::gist,
};
use uuid::Uuid;

use super::{
    engine::{Connection, Row, sql},
    many::{for_ids, for_these, rows_in},
    queue::{state_of, version_of},
    releases::speaker,
};

const WAIT_IDS: &str = "insert into uncompared (statement) select id from statement
    where (trim(words) = '' or id not in (select statement from compared)) and id in (";
const WAITING: &str = "select uncompared.number, statement.id, visit, campaign, words, transcript, summary
    from uncompared join statement on statement.id = uncompared.statement
    where uncompared.number > $1 order by uncompared.number limit $2";
const NUMBER_ROWS: &str = "insert into compared (statement) values ";
const UNLESS_HERE: &str = " on conflict (statement) do nothing";
const NUMBERED: &str = "select compared.number, statement.id, visit, campaign, words, transcript, summary
    from compared join statement on statement.id = compared.statement
    where compared.number > $1 order by compared.number limit $2";
const NUMBERED_IDS: &str = "select compared.number, statement.id, visit, campaign, words, transcript, summary
    from compared join statement on statement.id = compared.statement
    where counted = 1 and compared.number in (";
const HERE_IDS: &str = "select statement from compared where statement in (";
const REFUSED_IDS: &str = "select statement, other from likeness_refusal where statement in (";
const FORGET_IDS: &str = "delete from likeness where statement in (";
const FORGET_OTHER_IDS: &str = "delete from likeness where other in (";
const KEEP_ROWS: &str = "insert into likeness (statement, other, how, strength) values ";
const AGAIN: &str =
    " on conflict (statement, other) do update set how = excluded.how, strength = excluded.strength";
const DONE_IDS: &str = "delete from uncompared where number in (";

/// A statement as it is compared.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Its place among those that wait, or its name in the index.
    pub number: i64,
    pub id: RecordId,
    pub visit: RecordId,
    pub campaign: CampaignId,
    /// What it is listed by ([`gist`]).
    pub text: String,
}

/// Two statements that are alike.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    pub one: RecordId,
    pub other: RecordId,
    pub how: Likeness,
    /// 0 to 1.
    pub strength: f32,
}

fn compared(row: &Row) -> Compared {
    Compared {
        number: row.get("number"),
        id: RecordId(row.get("id")),
        visit: RecordId(row.get("visit")),
        campaign: CampaignId(row.get("campaign")),
        text: gist(row.get("words"), row.get("transcript"), row.get("summary")).to_owned(),
    }
}

/// Has statements compared: those that were not yet, and those whose summary alone says what they are about.
pub async fn compare(db: &mut Connection, ids: &[RecordId]) -> sqlx::Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    for_ids(db, WAIT_IDS, ")", ids).await.map(drop)
}

/// Statements that have yet to be compared, behind a place.
pub async fn waiting(db: &mut Connection, after: i64, limit: i64) -> sqlx::Result<Vec<Compared>> {
    let rows = sql(WAITING).bind(after).bind(limit).fetch_all(db).await?;
    Ok(rows.iter().map(compared).collect())
}

/// Numbers statements for the index.
pub async fn number(db: &mut Connection, ids: &[RecordId]) -> sqlx::Result<()> {
    rows_in(db, NUMBER_ROWS, 1, UNLESS_HERE, ids, |query, id| query.bind(id.0)).await
}

/// Statements of the index, behind a number.
pub async fn numbered(db: &mut Connection, after: i64, limit: i64) -> sqlx::Result<Vec<Compared>> {
    let rows = sql(NUMBERED).bind(after).bind(limit).fetch_all(db).await?;
    Ok(rows.iter().map(compared).collect())
}

/// Statements of the index by their numbers; those that are gone are left out.
pub async fn by_numbers(db: &mut Connection, numbers: &[i64]) -> sqlx::Result<HashMap<i64, Compared>> {
    let rows = for_these(db, NUMBERED_IDS, ")", &[], numbers).await?;
    Ok(rows.iter().map(compared).map(|it| (it.number, it)).collect())
}

/// Keeps what `waiting` are like. Pairs of which one is gone by now, and pairs that a person refused, are left out.
pub async fn keep(db: &mut Connection, waiting: &[Compared], pairs: &[Pair]) -> sqlx::Result<()> {
    let ids: Vec<RecordId> = waiting.iter().map(|it| it.id).collect();
    for text in [FORGET_IDS, FORGET_OTHER_IDS] {
        for_ids(db, text, ")", &ids).await?;
    }
    let mut all: Vec<RecordId> = pairs.iter().flat_map(|it| [it.one, it.other]).collect();
    all.sort_unstable();
    all.dedup();
    let here: HashSet<Uuid> =
        for_ids(db, HERE_IDS, ")", &all).await?.iter().map(|it| it.get("statement")).collect();
    let refused = for_ids(db, REFUSED_IDS, ")", &all).await?;
    let refused: HashSet<(Uuid, Uuid)> =
        refused.iter().map(|it| (it.get("statement"), it.get("other"))).collect();
    let stands = |it: &&Pair| {
        here.contains(&it.one.0) && here.contains(&it.other.0) && !refused.contains(&(it.one.0, it.other.0))
    };
    let mut both: Vec<Pair> = pairs.iter().filter(stands).copied().collect();
    both.extend(both.clone().into_iter().map(|it| Pair { one: it.other, other: it.one, ..it }));
    // Two that came together were each compared with the other.
    both.sort_by_key(|it| (it.one, it.other));
    both.dedup_by_key(|it| (it.one, it.other));
    rows_in(db, KEEP_ROWS, 4, AGAIN, &both, |query, it| {
        #[expect(clippy::cast_possible_truncation, reason = "0 to 1000")]
        let strength = (it.strength * 1_000.0) as i64;
        query.bind(it.one.0).bind(it.other.0).bind(it.how.as_str()).bind(strength)
    })
    .await?;
    let done: Vec<i64> = waiting.iter().map(|it| it.number).collect();
    for_these(db, DONE_IDS, ")", &[], &done).await.map(drop)
}

/// What concerns a statement and what stands in `likeness` leaves with its row of `compared`.
const FORGET: [&str; 4] = [
    "delete from compared where statement = $1",
    "delete from uncompared where statement = $1",
    "delete from likeness_refusal where statement = $1",
    "delete from likeness_refusal where other = $1",
];
const OF_VISIT: &str = "select id from statement where visit = $1";

/// Forgets what a statement is like: its words are destroyed.
pub async fn forget(db: &mut Connection, statement: RecordId) -> sqlx::Result<()> {
    for text in FORGET {
        sql(text).bind(statement.0).execute(&mut *db).await?;
    }
    Ok(())
}

/// The same of all statements of a visit.
pub async fn forget_visit(db: &mut Connection, visit: RecordId) -> sqlx::Result<()> {
    for row in &sql(OF_VISIT).bind(visit.0).fetch_all(&mut *db).await? {
        forget(db, RecordId(row.get("id"))).await?;
    }
    Ok(())
}

const LIKE: &str = "select statement.id, statement.visit, how, strength, words, transcript, summary, statement.state,
        statement.version, visit.day, visit.place, unit.name as unit_name, identity.respondent, identity.sealed,
        issue.id as issue, issue.title as issue_title
    from likeness join statement on statement.id = likeness.other
    join visit on visit.id = statement.visit
    left join unit on unit.id = statement.unit
    left join identity on identity.visit = visit.id
    left join issue_statement on issue_statement.statement = statement.id and left_at is null
    left join issue on issue.id = issue_statement.issue
    where likeness.statement = $1 and visit.withdrawn is null and statement.counted = 1
    order by strength desc, statement.received_at desc, statement.id limit $2";
const OWN_SPEAKER: &str = "select visit.id as visit, visit.place, identity.respondent, identity.sealed
    from statement join visit on visit.id = statement.visit left join identity on identity.visit = visit.id
    where statement.id = $1";

/// What a statement is like; `None` where it is like no other. Which words they share is left to the caller.
pub async fn of(db: &mut Connection, statement: RecordId) -> sqlx::Result<Option<Like>> {
    let rows = sql(LIKE).bind(statement.0).bind(LIKE_COUNTED_MAX).fetch_all(&mut *db).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let own = sql(OWN_SPEAKER).bind(statement.0).fetch_optional(&mut *db).await?;
    let speakers: Vec<Speaker> = own.iter().chain(&rows).map(|it| speaker(&db.vault, it)).collect();
    let numbers: HashSet<usize> = households(&speakers).into_iter().collect();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let statements = rows.iter().take(LIKE_SHOWN_MAX).map(like).collect::<sqlx::Result<_>>()?;
    Ok(Some(Like { n: count(rows.len()), n_households: count(numbers.len()), statements }))
}

fn like(row: &Row) -> sqlx::Result<LikeStatement> {
    Ok(LikeStatement {
        id: RecordId(row.get("id")),
        version: version_of(row),
        how: Likeness::from_word(row.get("how"))
            .ok_or_else(|| sqlx::Error::Decode("an unknown likeness".into()))?,
        text: gist(row.get("words"), row.get("transcript"), row.get("summary")).to_owned(),
        here: Vec::new(),
        there: Vec::new(),
        state: state_of(row)?,
        issue: row.get::<Option<Uuid>>("issue").map(IssueId),
        issue_title: row.get::<Option<String>>("issue_title").unwrap_or_default(),
        unit_name: row.get::<Option<String>>("unit_name").unwrap_or_default(),
        day: row.get("day"),
    })
}

const REFUSE: &str = "insert into likeness_refusal (statement, other, account, at) values ($1, $2, $3, $4)
    on conflict (statement, other) do nothing";
const PART: &str = "delete from likeness where statement = $1 and other = $2";
const TAKE_BACK: &str = "delete from likeness_refusal where statement = $1 and other = $2";
const WAIT_ONE: &str =
    "insert into uncompared (statement) select statement from compared where statement = $1";

/// Says that two statements are not one matter: they are not offered together again.
pub async fn refuse(
    db: &mut Connection,
    (one, other): (RecordId, RecordId),
    account: AccountId,
    at: i64,
) -> sqlx::Result<()> {
    for (one, other) in [(one, other), (other, one)] {
        sql(REFUSE).bind(one.0).bind(other.0).bind(account.0).bind(at).execute(&mut *db).await?;
        sql(PART).bind(one.0).bind(other.0).execute(&mut *db).await?;
    }
    Ok(())
}

/// Takes back that statements are not one matter with another: it is compared anew.
pub async fn take_back(db: &mut Connection, one: RecordId, others: &[RecordId]) -> sqlx::Result<()> {
    for other in others {
        for (one, other) in [(one, *other), (*other, one)] {
            sql(TAKE_BACK).bind(one.0).bind(other.0).execute(&mut *db).await?;
        }
    }
    sql(WAIT_ONE).bind(one.0).execute(db).await.map(drop)
}
