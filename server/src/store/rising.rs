//! What was said of each type, month by month, for what has risen.

use domain::{
    id::{CampaignId, UnitId},
    release::{Speaker, households},
    rising::Count,
};

use super::{
    engine::{Connection, Row, sql},
    releases::speaker,
};

/// The days of a campaign that are looked at.
#[derive(Clone, Copy)]
pub struct Days<'a> {
    pub campaign: CampaignId,
    /// yyyy-MM-dd, the first day.
    pub from: &'a str,
    /// yyyy-MM-dd, the last day.
    pub to: &'a str,
}

const SAID: &str =
    "select substr(visit.day, 1, 7) as month, visit.unit, statement.category as code, count(*) as n
    from statement join visit on visit.id = statement.visit
    where visit.campaign = $1 and visit.day between $2 and $3 and visit.withdrawn is null
        and statement.counted = 1 and statement.category is not null
    group by substr(visit.day, 1, 7), visit.unit, statement.category";
const VISITED: &str = "select substr(day, 1, 7) as month, unit, count(*) as n from visit
    where campaign = $1 and day between $2 and $3 and withdrawn is null group by substr(day, 1, 7), unit";
const SPEAKERS: &str = "select visit.id as visit, visit.place, identity.respondent, identity.sealed
    from statement join visit on visit.id = statement.visit left join identity on identity.visit = visit.id
    where visit.campaign = $1 and visit.day between $2 and $3 and visit.withdrawn is null
        and ($4 is null or visit.unit = $4) and statement.counted = 1 and statement.category = $5";

fn count<T>(row: &Row, of: T) -> Count<T> {
    Count { month: row.get("month"), unit: UnitId(row.get("unit")), of, n: row.get("n") }
}

/// Statements of each confirmed type, by month and unit.
pub async fn said(db: &mut Connection, days: Days<'_>) -> sqlx::Result<Vec<Count<String>>> {
    let query = sql(SAID).bind(days.campaign.0).bind(days.from).bind(days.to);
    Ok(query.fetch_all(db).await?.iter().map(|row| count(row, row.get("code"))).collect())
}

/// Visits by month and unit.
pub async fn visited(db: &mut Connection, days: Days<'_>) -> sqlx::Result<Vec<Count<()>>> {
    let query = sql(VISITED).bind(days.campaign.0).bind(days.from).bind(days.to);
    Ok(query.fetch_all(db).await?.iter().map(|row| count(row, ())).collect())
}

/// How many households and firms said something of a type.
pub async fn households_n(
    db: &mut Connection,
    days: Days<'_>,
    unit: Option<UnitId>,
    category: &str,
) -> sqlx::Result<u32> {
    let query = sql(SPEAKERS).bind(days.campaign.0).bind(days.from).bind(days.to);
    let rows = query.bind(unit.map(|it| it.0)).bind(category).fetch_all(&mut *db).await?;
    let speakers: Vec<Speaker> = rows.iter().map(|it| speaker(&db.vault, it)).collect();
    let n = households(&speakers).into_iter().max().map_or(0, |it| it + 1);
    Ok(u32::try_from(n).unwrap_or(u32::MAX))
}
