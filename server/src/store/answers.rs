//! Answers to questionnaires: which there are, and what is to be looked at. What they say rests sealed, in their revisions.

use domain::{
    answers::{Answers, Flag},
    envelope::{Hash, Header},
    id::RecordId,
};

use super::{
    engine::{Connection, Row, sql},
    many::rows_in,
    records::{hash_of, opened},
};

const KEEP_ROWS: &str = "insert into answers
    (id, visit, unit, questionnaire, version, revision, finished, forks, received_at, state) values ";
const AGAIN: &str = "
    on conflict (id) do update set questionnaire = excluded.questionnaire, version = excluded.version,
     revision = excluded.revision, finished = excluded.finished, forks = excluded.forks, state = 'waiting',
     flags = '[]', flags_n = 0";

/// What the current revision of answers says.
pub struct Projected<'a> {
    pub header: &'a Header,
    pub answers: &'a Answers,
    /// The revision's.
    pub hash: Hash,
    pub forks: i64,
    pub received_at: i64,
}

/// Keeps what the current revisions say; they wait to be looked at.
pub async fn keep(db: &mut Connection, answers: &[Projected<'_>]) -> sqlx::Result<()> {
    rows_in(db, KEEP_ROWS, 10, AGAIN, answers, |query, it| {
        query
            .bind(it.header.id.0)
            .bind(it.header.visit.0)
            .bind(it.header.unit.0)
            .bind(&it.answers.questionnaire)
            .bind(it.answers.version.0.to_vec())
            .bind(it.hash.0.to_vec())
            .bind(i64::from(it.answers.finished))
            .bind(it.forks)
            .bind(it.received_at)
            .bind("waiting")
    })
    .await
}

/// How far the server is with answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    Waiting,
    Checked,
    /// The version is not here: they are looked at once it is.
    UnknownVersion,
}

impl Checked {
    fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Checked => "checked",
            Self::UnknownVersion => "unknown_version",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "checked" => Self::Checked,
            "unknown_version" => Self::UnknownVersion,
            _ => Self::Waiting,
        }
    }
}

/// Answers with the bytes of the revision that stands.
pub struct Standing {
    pub record: RecordId,
    pub revision: Hash,
    /// None where they were destroyed or do not open.
    pub envelope: Vec<u8>,
    pub checked: Checked,
    pub flags: Vec<Flag>,
}

const WAITING: &str = "select answers.id, answers.state, answers.flags, revision.hash, revision.sealed,
        envelope_key.id as key_id, envelope_key.sealed as key_sealed
    from answers join revision on revision.record = answers.id and revision.hash = answers.revision
        left join envelope_key on envelope_key.id = revision.key
    where answers.state = 'waiting' and answers.id > $1 order by answers.id limit $2";
const OF_VISIT: &str = "select answers.id, answers.state, answers.flags, revision.hash, revision.sealed,
        envelope_key.id as key_id, envelope_key.sealed as key_sealed
    from answers join revision on revision.record = answers.id and revision.hash = answers.revision
        left join envelope_key on envelope_key.id = revision.key
    where answers.visit = $1 order by answers.id";

fn standing(db: &Connection, row: &Row) -> sqlx::Result<Standing> {
    let revision = hash_of(row)?;
    Ok(Standing {
        record: RecordId(row.get("id")),
        revision,
        envelope: opened(&db.vault, revision, row),
        checked: Checked::of(row.get("state")),
        flags: serde_json::from_str(row.get("flags")).unwrap_or_default(),
    })
}

/// Some that wait to be looked at, behind one of them.
pub async fn waiting(db: &mut Connection, after: RecordId, limit: u32) -> sqlx::Result<Vec<Standing>> {
    let rows = sql(WAITING).bind(after.0).bind(limit).fetch_all(&mut *db).await?;
    rows.iter().map(|it| standing(db, it)).collect()
}

/// Those of a visit.
pub async fn of_visit(db: &mut Connection, visit: RecordId) -> sqlx::Result<Vec<Standing>> {
    let rows = sql(OF_VISIT).bind(visit.0).fetch_all(&mut *db).await?;
    rows.iter().map(|it| standing(db, it)).collect()
}

const CHECKED: &str = "update answers set state = $3, flags = $4, flags_n = $5
    where id = $1 and revision = $2 and state = 'waiting'";
const LOOK_AGAIN: &str =
    "update answers set state = 'waiting' where state = 'unknown_version' and version = $1";

/// Notes what was found, unless another revision stands by now.
pub async fn note_checked(
    db: &mut Connection,
    it: &Standing,
    checked: Checked,
    flags: &[Flag],
) -> sqlx::Result<()> {
    let json = serde_json::to_string(flags).unwrap_or_default();
    let query = sql(CHECKED).bind(it.record.0).bind(it.revision.0.to_vec()).bind(checked.as_str());
    let n = i64::try_from(flags.len()).unwrap_or(i64::MAX);
    query.bind(json).bind(n).execute(db).await.map(drop)
}

const LOOK_FOR_ATTACHMENT: &str = "update answers set state = 'waiting'
    where visit = $1 and state = 'checked' and flags_n > 0 and flags like '%no_attachment%'";

/// An attachment of a visit is here: answers that came before it and name one are looked at again.
pub async fn look_for_attachment(db: &mut Connection, visit: RecordId) -> sqlx::Result<()> {
    sql(LOOK_FOR_ATTACHMENT).bind(visit.0).execute(db).await.map(drop)
}

/// A version is here: what came before it is looked at.
pub async fn look_again(db: &mut Connection, version: Hash) -> sqlx::Result<()> {
    sql(LOOK_AGAIN).bind(version.0.to_vec()).execute(db).await.map(drop)
}

/// Answers as a row of an export.
pub struct Exported {
    pub record: RecordId,
    pub visit: RecordId,
    pub version: Hash,
    /// Empty before the visit is here.
    pub day: String,
    pub unit: String,
    pub respondent_kind: String,
    pub withdrawn: bool,
    pub finished: bool,
    pub flags_n: i64,
    pub envelope: Vec<u8>,
}

const PAGE: &str = "select answers.id, answers.visit, answers.version, finished, flags_n,
        coalesce(visit.day, '') as day, coalesce(visit.respondent_kind, '') as respondent_kind,
        visit.withdrawn as withdrawn, coalesce(unit.name, '') as unit_name, revision.hash, revision.sealed,
        envelope_key.id as key_id, envelope_key.sealed as key_sealed
    from answers join revision on revision.record = answers.id and revision.hash = answers.revision
        left join visit on visit.id = answers.visit
        left join unit on unit.id = answers.unit
        left join envelope_key on envelope_key.id = revision.key
    where answers.questionnaire = $1 and answers.id > $2 and octet_length(revision.sealed) > 0
    order by answers.id limit $3";

/// Some answers to a questionnaire, behind one of them; those that were destroyed are left out.
pub async fn page(
    db: &mut Connection,
    questionnaire: &str,
    after: RecordId,
    limit: u32,
) -> sqlx::Result<Vec<Exported>> {
    let query = sql(PAGE).bind(questionnaire).bind(after.0).bind(limit);
    let rows = query.fetch_all(&mut *db).await?;
    let exported = |row: &Row| {
        Ok(Exported {
            record: RecordId(row.get("id")),
            visit: RecordId(row.get("visit")),
            version: Hash(row.array("version")?),
            day: row.get("day"),
            unit: row.get("unit_name"),
            respondent_kind: row.get("respondent_kind"),
            withdrawn: row.get::<Option<String>>("withdrawn").is_some(),
            finished: row.get::<i64>("finished") != 0,
            flags_n: row.get("flags_n"),
            envelope: opened(&db.vault, hash_of(row)?, row),
        })
    };
    rows.iter().map(exported).collect()
}
