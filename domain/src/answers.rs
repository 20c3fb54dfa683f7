//! Answers: what one respondent said to one questionnaire.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    envelope::Hash,
    expression::{Moment, Words},
    id::{RecordId, RespondentId},
    questionnaire::{
        Questionnaire,
        filling::{Filling, ProblemKind, Setting},
    },
};

/// Longest id of a form, in characters (xlsform.org).
pub const FORM_ID_CHARS_MAX: usize = 64;
/// Longest name of a language or a table, in characters: a file's name has at most 255 bytes.
pub const NAME_CHARS_MAX: usize = 255;
/// Most tables that an evaluation names.
pub const TABLES_MAX: usize = 100;
/// Furthest that a clock on the wall is from UTC, in minutes (RFC 3339 has hours up to 23).
pub const OFFSET_MINUTES_MAX: i32 = 24 * 60 - 1;
/// Most flags that are kept of one record; a form has more questions, but nobody reads on.
pub const FLAGS_MAX: usize = 200;

/// What was answered. The payload of a record of kind `answers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Answers {
    pub visit: RecordId,
    /// The id of the form, the same in all its versions.
    pub questionnaire: String,
    /// The version that was answered: the SHA-256 of its canonical JSON.
    pub version: Hash,
    /// The language in which it was asked; empty when the form has only one, without a name.
    #[serde(default)]
    pub language: String,
    pub evaluated: Evaluated,
    /// An object by names, as [`Filling::from_json`] reads it.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub answers: Value,
    /// Whether the visitor said that it is done.
    pub finished: bool,
}

/// What an evaluation hung on beside the answers, so that another one comes to the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Evaluated {
    /// The device's clock, milliseconds since 1970.
    pub at: i64,
    /// How far the clock on the wall was ahead of UTC, in minutes.
    pub offset_minutes: i32,
    /// Where random numbers began.
    pub seed: u64,
    /// The files that were looked up, by name, and the SHA-256 of each as the version's JSON holds it.
    #[serde(default)]
    pub tables: BTreeMap<String, Hash>,
}

/// What was answered to a questionnaire when a respondent was visited last, cut to what its open version reads of it
/// ([`crate::questionnaire::last_saved`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LastAnswers {
    pub respondent: RespondentId,
    /// The form's id.
    pub questionnaire: String,
    pub visit: RecordId,
    /// When that visit began as its phone had it, milliseconds since 1970.
    pub started_at: i64,
    /// An object by names, as [`Answers::answers`].
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub answers: Value,
}

/// What must change in answers before they can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum AnswersError {
    #[error("no id of a form")]
    FormId,
    #[error("answers are an object by names")]
    NoObject,
    #[error("a language or a table has a name of more than {NAME_CHARS_MAX} characters")]
    Name,
    #[error("more than {TABLES_MAX} tables")]
    TooManyTables,
    #[error("a clock cannot be so far from UTC")]
    Offset,
}

/// Something about answers that the office is to look at; they are kept as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Flag {
    /// Where: `/data/person[2]/age`, or the name of a table.
    pub path: String,
    pub kind: FlagKind,
}

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FlagKind {
    /// It must be answered and is not.
    Missing,
    /// It breaks a rule of the form.
    Refused,
    /// It is no answer of the kind that was asked for.
    WrongKind,
    /// It is computed, and comes to something else here.
    Different,
    /// It was answered though it is not asked.
    NotAsked,
    /// The form has no such question.
    Unknown,
    /// An expression of the form could not be evaluated.
    Failed,
    /// A file was looked up that the version does not have, or has otherwise; or one that it has was not there.
    OtherTable,
    /// It names no attachment of its visit.
    NoAttachment,
}

impl Answers {
    /// Checks what the phone checks before sending and the server on arrival. Whether they fit the form is another
    /// question ([`Answers::flags`]): the form need not be here yet.
    ///
    /// # Errors
    ///
    /// [`AnswersError`].
    pub fn check(&self) -> Result<(), AnswersError> {
        let id = &self.questionnaire;
        if id.trim().is_empty() || id.chars().count() > FORM_ID_CHARS_MAX || id.contains(char::is_control) {
            return Err(AnswersError::FormId);
        }
        if !self.answers.is_object() {
            return Err(AnswersError::NoObject);
        }
        let tables = &self.evaluated.tables;
        if tables.len() > TABLES_MAX {
            return Err(AnswersError::TooManyTables);
        }
        if tables.keys().chain([&self.language]).any(|it| it.chars().count() > NAME_CHARS_MAX) {
            return Err(AnswersError::Name);
        }
        let minutes = -OFFSET_MINUTES_MAX..=OFFSET_MINUTES_MAX;
        if minutes.contains(&self.evaluated.offset_minutes) { Ok(()) } else { Err(AnswersError::Offset) }
    }

    /// What the evaluation on the phone hung on. Dates are said in Chinese wherever a form says them in words.
    pub fn setting(&self) -> Setting {
        let Evaluated { at, offset_minutes, seed, .. } = self.evaluated;
        Setting { moment: Moment { at, offset_minutes }, seed, words: Words::Chinese }
    }

    /// The record as its version reads it, evaluated as it was on the phone.
    pub fn filling<'q>(&self, form: &'q Questionnaire) -> Filling<'q> {
        Filling::from_json(form, self.setting(), &self.answers).0
    }

    /// What the office is to look at, at most [`FLAGS_MAX`]; `tables` are the version's files as
    /// [`crate::questionnaire::version::Version::tables`] names them, `attached` the attachments of the visit.
    pub fn flags(
        &self,
        form: &Questionnaire,
        tables: &BTreeMap<String, Hash>,
        attached: &BTreeSet<RecordId>,
    ) -> Vec<Flag> {
        let (filling, unknown) = Filling::from_json(form, self.setting(), &self.answers);
        // Whoever says nothing of files says nothing against them: phones once did not.
        let used = &self.evaluated.tables;
        let lacking = tables.keys().filter(|it| !used.is_empty() && !used.contains_key(*it));
        let other = used.keys().filter(|it| tables.get(*it) != used.get(*it));
        let mut flags: Vec<Flag> = other
            .chain(lacking)
            .map(|name| Flag { path: name.clone(), kind: FlagKind::OtherTable })
            .collect();
        flags.extend(unknown.into_iter().map(|it| Flag { path: it.path, kind: FlagKind::Unknown }));
        for number in form.numbers().skip(1).filter(|it| !form.question(*it).kind.is_group()) {
            let given = filling.nodes(number).iter().filter(|it| !filling.document().text(**it).is_empty());
            let aside = given
                .filter(|it| form.question(number).logic.calculation.is_none() && !filling.is_asked(**it));
            flags.extend(aside.map(|it| Flag { path: filling.path(*it), kind: FlagKind::NotAsked }));
            if form.question(number).kind.is_attached() {
                let is_here = |it: &&u32| {
                    let id = filling.document().text(**it).parse();
                    id.is_ok_and(|id| attached.contains(&RecordId(id)))
                };
                let given =
                    filling.nodes(number).iter().filter(|it| !filling.document().text(**it).is_empty());
                let lacking = given.filter(|it| !is_here(it));
                flags
                    .extend(lacking.map(|it| Flag { path: filling.path(*it), kind: FlagKind::NoAttachment }));
            }
        }
        for problem in filling.problems() {
            // What is not finished may lack anything.
            if self.finished || problem.kind != ProblemKind::Missing {
                flags.push(Flag { path: filling.path(problem.node), kind: FlagKind::of(&problem.kind) });
            }
        }
        flags.truncate(FLAGS_MAX);
        flags
    }
}

impl FlagKind {
    fn of(problem: &ProblemKind) -> Self {
        match problem {
            ProblemKind::Missing => Self::Missing,
            ProblemKind::Refused => Self::Refused,
            ProblemKind::NotANumber
            | ProblemKind::NotAWholeNumber
            | ProblemKind::OutOfRange
            | ProblemKind::NotADate
            | ProblemKind::NotATime
            | ProblemKind::NotAPlace
            | ProblemKind::NotAChoice
            | ProblemKind::ChosenTwice => Self::WrongKind,
            ProblemKind::Different => Self::Different,
            ProblemKind::Failed(_) => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::questionnaire::{
        version::{Version, read},
        xlsform::Sheet,
    };

    fn version() -> Version {
        let rows = [
            ["type", "name", "label", "relevant", "calculation", "required", "constraint"],
            ["integer", "people", "How many", "", "", "yes", ". < 50"],
            ["text", "why", "Why none", "${people} = 0", "", "", ""],
            ["calculate", "twice", "", "", "${people} * 2", "", ""],
            ["calculate", "dice", "", "", "int(random() * 1000000)", "", ""],
            ["calculate", "day", "", "", "string(today())", "", ""],
            ["image", "slip", "A slip", "", "", "yes", ""],
        ];
        let rows = rows.iter().map(|it| it.iter().map(|it| (*it).to_owned()).collect()).collect();
        let settings = vec![vec!["form_id".to_owned()], vec!["household".to_owned()]];
        Version {
            sheets: vec![
                Sheet { name: "survey".into(), rows },
                Sheet { name: "settings".into(), rows: settings },
            ],
            files: [("places.csv".to_owned(), vec![vec!["name".to_owned()]])].into(),
            ..Version::default()
        }
    }

    fn answers(given: Value) -> Answers {
        let json = version().to_json();
        let evaluated =
            Evaluated { at: 1_764_000_000_000, offset_minutes: 480, seed: 7, tables: BTreeMap::new() };
        Answers {
            visit: RecordId(Uuid::from_u128(1)),
            questionnaire: "household".into(),
            version: Hash::of(json.as_bytes()),
            language: String::new(),
            evaluated,
            answers: given,
            finished: true,
        }
    }

    fn flags(answers: &Answers) -> Vec<(String, FlagKind)> {
        let form = read(&version().to_json()).unwrap();
        let attached = BTreeSet::from([RecordId(Uuid::from_u128(5))]);
        answers
            .flags(&form, &version().tables(), &attached)
            .into_iter()
            .map(|it| (it.path, it.kind))
            .collect()
    }

    #[test]
    fn what_a_phone_worked_out_comes_to_the_same_here() {
        let form = read(&version().to_json()).unwrap();
        let told = answers(json!({"people": "3"})).filling(&form).to_json();
        assert_eq!(told["twice"], "6");
        assert_eq!(told["day"], "2025-11-25");
        assert_eq!(flags(&answers(told.clone())), []);
        let other_seed =
            Answers { evaluated: Evaluated { seed: 8, ..answers(json!({})).evaluated }, ..answers(told) };
        assert_eq!(flags(&other_seed), [("/data/dice".to_owned(), FlagKind::Different)]);
    }

    #[test]
    fn whatever_does_not_fit_is_flagged() {
        let of = |path: &str, kind| (path.to_owned(), kind);
        let odd = answers(json!({"people": "60", "why": "x", "twice": "7", "more": "y"}));
        assert_eq!(
            flags(&odd),
            [
                of("/data/more", FlagKind::Unknown),
                of("/data/why", FlagKind::NotAsked),
                of("/data/people", FlagKind::Refused),
                of("/data/twice", FlagKind::Different),
            ]
        );
        assert_eq!(flags(&answers(json!({"people": "many"}))), [of("/data/people", FlagKind::WrongKind)]);
        assert_eq!(flags(&answers(json!({}))), [of("/data/people", FlagKind::Missing)]);
        assert_eq!(flags(&Answers { finished: false, ..answers(json!({})) }), []);
    }

    #[test]
    fn a_photo_is_an_attachment_of_the_visit_and_nobody_is_held_to_it() {
        assert_eq!(flags(&answers(json!({"people": "1"}))), []);
        let of = |id: u128| json!({"people": "1", "slip": Uuid::from_u128(id)});
        assert_eq!(flags(&answers(of(5))), []);
        for other in [of(6), json!({"people": "1", "slip": "1700000000000.jpg"})] {
            assert_eq!(flags(&answers(other)), [("/data/slip".to_owned(), FlagKind::NoAttachment)]);
        }
    }

    #[test]
    fn tables_are_those_of_the_version() {
        let mut it = answers(json!({"people": "1"}));
        it.evaluated.tables = version().tables();
        assert_eq!(flags(&it), []);
        let other = |it: &str| (it.to_owned(), FlagKind::OtherTable);
        it.evaluated.tables.insert("places.csv".into(), Hash::of(b"another"));
        assert_eq!(flags(&it), [other("places.csv")]);
        it.evaluated.tables = [("more.csv".to_owned(), Hash::of(b"another"))].into();
        assert_eq!(flags(&it), [other("more.csv"), other("places.csv")], "one too many, one that is lacking");
        it.evaluated.tables.clear();
        assert_eq!(flags(&it), [], "what says nothing of them");
    }

    #[test]
    fn what_cannot_be_answers_is_refused() {
        let good = answers(json!({}));
        assert_eq!(good.check(), Ok(()));
        assert_eq!(Answers { answers: json!([]), ..good.clone() }.check(), Err(AnswersError::NoObject));
        assert_eq!(Answers { questionnaire: " ".into(), ..good.clone() }.check(), Err(AnswersError::FormId));
        let far = Evaluated { offset_minutes: 1_440, ..Evaluated::default() };
        assert_eq!(Answers { evaluated: far, ..good }.check(), Err(AnswersError::Offset));
    }

    #[test]
    fn answers_read_back_from_their_json() {
        let json = serde_json::to_string(&answers(json!({"people": "3"}))).unwrap();
        assert_eq!(serde_json::from_str::<Answers>(&json).unwrap(), answers(json!({"people": "3"})));
    }
}
