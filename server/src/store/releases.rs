//! Releases: issues as branches see them, and what stands behind an issue.

use std::collections::BTreeMap;

use domain::{
    id::{AccountId, CampaignId, IssueId, RecordId, ReleaseId, RespondentId, UnitId},
    release::{Behind, Cell, Proposal, Release, ReleaseState, Speaker, households},
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
    /// Who said it, in all.
    pub group: Cell,
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
const NEXT_NUMBER: &str = "select coalesce(max(number), 0) + 1 from release where unit = $1 and number > 0";
/// What nobody sees is counted downwards, so that the numbers of what a unit sees have no gaps.
const HIDDEN_NUMBER: &str = "select coalesce(min(number), 0) - 1 from release where unit = $1 and number < 0";
const ADD: &str = "insert into release (id, campaign, issue, unit, number, title, wording, category,
        n_said, n_households, again_n, month, despite_few, released_by, at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
const WITHDRAW: &str = "update release set state = 'taken_back', withdrawn_at = $2
    where id = $1 and state in ('proposed', 'approved')";
const APPROVE: &str = "update release set state = 'approved', number = $2, decided_by = $3, decided_at = $4
    where id = $1 and state = 'proposed' and released_by <> $3";
const RETURN: &str = "update release set state = 'returned', returned = $2, decided_by = $3, decided_at = $4
    where id = $1 and state = 'proposed' and released_by <> $3";
const LIST: &str =
    "select release.id, release.unit, unit.name as unit_name, number, title, wording, category,
        n_said, n_households, again_n, month, release.state as release_state, issue, released_by,
        despite_few, returned, proposer.name as proposer, decider.name as decider
    from release join unit on unit.id = release.unit
    join account as proposer on proposer.id = release.released_by
    left join account as decider on decider.id = release.decided_by
    where campaign = $1 and ($2 is null or release.unit = $2) and ($3 is null or issue = $3)
        and release.state in ($4, $5, $6, $7) and ($8 is null or release.id = $8)
    order by unit.position, number desc";
const ISSUE_OF: &str = "select issue from release where id = $1";

pub async fn issue(db: &mut Connection, id: IssueId) -> sqlx::Result<Option<Issue>> {
    let row = sql(ISSUE).bind(id.0).fetch_optional(db).await?;
    Ok(row.map(|row| Issue { campaign: CampaignId(row.get(0)), category: row.get(1) }))
}

/// How often an issue was said, and how many stand behind it of each unit that heard it.
pub async fn said(db: &mut Connection, id: IssueId) -> sqlx::Result<(Tally, Vec<Cell>)> {
    let rows = sql(SAID).bind(id.0).fetch_all(db).await?;
    let speakers: Vec<Speaker> = rows.iter().map(|it| speaker(&db.vault, it)).collect();
    let numbers = households(&speakers);
    let mut said = Tally { n_said: 0, n_households: 0, again_n: 0, month: None, group: Cell::default() };
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
    let mut cells: BTreeMap<UnitId, Cell> = BTreeMap::new();
    for ((unit, _), is_firm) in counted {
        let cell = match unit {
            Some(unit) => cells.entry(unit).or_default(),
            None => &mut said.group,
        };
        if is_firm { cell.firms += 1 } else { cell.households += 1 }
    }
    said.n_households = said.group.households + said.group.firms;
    Ok((said, cells.into_values().collect()))
}

pub(super) fn speaker(vault: &Vault, row: &Row) -> Speaker {
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

/// What the wording of a release of this issue is compared with; counts are left to the caller.
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
        ..Behind::default()
    })
}

/// Adds a proposal.
pub async fn add(db: &mut Connection, new: &NewRelease<'_>) -> sqlx::Result<()> {
    let release = new.release;
    let number: i64 = sql(HIDDEN_NUMBER).bind(release.unit.0).fetch_one(&mut *db).await?.get(0);
    sql(ADD)
        .bind(release.id.0)
        .bind(new.campaign.0)
        .bind(new.issue.0)
        .bind(release.unit.0)
        .bind(number)
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

/// Approves a proposal of someone else, which gets its unit's next number; `false` when there is none.
pub async fn approve(db: &mut Connection, release: &Release, by: AccountId, at: i64) -> sqlx::Result<bool> {
    let number: i64 = sql(NEXT_NUMBER).bind(release.unit.0).fetch_one(&mut *db).await?.get(0);
    Ok(sql(APPROVE).bind(release.id.0).bind(number).bind(by.0).bind(at).execute(db).await? > 0)
}

/// Returns a proposal of someone else; `false` when there is none.
pub async fn send_back(
    db: &mut Connection,
    id: ReleaseId,
    reason: &str,
    by: AccountId,
    at: i64,
) -> sqlx::Result<bool> {
    Ok(sql(RETURN).bind(id.0).bind(reason).bind(by.0).bind(at).execute(db).await? > 0)
}

/// Which releases are asked for.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub campaign: CampaignId,
    pub unit: Option<UnitId>,
    pub issue: Option<IssueId>,
    pub id: Option<ReleaseId>,
    /// Only those that have come to one of these: what whoever asks may see.
    pub states: &'a [ReleaseState],
}

impl<'a> Asked<'a> {
    /// All of a campaign that have come to one of `states`.
    pub fn all(campaign: CampaignId, states: &'a [ReleaseState]) -> Self {
        Self { campaign, unit: None, issue: None, id: None, states }
    }
}

/// The releases that fit.
pub async fn list(db: &mut Connection, asked: Asked<'_>) -> sqlx::Result<Vec<Release>> {
    Ok(rows(db, asked).await?.iter().map(read).collect())
}

/// The same with who proposed and decided, as `reader` sees them.
pub async fn proposals(
    db: &mut Connection,
    asked: Asked<'_>,
    reader: AccountId,
) -> sqlx::Result<Vec<Proposal>> {
    let rows = rows(db, asked).await?;
    Ok(rows
        .iter()
        .map(|row| Proposal {
            release: read(row),
            issue: IssueId(row.get("issue")),
            by: row.get("proposer"),
            own: AccountId(row.get("released_by")) == reader,
            despite_few: row.get("despite_few"),
            decided_by: row.get("decider"),
            returned: row.get("returned"),
        })
        .collect())
}

async fn rows(db: &mut Connection, asked: Asked<'_>) -> sqlx::Result<Vec<Row>> {
    let mut query =
        sql(LIST).bind(asked.campaign.0).bind(asked.unit.map(|it| it.0)).bind(asked.issue.map(|it| it.0));
    for state in ReleaseState::ALL {
        query = query.bind(asked.states.contains(&state).then_some(state.as_str()));
    }
    query.bind(asked.id.map(|it| it.0)).fetch_all(db).await
}

pub async fn issue_of(db: &mut Connection, id: ReleaseId) -> sqlx::Result<Option<IssueId>> {
    Ok(sql(ISSUE_OF).bind(id.0).fetch_optional(db).await?.map(|row| IssueId(row.get(0))))
}

/// Reads a release from a row that names its columns as [`LIST`] does.
pub fn read(row: &Row) -> Release {
    let state = ReleaseState::from_word(row.get("release_state")).unwrap_or_default();
    Release {
        id: ReleaseId(row.get("id")),
        unit: UnitId(row.get("unit")),
        unit_name: row.get("unit_name"),
        // What is not approved has none.
        number: u32::try_from(row.get::<i64>("number")).unwrap_or(0),
        title: row.get("title"),
        wording: row.get("wording"),
        category: row.get("category"),
        n_said: row.get("n_said"),
        n_households: row.get("n_households"),
        again_n: row.get("again_n"),
        month: row.get("month"),
        state,
        withdrawn: state == ReleaseState::TakenBack,
    }
}
