//! Campaigns.

use domain::{
    campaign::Campaign,
    id::{CampaignId, RecordId},
};

use super::engine::{Connection, Row, sql};

const CURRENT: &str = "select id, name, starts_on, ends_on, phases, notice, notice_version
    from campaign order by created_at desc limit 1";
const GET: &str = "select id, name, starts_on, ends_on, phases, notice, notice_version
    from campaign where id = $1";
const KEEP: &str =
    "insert into campaign (id, name, starts_on, ends_on, phases, notice, notice_version, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (id) do update set name = excluded.name, starts_on = excluded.starts_on,
        ends_on = excluded.ends_on, phases = excluded.phases, notice = excluded.notice,
        notice_version = excluded.notice_version";
const KEEP_NOTICE: &str = "insert into notice (campaign, version, text, since) values ($1, $2, $3, $4)
    on conflict (campaign, version) do nothing";
const NOTICES_OF_DAY: &str =
    "select count(*) from notice where campaign = $1 and (version = $2 or version like $3)";
const NOTICE_TOLD: &str = "select notice.text from visit join notice on notice.campaign = visit.campaign
    where visit.id = $1 and notice.version = $2";

/// The campaign under way: the latest that was set up.
pub async fn current(db: &mut Connection) -> sqlx::Result<Option<Campaign>> {
    Ok(sql(CURRENT).fetch_optional(db).await?.as_ref().map(read))
}

pub async fn get(db: &mut Connection, id: CampaignId) -> sqlx::Result<Option<Campaign>> {
    Ok(sql(GET).bind(id.0).fetch_optional(db).await?.as_ref().map(read))
}

/// Sets a campaign up, or changes its name, dates, phases and notice.
pub async fn keep(db: &mut Connection, campaign: &Campaign, at: i64) -> sqlx::Result<()> {
    sql(KEEP)
        .bind(campaign.id.0)
        .bind(&campaign.name)
        .bind(&campaign.starts_on)
        .bind(&campaign.ends_on)
        .bind(serde_json::to_string(&campaign.phases).unwrap_or_default())
        .bind(&campaign.notice)
        .bind(&campaign.notice_version)
        .bind(at)
        .execute(&mut *db)
        .await?;
    sql(KEEP_NOTICE)
        .bind(campaign.id.0)
        .bind(&campaign.notice_version)
        .bind(&campaign.notice)
        .bind(at)
        .execute(db)
        .await?;
    Ok(())
}

/// The next version of a campaign's notice on a day, yyyy-MM-dd: the day, from the second on with its place.
pub async fn next_notice_version(
    db: &mut Connection,
    campaign: Option<CampaignId>,
    day: &str,
) -> sqlx::Result<String> {
    let Some(campaign) = campaign else { return Ok(day.to_owned()) };
    let query = sql(NOTICES_OF_DAY).bind(campaign.0).bind(day).bind(format!("{day}-%"));
    let n: u32 = query.fetch_one(db).await?.get(0);
    Ok(if n == 0 { day.to_owned() } else { format!("{day}-{}", n + 1) })
}

/// The words of the notice that was told at a visit; `None` when its version is not known here.
pub async fn notice_told(
    db: &mut Connection,
    visit: RecordId,
    version: &str,
) -> sqlx::Result<Option<String>> {
    let row = sql(NOTICE_TOLD).bind(visit.0).bind(version).fetch_optional(db).await?;
    Ok(row.map(|row| row.get(0)))
}

fn read(row: &Row) -> Campaign {
    Campaign {
        id: CampaignId(row.get("id")),
        name: row.get("name"),
        starts_on: row.get("starts_on"),
        ends_on: row.get("ends_on"),
        phases: serde_json::from_str(row.get("phases")).unwrap_or_default(),
        notice: row.get("notice"),
        notice_version: row.get("notice_version"),
    }
}
