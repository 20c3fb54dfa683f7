//! Releases: issues as branches see them, and what stands behind an issue.

use std::collections::BTreeMap;

use domain::{
    id::{AccountId, CampaignId, IssueId, RecordId, ReleaseId, RespondentId, UnitId},
    release::{Behind, Cell, Release, Speaker, households},
};
use uuid::Uuid;

use super::{
    engine::{Connection, Row, sql},
    sealing::Person,
};
use crate::vault::{NotOpened, Vault};

/// A release as it is made.
pub struct NewRelease<'a> {
    pub release: &'a Release,
    pub campaign: CampaignId,
    pub issue: IssueId,
    pub despite_few: Option<&'a str>,
    pub by: AccountId,
    pub at: i64,
}

/// An issue as far as releasing it needs.
pub struct Issue {
    pub campaign: CampaignId,
    pub category: Option<String>,
}

/// How often and by how many something was said.
pub struct Tally {
    pub n_said: u32,
    pub n_households: u32,
    pub again_n: u32,
    /// yyyy-MM of the last time; `None` when nobody said it (an issue from another source).
    pub month: Option<String>,
}

const ISSUE: &str = "select campaign, category from issue where id = $1";
const WORDS: &str = "select statement.words from issue_statement
    join statement on statement.id = issue_statement.statement
    where issue_statement.issue = $1 and issue_statement.left_at is null and statement.words <> ''";
const NAMES: &str = "select distinct identity.visit, identity.sealed from issue_statement
    join statement on statement.id = issue_statement.statement
    join identity on identity.visit = statement.visit
    where issue_statement.issue = $1 and issue_statement.left_at is null";
const DIRECTORY: &str = "select id, sealed from respondent where campaign = $1";
/// One row a statement that counts: who said it, where, when, and whether measures had been agreed by then.
const SAID: &str =
    "select visit.id as visit, identity.respondent, visit.respondent_kind, visit.unit, visit.day,
        visit.place, identity.sealed,
        case when exists (select 1 from release
            join agenda_item on agenda_item.release = release.id
            where release.issue = issue_statement.issue and agenda_item.agreed_at < visit.received_at)
        then 1 else 0 end as again
    from issue_statement
    join statement on statement.id = issue_statement.statement
    join visit on visit.id = statement.visit
    left join identity on identity.visit = visit.id
    where issue_statement.issue = $1 and issue_statement.left_at is null and visit.withdrawn is null
    order by visit.id";
const NEXT_NUMBER: &str = "select coalesce(max(number), 0) + 1 from release where unit = $1";
const ADD: &str = "insert into release (id, campaign, issue, unit, number, title, wording, category,
        n_said, n_households, again_n, month, despite_few, released_by, at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
const WITHDRAW: &str = "update release set withdrawn_at = $2 where id = $1 and withdrawn_at is null";
const LIST: &str = "select release.id, unit, unit.name as unit_name, number, title, wording, category,
        n_said, n_households, again_n, month, withdrawn_at
    from release join unit on unit.id = release.unit
    where campaign = $1 and ($2 is null or unit = $2) and ($3 is null or issue = $3)
        and ($4 = 1 or withdrawn_at is null)
    order by unit.position, number desc";
const ISSUE_OF: &str = "select issue from release where id = $1";

pub async fn issue(db: &mut Connection, id: IssueId) -> sqlx::Result<Option<Issue>> {
    let row = sql(ISSUE).bind(id.0).fetch_optional(db).await?;
    Ok(row.map(|row| Issue { campaign: CampaignId(row.get(0)), category: row.get(1) }))
}

/// How often an issue was said, and how many stand behind it: in all, and of each unit that heard it.
pub async fn said(db: &mut Connection, id: IssueId) -> sqlx::Result<(Tally, Vec<Cell>)> {
    let rows = sql(SAID).bind(id.0).fetch_all(db).await?;
    let speakers: Vec<Speaker> = rows.iter().map(|it| speaker(&db.vault, it)).collect();
    let numbers = households(&speakers);
    let mut said = Tally { n_said: 0, n_households: 0, again_n: 0, month: None };
    let mut counted: BTreeMap<(Option<UnitId>, usize), bool> = BTreeMap::new();
    for (row, number) in rows.iter().zip(numbers) {
        let (is_firm, unit) = (row.get::<&str>("respondent_kind") == "business", UnitId(row.get("unit")));
        counted.insert((None, number), is_firm);
        counted.insert((Some(unit), number), is_firm);
        said.n_said += 1;
        said.again_n += row.get::<u32>("again");
        let month = row.get::<&str>("day").get(..7).map(str::to_owned);
        said.month = said.month.max(month);
    }
    let mut cells: BTreeMap<Option<UnitId>, Cell> = BTreeMap::new();
    for ((unit, _), is_firm) in counted {
        said.n_households += u32::from(unit.is_none());
        let cell = cells.entry(unit).or_default();
        if is_firm { cell.firms += 1 } else { cell.households += 1 }
    }
    Ok((said, cells.into_values().collect()))
}

fn speaker(vault: &Vault, row: &Row) -> Speaker {
    let visit = RecordId(row.get("visit"));
    let sealed = row.get::<Option<&[u8]>>("sealed");
    let person = sealed.map(|it| vault.open_identity(visit, it)).unwrap_or_default();
    Speaker {
        visit,
        respondent: row.get::<Option<Uuid>>("respondent").map(RespondentId),
        name: if person.organisation.is_empty() { person.name } else { person.organisation },
        place: row.get("place"),
        telephone: person.telephone,
    }
}

/// What the wording of a release of this issue is compared with; `cells` are left to the caller.
pub async fn behind(db: &mut Connection, id: IssueId, campaign: CampaignId) -> sqlx::Result<Behind> {
    let words = sql(WORDS).bind(id.0).fetch_all(&mut *db).await?;
    let names = sql(NAMES).bind(id.0).fetch_all(&mut *db).await?;
    let directory = sql(DIRECTORY).bind(campaign.0).fetch_all(&mut *db).await?;
    let vault = &db.vault;
    // A wording is not compared with some of the names: what does not open stops it.
    let names = names.iter().map(|it| vault.identity(RecordId(it.get(0)), it.get(1)));
    let directory = directory.iter().map(|it| vault.respondent(RespondentId(it.get(0)), it.get(1)));
    let both = |it: Result<Person, NotOpened>| it.map(|it| [it.name, it.organisation]);
    let damaged = |cause: NotOpened| sqlx::Error::Decode(cause.into());
    Ok(Behind {
        words: words.iter().map(|it| it.get(0)).collect(),
        names: names.map(both).collect::<Result<Vec<_>, _>>().map_err(damaged)?.concat(),
        directory: directory.map(both).collect::<Result<Vec<_>, _>>().map_err(damaged)?.concat(),
        cells: vec![],
    })
}

pub async fn next_number(db: &mut Connection, unit: UnitId) -> sqlx::Result<u32> {
    Ok(sql(NEXT_NUMBER).bind(unit.0).fetch_one(db).await?.get(0))
}

pub async fn add(db: &mut Connection, new: &NewRelease<'_>) -> sqlx::Result<()> {
    let release = new.release;
    sql(ADD)
        .bind(release.id.0)
        .bind(new.campaign.0)
        .bind(new.issue.0)
        .bind(release.unit.0)
        .bind(release.number)
        .bind(&release.title)
        .bind(&release.wording)
        .bind(&release.category)
        .bind(release.n_said)
        .bind(release.n_households)
        .bind(release.again_n)
        .bind(&release.month)
        .bind(new.despite_few)
        .bind(new.by.0)
        .bind(new.at)
        .execute(db)
        .await?;
    Ok(())
}

/// Takes a release back; `false` when there is none that stands.
pub async fn withdraw(db: &mut Connection, id: ReleaseId, at: i64) -> sqlx::Result<bool> {
    Ok(sql(WITHDRAW).bind(id.0).bind(at).execute(db).await? > 0)
}

/// The releases of a campaign, of one unit or all, of one issue or all.
pub async fn list(
    db: &mut Connection,
    campaign: CampaignId,
    unit: Option<UnitId>,
    issue: Option<IssueId>,
    withdrawn_too: bool,
) -> sqlx::Result<Vec<Release>> {
    let query = sql(LIST).bind(campaign.0).bind(unit.map(|it| it.0)).bind(issue.map(|it| it.0));
    Ok(query.bind(i64::from(withdrawn_too)).fetch_all(db).await?.iter().map(read).collect())
}

pub async fn issue_of(db: &mut Connection, id: ReleaseId) -> sqlx::Result<Option<IssueId>> {
    Ok(sql(ISSUE_OF).bind(id.0).fetch_optional(db).await?.map(|row| IssueId(row.get(0))))
}

/// Reads a release from a row that names its columns as [`LIST`] does.
pub fn read(row: &Row) -> Release {
    Release {
        id: ReleaseId(row.get("id")),
        unit: UnitId(row.get("unit")),
        unit_name: row.get("unit_name"),
        number: row.get("number"),
        title: row.get("title"),
        wording: row.get("wording"),
        category: row.get("category"),
        n_said: row.get("n_said"),
        n_households: row.get("n_households"),
        again_n: row.get("again_n"),
        month: row.get("month"),
        withdrawn: row.get::<Option<i64>>("withdrawn_at").is_some(),
    }
}
