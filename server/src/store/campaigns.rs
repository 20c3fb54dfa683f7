//! Campaigns.

use domain::{campaign::Campaign, id::CampaignId};

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
        .execute(db)
        .await?;
    Ok(())
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
