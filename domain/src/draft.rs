//! A visit as it is being written on a phone, and what becomes of it when it is sent.
//!
//! One draft holds a visit with everything that belongs to it. Sending freezes what is new or has
//! changed into envelopes; the draft then remembers what it sent, so that a later amendment makes
//! revisions of what changed and of nothing else.

use serde::{Deserialize, Serialize};

use crate::{
    attachment::{Attachment, AttachmentKind},
    envelope::{FORM_VERSION, Hash, Header, RecordKind, freeze_json, to_json},
    id::{AccountId, CampaignId, RecordId, UnitId},
    outbox::{OutboxItem, OutboxState},
    respondent::{Identity, RespondentKind},
    statement::{Kind, Statement, StatementError},
    text::TextError,
    visit::{
        ATTACHMENTS_MAX, Consent, Entered, Given, Manner, STATEMENTS_MAX, Visit, VisitError, VisitForm,
        Visitor,
    },
};

/// A visit under way, or one that was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    pub campaign: CampaignId,
    pub unit: UnitId,
    /// Its lists of members are made when it is frozen.
    pub visit: Drafted<Visit>,
    /// Absent for an unnamed respondent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Drafted<Identity>>,
    pub statements: Vec<Drafted<Statement>>,
    /// Finished voices and photos, each with its bytes beside it in the phone's store.
    #[serde(default)]
    pub attachments: Vec<Drafted<Attachment>>,
    /// Questionnaires that were begun.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<FilledIn>,
    /// Device clock, milliseconds since 1970: when it was last written to.
    pub changed_at: i64,
}

/// A questionnaire as far as it is filled in. What it says is for whatever fills it in and for the office: here it is text.
///
/// In JSON it is a list of texts in the order of the fields: a name for each would cost a phone more than it helps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct FilledIn {
    pub id: RecordId,
    /// The version, by its hash.
    pub version: String,
    /// JSON of [`crate::answers::Answers`], which is sent as it is.
    pub answers: String,
    /// JSON of what stays on the phone: all answers, those to what is not asked at the moment among them.
    pub kept: String,
    /// The revision that was frozen last.
    pub sent: Option<Hash>,
    /// The hash of what it said.
    pub sent_answers: Option<Hash>,
}

impl From<FilledIn> for Vec<String> {
    fn from(it: FilledIn) -> Self {
        let hash = |it: Option<Hash>| it.map(|it| it.to_string()).unwrap_or_default();
        vec![it.id.to_string(), it.version, it.answers, it.kept, hash(it.sent), hash(it.sent_answers)]
    }
}

impl TryFrom<Vec<String>> for FilledIn {
    type Error = &'static str;

    fn try_from(texts: Vec<String>) -> Result<Self, Self::Error> {
        let [id, version, answers, kept, sent, sent_answers] =
            <[String; 6]>::try_from(texts).map_err(|_| "six texts")?;
        let id = RecordId(id.parse().map_err(|_| "no id")?);
        Ok(Self {
            id,
            version,
            answers,
            kept,
            sent: sent.parse().ok(),
            sent_answers: sent_answers.parse().ok(),
        })
    }
}

/// One record of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafted<T> {
    pub id: RecordId,
    /// Device clock, milliseconds since 1970: when it was begun.
    pub at: i64,
    pub value: T,
    /// The revision that was frozen last.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent<T>>,
}

/// A frozen revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent<T> {
    pub hash: Hash,
    pub value: T,
}

impl<T: PartialEq> Drafted<T> {
    /// A record that begins at `at`.
    pub fn new(id: RecordId, at: i64, value: T) -> Self {
        Self { id, at, value, sent: None }
    }

    /// Whether it differs from what was sent, or was never sent.
    pub fn is_new(&self) -> bool {
        self.sent.as_ref().is_none_or(|it| it.value != self.value)
    }
}

/// An envelope that was just made, to be kept and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    pub item: OutboxItem,
    pub envelope: Vec<u8>,
}

/// What must be put right before a draft can be sent; indices count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftProblem {
    /// Nothing was said, not even that there is nothing to say.
    NoStatement,
    /// Consent was not asked for.
    ConsentNotAsked,
    /// Consent was refused, yet something is noted down.
    ConsentRefused,
    Visit(VisitError),
    Identity(TextError),
    Statement {
        index: usize,
        error: StatementError,
    },
}

/// What a draft begins with.
#[derive(Clone, Debug)]
pub struct Beginning {
    pub id: RecordId,
    pub campaign: CampaignId,
    pub unit: UnitId,
    pub account: AccountId,
    /// The recorder's name.
    pub name: String,
    pub respondent_kind: RespondentKind,
    pub place: String,
    /// With the id that its record will have.
    pub identity: Option<(RecordId, Identity)>,
    pub entered: Entered,
}

impl Draft {
    /// A draft that begins at `now`.
    pub fn begin(beginning: Beginning, now: i64) -> Self {
        let at_desk = beginning.entered == Entered::AtDesk;
        let visit = Visit {
            visitors: vec![Visitor { account: Some(beginning.account), name: beginning.name }],
            respondent_kind: beginning.respondent_kind,
            form: if at_desk { VisitForm::Slip } else { VisitForm::Visit },
            manner: if at_desk { Manner::Written } else { Manner::Verbal },
            started_at: now,
            ended_at: None,
            place: beginning.place,
            position: None,
            policies: String::new(),
            consent: Consent::default(),
            call_back: crate::visit::CallBack::default(),
            reported_elsewhere: crate::visit::ReportedElsewhere::default(),
            answered_on_the_spot: String::new(),
            read_back: false,
            entered: beginning.entered,
            identity: None,
            statements: Vec::new(),
            attachments: Vec::new(),
            withdrawn: None,
        };
        Self {
            campaign: beginning.campaign,
            unit: beginning.unit,
            visit: Drafted::new(beginning.id, now, visit),
            identity: beginning.identity.map(|(id, identity)| Drafted::new(id, now, identity)),
            statements: Vec::new(),
            attachments: Vec::new(),
            forms: Vec::new(),
            changed_at: now,
        }
    }

    /// The visit's id.
    pub fn id(&self) -> RecordId {
        self.visit.id
    }

    /// Whether it was sent before; the words then no longer change.
    pub fn was_sent(&self) -> bool {
        self.visit.sent.is_some()
    }

    /// Whether there is anything in it that is worth keeping.
    pub fn is_blank(&self) -> bool {
        self.statements.iter().all(|it| is_blank(&it.value))
            && self.attachments.is_empty()
            && self.forms.is_empty()
            && self.identity.is_none()
    }

    /// Adds a statement and answers its place.
    pub fn add_statement(&mut self, id: RecordId, kind: Kind, now: i64) -> usize {
        let statement = Statement {
            words: String::new(),
            summary: String::new(),
            kind,
            about: String::new(),
            happened: String::new(),
            attachments: Vec::new(),
            proposed: Vec::new(),
        };
        self.statements.push(Drafted::new(id, now, statement));
        self.statements.len() - 1
    }

    /// The statement of an id.
    pub fn statement_mut(&mut self, id: RecordId) -> Option<&mut Drafted<Statement>> {
        self.statements.iter_mut().find(|it| it.id == id)
    }

    /// Takes in how far a questionnaire is filled in, told in three lines: its version, its answers, what is kept beside them.
    /// The first time it becomes the record `id`.
    pub fn fill_in(&mut self, id: RecordId, told: &str) {
        let mut lines = told.splitn(3, '\n').map(str::to_owned);
        let (Some(version), Some(answers), Some(kept)) = (lines.next(), lines.next(), lines.next()) else {
            return;
        };
        match self.forms.iter_mut().find(|it| it.version == version) {
            Some(form) => (form.answers, form.kept) = (answers, kept),
            None => self.forms.push(FilledIn { id, version, answers, kept, sent: None, sent_answers: None }),
        }
    }

    /// Takes a finished attachment in, and hangs it on its statement.
    ///
    /// A statement that was taken out meanwhile comes back for it: nothing is sent that no screen shows.
    /// Taking one in twice keeps one.
    pub fn attach(&mut self, id: RecordId, attachment: Attachment, now: i64) {
        if let Some(statement) = attachment.statement {
            if self.statement_mut(statement).is_none() {
                self.add_statement(statement, Kind::Problem, now);
            }
            if let Some(statement) = self.statement_mut(statement)
                && !statement.value.attachments.contains(&id)
            {
                statement.value.attachments.push(id);
            }
        }
        match self.attachments.iter_mut().find(|it| it.id == id) {
            Some(known) if known.sent.is_none() => known.value = attachment,
            Some(_) => {}
            None => self.attachments.push(Drafted::new(id, now, attachment)),
        }
    }

    /// Takes out a statement that was never sent, with its attachments; answers all that an undo needs.
    pub fn remove_statement(&mut self, id: RecordId) -> Option<Removed> {
        let index = self.statements.iter().position(|it| it.id == id && it.sent.is_none())?;
        let statement = self.statements.remove(index);
        let attachments;
        (attachments, self.attachments) = std::mem::take(&mut self.attachments)
            .into_iter()
            .partition(|it| it.value.statement == Some(id) && it.sent.is_none());
        Some(Removed { index, statement, attachments })
    }

    /// Undoes [`Self::remove_statement`].
    pub fn put_back(&mut self, mut removed: Removed) {
        let id = removed.statement.id;
        if let Some(index) = self.statements.iter().position(|it| it.id == id) {
            // It came back by itself, for a voice that was finished later.
            let attached = &mut removed.statement.value.attachments;
            for late in self.statements.remove(index).value.attachments {
                if !attached.contains(&late) {
                    attached.push(late);
                }
            }
        }
        let index = removed.index.min(self.statements.len());
        self.statements.insert(index, removed.statement);
        self.attachments.extend(removed.attachments);
    }

    /// Takes out an attachment that was never sent.
    pub fn remove_attachment(&mut self, id: RecordId) -> Option<Drafted<Attachment>> {
        let index = self.attachments.iter().position(|it| it.id == id && it.sent.is_none())?;
        for statement in &mut self.statements {
            statement.value.attachments.retain(|it| *it != id);
        }
        Some(self.attachments.remove(index))
    }

    /// Leaves out what was taken for a questionnaire and answers nothing in it any more: what is kept of the questionnaire names
    /// it, and no answer does. What was cut off before it was an answer stays with the visit.
    pub fn leave_out_unanswered(&mut self) {
        let forms = &self.forms;
        self.attachments.retain(|it| {
            let id = it.id.to_string();
            let was_taken = forms.iter().any(|form| form.kept.contains(&id));
            it.sent.is_some() || !was_taken || forms.iter().any(|form| form.answers.contains(&id))
        });
    }

    /// Everything that keeps it from being sent; statements left blank do not count.
    pub fn problems(&self) -> Vec<DraftProblem> {
        let mut problems = Vec::new();
        let visit = &self.visit.value;
        let said = self.statements.iter().any(|it| !is_blank(&it.value))
            || !self.attachments.is_empty()
            || !self.forms.is_empty();
        match visit.consent.given {
            Given::NotAsked => problems.push(DraftProblem::ConsentNotAsked),
            Given::Refused if said || self.identity.is_some() => problems.push(DraftProblem::ConsentRefused),
            Given::Refused => {}
            Given::Spoken | Given::Signed if !said => problems.push(DraftProblem::NoStatement),
            Given::Spoken | Given::Signed => {}
        }
        if let Err(error) = visit.check() {
            problems.push(DraftProblem::Visit(error));
        }
        // The visit's own lists are made when it is frozen: too late to say that they are too long.
        if self.statements.iter().filter(|it| it.sent.is_some() || !is_blank(&it.value)).count()
            > STATEMENTS_MAX
        {
            problems.push(DraftProblem::Visit(VisitError::TooManyStatements));
        }
        if self.attachments.len() > ATTACHMENTS_MAX {
            problems.push(DraftProblem::Visit(VisitError::TooManyAttachments));
        }
        if let Some(Err(error)) = self.identity.as_ref().map(|it| it.value.check()) {
            problems.push(DraftProblem::Identity(error));
        }
        for (index, statement) in self.statements.iter().enumerate() {
            if !is_blank(&statement.value)
                && let Err(error) = statement.value.check()
            {
                problems.push(DraftProblem::Statement { index, error });
            }
        }
        problems
    }

    /// Makes the envelopes of what is new or changed, the visit last, and remembers them as sent.
    ///
    /// Blank statements are left out. Answers nothing when nothing changed.
    pub fn freeze(&mut self, now: i64) -> Vec<Frozen> {
        self.statements.retain(|it| it.sent.is_some() || !is_blank(&it.value));
        let visit = &mut self.visit.value;
        visit.identity = self.identity.as_ref().map(|it| it.id);
        visit.statements = self.statements.iter().map(|it| it.id).collect();
        visit.attachments = self.attachments.iter().map(|it| it.id).collect();
        let place = Place { campaign: self.campaign, unit: self.unit, visit: self.visit.id, now };
        let mut frozen = Vec::new();
        frozen.extend(self.identity.as_mut().and_then(|it| place.freeze(it, RecordKind::Identity)));
        frozen.extend(self.statements.iter_mut().filter_map(|it| place.freeze(it, RecordKind::Statement)));
        frozen.extend(self.attachments.iter_mut().filter_map(|it| place.freeze(it, RecordKind::Attachment)));
        frozen.extend(self.forms.iter_mut().filter_map(|it| place.freeze_form(it)));
        frozen.extend(place.freeze(&mut self.visit, RecordKind::Visit));
        frozen
    }

    /// Voices and photos that belong to a statement, in the order they were made.
    pub fn attachments_of(&self, statement: RecordId) -> impl Iterator<Item = &Drafted<Attachment>> {
        self.attachments.iter().filter(move |it| it.value.statement == Some(statement))
    }

    /// How much was recorded, in milliseconds.
    pub fn voice_ms(&self) -> u64 {
        let voices = self.attachments.iter().filter(|it| it.value.kind == AttachmentKind::Voice);
        voices.filter_map(|it| it.value.duration_ms).sum()
    }
}

/// What [`Draft::remove_statement`] took out.
#[derive(Clone, Debug, PartialEq)]
pub struct Removed {
    index: usize,
    statement: Drafted<Statement>,
    attachments: Vec<Drafted<Attachment>>,
}

impl Removed {
    /// Its voices and photos.
    pub fn attachments(&self) -> impl Iterator<Item = RecordId> {
        self.attachments.iter().map(|it| it.id)
    }
}

/// Whether nothing was noted in a statement; its kind alone says nothing, but 无意见 does.
fn is_blank(statement: &Statement) -> bool {
    statement.kind != Kind::Nothing
        && statement.attachments.is_empty()
        && [&statement.words, &statement.summary, &statement.about, &statement.happened]
            .into_iter()
            .all(|it| it.trim().is_empty())
}

/// What the headers of one draft have in common.
struct Place {
    campaign: CampaignId,
    unit: UnitId,
    visit: RecordId,
    now: i64,
}

impl Place {
    fn freeze<T: Clone + PartialEq + Serialize>(
        &self,
        record: &mut Drafted<T>,
        kind: RecordKind,
    ) -> Option<Frozen> {
        if !record.is_new() {
            return None;
        }
        let payload = to_json(&record.value);
        let frozen = self.made(record.id, kind, record.sent.as_ref().map(|it| it.hash), &payload);
        record.sent = Some(Sent { hash: frozen.item.hash, value: record.value.clone() });
        Some(frozen)
    }

    fn freeze_form(&self, form: &mut FilledIn) -> Option<Frozen> {
        let answers = Some(Hash::of(form.answers.as_bytes()));
        if form.sent_answers == answers {
            return None;
        }
        let frozen = self.made(form.id, RecordKind::Answers, form.sent, form.answers.as_bytes());
        (form.sent, form.sent_answers) = (Some(frozen.item.hash), answers);
        Some(frozen)
    }

    fn made(&self, id: RecordId, kind: RecordKind, parent: Option<Hash>, payload: &[u8]) -> Frozen {
        let header = Header {
            id,
            kind,
            campaign: self.campaign,
            unit: self.unit,
            visit: self.visit,
            parents: parent.into_iter().collect(),
            form: FORM_VERSION,
            claimed_at: self.now,
        };
        let envelope = freeze_json(&header, payload);
        let item = OutboxItem {
            record: id,
            visit: self.visit,
            kind,
            hash: Hash::of(&envelope),
            bytes_n: envelope.len(),
            frozen_at: self.now,
            state: OutboxState::Waiting,
        };
        Frozen { item, envelope }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::envelope::open;

    fn id(n: u128) -> RecordId {
        RecordId(Uuid::from_u128(n))
    }

    fn draft() -> Draft {
        let beginning = Beginning {
            id: id(1),
            campaign: CampaignId(Uuid::from_u128(2)),
            unit: UnitId(Uuid::from_u128(3)),
            account: AccountId(Uuid::from_u128(4)),
            name: "王小明".to_owned(),
            respondent_kind: RespondentKind::Household,
            place: "李家坳村".to_owned(),
            identity: Some((id(5), Identity { name: "李桂兰".to_owned(), ..Identity::default() })),
            entered: Entered::OnTheSpot,
        };
        let mut draft = Draft::begin(beginning, 1_000);
        draft.visit.value.consent.given = Given::Spoken;
        let index = draft.add_statement(id(6), Kind::Problem, 2_000);
        draft.statements[index].value.words = "办事跑了三趟".to_owned();
        draft
    }

    #[test]
    fn sending_freezes_each_record_once_and_the_visit_last() {
        let mut draft = draft();
        assert_eq!(draft.problems(), []);
        let frozen = draft.freeze(3_000);
        let kinds: Vec<RecordKind> = frozen.iter().map(|it| it.item.kind).collect();
        assert_eq!(kinds, [RecordKind::Identity, RecordKind::Statement, RecordKind::Visit]);
        let visit: Visit = open(&frozen[2].envelope).unwrap().read().unwrap();
        assert_eq!((visit.identity, visit.statements), (Some(id(5)), vec![id(6)]));
        assert!(draft.was_sent());
        assert_eq!(draft.freeze(4_000), []);
    }

    #[test]
    fn an_amendment_names_its_parent_and_leaves_the_rest_alone() {
        let mut draft = draft();
        let first = draft.freeze(3_000);
        draft.statements[0].value.summary = "跑多趟".to_owned();
        let again = draft.freeze(4_000);
        assert_eq!(again.len(), 1);
        let header = open(&again[0].envelope).unwrap().header;
        assert_eq!((header.id, header.parents), (id(6), vec![first[1].item.hash]));
    }

    #[test]
    fn a_questionnaire_is_a_record_of_its_version_and_what_is_not_asked_stays_here() {
        let mut draft = draft();
        draft.fill_in(id(20), "v1\n{\"a\":1}\n{\"unasked\":0}");
        draft.fill_in(id(21), "v1\n{\"a\":2}\n{\"unasked\":0}");
        draft.fill_in(id(22), "v2\n{\"a\":3}\n{}");
        draft.fill_in(id(23), "nothing else");
        let ids: Vec<RecordId> = draft.forms.iter().map(|it| it.id).collect();
        assert_eq!(ids, [id(20), id(22)]);
        let frozen = draft.freeze(3_000);
        let kept = serde_json::to_vec(&draft).unwrap();
        assert_eq!(serde_json::from_slice::<Draft>(&kept).unwrap(), draft);
        let sent: Vec<_> = frozen.iter().filter(|it| it.item.kind == RecordKind::Answers).collect();
        let payloads: Vec<_> = sent.iter().map(|it| open(&it.envelope).unwrap().payload).collect();
        assert_eq!(payloads, [b"{\"a\":2}", b"{\"a\":3}"]);
        draft.fill_in(id(24), "v2\n{\"a\":4}\n{}");
        let again = draft.freeze(5_000);
        assert_eq!(again.len(), 1, "the other one has not changed");
        let header = open(&again[0].envelope).unwrap().header;
        assert_eq!((header.id, header.parents), (id(22), vec![sent[1].item.hash]));
    }

    #[test]
    fn a_blank_statement_is_left_out_but_no_comment_is_data() {
        let mut draft = draft();
        draft.add_statement(id(7), Kind::Request, 2_500);
        draft.add_statement(id(8), Kind::Nothing, 2_600);
        draft.freeze(3_000);
        assert_eq!(draft.visit.value.statements, [id(6), id(8)]);
    }

    #[test]
    fn what_was_sent_cannot_be_taken_out() {
        let mut draft = draft();
        draft.add_statement(id(7), Kind::Request, 2_500);
        let removed = draft.remove_statement(id(7)).unwrap();
        draft.put_back(removed);
        assert_eq!(draft.statements.len(), 2);
        draft.freeze(3_000);
        assert_eq!(draft.remove_statement(id(6)), None);
    }

    fn voice(statement: RecordId) -> Attachment {
        Attachment {
            kind: AttachmentKind::Voice,
            media_type: "audio/webm".to_owned(),
            bytes_n: 3,
            sha256: Hash::of(b"abc"),
            statement: Some(statement),
            duration_ms: Some(1_000),
            gaps: Vec::new(),
            taken_at: 0,
        }
    }

    #[test]
    fn what_answers_nothing_in_a_questionnaire_any_more_is_left_out() {
        let mut draft = draft();
        for n in 30..34 {
            draft.attach(id(n), Attachment { statement: None, ..voice(id(6)) }, 2_500);
        }
        draft.attach(id(34), voice(id(6)), 2_500);
        // Of the first it is an answer, the second was taken out, the third answers what is not asked; the fourth was cut off.
        let (answered, taken_out, unasked) = (id(30), id(31), id(32));
        draft.fill_in(
            id(20),
            &format!("v1\n{{\"a\":\"{answered}\"}}\n[\"{answered}\",\"{taken_out}\",\"{unasked}\"]"),
        );
        draft.leave_out_unanswered();
        let left: Vec<RecordId> = draft.attachments.iter().map(|it| it.id).collect();
        assert_eq!(left, [id(30), id(33), id(34)]);
        draft.freeze(3_000);
        draft.fill_in(id(20), &format!("v1\n{{}}\n[\"{answered}\"]"));
        draft.leave_out_unanswered();
        assert_eq!(draft.attachments.len(), 3, "what was sent cannot be taken out");
    }

    #[test]
    fn a_voice_that_is_finished_late_brings_its_statement_back_once() {
        let mut draft = draft();
        let removed = draft.remove_statement(id(6)).unwrap();
        draft.attach(id(9), voice(id(6)), 2_500);
        draft.attach(id(9), voice(id(6)), 2_600);
        assert_eq!((draft.statements.len(), draft.attachments.len()), (1, 1));
        draft.put_back(removed);
        assert_eq!(draft.statements.len(), 1);
        assert_eq!(draft.statements[0].value.words, "办事跑了三趟");
        assert_eq!(draft.statements[0].value.attachments, [id(9)]);
    }

    #[test]
    fn says_what_is_missing() {
        let mut draft = draft();
        draft.visit.value.consent.given = Given::NotAsked;
        assert_eq!(draft.problems(), [DraftProblem::ConsentNotAsked]);
        draft.visit.value.consent.given = Given::Refused;
        assert_eq!(draft.problems(), [DraftProblem::ConsentRefused]);
        draft.visit.value.consent.given = Given::Signed;
        draft.statements.clear();
        assert_eq!(draft.problems(), [DraftProblem::NoStatement]);
        draft.visit.value.form = VisitForm::Symposium { head_count: 0 };
        assert!(draft.problems().contains(&DraftProblem::Visit(VisitError::HeadCount)));
    }

    #[test]
    fn says_that_there_is_too_much_before_it_is_sent() {
        let mut draft = draft();
        for n in 0..STATEMENTS_MAX {
            draft.add_statement(id(100 + n as u128), Kind::Problem, 2_000);
        }
        assert_eq!(draft.problems(), [], "blank ones are not sent");
        for statement in &mut draft.statements {
            statement.value.words = "又一条".to_owned();
        }
        assert_eq!(draft.problems(), [DraftProblem::Visit(VisitError::TooManyStatements)]);
        draft.remove_statement(id(100));
        assert_eq!(draft.problems(), []);
    }

    #[test]
    fn a_draft_survives_its_own_writing() {
        let mut draft = draft();
        draft.freeze(3_000);
        let bytes = serde_json::to_vec(&draft).unwrap();
        assert_eq!(serde_json::from_slice::<Draft>(&bytes).unwrap(), draft);
    }
}
