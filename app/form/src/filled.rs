//! What was filled in: taken from a visit's draft and handed back to it.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use domain::{
    envelope::Hash,
    expression::{Moment, Words},
    questionnaire::{
        Kind, Metadatum, Questionnaire,
        filling::{Filling, Problem, Setting},
        version,
    },
};
use self_cell::self_cell;
use serde::Serialize;
use serde_json::{Value, json};

/// Names of questions that begin with what is known of the visit. Nothing that leads to a person is among them.
const KNOWN_OF_VISIT: [(&str, &str); 2] = [("visit_place", "place"), ("respondent_kind", "respondent_kind")];

thread_local! {
    /// The version that was opened last: it is opened again and again.
    static READ: RefCell<Option<Rc<Read>>> = const { RefCell::new(None) };
}

/// A version as it was read.
pub struct Read {
    version: Hash,
    pub questionnaire: Questionnaire,
}

self_cell! {
    /// A record with the version that it is of: they go together.
    struct Record {
        owner: Rc<Read>,

        #[covariant]
        dependent: Filling,
    }
}

/// A questionnaire of a visit.
pub struct Filled {
    record: Record,
    moment: Moment,
    seed: u64,
    /// As [`domain::answers::Evaluated::tables`] has them.
    tables: Value,
    visit: Value,
    /// Said to be done, with nothing left to look at.
    pub finished: bool,
    /// Attachments that answered something at any time: without an answer that names them, the visit leaves them out.
    taken: Vec<Value>,
    /// The question that the next recording answers, by its path.
    pub taking: Option<String>,
    /// The question that a recording answers since it was opened.
    pub recorded: Option<u32>,
}

impl Filled {
    /// Opens `text`, a published version, with what a visit's draft (JSON) holds of it, after the last visit to the same
    /// respondent and the tables of that version (JSON too, as `public/form.js` puts it together). `None` when it cannot be read.
    pub fn open(text: &str, draft: &Value, last: &Value, moment: Moment, seed: u64) -> Option<Self> {
        let read_version = read(text)?;
        let name = read_version.version.to_string();
        let forms = draft["forms"].as_array();
        let before = forms.and_then(|it| it.iter().find(|it| it[1] == name));
        // As `domain::draft::FilledIn` is kept.
        let read = |n: usize| serde_json::from_str::<Value>(before?[n].as_str()?).ok();
        let (answers, kept) = (read(2).unwrap_or_default(), read(3).unwrap_or_default());
        let seed = answers["evaluated"]["seed"].as_u64().unwrap_or(seed);
        let setting = Setting { moment, seed, words: Words::Chinese };
        let tables = last["tables"].clone();
        let mut earlier = last["before"].as_array().into_iter().flatten();
        let id = &read_version.questionnaire.id;
        let last = earlier.find(|it| it["questionnaire"] == *id).map_or(&Value::Null, |it| &it["answers"]);
        let record = Record::new(read_version, |it| match before {
            Some(_) => Filling::from_json_after(&it.questionnaire, setting, &kept["answers"], last),
            None => Filling::new_after(&it.questionnaire, setting, last),
        });
        let finished = answers["finished"] == true;
        let visit = draft["visit"]["id"].clone();
        let taken = kept["taken"].as_array().cloned().unwrap_or_default();
        let taking = kept["taking"].as_str().map(str::to_owned);
        let mut filled =
            Self { record, moment, seed, tables, visit, finished, taken, taking, recorded: None };
        filled.take_recorded(draft);
        if before.is_none() {
            filled.begin(&draft["visit"]["value"]);
        }
        Some(filled)
    }

    /// The record as it stands.
    pub fn filling(&self) -> &Filling<'_> {
        self.record.borrow_dependent()
    }

    /// Changes the record.
    pub fn change<T>(&mut self, act: impl FnOnce(&mut Filling<'_>) -> T) -> T {
        self.record.with_dependent_mut(|_, it| act(it))
    }

    /// As [`Filling::take_changed`] says.
    pub fn take_changed(&mut self) -> BTreeSet<u32> {
        self.record.with_dependent_mut(|_, it| it.take_changed())
    }

    /// The version that is filled in, to be held while the record changes.
    pub fn read(&self) -> Rc<Read> {
        Rc::clone(self.record.borrow_owner())
    }

    /// Notes what a device notes by itself, and what is known of the visit.
    fn begin(&mut self, visit: &Value) {
        let read = self.read();
        let questionnaire = &read.questionnaire;
        for number in questionnaire.numbers() {
            let question = questionnaire.question(number);
            let known = match question.kind {
                Kind::Metadata(Metadatum::Start) => self.moment.to_text(),
                Kind::Metadata(Metadatum::Today) => self.moment.to_text().chars().take(10).collect(),
                Kind::Metadata(Metadatum::Username) => {
                    visit["visitors"][0]["name"].as_str().unwrap_or_default().to_owned()
                }
                _ => {
                    let of_visit = KNOWN_OF_VISIT.iter().find(|(name, _)| *name == question.name);
                    of_visit.and_then(|(_, field)| visit[*field].as_str()).unwrap_or_default().to_owned()
                }
            };
            if !known.is_empty() {
                self.answer_all(number, &known);
            }
        }
    }

    /// Answers a question in all its turns.
    fn answer_all(&mut self, number: u32, text: &str) {
        self.change(|it| {
            for node in it.nodes(number).to_vec() {
                it.answer(node, text);
            }
        });
    }

    /// The recording that was made for a question, which no questionnaire names yet, answers it; also one that a kill cut off.
    fn take_recorded(&mut self, draft: &Value) {
        let Some(path) = &self.taking else { return };
        let questionnaire = self.filling().questionnaire();
        let voices = questionnaire.numbers().filter(|it| questionnaire.question(*it).kind == Kind::Audio);
        let mut nodes = voices.flat_map(|it| self.filling().nodes(it)).copied();
        let Some(node) = nodes.find(|it| self.filling().path(*it) == *path) else { return };
        let named = draft["forms"].to_string();
        let attachments = draft["attachments"].as_array().into_iter().flatten();
        let of_visit =
            attachments.filter(|it| it["value"]["kind"] == "voice" && it["value"]["statement"].is_null());
        let mut ids = of_visit.rev().filter_map(|it| it["id"].as_str());
        if let Some(id) = ids.find(|it| !named.contains(*it)) {
            self.change(|it| it.answer(node, id));
            self.note_taken(id);
            (self.taking, self.recorded) = (None, Some(node));
        }
    }

    /// Notes that an attachment was taken for a question.
    pub fn note_taken(&mut self, id: &str) {
        self.taken.push(Value::from(id));
    }

    /// The page on which a voice is recorded; none where there is no visit.
    pub fn voice_address(&self) -> Option<String> {
        let visit = self.visit.as_str().filter(|it| !it.is_empty())?;
        Some(format!("/record/{visit}/voice/{}", self.record.borrow_owner().version))
    }

    /// When it was opened.
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// How far the clock on the wall is ahead of UTC: `+08:00`.
    pub fn offset(&self) -> String {
        let text = self.moment.to_text();
        text.get(text.len().saturating_sub(6)..).unwrap_or_default().to_owned()
    }

    /// Says that it is done; answers what is left to look at, with which it is not.
    pub fn finish(&mut self, at: Moment) -> Vec<Problem> {
        let read = self.read();
        let ends = |it: &u32| read.questionnaire.question(*it).kind == Kind::Metadata(Metadatum::End);
        for number in read.questionnaire.numbers().filter(ends) {
            self.answer_all(number, &at.to_text());
        }
        let problems = self.filling().problems();
        self.finished = problems.is_empty();
        problems
    }

    /// How many questions have an answer.
    fn answered_n(&self) -> usize {
        let questionnaire = self.filling().questionnaire();
        let seen = |it: &u32| {
            let kind = &questionnaire.question(*it).kind;
            !kind.is_silent() && !kind.is_group()
        };
        let nodes = questionnaire.numbers().filter(seen).flat_map(|it| self.filling().nodes(it));
        nodes
            .filter(|it| !self.filling().document().text(**it).is_empty() && self.filling().is_asked(**it))
            .count()
    }

    /// What was done is done no more once something is left to look at.
    pub fn look_again(&mut self) {
        self.finished = self.finished && self.filling().problems().is_empty();
    }

    /// What [`domain::draft::Draft::fill_in`] is told.
    pub fn told(&self) -> String {
        let Read { version, questionnaire } = &**self.record.borrow_owner();
        let language = &questionnaire.default_language;
        let evaluated = json!({
            "at": self.moment.at, "offset_minutes": self.moment.offset_minutes, "seed": self.seed, "tables": self.tables,
        });
        let about = json!({
            "visit": self.visit, "questionnaire": questionnaire.id, "version": version.to_string(),
            "language": language, "evaluated": evaluated, "finished": self.finished,
        });
        let answers = beside(&self.filling().asked(), &about);
        let kept = beside(
            &self.filling().whole(),
            &json!({
                "answered_n": self.answered_n(), "taken": Value::Array(self.taken.clone()), "taking": self.taking.as_deref().unwrap_or_default(),
            }),
        );
        format!("{version}\n{answers}\n{kept}")
    }
}

/// An object's JSON with the answers in it. They are written at once, for a phone does it with every few keys.
fn beside(answers: &impl Serialize, object: &Value) -> String {
    let answers = serde_json::to_string(answers).unwrap_or_default();
    format!("{{\"answers\":{answers},{}", &object.to_string()[1..])
}

fn read(text: &str) -> Option<Rc<Read>> {
    let version = Hash::of(text.as_bytes());
    let known = READ.with_borrow(|it| it.clone().filter(|it| it.version == version));
    if known.is_some() {
        return known;
    }
    let read = Rc::new(Read { version, questionnaire: version::read(text)? });
    READ.set(Some(Rc::clone(&read)));
    Some(read)
}
