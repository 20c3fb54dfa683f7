//! Meetings: header, agenda, and what was noted on each item.

use domain::{
    id::{AccountId, CampaignId, MeetingId, ReleaseId, UnitId},
    meeting::{Discussion, Header, Item, ItemState, Meeting, MeetingLine},
};
use uuid::Uuid;

use super::{
    engine::{Connection, Row, sql},
    measures, releases,
};

/// A meeting as it is made.
pub struct NewMeeting<'a> {
    pub id: MeetingId,
    pub campaign: CampaignId,
    pub unit: UnitId,
    pub header: &'a Header,
    pub by: AccountId,
    pub at: i64,
}

/// What stood before a change.
pub struct Before<'a> {
    pub meeting: MeetingId,
    pub item: Option<Uuid>,
    pub version: u32,
    /// JSON
    pub body: &'a str,
    pub by: AccountId,
    pub at: i64,
}

const ADD: &str = "insert into meeting (id, campaign, unit, held_on, title, place, host, recorder,
        due_n, present_n, excused_n, excused, effort, created_by, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    on conflict (id) do nothing";
const GET: &str = "select meeting.id, unit, unit.name as unit_name, held_on, title, place, host, recorder,
        due_n, present_n, excused_n, excused, effort, version, closed_at
    from meeting join unit on unit.id = meeting.unit
    where meeting.id = $1 and ($2 is null or meeting.unit = $2)";
const LIST: &str = "select meeting.id, unit, unit.name as unit_name, held_on, title, closed_at,
        (select count(*) from agenda_item where meeting = meeting.id and removed_at is null) as items_n,
        (select count(*) from agenda_item where meeting = meeting.id and removed_at is null
            and state = 'agreed') as agreed_n
    from meeting join unit on unit.id = meeting.unit
    where campaign = $1 and ($2 is null or unit = $2)
    order by held_on desc, created_at desc limit $3";
const CHANGE: &str = "update meeting set held_on = $3, title = $4, place = $5, host = $6, recorder = $7,
        due_n = $8, present_n = $9, excused_n = $10, excused = $11, effort = $12, version = version + 1
    where id = $1 and version = $2 and closed_at is null";
const COUNT_UP: &str = "update meeting set version = version + 1
    where id = $1 and version = $2 and closed_at is null";
const CLOSE: &str = "update meeting set closed_at = $3, version = version + 1
    where id = $1 and version = $2 and closed_at is null";
const ITEMS: &str = "select agenda_item.id as item, agenda_item.state, cause, effort, points,
        agenda_item.version, release.id, unit, unit.name as unit_name, number, title, wording, category,
        n_said, n_households, again_n, month, release.state as release_state, withdrawn_at
    from agenda_item
    join release on release.id = agenda_item.release
    join unit on unit.id = release.unit
    where meeting = $1 and removed_at is null order by agenda_item.position";
const ADD_ITEM: &str = "insert into agenda_item (id, meeting, release, position) values ($1, $2, $3, $4)
    on conflict (meeting, release) do update set position = excluded.position, removed_at = null";
const MOVE_ITEM: &str = "update agenda_item set position = $2 where id = $1";
const REMOVE_ITEM: &str = "update agenda_item set removed_at = $2 where id = $1";
const CHANGE_ITEM: &str = "update agenda_item set state = $3, cause = $4, effort = $5, points = $6,
        version = version + 1, agreed_at = coalesce(agreed_at, $7)
    where id = $1 and version = $2";
const NOTE: &str = "insert into meeting_history (meeting, item, version, body, account, at)
    values ($1, $2, $3, $4, $5, $6)";

/// Adds a meeting; nothing happens when its id is another unit's.
pub async fn add(db: &mut Connection, new: &NewMeeting<'_>) -> sqlx::Result<()> {
    let header = new.header;
    sql(ADD)
        .bind(new.id.0)
        .bind(new.campaign.0)
        .bind(new.unit.0)
        .bind(&header.held_on)
        .bind(&header.title)
        .bind(&header.place)
        .bind(&header.host)
        .bind(&header.recorder)
        .bind(header.due_n)
        .bind(header.present_n)
        .bind(header.excused_n)
        .bind(&header.excused)
        .bind(&header.effort)
        .bind(new.by.0)
        .bind(new.at)
        .execute(db)
        .await?;
    Ok(())
}

/// A meeting with its items and all that was noted, if it is of the unit.
pub async fn get(db: &mut Connection, id: MeetingId, unit: Option<UnitId>) -> sqlx::Result<Option<Meeting>> {
    let query = sql(GET).bind(id.0).bind(unit.map(|it| it.0));
    let Some(row) = query.fetch_optional(&mut *db).await? else { return Ok(None) };
    let closed_at: Option<i64> = row.get("closed_at");
    let mut items: Vec<Item> =
        sql(ITEMS).bind(id.0).fetch_all(&mut *db).await?.iter().map(|it| read_item(it, closed_at)).collect();
    for item in &mut items {
        item.discussion.measures = measures::of_item(db, item.id).await?;
    }
    Ok(Some(Meeting {
        id: MeetingId(row.get("id")),
        unit: UnitId(row.get("unit")),
        unit_name: row.get("unit_name"),
        version: row.get("version"),
        header: Header {
            held_on: row.get("held_on"),
            title: row.get("title"),
            place: row.get("place"),
            host: row.get("host"),
            recorder: row.get("recorder"),
            due_n: row.get("due_n"),
            present_n: row.get("present_n"),
            excused_n: row.get("excused_n"),
            excused: row.get("excused"),
            effort: row.get("effort"),
        },
        closed_at,
        items,
    }))
}

/// The latest meetings of a campaign, of one unit or all.
pub async fn list(
    db: &mut Connection,
    campaign: CampaignId,
    unit: Option<UnitId>,
    n_max: u32,
) -> sqlx::Result<Vec<MeetingLine>> {
    let query = sql(LIST).bind(campaign.0).bind(unit.map(|it| it.0)).bind(n_max);
    Ok(query.fetch_all(db).await?.iter().map(read_line).collect())
}

/// Changes the header of a meeting that is open and at `version`; `false` when it is not.
pub async fn change(db: &mut Connection, id: MeetingId, version: u32, header: &Header) -> sqlx::Result<bool> {
    let query = sql(CHANGE)
        .bind(id.0)
        .bind(version)
        .bind(&header.held_on)
        .bind(&header.title)
        .bind(&header.place)
        .bind(&header.host)
        .bind(&header.recorder)
        .bind(header.due_n)
        .bind(header.present_n)
        .bind(header.excused_n)
        .bind(&header.excused)
        .bind(&header.effort);
    Ok(query.execute(db).await? > 0)
}

/// Counts a change of the agenda of a meeting that is open and at `version`; `false` when it is not.
pub async fn count_up(db: &mut Connection, id: MeetingId, version: u32) -> sqlx::Result<bool> {
    Ok(sql(COUNT_UP).bind(id.0).bind(version).execute(db).await? > 0)
}

/// Closes a meeting that is open and at `version`; `false` when it is not.
pub async fn close(db: &mut Connection, id: MeetingId, version: u32, at: i64) -> sqlx::Result<bool> {
    Ok(sql(CLOSE).bind(id.0).bind(version).bind(at).execute(db).await? > 0)
}

pub async fn add_item(
    db: &mut Connection,
    id: Uuid,
    meeting: MeetingId,
    release: ReleaseId,
    position: usize,
) -> sqlx::Result<()> {
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    sql(ADD_ITEM).bind(id).bind(meeting.0).bind(release.0).bind(position).execute(db).await?;
    Ok(())
}

pub async fn move_item(db: &mut Connection, id: Uuid, position: usize) -> sqlx::Result<()> {
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    sql(MOVE_ITEM).bind(id).bind(position).execute(db).await?;
    Ok(())
}

/// Takes an item with nothing noted off the agenda.
pub async fn remove_item(db: &mut Connection, id: Uuid, at: i64) -> sqlx::Result<()> {
    sql(REMOVE_ITEM).bind(id).bind(at).execute(db).await?;
    Ok(())
}

/// Keeps what was noted on an item that is at `version`; `false` when it is not. Measures are apart.
pub async fn change_item(
    db: &mut Connection,
    id: Uuid,
    version: u32,
    discussion: &Discussion,
    at: i64,
) -> sqlx::Result<bool> {
    let agreed_at = (discussion.state == ItemState::Agreed).then_some(at);
    let query = sql(CHANGE_ITEM)
        .bind(id)
        .bind(version)
        .bind(discussion.state.as_str())
        .bind(&discussion.cause)
        .bind(&discussion.effort)
        .bind(serde_json::to_string(&discussion.points).unwrap_or_default())
        .bind(agreed_at);
    Ok(query.execute(db).await? > 0)
}

/// Notes what stood before a change, in the transaction that makes it.
pub async fn note(db: &mut Connection, before: &Before<'_>) -> sqlx::Result<()> {
    sql(NOTE)
        .bind(before.meeting.0)
        .bind(before.item)
        .bind(before.version)
        .bind(before.body)
        .bind(before.by.0)
        .bind(before.at)
        .execute(db)
        .await?;
    Ok(())
}

/// An item; of a release that was taken back before the meeting closed, nothing is shown.
fn read_item(row: &Row, closed_at: Option<i64>) -> Item {
    let mut release = releases::read(row);
    let withdrawn_at: Option<i64> = row.get("withdrawn_at");
    if withdrawn_at.is_some_and(|withdrawn| closed_at.is_none_or(|closed| withdrawn < closed)) {
        release.take_back();
    }
    Item {
        id: row.get("item"),
        version: row.get("version"),
        release,
        discussion: Discussion {
            state: ItemState::from_word(row.get("state")).unwrap_or_default(),
            cause: row.get("cause"),
            points: serde_json::from_str(row.get("points")).unwrap_or_default(),
            measures: vec![],
            effort: row.get("effort"),
        },
    }
}

fn read_line(row: &Row) -> MeetingLine {
    MeetingLine {
        id: MeetingId(row.get("id")),
        unit: UnitId(row.get("unit")),
        unit_name: row.get("unit_name"),
        held_on: row.get("held_on"),
        title: row.get("title"),
        items_n: row.get("items_n"),
        agreed_n: row.get("agreed_n"),
        closed: row.get::<Option<i64>>("closed_at").is_some(),
    }
}
