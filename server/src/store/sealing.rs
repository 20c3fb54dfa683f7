//! What rests sealed in which table, and how a database from before comes to it.

use anyhow::{Context, bail};
use domain::{
    envelope::Hash,
    id::{AccountId, RecordId, RespondentId},
    respondent::Identity,
    setup::RespondentForm,
    transcript::Heard,
    visit::Position,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Db,
    engine::{Connection, Row, sql},
    meta, records,
};
use crate::{
    blobs::BlobKey,
    keys::FieldKey,
    vault::{Key, NotOpened, Place, Vault},
};

/// What is sealed of who was visited, and of a respondent in the directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    pub organisation: String,
    pub telephone: String,
    pub address: String,
    pub id_number: String,
}

impl From<&Identity> for Person {
    fn from(it: &Identity) -> Self {
        Self {
            name: it.name.clone(),
            organisation: it.organisation.clone(),
            telephone: it.telephone.clone(),
            address: it.address.clone(),
            id_number: it.id_number.clone(),
        }
    }
}

impl From<&RespondentForm> for Person {
    fn from(it: &RespondentForm) -> Self {
        Self {
            name: it.name.clone(),
            organisation: it.organisation.clone(),
            telephone: it.telephone.clone(),
            address: it.address.clone(),
            id_number: it.id_number.clone(),
        }
    }
}

/// How whoever was visited wants to hear back, and where the visit was exactly.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Contact {
    pub call_back_how: String,
    pub position: Option<Position>,
}

/// What a list shows where a name cannot be decrypted: never another one's.
const NOT_OPENED: &str = "（无法解密）";

fn of_identity(visit: &Uuid) -> Place<'_> {
    Place { table: "identity", column: "sealed", row: visit.as_bytes() }
}

fn of_respondent(id: &Uuid) -> Place<'_> {
    Place { table: "respondent", column: "sealed", row: id.as_bytes() }
}

fn of_contact(visit: &Uuid) -> Place<'_> {
    Place { table: "visit", column: "contact", row: visit.as_bytes() }
}

fn of_envelope(hash: &Hash) -> Place<'_> {
    Place { table: "revision", column: "sealed", row: &hash.0 }
}

fn of_second_factor(account: &Uuid) -> Place<'_> {
    Place { table: "second_factor", column: "secret", row: account.as_bytes() }
}

fn of_envelope_key(id: &Uuid) -> Place<'_> {
    Place { table: "envelope_key", column: "sealed", row: id.as_bytes() }
}

fn of_blob_key(hash: &Hash) -> Place<'_> {
    Place { table: "blob_key", column: "sealed", row: &hash.0 }
}

fn of_heard(attachment: &Uuid) -> Place<'_> {
    Place { table: "transcript", column: "heard", row: attachment.as_bytes() }
}

fn of_accepted(attachment: &Uuid) -> Place<'_> {
    Place { table: "transcript", column: "accepted", row: attachment.as_bytes() }
}

/// By the key of a visit's words.
impl Key {
    /// What a machine heard in a recording.
    pub fn seal_heard(&self, attachment: RecordId, heard: &Heard) -> Vec<u8> {
        self.seal_value(of_heard(&attachment.0), heard)
    }

    /// What a machine heard in a recording.
    ///
    /// # Errors
    ///
    /// When it does not open.
    pub fn open_heard(&self, attachment: RecordId, sealed: &[u8]) -> Result<Heard, NotOpened> {
        self.open_value(of_heard(&attachment.0), sealed)
    }

    /// What a person accepted of it.
    pub fn seal_accepted(&self, attachment: RecordId, text: &str) -> Vec<u8> {
        self.seal_value(of_accepted(&attachment.0), &text)
    }

    /// What a person accepted of it.
    ///
    /// # Errors
    ///
    /// When it does not open.
    pub fn open_accepted(&self, attachment: RecordId, sealed: &[u8]) -> Result<String, NotOpened> {
        self.open_value(of_accepted(&attachment.0), sealed)
    }
}

impl Vault {
    /// The key of an attachment's bytes.
    pub fn seal_blob_key(&self, hash: Hash, secret: &[u8; 32]) -> Vec<u8> {
        self.seal(of_blob_key(&hash), secret)
    }

    /// The key of an attachment's bytes.
    ///
    /// # Errors
    ///
    /// When it does not open.
    pub fn open_blob_key(&self, hash: Hash, sealed: &[u8]) -> Result<BlobKey, NotOpened> {
        let secret = self.open(of_blob_key(&hash), sealed)?.try_into().map_err(|_| NotOpened)?;
        Ok(BlobKey::of(&secret, hash))
    }

    /// The secret of an account's authenticator app.
    pub fn seal_second_factor(&self, account: AccountId, secret: &[u8]) -> Vec<u8> {
        self.seal(of_second_factor(&account.0), secret)
    }

    /// The secret of an account's authenticator app.
    ///
    /// # Errors
    ///
    /// When it does not open.
    pub fn open_second_factor(&self, account: AccountId, sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        self.open(of_second_factor(&account.0), sealed)
    }

    /// What is kept of a recovery code.
    pub fn blind_recovery_code(&self, account: AccountId, code: &str) -> String {
        self.blind("recovery code", &format!("{account} {code}"))
    }

    /// Who was visited, for the row of a visit.
    pub fn seal_identity(&self, visit: RecordId, person: &Person) -> Vec<u8> {
        self.seal_value(of_identity(&visit.0), person)
    }

    /// Who was visited, where more than showing it hangs on it.
    ///
    /// # Errors
    ///
    /// When it does not open.
    pub fn identity(&self, visit: RecordId, sealed: &[u8]) -> Result<Person, NotOpened> {
        self.open_value(of_identity(&visit.0), sealed)
    }

    /// Who was visited. What cannot be decrypted is said to be so, and logged.
    pub fn open_identity(&self, visit: RecordId, sealed: &[u8]) -> Person {
        person(self.identity(visit, sealed), "identity", visit.0)
    }

    /// A respondent of the directory.
    pub fn seal_respondent(&self, id: RespondentId, person: &Person) -> Vec<u8> {
        self.seal_value(of_respondent(&id.0), person)
    }

    /// A respondent of the directory, to be written again.
    ///
    /// # Errors
    ///
    /// When it does not open: then what is there stays.
    pub fn respondent(&self, id: RespondentId, sealed: &[u8]) -> Result<Person, NotOpened> {
        self.open_value(of_respondent(&id.0), sealed)
    }

    /// A respondent of the directory. What cannot be decrypted is said to be so, and logged.
    pub fn open_respondent(&self, id: RespondentId, sealed: &[u8]) -> Person {
        person(self.respondent(id, sealed), "respondent", id.0)
    }

    /// How to reach whoever was visited; `None` when nothing is known.
    pub fn seal_contact(&self, visit: RecordId, contact: &Contact) -> Option<Vec<u8>> {
        let known = !contact.call_back_how.is_empty() || contact.position.is_some();
        known.then(|| self.seal_value(of_contact(&visit.0), contact))
    }

    /// How to reach whoever was visited.
    pub fn open_contact(&self, visit: RecordId, sealed: Option<&[u8]>) -> Contact {
        let Some(sealed) = sealed else { return Contact::default() };
        self.open_value(of_contact(&visit.0), sealed).unwrap_or_else(|cause| {
            note(cause, "contact", visit.0);
            Contact { call_back_how: NOT_OPENED.to_owned(), position: None }
        })
    }

    /// The key by which a household is found again.
    pub fn blind_key(&self, key: &str) -> String {
        self.blind("respondent", key)
    }

    /// The key of envelopes.
    pub fn seal_envelope_key(&self, id: Uuid, secret: &[u8; 32]) -> Vec<u8> {
        self.seal(of_envelope_key(&id), secret)
    }

    /// The key of envelopes.
    ///
    /// # Errors
    ///
    /// When it does not open.
    pub fn open_envelope_key(&self, id: Uuid, sealed: &[u8]) -> Result<Key, NotOpened> {
        let secret = self.open(of_envelope_key(&id), sealed)?.try_into().map_err(|_| NotOpened)?;
        Ok(Key::of(&secret))
    }

    /// The bytes of a revision, under a key of its own where it has one.
    pub fn seal_envelope(&self, key: Option<&Key>, hash: Hash, bytes: &[u8]) -> Vec<u8> {
        match key {
            Some(key) => key.seal(of_envelope(&hash), bytes),
            None => self.seal(of_envelope(&hash), bytes),
        }
    }

    /// The bytes of a revision.
    ///
    /// # Errors
    ///
    /// When they were changed, or sealed with another key.
    pub fn open_envelope(&self, key: Option<&Key>, hash: Hash, sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let opened = match key {
            Some(key) => key.open(of_envelope(&hash), sealed),
            None => self.open(of_envelope(&hash), sealed),
        };
        opened.ok().filter(|it| Hash::of(it) == hash).ok_or(NotOpened)
    }
}

fn person(opened: Result<Person, NotOpened>, what: &str, id: Uuid) -> Person {
    opened.unwrap_or_else(|cause| {
        note(cause, what, id);
        Person { name: NOT_OPENED.to_owned(), ..Person::default() }
    })
}

fn note(cause: NotOpened, what: &str, id: Uuid) {
    tracing::error!(%cause, what, %id, "sealed with another key, or changed behind the server's back");
}

/// Sees that this key is the one that the database is sealed with; seals a database from before.
///
/// # Errors
///
/// When it is another key, or the key is missing; the database's.
pub async fn begin(db: &Db, key: &FieldKey) -> anyhow::Result<()> {
    let sealed_by = meta::get(&mut db.read().await?, meta::SEALED_BY).await?;
    let is_new = meta::get(&mut db.read().await?, meta::EPOCH).await?.is_none();
    if sealed_by.is_none() && !is_new && !key.may_be_made() {
        bail!(
            "{} has no keys of this database: copy the folder `keys` from the data folder of its server",
            key.path().display()
        );
    }
    is_sealed_by(sealed_by, db, key)?;
    // On disk before anything is sealed with it.
    key.keep()?;
    // Before anything is sealed the database belongs to this key: another server that starts with a key of its own,
    // at the same moment even, stops here.
    let mut writing = db.write().await?;
    is_sealed_by(meta::get(&mut writing, meta::SEALED_BY).await?, db, key)?;
    meta::set(&mut writing, meta::SEALED_BY, &db.vault.fingerprint().to_string()).await?;
    writing.commit().await?;
    seal_revisions(db).await.context("what phones sent could not be sealed")?;
    seal_people(db).await.context("who was visited could not be sealed")?;
    clear_away(db).await
}

fn is_sealed_by(sealed_by: Option<String>, db: &Db, key: &FieldKey) -> anyhow::Result<()> {
    let path = key.path().display();
    match sealed_by {
        Some(it) if it == db.vault.fingerprint().to_string() => Ok(()),
        Some(_) if !key.is_kept() => {
            bail!(
                "the key that opens what is sealed in this database is missing: put {path} back from its backup"
            )
        }
        Some(_) => bail!(
            "{path} is not the key that this database is sealed with: put the right one back from its backup"
        ),
        None => Ok(()),
    }
}

/// Rows of one step.
const AT_ONCE: i64 = 500;

const CLEAR_ENVELOPES: &str =
    "select sequence, hash, envelope from revision where sequence > $1 order by sequence limit $2";
const SEAL_ENVELOPE: &str = "update revision set envelope = $2 where sequence = $1";

/// Seals the bytes of revisions, some at a time; goes on where it was cut off.
async fn seal_revisions(db: &Db) -> anyhow::Result<()> {
    loop {
        let mut writing = db.write().await?;
        // Afterwards they come sealed.
        if meta::get(&mut writing, meta::SEALING).await?.is_some() || !seal_some(&mut writing).await? {
            return Ok(());
        }
        writing.commit().await?;
    }
}

/// Seals the next revisions; answers whether there may be more.
async fn seal_some(db: &mut Connection) -> sqlx::Result<bool> {
    let done = meta::get(db, meta::SEALED_TO).await?.and_then(|it| it.parse().ok()).unwrap_or(0_i64);
    let rows = sql(CLEAR_ENVELOPES).bind(done).bind(AT_ONCE).fetch_all(db).await?;
    let Some(last) = rows.last() else { return Ok(false) };
    for row in &rows {
        let sealed = db.vault.seal_envelope(None, records::hash_of(row)?, row.get("envelope"));
        sql(SEAL_ENVELOPE).bind(row.get::<i64>("sequence")).bind(sealed).execute(db).await?;
    }
    meta::set(db, meta::SEALED_TO, &last.get::<i64>("sequence").to_string()).await?;
    Ok(true)
}

const CLEAR_IDENTITIES: &str = "select visit as id, name, organisation, telephone, address, id_number
    from identity where sealed is null limit $1";
const SEAL_IDENTITY: &str = "update identity set sealed = $2 where visit = $1";
const CLEAR_RESPONDENTS: &str =
    "select id, name, organisation, telephone, address, id_number, same_key, name_key
    from respondent where sealed is null limit $1";
const SEAL_RESPONDENT: &str =
    "update respondent set sealed = $2, same_key = $3, name_key = $4, has_id_number = $5
    where id = $1";
const CLEAR_CONTACTS: &str = "select id, call_back_how, position from visit
    where contact is null and (call_back_how <> '' or position is not null) limit $1";
const SEAL_CONTACT: &str = "update visit set contact = $2 where id = $1";
/// Then nothing of it is in the clear any more; and what a server of an earlier version would put there, it cannot.
const COLUMNS_IN_THE_CLEAR: [&str; 13] = [
    "alter table identity drop column name",
    "alter table identity drop column organisation",
    "alter table identity drop column telephone",
    "alter table identity drop column address",
    "alter table identity drop column id_number",
    "alter table respondent drop column name",
    "alter table respondent drop column organisation",
    "alter table respondent drop column telephone",
    "alter table respondent drop column address",
    "alter table respondent drop column id_number",
    "alter table visit drop column call_back_how",
    "alter table visit drop column position",
    "alter table revision rename column envelope to sealed",
];

/// Seals who was visited, the directory, and how to reach people, and removes the columns where they stood.
async fn seal_people(db: &Db) -> anyhow::Result<()> {
    let mut writing = db.write().await?;
    if meta::get(&mut writing, meta::SEALING).await?.is_some() {
        return Ok(());
    }
    // What came since the last step is sealed with the rest; from here on a server of before can keep nothing.
    while seal_some(&mut writing).await? {}
    let n = seal_identities(&mut writing).await?
        + seal_respondents(&mut writing).await?
        + seal_contacts(&mut writing).await?;
    for text in COLUMNS_IN_THE_CLEAR {
        sql(text).execute(&mut writing).await?;
    }
    let had_any = n > 0 || meta::get(&mut writing, meta::SEALED_TO).await?.is_some();
    let sealing = if had_any { SEALED } else { CLEARED_AWAY };
    meta::set(&mut writing, meta::SEALING, sealing).await?;
    meta::remove(&mut writing, meta::SEALED_TO).await?;
    Ok(writing.commit().await?)
}

/// How far sealing a database from before has come.
const SEALED: &str = "sealed";
const CLEARED_AWAY: &str = "cleared away";

async fn seal_identities(db: &mut Connection) -> sqlx::Result<usize> {
    let mut n = 0;
    loop {
        let rows = sql(CLEAR_IDENTITIES).bind(AT_ONCE).fetch_all(db).await?;
        for row in &rows {
            let visit = RecordId(row.get("id"));
            let sealed = db.vault.seal_identity(visit, &person_in_the_clear(row));
            sql(SEAL_IDENTITY).bind(visit.0).bind(sealed).execute(db).await?;
        }
        if rows.is_empty() {
            return Ok(n);
        }
        n += rows.len();
    }
}

async fn seal_respondents(db: &mut Connection) -> sqlx::Result<usize> {
    let mut n = 0;
    loop {
        let rows = sql(CLEAR_RESPONDENTS).bind(AT_ONCE).fetch_all(db).await?;
        for row in &rows {
            let (id, person) = (RespondentId(row.get("id")), person_in_the_clear(row));
            let query = sql(SEAL_RESPONDENT).bind(id.0).bind(db.vault.seal_respondent(id, &person));
            let query = query.bind(db.vault.blind_key(row.get("same_key")));
            let query = query.bind(db.vault.blind_key(row.get("name_key")));
            query.bind(i64::from(!person.id_number.trim().is_empty())).execute(db).await?;
        }
        if rows.is_empty() {
            return Ok(n);
        }
        n += rows.len();
    }
}

async fn seal_contacts(db: &mut Connection) -> sqlx::Result<usize> {
    let mut n = 0;
    loop {
        let rows = sql(CLEAR_CONTACTS).bind(AT_ONCE).fetch_all(db).await?;
        for row in &rows {
            let position = row.get::<Option<&str>>("position").and_then(|it| serde_json::from_str(it).ok());
            let contact = Contact { call_back_how: row.get("call_back_how"), position };
            let visit = RecordId(row.get("id"));
            // A position that is none is nothing to keep, and must not come again.
            let sealed = db.vault.seal_value(of_contact(&visit.0), &contact);
            sql(SEAL_CONTACT).bind(visit.0).bind(sealed).execute(db).await?;
        }
        if rows.is_empty() {
            return Ok(n);
        }
        n += rows.len();
    }
}

fn person_in_the_clear(row: &Row) -> Person {
    Person {
        name: row.get("name"),
        organisation: row.get("organisation"),
        telephone: row.get("telephone"),
        address: row.get("address"),
        id_number: row.get("id_number"),
    }
}

/// Overwrites what the database's log and its dead rows still hold of what was destroyed, as far as the engine does that: SQLite's
/// log is emptied, PostgreSQL's dead rows are given free. What fails is logged, and done by the next run.
pub async fn clear_traces(db: &Db) {
    let cleared = async {
        let mut db = db.outside_transactions().await?;
        let text = if db.is_postgres() { FREE_POSTGRES } else { EMPTY_LOG };
        sql(text).execute(&mut db).await.map(drop)
    };
    if let Err(cause) = cleared.await {
        tracing::warn!(%cause, "what was destroyed may be in the database's log until it is written over");
    }
}

const FREE_POSTGRES: &str = "vacuum (analyze) envelope_key, blob_key, revision, identity, visit, statement, suggestion, statement_search";
const CLEAR_AWAY_SQLITE: &str = "vacuum";
const EMPTY_LOG: &str = "pragma wal_checkpoint(truncate)";
const CLEAR_AWAY_POSTGRES: &str = "vacuum (full, analyze) identity, respondent, visit, revision";

/// Once a database from before is sealed, writes its tables anew, so that what their pages held is gone. What fails, for
/// want of room perhaps, is tried again at the next start.
async fn clear_away(db: &Db) -> anyhow::Result<()> {
    if meta::get(&mut db.read().await?, meta::SEALING).await?.as_deref() != Some(SEALED) {
        return Ok(());
    }
    tracing::warn!("what leads to a person is sealed from now on: copy the keys anew, `zoufang backup keys`");
    if let Err(cause) = write_anew(db).await {
        tracing::error!(%cause, "what was in the clear is still in the database's free pages; the next start tries again");
        return Ok(());
    }
    let mut writing = db.write().await?;
    meta::set(&mut writing, meta::SEALING, CLEARED_AWAY).await?;
    Ok(writing.commit().await?)
}

async fn write_anew(db: &Db) -> sqlx::Result<()> {
    let mut db = db.outside_transactions().await?;
    if db.is_postgres() {
        sql(CLEAR_AWAY_POSTGRES).execute(&mut db).await?;
    } else {
        sql(CLEAR_AWAY_SQLITE).execute(&mut db).await?;
        let busy: i64 = sql(EMPTY_LOG).fetch_one(&mut db).await?.get(0);
        if busy != 0 {
            return Err(sqlx::Error::Protocol("somebody reads the database's log".to_owned()));
        }
    }
    Ok(())
}
