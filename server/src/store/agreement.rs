//! How often people agree with what was suggested, and with each other on a second reading.

use domain::{
    agreement::{ConfirmedType, SecondReading, Unseen},
    id::{AccountId, CampaignId, RecordId},
    statement::{Kind, gist},
};
use uuid::Uuid;

use super::{
    engine::{Connection, sql},
    queue::kind_of,
};
use crate::day;

/// The last decision on each statement that names its type.
const CONFIRMED: &str = "select decision.at, category, suggested, case when batch is null then 0 else 1 end as in_batch
    from decision join statement on statement.id = decision.statement
    where campaign = $1 and counted = 1 and category is not null and undone_at is null and act in ('sort', 'join', 'make_issue')
        and not exists (select 1 from decision as later
            where later.statement = decision.statement and later.sequence > decision.sequence
                and later.undone_at is null and later.act in ('sort', 'join', 'make_issue'))
    order by decision.sequence desc limit $2";
/// Decided by someone else who read it, and read by nobody else since.
const OTHERS: &str = "select distinct decision.statement
    from decision join statement on statement.id = decision.statement join visit on visit.id = statement.visit
    where statement.campaign = $1 and decision.account <> $2 and undone_at is null and batch is null
        and act in ('sort', 'join', 'make_issue') and statement.state = 'sorted' and statement.counted = 1 and visit.withdrawn is null
        and (words <> '' or transcript <> '' or summary <> '')
        and not exists (select 1 from decision as own
            where own.statement = decision.statement and own.account = $2)
        and not exists (select 1 from second_reading where second_reading.statement = decision.statement)
    order by decision.statement limit $3";
const UNSEEN: &str = "select words, transcript, summary from statement where id = $1";
const ADD: &str =
    "insert into second_reading (statement, kind, category, first_kind, first_category, account, at)
    select id, $2, $3, kind, category, $4, $5 from statement where id = $1";
const PAIRS: &str = "select second_reading.kind, second_reading.category, first_kind, first_category
    from second_reading join statement on statement.id = second_reading.statement where campaign = $1";

/// Most decisions that are counted: some years of a county's.
const COUNTED_MAX: i64 = 200_000;
/// Most statements among which a sample is drawn: the next are drawn once these are read.
const DRAWN_FROM_MAX: i64 = 20_000;

/// Types as they were confirmed, the latest first.
pub async fn confirmed(db: &mut Connection, campaign: CampaignId) -> sqlx::Result<Vec<ConfirmedType>> {
    let rows = sql(CONFIRMED).bind(campaign.0).bind(COUNTED_MAX).fetch_all(db).await?;
    let of = |row: &super::engine::Row| ConfirmedType {
        month: day::of(row.get("at"))[..7].to_owned(),
        category: row.get("category"),
        suggested: row.get("suggested"),
        in_batch: row.get::<i64>("in_batch") != 0,
    };
    Ok(rows.iter().map(of).collect())
}

/// Statements on which others decided and this person did not, and which nobody has read a second time.
pub async fn of_others(
    db: &mut Connection,
    campaign: CampaignId,
    account: AccountId,
) -> sqlx::Result<Vec<RecordId>> {
    let rows = sql(OTHERS).bind(campaign.0).bind(account.0).bind(DRAWN_FROM_MAX).fetch_all(db).await?;
    Ok(rows.iter().map(|row| RecordId(row.get::<Uuid>("statement"))).collect())
}

/// A statement's words and nothing else.
pub async fn unseen(db: &mut Connection, id: RecordId) -> sqlx::Result<Option<Unseen>> {
    let row = sql(UNSEEN).bind(id.0).fetch_optional(db).await?;
    Ok(row.map(|row| Unseen {
        id,
        words: row.get("words"),
        // What stands in for the words where there are none.
        summary: gist("", row.get("transcript"), row.get("summary")).to_owned(),
    }))
}

/// Keeps a second reading beside what stands.
pub async fn add(
    db: &mut Connection,
    id: RecordId,
    reading: &SecondReading,
    by: AccountId,
    at: i64,
) -> sqlx::Result<()> {
    let query = sql(ADD).bind(id.0).bind(reading.kind.as_str()).bind(reading.category.clone());
    query.bind(by.0).bind(at).execute(db).await.map(drop)
}

/// Kinds and types of first and second readings.
pub struct Pairs {
    pub kinds: Vec<(Kind, Kind)>,
    pub types: Vec<(Option<String>, Option<String>)>,
}

/// All second readings beside the first.
pub async fn pairs(db: &mut Connection, campaign: CampaignId) -> sqlx::Result<Pairs> {
    let mut pairs = Pairs { kinds: Vec::new(), types: Vec::new() };
    for row in &sql(PAIRS).bind(campaign.0).fetch_all(db).await? {
        pairs.kinds.push((kind_of(row.get("first_kind"))?, kind_of(row.get("kind"))?));
        pairs.types.push((row.get("first_category"), row.get("category")));
    }
    Ok(pairs)
}
