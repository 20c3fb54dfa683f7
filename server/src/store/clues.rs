//! Sealed clues, the group's keys, its ledger and its own log. A member sees what is sealed to the key they have: that is in
//! every WHERE, and what they do not see is not there.

use domain::{
    clue::{
        ClueKey, ClueLogLine, ListedClue, NewNote, OwnKey, RecoveredWrap, Recusal, Sealed, SealedNote, Step,
        Wrap, key_name,
    },
    envelope::Hash,
    id::{AccountId, ClueId, UnitId},
};
use uuid::Uuid;

use super::engine::{Connection, Row, sql};

/// Most clues of a list, the latest; a county has some dozens a year.
const LIST_MAX: u32 = 1_000;
/// Most lines of the log that are read at once, the latest.
const LOG_MAX: u32 = 500;

const KEYS: &str = "select public, account.id as account, account.name from clue_key
    left join account on account.id = clue_key.account
    where ended_at is null and (clue_key.account is null
        or (account.role = 'discipline' and account.disabled_at is null
            and not exists (select 1 from clue_recusal
                where clue_recusal.account = account.id and clue_recusal.unit = $1)))
    order by case when clue_key.account is null then 0 else 1 end, account.name, clue_key.name";
const WITHOUT: &str = "select name from account where role = 'discipline' and disabled_at is null
    and not exists (select 1 from clue_key where clue_key.account = account.id and ended_at is null) order by name";
const OWN: &str = "select public, secret from clue_key where account = $1 and ended_at is null";
const END_KEY: &str = "update clue_key set ended_at = $2 where account = $1 and ended_at is null";
const ADD_KEY: &str =
    "insert into clue_key (name, public, account, secret, made_at) values ($1, $2, $3, $4, $5)
    on conflict (name) do nothing";
const HAS_RECOVERY: &str = "select 1 from clue_key where account is null and ended_at is null";

/// Keys that clues are sealed to, without those that the standing rule leaves out for a unit.
pub async fn keys(db: &mut Connection, unit: Option<UnitId>) -> sqlx::Result<Vec<ClueKey>> {
    // No unit has this id.
    let unit = unit.map_or(Uuid::nil(), |it| it.0);
    Ok(sql(KEYS).bind(unit).fetch_all(db).await?.iter().map(key_of).collect())
}

fn key_of(row: &Row) -> ClueKey {
    ClueKey {
        public: hex::encode(row.get::<Vec<u8>>("public")),
        account: row.get::<Option<Uuid>>("account").map(AccountId),
        name: row.get::<Option<String>>("name").unwrap_or_default(),
    }
}

/// Names of members who have no key.
pub async fn without_key(db: &mut Connection) -> sqlx::Result<Vec<String>> {
    Ok(sql(WITHOUT).fetch_all(db).await?.iter().map(|row| row.get("name")).collect())
}

/// A member's own key.
pub async fn own_key(db: &mut Connection, account: AccountId) -> sqlx::Result<Option<OwnKey>> {
    let Some(row) = sql(OWN).bind(account.0).fetch_optional(db).await? else { return Ok(None) };
    let secret: String = row.get("secret");
    let secret = serde_json::from_str(&secret).map_err(|cause| sqlx::Error::Decode(cause.into()))?;
    Ok(Some(OwnKey { public: hex::encode(row.get::<Vec<u8>>("public")), secret }))
}

/// Whether there is a recovery key.
pub async fn has_recovery(db: &mut Connection) -> sqlx::Result<bool> {
    Ok(sql(HAS_RECOVERY).fetch_optional(db).await?.is_some())
}

/// Adds a key in the place of the member's last one; without an account it is the recovery key. `false` when it is here already.
pub async fn add_key(
    db: &mut Connection,
    public: &str,
    account: Option<AccountId>,
    secret: Option<&str>,
    at: i64,
) -> sqlx::Result<bool> {
    let name = key_name(public).ok_or_else(|| sqlx::Error::Encode("no key".into()))?;
    if let Some(account) = account {
        sql(END_KEY).bind(account.0).bind(at).execute(db).await?;
    }
    let query = sql(ADD_KEY).bind(name.0.to_vec()).bind(bytes_of(public)?).bind(account.map(|it| it.0));
    Ok(query.bind(secret.map(str::to_owned)).bind(at).execute(db).await? > 0)
}

const RECOVERY: &str = "select secret from clue_key where account is null and ended_at is null";
const SEALED_TO_RECOVERY: &str = "select clue_wrap.clue, key, sealed from clue_wrap
    join clue_key on clue_key.name = clue_wrap.key and clue_key.account is null and clue_key.ended_at is null
    order by clue_wrap.clue";

/// By what the recovery key's secret is known.
pub async fn recovery_proof_hash(db: &mut Connection) -> sqlx::Result<Option<String>> {
    let row = sql(RECOVERY).fetch_optional(db).await?;
    Ok(row.and_then(|row| row.get::<Option<String>>("secret")))
}

/// What the recovery key opens.
pub async fn sealed_to_recovery(db: &mut Connection) -> sqlx::Result<Vec<RecoveredWrap>> {
    let rows = sql(SEALED_TO_RECOVERY).fetch_all(db).await?;
    let wrap = |row: &Row| RecoveredWrap {
        id: ClueId(row.get("clue")),
        key: hex::encode(row.get::<Vec<u8>>("key")),
        sealed: hex::encode(row.get::<Vec<u8>>("sealed")),
    };
    Ok(rows.iter().map(wrap).collect())
}

const RECUSALS: &str = "select account, unit from clue_recusal order by account, unit";
const RECUSE: &str =
    "insert into clue_recusal (account, unit) values ($1, $2) on conflict (account, unit) do nothing";
const ADMIT: &str = "delete from clue_recusal where account = $1 and unit = $2";
const IS_MEMBER: &str = "select 1 from account where id = $1 and role = 'discipline'";

/// The standing rule.
pub async fn recusals(db: &mut Connection) -> sqlx::Result<Vec<Recusal>> {
    let rows = sql(RECUSALS).fetch_all(db).await?;
    let recusal =
        |row: &Row| Recusal { account: AccountId(row.get("account")), unit: UnitId(row.get("unit")) };
    Ok(rows.iter().map(recusal).collect())
}

/// Adds to the standing rule, or takes from it.
pub async fn recuse(db: &mut Connection, recusal: &Recusal, holds: bool) -> sqlx::Result<()> {
    let text = if holds { RECUSE } else { ADMIT };
    sql(text).bind(recusal.account.0).bind(recusal.unit.0).execute(db).await.map(drop)
}

/// Whether an account belongs to the group.
pub async fn is_member(db: &mut Connection, account: AccountId) -> sqlx::Result<bool> {
    Ok(sql(IS_MEMBER).bind(account.0).fetch_optional(db).await?.is_some())
}

const PUT_PART: &str = "insert into clue_part (clue, n, day, sha256, bytes) values ($1, $2, $3, $4, $5)
    on conflict (clue, n) do update set day = excluded.day, sha256 = excluded.sha256, bytes = excluded.bytes";
const PART_HASHES: &str = "select n, sha256 from clue_part where clue = $1 order by n";
const FORGET_STALE: &str = "delete from clue_part where day < $1 and clue not in (select id from clue)";
const FORGET_REST: &str = "delete from clue_part where clue = $1 and n >= $2";
const ADD: &str = "insert into clue (id, received_day, suite, parts_n, hash) values ($1, $2, $3, $4, $5)";
const ADD_WRAP: &str = "insert into clue_wrap (clue, key, sealed) values ($1, $2, $3)
    on conflict (clue, key) do nothing";
const HASH: &str = "select hash from clue where id = $1";

/// Keeps a part, in the place of one of the same number.
pub async fn put_part(db: &mut Connection, id: ClueId, n: u32, day: &str, bytes: &[u8]) -> sqlx::Result<()> {
    let query = sql(PUT_PART).bind(id.0).bind(n).bind(day).bind(Hash::of(bytes).0.to_vec());
    query.bind(bytes).execute(db).await.map(drop)
}

/// The parts that are here and their hashes, by number.
pub async fn parts(db: &mut Connection, id: ClueId) -> sqlx::Result<Vec<(u32, Hash)>> {
    let rows = sql(PART_HASHES).bind(id.0).fetch_all(db).await?;
    let part = |row: &Row| Ok((number(row, "n")?, Hash(row.array("sha256")?)));
    rows.iter().map(part).collect()
}

fn number(row: &Row, column: &str) -> sqlx::Result<u32> {
    u32::try_from(row.get::<i64>(column)).map_err(|cause| sqlx::Error::Decode(cause.into()))
}

/// Forgets parts that came before a day and whose clue never came.
pub async fn forget_stale(db: &mut Connection, before: &str) -> sqlx::Result<()> {
    sql(FORGET_STALE).bind(before).execute(db).await.map(drop)
}

const ALL: &str = "select id, parts_n from clue order by received_day, id";
const PART_BYTES: &str = "select sha256, bytes from clue_part where clue = $1 and n = $2";

/// Compares every part of every clue with its hash; answers how many clues there are, and those with a part that is missing or
/// damaged. Whether they open only a member of the group can tell.
pub async fn verify(db: &mut Connection) -> sqlx::Result<(usize, Vec<ClueId>)> {
    let all = sql(ALL).fetch_all(&mut *db).await?;
    let mut wrong = Vec::new();
    for row in &all {
        let id = ClueId(row.get("id"));
        for n in 0..number(row, "parts_n")? {
            // One at a time: a clue may have nearly 128 MiB.
            let part = sql(PART_BYTES).bind(id.0).bind(n).fetch_optional(&mut *db).await?;
            let is_whole = match part {
                Some(part) => Hash::of(part.get::<&[u8]>("bytes")) == Hash(part.array("sha256")?),
                None => false,
            };
            if !is_whole {
                wrong.push(id);
                break;
            }
        }
    }
    Ok((all.len(), wrong))
}

/// The sealing of a clue that is here.
pub async fn hash(db: &mut Connection, id: ClueId) -> sqlx::Result<Option<Hash>> {
    let row = sql(HASH).bind(id.0).fetch_optional(db).await?;
    row.map(|row| row.array("hash").map(Hash)).transpose()
}

/// Adds a clue whose parts are here.
pub async fn add(db: &mut Connection, id: ClueId, sealed: &Sealed, day: &str) -> sqlx::Result<()> {
    let parts_n = u32::try_from(sealed.parts.len()).unwrap_or(u32::MAX);
    let query = sql(ADD).bind(id.0).bind(day).bind(u32::from(sealed.suite)).bind(parts_n);
    query.bind(sealed.hash(id).0.to_vec()).execute(db).await?;
    sql(FORGET_REST).bind(id.0).bind(parts_n).execute(db).await?;
    for wrap in &sealed.wraps {
        add_wrap(db, id, wrap).await?;
    }
    Ok(())
}

/// Seals a clue to one more key.
pub async fn add_wrap(db: &mut Connection, id: ClueId, wrap: &Wrap) -> sqlx::Result<()> {
    let query = sql(ADD_WRAP).bind(id.0).bind(wrap.key.0.to_vec()).bind(bytes_of(&wrap.sealed)?);
    query.execute(db).await.map(drop)
}

const LIST: &str = "select clue.id, received_day, parts_n, clue_wrap.key, clue_wrap.sealed from clue
    join clue_wrap on clue_wrap.clue = clue.id
    join clue_key on clue_key.name = clue_wrap.key and clue_key.account = $1 and clue_key.ended_at is null
    order by received_day desc, clue.id limit $2";
const NOTES: &str = "select clue_note.id, clue_note.clue, step, at, account.id as account, account.name, sealed
    from clue_note join account on account.id = clue_note.account
    where clue_note.clue in (select clue_wrap.clue from clue_wrap
        join clue_key on clue_key.name = clue_wrap.key and clue_key.account = $1 and clue_key.ended_at is null)
    order by place";
const SEALED_TO: &str = "select clue, key from clue_wrap where clue in (select clue_wrap.clue from clue_wrap
        join clue_key on clue_key.name = clue_wrap.key and clue_key.account = $1 and clue_key.ended_at is null)
    order by key";
const SEES: &str = "select 1 from clue_wrap
    join clue_key on clue_key.name = clue_wrap.key and clue_key.account = $2 and clue_key.ended_at is null
    where clue_wrap.clue = $1";
const PART: &str =
    "select bytes from clue_part where clue = $1 and n = $3 and exists (select 1 from clue_wrap
    join clue_key on clue_key.name = clue_wrap.key and clue_key.account = $2 and clue_key.ended_at is null
    where clue_wrap.clue = clue_part.clue)";

/// The clues that a member sees, the latest first, with their ledgers as they rest.
pub async fn list(db: &mut Connection, member: AccountId) -> sqlx::Result<Vec<ListedClue>> {
    let rows = sql(LIST).bind(member.0).bind(LIST_MAX).fetch_all(db).await?;
    let mut clues = Vec::with_capacity(rows.len());
    for row in rows {
        clues.push(ListedClue {
            id: ClueId(row.get("id")),
            received_day: row.get("received_day"),
            parts_n: number(&row, "parts_n")?,
            wrap: Wrap { key: Hash(row.array("key")?), sealed: hex::encode(row.get::<Vec<u8>>("sealed")) },
            sealed_to: Vec::new(),
            notes: Vec::new(),
        });
    }
    for row in sql(NOTES).bind(member.0).fetch_all(db).await? {
        let of = ClueId(row.get("clue"));
        if let Some(clue) = clues.iter_mut().find(|it| it.id == of) {
            clue.notes.push(note_of(&row)?);
        }
    }
    for row in sql(SEALED_TO).bind(member.0).fetch_all(db).await? {
        let of = ClueId(row.get("clue"));
        if let Some(clue) = clues.iter_mut().find(|it| it.id == of) {
            clue.sealed_to.push(Hash(row.array("key")?));
        }
    }
    Ok(clues)
}

fn note_of(row: &Row) -> sqlx::Result<SealedNote> {
    let step = Step::from_word(row.get("step")).ok_or_else(|| sqlx::Error::Decode("no step".into()))?;
    Ok(SealedNote {
        id: row.get("id"),
        step,
        at: row.get("at"),
        by: AccountId(row.get("account")),
        by_name: row.get("name"),
        sealed: hex::encode(row.get::<Vec<u8>>("sealed")),
    })
}

/// Whether a member sees a clue.
pub async fn sees(db: &mut Connection, member: AccountId, id: ClueId) -> sqlx::Result<bool> {
    Ok(sql(SEES).bind(id.0).bind(member.0).fetch_optional(db).await?.is_some())
}

/// A part of a clue that a member sees.
pub async fn part(
    db: &mut Connection,
    member: AccountId,
    id: ClueId,
    n: u32,
) -> sqlx::Result<Option<Vec<u8>>> {
    let row = sql(PART).bind(id.0).bind(member.0).bind(n).fetch_optional(db).await?;
    Ok(row.map(|row| row.get("bytes")))
}

const LAST_STEP: &str = "select step, account from clue_note where clue = $1 and step <> 'note'
    order by place desc limit 1";
const FIND_NOTE: &str = "select clue, account, step, sealed from clue_note where id = $1";
const ADD_NOTE: &str = "insert into clue_note (place, id, clue, step, account, at, sealed)
    values ((select coalesce(max(place), 0) + 1 from clue_note), $1, $2, $3, $4, $5, $6)";

/// Who proposed the handover that waits for a second member.
pub async fn proposed_by(db: &mut Connection, id: ClueId) -> sqlx::Result<Option<AccountId>> {
    let row = sql(LAST_STEP).bind(id.0).fetch_optional(db).await?;
    let waiting = row.filter(|row| row.get::<&str>("step") == Step::Propose.as_str());
    Ok(waiting.map(|row| AccountId(row.get("account"))))
}

/// Whether a note of this id is here: `Some(true)` when it is this very one.
pub async fn is_noted(
    db: &mut Connection,
    id: ClueId,
    note: &NewNote,
    by: AccountId,
) -> sqlx::Result<Option<bool>> {
    let row = sql(FIND_NOTE).bind(note.id).fetch_optional(db).await?;
    Ok(row.map(|row| {
        (row.get::<Uuid>("clue"), row.get::<Uuid>("account"), row.get::<&str>("step"))
            == (id.0, by.0, note.step.as_str())
            && hex::encode(row.get::<Vec<u8>>("sealed")) == note.sealed
    }))
}

/// Adds a line to a clue's ledger.
pub async fn add_note(
    db: &mut Connection,
    id: ClueId,
    note: &NewNote,
    by: AccountId,
    at: i64,
) -> sqlx::Result<()> {
    let query = sql(ADD_NOTE).bind(note.id).bind(id.0).bind(note.step.as_str()).bind(by.0).bind(at);
    query.bind(bytes_of(&note.sealed)?).execute(db).await.map(drop)
}

const LOG: &str = "insert into clue_log (place, at, account, act, clue)
    values ((select coalesce(max(place), 0) + 1 from clue_log), $1, $2, $3, $4)";
const LOGGED: &str =
    "select 1 from clue_log where clue = $1 and account = $2 and act = $3 and at >= $4 limit 1";
const READ_LOG: &str = "select at, account.name, act, clue_log.clue, clue.received_day from clue_log
    join account on account.id = clue_log.account left join clue on clue.id = clue_log.clue
    where clue_log.clue is null or clue_log.clue in (select clue_wrap.clue from clue_wrap
        join clue_key on clue_key.name = clue_wrap.key and clue_key.account = $1 and clue_key.ended_at is null)
    order by place desc limit $2";

/// Notes an act in the group's own log, in the transaction that does it.
pub async fn log(
    db: &mut Connection,
    at: i64,
    by: AccountId,
    act: &str,
    clue: Option<ClueId>,
) -> sqlx::Result<()> {
    sql(LOG).bind(at).bind(by.0).bind(act).bind(clue.map(|it| it.0)).execute(db).await.map(drop)
}

/// Whether a member is on record with an act on a clue since a time.
pub async fn is_logged(
    db: &mut Connection,
    id: ClueId,
    by: AccountId,
    act: &str,
    since: i64,
) -> sqlx::Result<bool> {
    let query = sql(LOGGED).bind(id.0).bind(by.0).bind(act).bind(since);
    Ok(query.fetch_optional(db).await?.is_some())
}

/// The log, the latest first, without what was done with clues that this member does not see.
pub async fn read_log(db: &mut Connection, member: AccountId) -> sqlx::Result<Vec<ClueLogLine>> {
    let rows = sql(READ_LOG).bind(member.0).bind(LOG_MAX).fetch_all(db).await?;
    let line = |row: &Row| ClueLogLine {
        at: row.get("at"),
        by: row.get("name"),
        act: row.get("act"),
        clue: row.get::<Option<Uuid>>("clue").map(ClueId),
        received_day: row.get("received_day"),
    };
    Ok(rows.iter().map(line).collect())
}

/// Bytes of a text that was checked to be hexadecimal digits.
fn bytes_of(digits: &str) -> sqlx::Result<Vec<u8>> {
    hex::decode(digits).map_err(|it| sqlx::Error::Encode(it.into()))
}
