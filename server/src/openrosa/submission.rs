//! A record that ODK Collect sends becomes a visit with its answers, by the way that phones' records come in: through the same
//! intake, durable before it is answered.
//!
//! Ids are made of the record's `instanceID`, and what they name of the moment at which it first came, so that sending it again,
//! in whichever pieces, is the same once more. The record as it came and all its files are attachments of the visit: they rest
//! sealed, and go when it goes. An edit (`deprecatedID`) brings later revisions of the same visit and the same answers: each
//! revision claims the moment at which its record came, by which it is found again.

mod late_files;

use std::collections::HashMap;

use axum::body::Bytes;
use domain::{
    answers::{Answers, Evaluated, OFFSET_MINUTES_MAX},
    attachment::{Attachment, AttachmentKind, Content, PHOTO_BYTES_MAX},
    campaign::Unit,
    envelope::{ENVELOPE_BYTES_MAX, FORM_VERSION, Hash, Header, RecordKind, freeze},
    expression::Moment,
    id::{CampaignId, RecordId},
    openrosa::{version_label, version_number},
    questionnaire::{
        submission::{About, Submission, about, read},
        version::{self, Version},
    },
    respondent::RespondentKind,
    session::Account,
    visit::{
        ATTACHMENTS_MAX, CallBack, Consent, Entered, Manner, ReportedElsewhere, Visit, VisitForm, Visitor,
    },
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Refusal, xml};
use crate::{
    App,
    checking::answers_of,
    content,
    error::Error,
    intake::{Arrived, Taken},
    store, uploading,
};

/// Largest request, in bytes: the largest file that is taken here, and room for the record itself. Clients split at it what they
/// send.
pub const SUBMISSION_BYTES_MAX: usize = 27 * 1024 * 1024;
/// Largest record without its files, in bytes: its answers must fit into an envelope.
const XML_BYTES_MAX: usize = 1024 * 1024;
/// Longest name of a file, in characters, as file systems have it.
pub const FILE_NAME_CHARS_MAX: usize = 255;
/// China's time, in minutes ahead of UTC, where a record does not say which time was on the wall.
const CHINA_MINUTES: i32 = 8 * 60;
/// What the record itself is among its attachments; no file can have this name.
const RECORD: &str = "/record";

/// What one request brought.
#[derive(Default)]
pub struct Sent {
    pub xml: Bytes,
    pub files: Vec<SentFile>,
}

/// A file of a record.
pub struct SentFile {
    /// As answers name it.
    pub name: String,
    pub bytes: Bytes,
}

/// Takes a record in, or a further part of one; it is durable then. Safe to repeat.
///
/// # Errors
///
/// [`Refusal`]; then nothing of this request counts, and the client keeps what it has.
pub async fn take_in(app: &App, who: &Account, unit: &Unit, sent: Sent) -> Result<(), Refusal> {
    app.check_room()?;
    if sent.xml.len() > XML_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    if sent.files.iter().any(|it| it.bytes.len() as u64 > PHOTO_BYTES_MAX) {
        return Err(Refusal::TooLarge);
    }
    if !sent.files.iter().all(|it| is_file_name(&it.name)) {
        return Err(Refusal::FileName);
    }
    let (about, form, read) = read_record(app, &sent.xml).await?;
    let campaign = store::campaigns::current(&mut app.db.read().await?).await?;
    let campaign = campaign.ok_or(Refusal::NoCampaign)?.id;
    let first = about.instance_id.clone();
    let at = app.now();
    let coming = Coming {
        app,
        who,
        unit,
        campaign,
        about,
        form,
        read,
        first,
        named: HashMap::new(),
        at,
        replaced_at: None,
    };
    coming.take_in(sent).await
}

/// The version that a record was made with.
struct Form {
    hash: Hash,
    respondent_kind: RespondentKind,
    default_language: String,
    version: Version,
}

/// Reads a record by the version that it names.
async fn read_record(app: &App, bytes: &Bytes) -> Result<(About, Form, Submission), Refusal> {
    let bytes = bytes.clone();
    // A megabyte of hostile XML takes a processor for a while: no other request waits for it.
    let root = tokio::task::spawn_blocking(move || xml::read(&bytes)).await;
    let root = root.map_err(|_| Error::Damaged("record"))?.ok_or(Refusal::NotXml)?;
    let about = about(&root).map_err(Refusal::NotOfTheForm)?;
    let mut db = app.db.read().await?;
    let kept = store::questionnaires::kept(&mut db, Some(&about.form)).await?.pop();
    let kept = kept.filter(|it| it.version.is_some()).ok_or(Refusal::NotFound)?;
    let number = version_number(&about.version).ok_or(Refusal::UnknownVersion)?;
    let found = store::questionnaires::numbered(&mut db, &about.form, number).await?;
    drop(db);
    // The number may be another version's, published by another database.
    let of_this_label = |it: &(Hash, String)| version_label(number, it.0) == about.version;
    let (hash, content) = found.filter(of_this_label).ok_or(Refusal::UnknownVersion)?;
    let instance_id = about.instance_id.clone();
    let read = tokio::task::spawn_blocking(move || {
        let form = version::read(&content).ok_or(Error::Damaged("questionnaire version"))?;
        let version = serde_json::from_str(&content).map_err(|_| Error::Damaged("questionnaire version"))?;
        Ok::<_, Error>((
            form.default_language.clone(),
            version,
            read(&form, &root, &|name| record_id(&instance_id, name)),
        ))
    });
    let (default_language, version, read) = read.await.map_err(|_| Error::Damaged("record"))??;
    let respondent_kind = match kept.respondent_kinds[..] {
        [only] => only,
        _ => RespondentKind::Other,
    };
    let read = read.map_err(Refusal::NotOfTheForm)?;
    if !read.files.iter().all(|it| is_file_name(it)) {
        return Err(Refusal::FileName);
    }
    Ok((about, Form { hash, respondent_kind, default_language, version }, read))
}

/// Whether it names a file and nothing above or below it.
fn is_file_name(name: &str) -> bool {
    let fits = (1..=FILE_NAME_CHARS_MAX).contains(&name.chars().count());
    fits && !matches!(name, "." | "..")
        && !name.contains(['/', '\\', ':'])
        && !name.contains(char::is_control)
}

/// A record on its way in.
struct Coming<'a> {
    app: &'a App,
    who: &'a Account,
    unit: &'a Unit,
    campaign: CampaignId,
    about: About,
    form: Form,
    read: Submission,
    /// The `instanceID` of the first record that it is an edit of; its own when it is none.
    first: String,
    /// What the attachments of its files are called, as far as they came with this request.
    named: HashMap<String, RecordId>,
    /// When it first came, milliseconds since 1970.
    at: i64,
    /// When the record came that it takes the place of.
    replaced_at: Option<i64>,
}

impl Coming<'_> {
    async fn take_in(mut self, sent: Sent) -> Result<(), Refusal> {
        let Sent { xml, files } = sent;
        // Before anything of it is kept: a visit without its answers would be half a record.
        let whole = self.envelope(RecordKind::Answers, self.id("answers"), Vec::new(), &self.answers());
        if whole.len() > ENVELOPE_BYTES_MAX {
            return Err(Refusal::TooLarge);
        }
        self.begin(&xml).await?;
        let [visit, answers] = ["visit", "answers"].map(|it| self.id(it));
        let (visit_parents, answers_parents) = (self.parents(visit).await?, self.parents(answers).await?);
        // Bytes first: whoever sees the visit finds them.
        let mut attached =
            vec![self.attach(RECORD, "text/xml".to_owned(), AttachmentKind::Photo, xml).await?];
        for file in files.into_iter().filter(|it| !it.bytes.is_empty()) {
            let (kind, media_type) = declared(&file);
            let kept = self.attach(&file.name, media_type.to_owned(), kind, file.bytes).await?;
            self.named.insert(file.name, kept.0);
            attached.push(kept);
        }
        let mut envelopes = Vec::new();
        if let (Some(visit_parents), Some(answers_parents)) = (visit_parents, answers_parents) {
            let said = self.visit(attached.iter().map(|it| it.0).collect());
            envelopes.push(self.envelope(RecordKind::Visit, visit, visit_parents, &said));
            envelopes.push(self.envelope(RecordKind::Answers, answers, answers_parents, &self.answers()));
        } else {
            envelopes.extend(self.with_late_files().await?);
        }
        let ids: Vec<RecordId> = attached.iter().map(|it| it.0).collect();
        let here = store::records::here(&mut self.app.db.read().await?, &ids).await?;
        // What is here is not sent once more: the unit or the name of an account may be another by now.
        for (id, attachment) in attached.iter().filter(|it| !here.is_of(it.0, self.who.id)) {
            envelopes.push(self.envelope(RecordKind::Attachment, *id, Vec::new(), attachment));
        }
        self.push(envelopes).await
    }

    /// Notes that it comes, or finds that it came before: what is made of it is of that moment.
    async fn begin(&mut self, xml: &Bytes) -> Result<(), Refusal> {
        let mut db = self.app.db.write().await?;
        if let Some(id) = self.about.replaces.clone() {
            let replaced = store::openrosa::get(&mut db, Hash::of(id.as_bytes())).await?;
            let replaced = replaced.ok_or(Refusal::NothingToReplace)?;
            if replaced.account != self.who.id {
                return Err(Refusal::Foreign);
            }
            self.first = replaced.first.unwrap_or(id);
            self.replaced_at = Some(replaced.received_at);
            self.is_of_the_same_form(&mut db).await?;
            let last = store::openrosa::last_edit_at(&mut db, &self.first).await?;
            self.at = self.at.max(last.max(replaced.received_at) + 1);
        }
        let new = store::openrosa::Submission {
            instance: Hash::of(self.about.instance_id.as_bytes()),
            account: self.who.id,
            content: Hash::of(xml),
            received_at: self.at,
            first: self.replaced_at.map(|_| self.first.clone()),
        };
        let (stands, added) = store::openrosa::add(&mut db, &new).await?;
        if added {
            let object = format!("visit {}", self.id("visit"));
            store::audit::note(&mut db, self.at, Some(self.who.id), "submit_by_collect", &object, "").await?;
            db.commit().await?;
        }
        if stands.account != self.who.id {
            return Err(Refusal::Foreign);
        }
        if stands.content != new.content {
            return Err(Refusal::Changed);
        }
        self.at = stands.received_at;
        Ok(())
    }

    /// Sees that the answers whose place it takes are here and are answers to this form.
    async fn is_of_the_same_form(&self, db: &mut store::Connection) -> Result<(), Refusal> {
        let known = store::records::revisions(db, self.id("answers")).await?;
        let replaced = known.iter().find(|it| Some(it.claimed_at) == self.replaced_at);
        let replaced = replaced.ok_or(Refusal::NothingToReplace)?;
        let answers = answers_of(&replaced.envelope).ok_or(Refusal::Destroyed)?;
        if answers.questionnaire == self.about.form { Ok(()) } else { Err(Refusal::NothingToReplace) }
    }

    /// What a revision of the visit or of the answers follows; none when it is here already.
    async fn parents(&self, record: RecordId) -> Result<Option<Vec<Hash>>, Refusal> {
        let known = store::records::revisions(&mut self.app.db.read().await?, record).await?;
        let mut own = known.iter().filter(|it| it.author == self.who.id);
        if own.any(|it| it.claimed_at == self.at) {
            return Ok(None);
        }
        let replaced = known.iter().filter(|it| Some(it.claimed_at) == self.replaced_at);
        Ok(Some(replaced.map(|it| it.hash).collect()))
    }

    /// Keeps the bytes of a file; the attachment's id, and what is said of it. What an edit brings once more is the same attachment;
    /// other bytes of that name, and the record itself, are another one beside it.
    async fn attach(
        &self,
        name: &str,
        media_type: String,
        kind: AttachmentKind,
        bytes: Bytes,
    ) -> Result<(RecordId, Attachment), Refusal> {
        let attachment = Attachment {
            kind,
            media_type,
            bytes_n: bytes.len() as u64,
            sha256: Hash::of(&bytes),
            statement: None,
            duration_ms: None,
            gaps: Vec::new(),
            taken_at: self.at,
        };
        for id in [self.id(name), record_id(&self.about.instance_id, name)] {
            let (app, who, bytes) = (self.app.clone(), self.who.id, bytes.clone());
            let kept =
                uploading::to_the_end(async move { uploading::take_whole(&app, who, id, bytes).await }).await;
            match kept {
                Err(cause) if cause.code() == domain::problem::Code::Conflict => {}
                other => return Ok(other.map(|()| (id, attachment))?),
            }
        }
        Err(Refusal::Changed)
    }

    fn visit(&self, attached: Vec<RecordId>) -> Visit {
        let started = self.read.started.map_or(self.at, |it| it.at);
        // Files may come later, in another request: the visit is complete when all that answers name are here.
        let mut attachments = attached;
        for name in &self.read.files {
            let ids = [self.id(name), record_id(&self.about.instance_id, name)];
            if !ids.iter().any(|it| attachments.contains(it)) {
                attachments.push(ids[0]);
            }
        }
        attachments.truncate(ATTACHMENTS_MAX);
        Visit {
            visitors: vec![Visitor { account: Some(self.who.id), name: self.who.name.clone() }],
            respondent_kind: self.form.respondent_kind,
            form: VisitForm::Visit,
            manner: Manner::Verbal,
            started_at: started,
            ended_at: self.read.ended.map(|it| it.at),
            place: String::new(),
            position: None,
            policies: String::new(),
            consent: Consent::default(),
            call_back: CallBack::default(),
            reported_elsewhere: ReportedElsewhere::default(),
            answered_on_the_spot: String::new(),
            read_back: false,
            entered: Entered::OnTheSpot,
            identity: None,
            statements: Vec::new(),
            attachments,
            withdrawn: None,
        }
    }

    fn answers(&self) -> Answers {
        // Collect evaluated all the while it was filled in, by its own clock: the end of that is nearest to what it last said, the
        // beginning is next, and the arrival is what is left. What hangs on `now()` to the second, or on its random numbers, is
        // flagged as different; it is kept as Collect had it.
        let arrived = Moment { at: self.at, offset_minutes: CHINA_MINUTES };
        let moment = self.read.ended.or(self.read.started).unwrap_or(arrived);
        Answers {
            visit: self.id("visit"),
            questionnaire: self.about.form.clone(),
            version: self.form.hash,
            language: self.form.default_language.clone(),
            evaluated: Evaluated {
                at: moment.at,
                offset_minutes: moment.offset_minutes.clamp(-OFFSET_MINUTES_MAX, OFFSET_MINUTES_MAX),
                seed: 0,
                tables: self.form.version.tables(),
            },
            answers: self.with_files_as_attached(),
            finished: true,
        }
    }

    /// The answers, in which a file of an edit is called by the id that its attachment has. One that has not come yet is taken for the
    /// original's of that name.
    fn with_files_as_attached(&self) -> Value {
        let mut answers = self.read.answers.clone();
        let read_as = |name: &String| record_id(&self.about.instance_id, name).to_string();
        let attached =
            |name: &String| self.named.get(name).copied().unwrap_or_else(|| self.id(name)).to_string();
        let ids: HashMap<String, String> =
            self.read.files.iter().map(|it| (read_as(it), attached(it))).collect();
        rename(&mut answers, &ids);
        answers
    }

    /// The id of the visit, of its answers, or of a file.
    fn id(&self, what: &str) -> RecordId {
        record_id(&self.first, what)
    }

    fn envelope(
        &self,
        kind: RecordKind,
        id: RecordId,
        parents: Vec<Hash>,
        payload: &impl serde::Serialize,
    ) -> Vec<u8> {
        let header = Header {
            id,
            kind,
            campaign: self.campaign,
            unit: self.unit.id,
            visit: self.id("visit"),
            parents,
            form: FORM_VERSION,
            claimed_at: self.at,
        };
        freeze(&header, payload)
    }

    async fn push(&self, envelopes: Vec<Vec<u8>>) -> Result<(), Refusal> {
        let arrived: Vec<Arrived> = envelopes.into_iter().map(Arrived::from_bytes).collect();
        let kept = self.app.batching.keep(self.who.clone(), false, self.app.now(), arrived).await?;
        for taken in kept.taken {
            match taken {
                // What is set aside is durable, too, and seen by the office.
                Taken::Kept { .. } => {}
                Taken::Refused { .. } => return Err(Error::Damaged("record").into()),
            }
        }
        Ok(())
    }
}

/// Puts other texts in the place of those that are known, wherever they stand.
fn rename(answers: &mut Value, names: &HashMap<String, String>) {
    match answers {
        Value::String(text) => {
            if let Some(name) = names.get(text) {
                text.clone_from(name);
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|it| rename(it, names)),
        Value::Object(all) => all.values_mut().for_each(|it| rename(it, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A UUID of our own making (RFC 9562, version 8): the same for the same record, however often it is sent.
fn record_id(instance_id: &str, what: &str) -> RecordId {
    let mut hasher = Sha256::new();
    for part in ["zoufang openrosa", instance_id, what] {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    RecordId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// What a file is said to be: by its bytes, and a film by its name, because voices have the same containers.
fn declared(file: &SentFile) -> (AttachmentKind, &'static str) {
    let name = file.name.to_lowercase();
    let film = [".mp4", ".3gp", ".3gpp", ".mov", ".mkv", ".webm"].iter().any(|it| name.ends_with(it));
    match content::recognize(&file.bytes) {
        Content::Jpeg => (AttachmentKind::Photo, "image/jpeg"),
        Content::Png => (AttachmentKind::Photo, "image/png"),
        Content::Webp => (AttachmentKind::Photo, "image/webp"),
        Content::Heic => (AttachmentKind::Photo, "image/heic"),
        Content::Pdf => (AttachmentKind::Photo, "application/pdf"),
        it @ (Content::Mp4 | Content::Webm) if !film => (AttachmentKind::Voice, it.media_type()),
        it @ (Content::Ogg | Content::Wav | Content::Aac) => (AttachmentKind::Voice, it.media_type()),
        Content::Mp4 | Content::Webm | Content::Unknown => {
            (AttachmentKind::Photo, "application/octet-stream")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_the_same_ids_however_often_it_is_sent() {
        let one = record_id("uuid:1", "visit");
        assert_eq!(one, record_id("uuid:1", "visit"));
        assert_eq!(one.0.get_version_num(), 8);
        assert_ne!(one, record_id("uuid:1", "answers"));
        assert_ne!(record_id("uuid:1a", "b"), record_id("uuid:1", "ab"));
    }

    #[test]
    fn a_name_of_a_file_is_no_path() {
        assert!(is_file_name("1700000000000.jpg") && is_file_name("照片 1.jpg"));
        for it in ["", ".", "..", "../a.jpg", "a/b", "a\\b", "c:a", "a\0b", "a\nb", RECORD] {
            assert!(!is_file_name(it), "{it:?}");
        }
        assert!(!is_file_name(&"x".repeat(256)));
    }

    #[test]
    fn a_file_is_said_to_be_what_its_bytes_are() {
        let of = |name: &str, head: &[u8]| {
            let bytes = [head, &[0; 300]].concat().into();
            declared(&SentFile { name: name.to_owned(), bytes })
        };
        assert_eq!(of("a.txt", b"\xff\xd8\xff\xe1"), (AttachmentKind::Photo, "image/jpeg"));
        let mp4 = b"\x00\x00\x00\x1cftypisom\x00\x00\x02\x00";
        assert_eq!(of("a.m4a", mp4), (AttachmentKind::Voice, "audio/mp4"));
        assert_eq!(of("A.MP4", mp4), (AttachmentKind::Photo, "application/octet-stream"));
        assert_eq!(of("audit.csv", b"event,node"), (AttachmentKind::Photo, "application/octet-stream"));
    }
}
