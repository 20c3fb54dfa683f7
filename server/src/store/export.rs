//! Rows for export, a page at a time, so that memory stays the same however many there are.

use domain::id::{CampaignId, IssueId, RecordId};
use uuid::Uuid;

use super::engine::{Connection, Row, sql};

/// Rows of a page.
pub const PAGE: i64 = 500;

/// Which rows are wanted.
#[derive(Clone, Debug)]
pub struct Range {
    pub campaign: CampaignId,
    /// yyyy-MM-dd, inclusive.
    pub from: String,
    /// yyyy-MM-dd, inclusive.
    pub to: String,
}

/// A visit as it is exported.
pub struct VisitRow {
    pub id: RecordId,
    pub day: String,
    pub unit: String,
    pub visitors: String,
    pub respondent_kind: String,
    pub form: String,
    pub head_count: Option<i64>,
    pub manner: String,
    pub started_at: i64,
    pub ended_at: Option<i64>,
    pub place: String,
    pub policies: String,
    pub consent_given: String,
    pub consent_recording: String,
    pub call_back_wanted: bool,
    pub call_back_how: String,
    pub reported_elsewhere: Option<bool>,
    pub reported_to: String,
    pub answered: String,
    pub read_back: bool,
    pub entered: String,
    pub withdrawn: Option<String>,
    pub statements_n: i64,
    pub attachments_n: i64,
    pub complete: bool,
    pub received_at: i64,
    /// Latitude and longitude, in degrees.
    pub position: String,
    pub identity: Option<IdentityRow>,
}

/// Who was visited; only read when the export is one with identities.
#[derive(Default)]
pub struct IdentityRow {
    pub name: String,
    pub organisation: String,
    pub telephone: String,
    pub address: String,
    pub id_number: String,
}

/// A statement as it is exported.
pub struct StatementRow {
    pub id: RecordId,
    pub visit: RecordId,
    pub day: String,
    pub unit: String,
    pub respondent_kind: String,
    pub words: String,
    pub summary: String,
    pub kind_said: String,
    pub kind: String,
    pub about: String,
    pub happened: String,
    pub state: String,
    pub category: Option<String>,
    /// Codes that the visitor proposed.
    pub proposed: Vec<String>,
    pub attachments_n: usize,
    pub received_at: i64,
}

const VISITS: &str = "select visit.id, visit.day, unit.name as unit_name, visitors, respondent_kind, form,
    head_count, manner, started_at, ended_at, place, policies, consent_given, consent_recording,
    call_back_wanted, call_back_how, reported_elsewhere, reported_to, answered, read_back, entered, withdrawn,
    complete_at, received_at, visit.position,
    (select count(*) from statement where statement.visit = visit.id) as statements_n,
    (select count(*) from attachment where attachment.visit = visit.id) as attachments_n
    from visit left join unit on unit.id = visit.unit
    where visit.campaign = $1 and visit.day >= $2 and visit.day <= $3
    and (visit.day, visit.id) > ($4, $5) order by visit.day, visit.id limit $6";
const IDENTITY: &str =
    "select name, organisation, telephone, address, id_number from identity where visit = $1";
const STATEMENTS: &str = "select statement.id, statement.visit, visit.day, unit.name as unit_name,
    visit.respondent_kind, words, summary, kind_said, statement.kind, about, happened, state, category, proposed,
    attachments, statement.received_at
    from visit join statement on statement.visit = visit.id left join unit on unit.id = statement.unit
    where visit.campaign = $1 and visit.day >= $2 and visit.day <= $3 and visit.withdrawn is null
    and (visit.day, visit.id) >= ($4, $5) and ((visit.day, visit.id) > ($4, $5) or statement.id > $6)
    order by visit.day, visit.id, statement.id limit $7";

/// Where the page before ended. No row comes before the default.
#[derive(Clone, Debug, Default)]
pub struct After {
    pub day: String,
    pub visit: Uuid,
    pub statement: Uuid,
    /// The number of an issue.
    pub number: i64,
}

/// The next visits.
pub async fn visits(
    db: &mut Connection,
    range: &Range,
    after: &After,
    identities: bool,
) -> sqlx::Result<Vec<VisitRow>> {
    let query = sql(VISITS).bind(range.campaign.0).bind(&range.from).bind(&range.to);
    let rows = query.bind(&after.day).bind(after.visit).bind(PAGE).fetch_all(&mut *db).await?;
    let mut visits = Vec::with_capacity(rows.len());
    for row in &rows {
        let identity = if identities { identity(db, row.get("id")).await? } else { None };
        visits.push(visit_row(row, identity));
    }
    Ok(visits)
}

async fn identity(db: &mut Connection, visit: Uuid) -> sqlx::Result<Option<IdentityRow>> {
    let row = sql(IDENTITY).bind(visit).fetch_optional(db).await?;
    Ok(row.map(|row| IdentityRow {
        name: row.get("name"),
        organisation: row.get("organisation"),
        telephone: row.get("telephone"),
        address: row.get("address"),
        id_number: row.get("id_number"),
    }))
}

fn visit_row(row: &Row, identity: Option<IdentityRow>) -> VisitRow {
    let yes = |name: &str| row.get::<i64>(name) != 0;
    let visitors: Vec<domain::visit::Visitor> = serde_json::from_str(row.get("visitors")).unwrap_or_default();
    let names: Vec<String> = visitors.into_iter().map(|it| it.name).collect();
    let position: Option<domain::visit::Position> =
        row.get::<Option<&str>>("position").and_then(|it| serde_json::from_str(it).ok());
    VisitRow {
        id: RecordId(row.get("id")),
        day: row.get("day"),
        unit: row.get::<Option<String>>("unit_name").unwrap_or_default(),
        visitors: names.join(domain::csv::BETWEEN_CHOICES),
        respondent_kind: row.get("respondent_kind"),
        form: row.get("form"),
        head_count: row.get("head_count"),
        manner: row.get("manner"),
        started_at: row.get("started_at"),
        ended_at: row.get("ended_at"),
        place: row.get("place"),
        policies: row.get("policies"),
        consent_given: row.get("consent_given"),
        consent_recording: row.get("consent_recording"),
        call_back_wanted: yes("call_back_wanted"),
        call_back_how: row.get("call_back_how"),
        reported_elsewhere: row.get::<Option<i64>>("reported_elsewhere").map(|it| it != 0),
        reported_to: row.get("reported_to"),
        answered: row.get("answered"),
        read_back: yes("read_back"),
        entered: row.get("entered"),
        withdrawn: row.get("withdrawn"),
        statements_n: row.get("statements_n"),
        attachments_n: row.get("attachments_n"),
        complete: row.get::<Option<i64>>("complete_at").is_some(),
        received_at: row.get("received_at"),
        position: position.map(|it| format!("{}, {}", it.latitude, it.longitude)).unwrap_or_default(),
        identity,
    }
}

/// The next statements. Withdrawn visits are left out.
pub async fn statements(
    db: &mut Connection,
    range: &Range,
    after: &After,
) -> sqlx::Result<Vec<StatementRow>> {
    let query = sql(STATEMENTS).bind(range.campaign.0).bind(&range.from).bind(&range.to);
    let query = query.bind(&after.day).bind(after.visit).bind(after.statement).bind(PAGE);
    let rows = query.fetch_all(db).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let attachments: Vec<RecordId> = serde_json::from_str(row.get("attachments")).unwrap_or_default();
            StatementRow {
                id: RecordId(row.get("id")),
                visit: RecordId(row.get("visit")),
                day: row.get("day"),
                unit: row.get::<Option<String>>("unit_name").unwrap_or_default(),
                respondent_kind: row.get("respondent_kind"),
                words: row.get("words"),
                summary: row.get("summary"),
                kind_said: row.get("kind_said"),
                kind: row.get("kind"),
                about: row.get("about"),
                happened: row.get("happened"),
                state: row.get("state"),
                category: row.get("category"),
                proposed: serde_json::from_str(row.get("proposed")).unwrap_or_default(),
                attachments_n: attachments.len(),
                received_at: row.get("received_at"),
            }
        })
        .collect())
}

/// An issue with one of its measures.
pub struct IssueRow {
    pub id: IssueId,
    pub number: i64,
    pub title: String,
    pub wording: String,
    pub category: Option<String>,
    pub source: String,
    pub state: String,
    pub n_said: i64,
    pub measure: Option<MeasureRow>,
}

/// A measure that was agreed on.
pub struct MeasureRow {
    pub unit: String,
    pub cause: String,
    pub what: String,
    pub leader: String,
    pub person: String,
    pub by_when: Option<String>,
    pub long_term: bool,
    pub proof: String,
    pub proposed: bool,
    pub state: String,
}

const ISSUES: &str = "select issue.id, number, issue.title, issue.wording, issue.category, source, issue.state,
        (select count(*) from issue_statement join statement on statement.id = issue_statement.statement
            join visit on visit.id = statement.visit
            where issue_statement.issue = issue.id and left_at is null and visit.withdrawn is null) as n_said,
        agreed.what, agreed.leader, agreed.person, agreed.by_when, agreed.long_term, agreed.proof,
        agreed.proposed, agreed.measure_state, agreed.unit_name, agreed.cause
    from issue left join (select measure.issue, measure.unit, measure.position, what, leader, person, by_when,
            long_term, proof, proposed, measure.state as measure_state, unit.name as unit_name, agenda_item.cause
        from measure join agenda_item on agenda_item.id = measure.item left join unit on unit.id = measure.unit
        where measure.removed_at is null and agenda_item.state = 'agreed') as agreed on agreed.issue = issue.id
    where issue.id in
        (select id from issue where campaign = $1 and number > $2 order by number limit $3)
    order by number, agreed.unit, agreed.position";

/// The next issues, each with the measures that were agreed on. Days do not matter: a campaign's issues are
/// one list.
pub async fn issues(db: &mut Connection, range: &Range, after: &After) -> sqlx::Result<Vec<IssueRow>> {
    let query = sql(ISSUES).bind(range.campaign.0).bind(after.number).bind(PAGE);
    Ok(query.fetch_all(db).await?.iter().map(issue_row).collect())
}

fn issue_row(row: &Row) -> IssueRow {
    let text = |name: &str| row.get::<Option<String>>(name).unwrap_or_default();
    let yes = |name: &str| row.get::<Option<i64>>(name).is_some_and(|it| it != 0);
    let measure = row.get::<Option<String>>("what").map(|what| MeasureRow {
        unit: text("unit_name"),
        cause: text("cause"),
        what,
        leader: text("leader"),
        person: text("person"),
        by_when: row.get("by_when"),
        long_term: yes("long_term"),
        proof: text("proof"),
        proposed: yes("proposed"),
        state: text("measure_state"),
    });
    IssueRow {
        id: IssueId(row.get("id")),
        number: row.get("number"),
        title: row.get("title"),
        wording: row.get("wording"),
        category: row.get("category"),
        source: row.get("source"),
        state: row.get("state"),
        n_said: row.get("n_said"),
        measure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Db, engine::sql_made};

    #[tokio::test]
    async fn a_page_costs_the_same_however_much_comes_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path(), None).await.unwrap();
        for (text, parameters) in [(VISITS, 6), (STATEMENTS, 7)] {
            let mut query = sql_made(format!("explain query plan {text}"));
            for _ in 0..parameters {
                query = query.bind(0_i64);
            }
            let plan = query.fetch_all(&mut db.read().await.unwrap()).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|it| it.get("detail")).collect();
            // What is said within one visit may be sorted; the visits may not.
            assert!(!plan.iter().any(|it| it.contains("TEMP B-TREE FOR ORDER BY")), "{plan:?}");
        }
    }
}
