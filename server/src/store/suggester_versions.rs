//! Versions of what was learned from the office's confirmations, and which of them suggests.

use domain::{
    id::AccountId,
    suggester_versions::{Figures, SuggesterVersion, VERSIONS_KEPT},
};

use super::engine::{Connection, Row, sql};

const ADD: &str =
    "insert into suggester_version (made_at, made_by, program, confirmed_n, up_to, figures, bytes)
    values ($1, $2, $3, $4, $5, $6, $7) returning number";
const USE: &str = "insert into suggester_use (version, account, at, after) values ($1, $2, $3, $4)";
const IN_USE: &str = "select version, at, after, account.name from suggester_use
    left join account on account.id = suggester_use.account order by sequence desc limit 1";
const LIST: &str = "select number, made_at, account.name, program, confirmed_n, figures,
        case when bytes is null then 0 else 1 end as is_kept
    from suggester_version left join account on account.id = made_by order by number desc limit $1";
const LAST: &str =
    "select confirmed_n from suggester_version where program = $1 order by number desc limit 1";
const UP_TO: &str = "select up_to from suggester_version where number = $1";
const BYTES: &str = "select bytes from suggester_version where number = $1";
const LET_GO: &str = "update suggester_version set bytes = null where bytes is not null and number < $1
    and number not in (select number from suggester_version order by number desc limit $2)";

/// Versions that are listed at most.
const LISTED_MAX: i64 = 50;

/// A version to keep.
pub struct NewVersion<'a> {
    pub at: i64,
    /// Who asked for it; none where it was due.
    pub by: Option<AccountId>,
    /// What it was learned beside.
    pub program: i64,
    pub confirmed_n: usize,
    /// The last decision that it was learned from.
    pub up_to: i64,
    pub figures: &'a Figures,
    pub bytes: &'a [u8],
}

/// Which version suggests, since when, and who chose it.
#[derive(Default)]
pub struct InUse {
    /// None: what ships.
    pub version: Option<i64>,
    pub since: Option<i64>,
    pub chosen_by: Option<String>,
    /// The last decision before it; 0 for the first.
    pub after: i64,
}

/// Keeps a version; answers its number.
pub async fn add(db: &mut Connection, new: &NewVersion<'_>) -> sqlx::Result<i64> {
    let query = sql(ADD)
        .bind(new.at)
        .bind(new.by.map(|it| it.0))
        .bind(new.program)
        .bind(i64::try_from(new.confirmed_n).unwrap_or(i64::MAX))
        .bind(new.up_to)
        .bind(serde_json::to_string(new.figures).unwrap_or_default())
        .bind(new.bytes.to_vec());
    Ok(query.fetch_one(db).await?.get(0))
}

/// Has a version suggest from now on, corrected by what is confirmed after the decision `after`; those before it that are not among the latest are let go.
pub async fn take_into_use(
    db: &mut Connection,
    version: Option<i64>,
    by: Option<AccountId>,
    at: i64,
    after: i64,
) -> sqlx::Result<()> {
    sql(USE).bind(version).bind(by.map(|it| it.0)).bind(at).bind(after).execute(&mut *db).await?;
    let Some(number) = version else { return Ok(()) };
    sql(LET_GO).bind(number).bind(i64::from(VERSIONS_KEPT)).execute(db).await.map(drop)
}

/// Which version suggests.
pub async fn in_use(db: &mut Connection) -> sqlx::Result<InUse> {
    let row = sql(IN_USE).fetch_optional(db).await?;
    Ok(row.map_or_else(InUse::default, |row| InUse {
        version: row.get("version"),
        since: row.get("at"),
        chosen_by: row.get("name"),
        after: row.get("after"),
    }))
}

/// The versions, the latest first. Those learned beside another program than `program` cannot be used.
pub async fn list(db: &mut Connection, program: i64) -> sqlx::Result<Vec<SuggesterVersion>> {
    let rows = sql(LIST).bind(LISTED_MAX).fetch_all(db).await?;
    rows.iter().map(|row| version(row, program)).collect()
}

fn version(row: &Row, program: i64) -> sqlx::Result<SuggesterVersion> {
    let figures = serde_json::from_str(row.get("figures"))
        .map_err(|_| sqlx::Error::Decode("figures that cannot be read".into()))?;
    Ok(SuggesterVersion {
        number: row.get("number"),
        made_at: row.get("made_at"),
        made_by: row.get("name"),
        confirmed_n: u32::try_from(row.get::<i64>("confirmed_n")).unwrap_or(u32::MAX),
        figures,
        kept: row.get::<i64>("is_kept") != 0 && row.get::<i64>("program") == program,
    })
}

/// How many confirmations the last version was learned from beside this program; 0 where there is none.
pub async fn last_n(db: &mut Connection, program: i64) -> sqlx::Result<usize> {
    let row = sql(LAST).bind(program).fetch_optional(db).await?;
    Ok(row.and_then(|row| usize::try_from(row.get::<i64>("confirmed_n")).ok()).unwrap_or(0))
}

/// The last decision that a version was learned from.
pub async fn up_to(db: &mut Connection, number: i64) -> sqlx::Result<Option<i64>> {
    Ok(sql(UP_TO).bind(number).fetch_optional(db).await?.map(|row| row.get("up_to")))
}

/// A version's bytes: the outer none where there is no such version, the inner where they were let go.
pub async fn bytes(db: &mut Connection, number: i64) -> sqlx::Result<Option<Option<Vec<u8>>>> {
    let row = sql(BYTES).bind(number).fetch_optional(db).await?;
    Ok(row.map(|row| row.get::<Option<&[u8]>>("bytes").map(<[u8]>::to_vec)))
}
