//! Questionnaires: what is being prepared, and the versions that were published.

use domain::{
    envelope::Hash,
    id::AccountId,
    publishing::{KeptQuestionnaire, OfferedQuestionnaire},
    respondent::RespondentKind,
};

use super::{
    engine::{Connection, Row, sql},
    records::hash_of,
};

const OFFERED: &str = "select questionnaire.id, title, respondent_kinds, hash, published_at
    from questionnaire join questionnaire_version on questionnaire_version.questionnaire = questionnaire.id
    where closed_at is null and number = (select max(number) from questionnaire_version as other
        where other.questionnaire = questionnaire.id) order by title, questionnaire.id";

/// What visitors may ask: the latest version of each that is published and not closed.
pub async fn offered(db: &mut Connection) -> sqlx::Result<Vec<OfferedQuestionnaire>> {
    let rows = sql(OFFERED).fetch_all(db).await?;
    let offered = |row: &Row| {
        Ok(OfferedQuestionnaire {
            id: row.get("id"),
            title: row.get("title"),
            version: hash_of(row)?,
            respondent_kinds: kinds_of(row),
            published_at: row.get("published_at"),
        })
    };
    rows.iter().map(offered).collect()
}

const READING_LAST: &str = "select questionnaire.id, hash
    from questionnaire join questionnaire_version on questionnaire_version.questionnaire = questionnaire.id
    where closed_at is null and content like '%last-saved#%'
        and number = (select max(number) from questionnaire_version as other
            where other.questionnaire = questionnaire.id) order by questionnaire.id";

/// Those of them that may read what was answered before, by their ids, with the version to ask.
pub async fn reading_last(db: &mut Connection) -> sqlx::Result<Vec<(String, Hash)>> {
    let rows = sql(READING_LAST).fetch_all(db).await?;
    rows.iter().map(|row| Ok((row.get("id"), hash_of(row)?))).collect()
}

fn kinds_of(row: &Row) -> Vec<RespondentKind> {
    serde_json::from_str(row.get("respondent_kinds")).unwrap_or_default()
}

const KEPT: &str = "select questionnaire.id, title, respondent_kinds, draft_at, closed_at, hash, published_at,
        coalesce(number, 0) as versions_n,
        (select count(*) from answers where answers.questionnaire = questionnaire.id) as answers_n,
        (select count(*) from answers where answers.questionnaire = questionnaire.id
            and (flags_n > 0 or state = 'unknown_version')) as flagged_n
    from questionnaire left join questionnaire_version on questionnaire_version.questionnaire = questionnaire.id
        and number = (select max(number) from questionnaire_version as other
            where other.questionnaire = questionnaire.id)
    where $1 is null or questionnaire.id = $1 order by title, questionnaire.id";

/// What the office keeps; one of it where an id is given.
pub async fn kept(db: &mut Connection, id: Option<&str>) -> sqlx::Result<Vec<KeptQuestionnaire>> {
    let rows = sql(KEPT).bind(id.map(str::to_owned)).fetch_all(db).await?;
    let count = |row: &Row, name: &str| u32::try_from(row.get::<i64>(name)).unwrap_or(u32::MAX);
    let kept = |row: &Row| {
        let version = row.get::<Option<i64>>("published_at").map(|_| hash_of(row)).transpose()?;
        Ok(KeptQuestionnaire {
            id: row.get("id"),
            title: row.get("title"),
            respondent_kinds: kinds_of(row),
            draft_at: row.get("draft_at"),
            version,
            published_at: row.get("published_at"),
            versions_n: count(row, "versions_n"),
            closed: row.get::<Option<i64>>("closed_at").is_some(),
            answers_n: count(row, "answers_n"),
            flagged_n: count(row, "flagged_n"),
        })
    };
    rows.iter().map(kept).collect()
}

const KEEP_DRAFT: &str =
    "insert into questionnaire (id, title, draft, draft_at, draft_by, created_at) values ($1, $2, $3, $4, $5, $4)
    on conflict (id) do update set draft = excluded.draft, draft_at = excluded.draft_at, draft_by = excluded.draft_by,
        title = case when exists (select 1 from questionnaire_version where questionnaire = excluded.id)
            then questionnaire.title else excluded.title end";
const DRAFT: &str = "select draft from questionnaire where id = $1";

/// Keeps what was taken in, in the place of what was not published before. Once something was published, the title changes with
/// publishing alone.
pub async fn keep_draft(
    db: &mut Connection,
    id: &str,
    title: &str,
    draft: &str,
    at: i64,
    by: AccountId,
) -> sqlx::Result<()> {
    sql(KEEP_DRAFT).bind(id).bind(title).bind(draft).bind(at).bind(by.0).execute(db).await.map(drop)
}

/// What is not published yet, as JSON.
pub async fn draft(db: &mut Connection, id: &str) -> sqlx::Result<Option<String>> {
    let row = sql(DRAFT).bind(id).fetch_optional(db).await?;
    Ok(row.and_then(|row| row.get("draft")))
}

/// What is not published yet, with when and by whom it was written last.
pub struct Draft {
    pub json: String,
    /// The questionnaire's.
    pub title: String,
    pub at: i64,
    pub by: Option<AccountId>,
}

const STANDING: &str =
    "select draft, title, draft_at, draft_by from questionnaire where id = $1 and draft is not null";

/// The draft that stands.
pub async fn standing(db: &mut Connection, id: &str) -> sqlx::Result<Option<Draft>> {
    let row = sql(STANDING).bind(id).fetch_optional(db).await?;
    Ok(row.map(|row| Draft {
        json: row.get("draft"),
        title: row.get("title"),
        at: row.get("draft_at"),
        by: row.get::<Option<uuid::Uuid>>("draft_by").map(AccountId),
    }))
}

const DISCARD: &str = "update questionnaire set draft = null, draft_at = null, draft_by = null where id = $1";
const REMOVE_UNPUBLISHED: &str = "delete from questionnaire where id = $1
    and not exists (select 1 from questionnaire_version where questionnaire = $1)";

/// Gives up what is not published; what never was is gone as a whole.
pub async fn discard(db: &mut Connection, id: &str) -> sqlx::Result<()> {
    sql(DISCARD).bind(id).execute(&mut *db).await?;
    sql(REMOVE_UNPUBLISHED).bind(id).execute(db).await.map(drop)
}

/// A version to publish.
pub struct NewVersion<'a> {
    pub questionnaire: &'a str,
    pub title: &'a str,
    pub respondent_kinds: &'a [RespondentKind],
    pub hash: Hash,
    pub content: &'a str,
    pub by: AccountId,
    pub at: i64,
}

const PUBLISH: &str = "insert into questionnaire_version
    (hash, questionnaire, number, content, published_by, published_at)
    select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5 from questionnaire_version where questionnaire = $2";
const PUBLISHED: &str =
    "update questionnaire set title = $2, respondent_kinds = $3, draft = null, draft_at = null,
        draft_by = null where id = $1";

/// Publishes a version; what was not published is so then.
pub async fn publish(db: &mut Connection, new: &NewVersion<'_>) -> sqlx::Result<()> {
    let query = sql(PUBLISH).bind(new.hash.0.to_vec()).bind(new.questionnaire).bind(new.content);
    query.bind(new.by.0).bind(new.at).execute(&mut *db).await?;
    let kinds = serde_json::to_string(new.respondent_kinds).unwrap_or_default();
    sql(PUBLISHED).bind(new.questionnaire).bind(new.title).bind(kinds).execute(db).await.map(drop)
}

const CONTENT: &str = "select content from questionnaire_version where hash = $1";
const VERSIONS: &str =
    "select hash, content, number from questionnaire_version where questionnaire = $1 order by number";
const NUMBERED: &str =
    "select hash, content from questionnaire_version where questionnaire = $1 and number = $2";
const PLACE: &str = "select number, title from questionnaire_version
    join questionnaire on questionnaire.id = questionnaire_version.questionnaire where hash = $1";

/// The canonical JSON of a version.
pub async fn content(db: &mut Connection, hash: Hash) -> sqlx::Result<Option<String>> {
    let row = sql(CONTENT).bind(hash.0.to_vec()).fetch_optional(db).await?;
    Ok(row.map(|row| row.get("content")))
}

/// A version by its number among those of its questionnaire, with its JSON.
pub async fn numbered(db: &mut Connection, id: &str, number: u32) -> sqlx::Result<Option<(Hash, String)>> {
    let row = sql(NUMBERED).bind(id).bind(i64::from(number)).fetch_optional(db).await?;
    row.map(|row| Ok((hash_of(&row)?, row.get("content")))).transpose()
}

/// All versions of a questionnaire with their JSON, the oldest first.
pub async fn versions(db: &mut Connection, id: &str) -> sqlx::Result<Vec<(Hash, String)>> {
    let rows = sql(VERSIONS).bind(id).fetch_all(db).await?;
    rows.iter().map(|row| Ok((hash_of(row)?, row.get("content")))).collect()
}

/// Which version of its questionnaire it is, from 1, and the title.
pub async fn place(db: &mut Connection, hash: Hash) -> sqlx::Result<Option<(u32, String)>> {
    let row = sql(PLACE).bind(hash.0.to_vec()).fetch_optional(db).await?;
    Ok(row.map(|row| (row.get("number"), row.get("title"))))
}

const OFFER: &str = "update questionnaire set closed_at = $2 where id = $1";

/// Closes a questionnaire at a time, or opens it; `false` when there is none.
pub async fn offer(db: &mut Connection, id: &str, closed_at: Option<i64>) -> sqlx::Result<bool> {
    Ok(sql(OFFER).bind(id).bind(closed_at).execute(db).await? > 0)
}
