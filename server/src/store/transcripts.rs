//! Transcripts of recordings: how far each is, what a machine heard and what a person accepted, sealed under the key of the
//! visit's words.

use std::collections::HashMap;

use domain::{
    attachment::Content,
    envelope::Hash,
    id::{AccountId, RecordId},
    transcript::{
        Accepted, FAILED_LISTED_MAX, FailedTranscript, Failure, Heard, ItemTranscript, TranscriptProgress,
        TranscriptState,
    },
};
use uuid::Uuid;

use super::{
    attachments,
    engine::{Connection, Row, sql},
    envelope_keys,
    many::for_ids,
};
use crate::vault::Key;

/// A recording whose turn it is.
pub struct Due {
    pub id: RecordId,
    pub visit: RecordId,
    pub sha256: Hash,
    pub bytes_n: u64,
    /// What its bytes are, once they were looked at.
    pub content: Option<Content>,
    /// Tries before this one.
    pub tries_n: u32,
}

const WAIT: &str = "insert into transcript (attachment, state, due_at, at)
    select id, 'waiting', $2, $2 from attachment where id = $1 and kind = 'voice' and stored_at is not null
        and id not in (select attachment from erasure)
    on conflict (attachment) do nothing";
const DUE: &str = "select transcript.attachment, attachment.visit, attachment.sha256, bytes_n, tries_n,
        (select content from upload where upload.id = attachment.id and upload.sha256 = attachment.sha256) as content
    from transcript join attachment on attachment.id = transcript.attachment
    join visit on visit.id = attachment.visit
    where transcript.state = 'waiting' and due_at <= $1 and visit.withdrawn is null
        and exists (select 1 from envelope_key where envelope_key.visit = attachment.visit and what = 'words')
    order by due_at, transcript.attachment limit 1";
const BEGIN: &str =
    "update transcript set state = 'under_way', at = $2 where attachment = $1 and state = 'waiting'";
const LEFT_OVER: &str = "select 1 from transcript where state = 'under_way' limit 1";
const PUT_BACK: &str = "update transcript set state = 'waiting' where state = 'under_way'";
const KEEP_HEARD: &str = "update transcript set state = 'heard', reason = null, heard = $2, at = $3
    where attachment = $1 and state = 'under_way'";
const KEEP_FAILED: &str = "update transcript set state = $2, reason = $3, tries_n = $4, due_at = $5, at = $6
    where attachment = $1 and state = 'under_way'";
const GOES_ON: &str =
    "update transcript set reason = null where state = 'waiting' and tries_n = 0 and reason is not null";
const ALL_WAIT: &str =
    "update transcript set due_at = $1, reason = $2 where state = 'waiting' and due_at < $1";

/// Has a recording transcribed, once its bytes are here; nothing changes where it is known already, or is none.
pub async fn wait(db: &mut Connection, id: RecordId, at: i64) -> sqlx::Result<()> {
    sql(WAIT).bind(id.0).bind(at).execute(db).await.map(drop)
}

/// The recording whose turn it is by now. Those of visits that were withdrawn, or whose words are not here or were
/// destroyed, have none.
pub async fn due(db: &mut Connection, now: i64) -> sqlx::Result<Option<Due>> {
    let Some(row) = sql(DUE).bind(now).fetch_optional(db).await? else { return Ok(None) };
    Ok(Some(Due {
        id: RecordId(row.get("attachment")),
        visit: RecordId(row.get("visit")),
        sha256: Hash(row.array("sha256")?),
        bytes_n: row.get::<i64>("bytes_n").unsigned_abs(),
        content: attachments::content_of(&row),
        tries_n: row.get("tries_n"),
    }))
}

/// Notes that it is under way; `false` where it does not wait any more.
pub async fn begin(db: &mut Connection, id: RecordId, at: i64) -> sqlx::Result<bool> {
    Ok(sql(BEGIN).bind(id.0).bind(at).execute(db).await? > 0)
}

/// Whether some were left under way by a server that stopped.
pub async fn are_left_over(db: &mut Connection) -> sqlx::Result<bool> {
    Ok(sql(LEFT_OVER).fetch_optional(db).await?.is_some())
}

/// Has these wait again.
pub async fn put_back(db: &mut Connection) -> sqlx::Result<()> {
    sql(PUT_BACK).execute(db).await.map(drop)
}

/// Keeps what a machine heard; nothing where the recording or the visit's words were destroyed meanwhile.
///
/// # Errors
///
/// The database's; when the key does not open.
pub async fn keep_heard(db: &mut Connection, due: &Due, heard: &Heard, at: i64) -> sqlx::Result<bool> {
    let Some(key) = envelope_keys::of_words(db, due.visit).await? else { return Ok(false) };
    let sealed = key.seal_heard(due.id, heard);
    // The speech server is there: nothing holds the others up any more.
    sql(GOES_ON).execute(&mut *db).await?;
    Ok(sql(KEEP_HEARD).bind(due.id.0).bind(sealed).bind(at).execute(db).await? > 0)
}

/// Notes that a try failed, and when the next one is; with none it has failed for good.
pub async fn keep_failed(
    db: &mut Connection,
    id: RecordId,
    reason: Failure,
    tries_n: u32,
    due_at: Option<i64>,
    at: i64,
) -> sqlx::Result<()> {
    let state = if due_at.is_some() { TranscriptState::Waiting } else { TranscriptState::Failed };
    let query = sql(KEEP_FAILED).bind(id.0).bind(state.as_str()).bind(reason.as_str()).bind(tries_n);
    query.bind(due_at.unwrap_or(at)).bind(at).execute(db).await.map(drop)
}

/// Has all that wait, wait at least until a time.
pub async fn all_wait(db: &mut Connection, until: i64, reason: Failure) -> sqlx::Result<()> {
    sql(ALL_WAIT).bind(until).bind(reason.as_str()).execute(db).await.map(drop)
}

const OF_STATEMENT: &str =
    "select transcript.attachment, visit, transcript.state, reason, heard, accepted, account.name as by_name, at
    from transcript join attachment on attachment.id = transcript.attachment
    left join account on account.id = transcript.account
    where attachment.statement = $1 or (attachment.statement is null and attachment.visit = $2)
    order by transcript.attachment";
const ONE: &str =
    "select transcript.attachment, visit, transcript.state, reason, heard, accepted, account.name as by_name, at
    from transcript join attachment on attachment.id = transcript.attachment
    left join account on account.id = transcript.account
    where transcript.attachment = $1";
const OF_VISIT: &str =
    "select transcript.attachment, visit, transcript.state, reason, heard, accepted, account.name as by_name, at
    from transcript join attachment on attachment.id = transcript.attachment
    left join account on account.id = transcript.account
    where attachment.visit = $1 order by transcript.attachment";

/// The transcripts of what is attached to a statement, or to its visit as a whole.
pub async fn of_statement(
    db: &mut Connection,
    statement: RecordId,
    visit: RecordId,
) -> sqlx::Result<Vec<ItemTranscript>> {
    let rows = sql(OF_STATEMENT).bind(statement.0).bind(visit.0).fetch_all(&mut *db).await?;
    read_all(db, visit, &rows).await
}

/// The transcripts of all recordings of a visit.
pub async fn of_visit(db: &mut Connection, visit: RecordId) -> sqlx::Result<Vec<ItemTranscript>> {
    let rows = sql(OF_VISIT).bind(visit.0).fetch_all(&mut *db).await?;
    read_all(db, visit, &rows).await
}

/// The transcript of a recording.
pub async fn get(db: &mut Connection, id: RecordId) -> sqlx::Result<Option<ItemTranscript>> {
    let Some(row) = sql(ONE).bind(id.0).fetch_optional(&mut *db).await? else { return Ok(None) };
    let visit = RecordId(row.get("visit"));
    Ok(read_all(db, visit, &[row]).await?.pop())
}

async fn read_all(db: &mut Connection, visit: RecordId, rows: &[Row]) -> sqlx::Result<Vec<ItemTranscript>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let key = envelope_keys::of_words(db, visit).await?;
    rows.iter().map(|row| read(row, key.as_ref())).collect()
}

fn read(row: &Row, key: Option<&Key>) -> sqlx::Result<ItemTranscript> {
    let attachment = RecordId(row.get("attachment"));
    let (heard, accepted): (Option<&[u8]>, Option<&[u8]>) = (row.get("heard"), row.get("accepted"));
    let damaged = |cause: crate::vault::NotOpened| sqlx::Error::Decode(cause.into());
    let opened = key.zip(accepted).map(|(key, it)| key.open_accepted(attachment, it)).transpose();
    let accepted = opened.map_err(damaged)?.map(|text| Accepted {
        text,
        by: row.get::<Option<String>>("by_name").unwrap_or_default(),
        at: row.get("at"),
    });
    Ok(ItemTranscript {
        attachment,
        state: TranscriptState::from_word(row.get("state"))
            .ok_or_else(|| sqlx::Error::Decode("an unknown state".into()))?,
        reason: row.get::<Option<&str>>("reason").and_then(Failure::from_word),
        heard: key.zip(heard).map(|(key, it)| key.open_heard(attachment, it)).transpose().map_err(damaged)?,
        accepted,
    })
}

const WHERE: &str = "select visit, statement from attachment where id = $1";
const ACCEPT: &str = "update transcript set state = 'accepted', accepted = $2, account = $3, at = $4
    where attachment = $1 and state = 'heard'";
const TAKE_BACK: &str = "update transcript set state = 'heard', accepted = null, account = null, at = $2
    where attachment = $1 and state = 'accepted' and heard is not null";
const LET_GO: &str = "delete from transcript where attachment = $1 and state = 'accepted' and heard is null";
const AGAIN: &str =
    "update transcript set state = 'waiting', tries_n = 0, reason = null, due_at = $2, at = $2
    where attachment = $1 and state = 'failed'";
const ALL_AGAIN: &str =
    "update transcript set state = 'waiting', tries_n = 0, reason = null, due_at = $1, at = $1
    where state = 'failed'";

/// The visit and the statement that a recording belongs to.
pub async fn place(db: &mut Connection, id: RecordId) -> sqlx::Result<Option<(RecordId, Option<RecordId>)>> {
    let row = sql(WHERE).bind(id.0).fetch_optional(db).await?;
    Ok(row.map(|it| (RecordId(it.get("visit")), it.get::<Option<Uuid>>("statement").map(RecordId))))
}

/// Keeps what a person accepts; `false` where it is not there to be accepted any more.
pub async fn accept(
    db: &mut Connection,
    (id, visit): (RecordId, RecordId),
    text: &str,
    by: AccountId,
    at: i64,
) -> sqlx::Result<bool> {
    let Some(key) = envelope_keys::of_words(db, visit).await? else { return Ok(false) };
    let sealed = key.seal_accepted(id, text);
    Ok(sql(ACCEPT).bind(id.0).bind(sealed).bind(by.0).bind(at).execute(db).await? > 0)
}

/// Takes that back: it is the machine's again, or nothing where the recording is gone; `false` where nobody accepted it.
pub async fn take_back(db: &mut Connection, id: RecordId, at: i64) -> sqlx::Result<bool> {
    let back = sql(TAKE_BACK).bind(id.0).bind(at).execute(&mut *db).await?;
    Ok(back + sql(LET_GO).bind(id.0).execute(db).await? > 0)
}

/// Has one that failed tried again; `false` where it did not fail.
pub async fn again(db: &mut Connection, id: RecordId, at: i64) -> sqlx::Result<bool> {
    Ok(sql(AGAIN).bind(id.0).bind(at).execute(db).await? > 0)
}

/// The same of all that failed.
pub async fn all_again(db: &mut Connection, at: i64) -> sqlx::Result<()> {
    sql(ALL_AGAIN).bind(at).execute(db).await.map(drop)
}

const ACCEPTED: &str = "select transcript.attachment, accepted from transcript
    join attachment on attachment.id = transcript.attachment
    where attachment.statement = $1 and transcript.state = 'accepted' order by transcript.attachment";
const PUT: &str = "update statement set transcript = $2, version = version + 1 where id = $1";

/// Has a statement say what was accepted of its recordings, one after the other as they were made.
pub async fn put(db: &mut Connection, statement: RecordId, visit: RecordId) -> sqlx::Result<()> {
    let key = envelope_keys::of_words(db, visit).await?;
    let rows = sql(ACCEPTED).bind(statement.0).fetch_all(&mut *db).await?;
    let open = |row: &Row| {
        let key = key.as_ref()?;
        key.open_accepted(RecordId(row.get("attachment")), row.get::<Option<&[u8]>>("accepted")?).ok()
    };
    let texts: Vec<String> = rows.iter().filter_map(open).collect();
    sql(PUT).bind(statement.0).bind(texts.join("\n")).execute(db).await.map(drop)
}

/// What was handed over is a stub, and is found by nothing.
const OF_WHOLE_IDS: &str =
    "select statement.id as statement, attachment.visit, transcript.attachment, accepted
    from statement join attachment on attachment.visit = statement.visit and attachment.statement is null
    join transcript on transcript.attachment = attachment.id
    where transcript.state = 'accepted' and not exists (select 1 from destruction
        where destruction.statement in (statement.id, statement.part_of)) and statement.id in (";

/// What was accepted of recordings of the whole visits that statements belong to; most have none.
pub async fn of_whole_visits(
    db: &mut Connection,
    statements: &[RecordId],
) -> sqlx::Result<HashMap<RecordId, String>> {
    let rows = for_ids(db, OF_WHOLE_IDS, ") order by transcript.attachment", statements).await?;
    let mut texts: HashMap<RecordId, String> = HashMap::new();
    for row in &rows {
        let (visit, id) = (RecordId(row.get("visit")), RecordId(row.get("attachment")));
        let Some(key) = envelope_keys::of_words(db, visit).await? else { continue };
        let accepted = row.get::<Option<&[u8]>>("accepted").map(|it| key.open_accepted(id, it));
        let text = accepted.transpose().map_err(|cause| sqlx::Error::Decode(cause.into()))?;
        let texts = texts.entry(RecordId(row.get("statement"))).or_default();
        *texts += &text.unwrap_or_default();
        texts.push('\n');
    }
    Ok(texts)
}

const FORGET_UNHEARD: &str = "delete from transcript where attachment = $1 and state <> 'accepted'";
const FORGET_HEARD: &str = "update transcript set heard = null where attachment = $1";
const FORGET_VISIT: &str =
    "delete from transcript where attachment in (select id from attachment where visit = $1)";
const FORGET_STATEMENT: &str =
    "delete from transcript where attachment in (select id from attachment where statement = $1)";

/// A recording goes, and what a machine heard in it: it cannot be compared any more. What a person accepted are words,
/// and go with these.
pub async fn forget(db: &mut Connection, id: RecordId) -> sqlx::Result<()> {
    for text in [FORGET_UNHEARD, FORGET_HEARD] {
        sql(text).bind(id.0).execute(&mut *db).await?;
    }
    Ok(())
}

/// The words of a visit go, and all transcripts with them.
pub async fn forget_visit(db: &mut Connection, visit: RecordId) -> sqlx::Result<()> {
    sql(FORGET_VISIT).bind(visit.0).execute(db).await.map(drop)
}

/// The words of a statement go, and the transcripts of its recordings.
pub async fn forget_statement(db: &mut Connection, statement: RecordId) -> sqlx::Result<()> {
    sql(FORGET_STATEMENT).bind(statement.0).execute(db).await.map(drop)
}

const SEALED: &str = "select transcript.attachment, heard, accepted from transcript
    join attachment on attachment.id = transcript.attachment where attachment.visit = $1";
const RESEAL: &str = "update transcript set heard = $2, accepted = $3 where attachment = $1";

/// Puts what rests under a visit's old key under its new one.
pub async fn reseal(db: &mut Connection, visit: RecordId, old: &Key, new: &Key) -> sqlx::Result<()> {
    let damaged = |cause: crate::vault::NotOpened| sqlx::Error::Decode(cause.into());
    for row in &sql(SEALED).bind(visit.0).fetch_all(&mut *db).await? {
        let id = RecordId(row.get("attachment"));
        let heard = row.get::<Option<&[u8]>>("heard").map(|it| old.open_heard(id, it));
        let accepted = row.get::<Option<&[u8]>>("accepted").map(|it| old.open_accepted(id, it));
        let heard = heard.transpose().map_err(damaged)?.map(|it| new.seal_heard(id, &it));
        let accepted = accepted.transpose().map_err(damaged)?.map(|it| new.seal_accepted(id, &it));
        sql(RESEAL).bind(id.0).bind(heard).bind(accepted).execute(&mut *db).await?;
    }
    Ok(())
}

const COUNTS: &str = "select transcript.state, count(*) as n
    from transcript join attachment on attachment.id = transcript.attachment
    join visit on visit.id = attachment.visit
    where visit.withdrawn is null
        and exists (select 1 from envelope_key where envelope_key.visit = attachment.visit and what = 'words')
    group by transcript.state";
const HELD_UP: &str =
    "select reason from transcript where state = 'waiting' and tries_n = 0 and reason is not null
    order by due_at desc limit 1";
const FAILED: &str = "select transcript.attachment, statement, visit, reason, tries_n, at
    from transcript join attachment on attachment.id = transcript.attachment
    where transcript.state = 'failed' order by at desc, transcript.attachment limit $1";

/// How far all are.
pub async fn progress(db: &mut Connection, on: bool) -> sqlx::Result<TranscriptProgress> {
    let counts: HashMap<String, u32> =
        sql(COUNTS).fetch_all(&mut *db).await?.iter().map(|it| (it.get("state"), it.get("n"))).collect();
    let n = |it: TranscriptState| counts.get(it.as_str()).copied().unwrap_or(0);
    let held_up = sql(HELD_UP).fetch_optional(&mut *db).await?;
    let failed = sql(FAILED).bind(i64::try_from(FAILED_LISTED_MAX).unwrap_or(0)).fetch_all(db).await?;
    let failed = failed.iter().filter_map(|row| {
        Some(FailedTranscript {
            attachment: RecordId(row.get("attachment")),
            statement: row.get::<Option<Uuid>>("statement").map(RecordId),
            visit: RecordId(row.get("visit")),
            reason: Failure::from_word(row.get::<Option<&str>>("reason")?)?,
            tries_n: row.get("tries_n"),
            at: row.get("at"),
        })
    });
    Ok(TranscriptProgress {
        on,
        waiting_n: n(TranscriptState::Waiting),
        under_way_n: n(TranscriptState::UnderWay),
        heard_n: n(TranscriptState::Heard),
        accepted_n: n(TranscriptState::Accepted),
        failed_n: n(TranscriptState::Failed),
        held_up: held_up.and_then(|it| Failure::from_word(it.get("reason"))).filter(|_| on),
        failed: failed.collect(),
    })
}
