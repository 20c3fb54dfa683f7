//! A record as clients of OpenRosa send it: an XForm's instance, read strictly into answers.
//!
//! The ODK XForms specification (getodk.github.io/xforms-spec) says what an instance is, OpenRosa's metadata schema
//! (docs.getodk.org/openrosa-metadata) what stands in its `meta`. The XML itself is read by whoever received it.

use serde_json::{Map, Value};

use super::{Kind, Metadatum, Questionnaire};
use crate::{expression::Moment, id::RecordId};

/// Deepest nesting of elements: groups within each other with what is in them, and room.
pub const DEPTH_MAX: usize = super::GROUP_DEPTH_MAX + 10;
/// Longest id of a record, in characters; clients write `uuid:` and a UUID (OpenRosa allows 249 for ids of forms).
pub const INSTANCE_ID_CHARS_MAX: usize = 249;

/// An element of an instance, without the prefixes of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// All of its own text, without that of its children.
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|it| it.0 == name).map(|it| it.1.trim()).filter(|it| !it.is_empty())
    }

    fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|it| it.name == name)
    }

    /// What it says; nothing where it says blanks alone.
    fn said(&self) -> Option<&str> {
        Some(self.text.as_str()).filter(|it| !it.trim().is_empty())
    }
}

/// What an instance says of itself, before its form is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    pub form: String,
    /// As the XForm had it; empty where it had none.
    pub version: String,
    /// The same however often the record is sent.
    pub instance_id: String,
    /// The `instanceID` of the record that this one takes the place of, when it was edited (`deprecatedID`).
    pub replaces: Option<String>,
}

/// An instance as its form reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// An object by names, as [`super::filling::Filling::from_json`] reads it; what the form has no place for stands in it, too.
    /// Files stand in it by the ids that their attachments have.
    pub answers: Value,
    /// The files that answers name, each once, in the order of the form.
    pub files: Vec<String>,
    /// When it was begun and when it was finished, by the device's clock, where the form asks for that.
    pub started: Option<Moment>,
    pub ended: Option<Moment>,
}

/// Why an instance is not taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmissionError {
    #[error("it does not say of which form it is")]
    NoForm,
    #[error("it has no instanceID, or one that is too long")]
    NoInstanceId,
    #[error("it is encrypted")]
    Encrypted,
    #[error("{path} has text beside elements")]
    Mixed { path: String },
    #[error("{path} is there twice")]
    Twice { path: String },
    #[error("{path} is a question and has elements in it")]
    NoText { path: String },
}

/// Reads what an instance says of itself.
///
/// # Errors
///
/// Those of [`SubmissionError`] that are about the record as a whole.
pub fn about(root: &Element) -> Result<About, SubmissionError> {
    let form = root.attribute("id").ok_or(SubmissionError::NoForm)?;
    if root.attribute("encrypted").is_some_and(|it| it != "no") {
        return Err(SubmissionError::Encrypted);
    }
    let meta = root.child("meta");
    let noted = |name: &str| meta.and_then(|it| it.child(name)).and_then(Element::said).map(str::trim);
    let read_id = |id: &str| {
        let is_id = id.chars().count() <= INSTANCE_ID_CHARS_MAX && !id.contains(char::is_control);
        if is_id { Ok(id.to_owned()) } else { Err(SubmissionError::NoInstanceId) }
    };
    let id = noted("instanceID").or_else(|| root.attribute("instanceID"));
    Ok(About {
        form: form.to_owned(),
        version: root.attribute("version").unwrap_or_default().to_owned(),
        instance_id: read_id(id.ok_or(SubmissionError::NoInstanceId)?)?,
        replaces: noted("deprecatedID").map(read_id).transpose()?,
    })
}

/// Reads an instance of a form; `id_of` is what the attachment of a file will be called. Whether its answers keep the form's rules is another question
/// ([`crate::answers::Answers::flags`]).
///
/// # Errors
///
/// [`SubmissionError`] for what no client writes: text beside elements, a question twice or with elements in it.
pub fn read(
    form: &Questionnaire,
    root: &Element,
    id_of: &dyn Fn(&str) -> RecordId,
) -> Result<Submission, SubmissionError> {
    let mut reader = Reader { form, id_of, files: Vec::new(), started: None, ended: None };
    let mut answers = reader.group(0, root, &format!("/{}", root.name))?;
    // What Collect notes of how a record was filled in stands beside the answers in an instance.
    if let Some(audit) = root.child("meta").and_then(|it| it.child("audit")).and_then(Element::said) {
        let is_audit = |it: &u32| form.question(*it).kind == Kind::Metadata(Metadatum::Audit);
        if let Some(number) = form.question(0).children.iter().copied().find(is_audit) {
            answers.insert(form.question(number).name.clone(), Value::from(audit));
        }
        reader.name_file(audit);
    }
    let Reader { files, started, ended, .. } = reader;
    Ok(Submission { answers: Value::Object(answers), files, started, ended })
}

struct Reader<'q> {
    form: &'q Questionnaire,
    id_of: &'q dyn Fn(&str) -> RecordId,
    files: Vec<String>,
    started: Option<Moment>,
    ended: Option<Moment>,
}

impl Reader<'_> {
    fn group(
        &mut self,
        group: u32,
        element: &Element,
        path: &str,
    ) -> Result<Map<String, Value>, SubmissionError> {
        if !element.children.is_empty() && element.said().is_some() {
            return Err(SubmissionError::Mixed { path: path.to_owned() });
        }
        let form = self.form;
        let mut answers = Map::new();
        for child in &element.children {
            let asked = form.question(group).children.iter().copied();
            let Some(number) = asked.into_iter().find(|it| form.question(*it).name == child.name) else {
                // Headings of tables have nodes of their own that say nothing, and `meta` is about the record.
                let says = child.said().is_some() || !child.children.is_empty();
                if says && (group != 0 || child.name != "meta") {
                    answers.insert(child.name.clone(), child.said().map_or(Value::Null, Value::from));
                }
                continue;
            };
            let path = format!("{path}/{}", child.name);
            match form.question(number).kind {
                Kind::Repeat => {
                    let turn = self.group(number, child, &path)?;
                    let turns = answers.entry(child.name.clone()).or_insert_with(|| Value::Array(Vec::new()));
                    if let Value::Array(turns) = turns {
                        turns.push(Value::Object(turn));
                    }
                }
                _ if answers.contains_key(&child.name) => return Err(SubmissionError::Twice { path }),
                Kind::Group | Kind::Form => {
                    let inner = self.group(number, child, &path)?;
                    answers.insert(child.name.clone(), Value::Object(inner));
                }
                _ => {
                    let answer = self.answer(number, child, path)?;
                    answers.insert(child.name.clone(), answer);
                }
            }
        }
        Ok(answers)
    }

    /// An answer; `null` where there is none.
    fn answer(&mut self, number: u32, element: &Element, path: String) -> Result<Value, SubmissionError> {
        if !element.children.is_empty() {
            return Err(SubmissionError::NoText { path });
        }
        let Some(text) = element.said() else { return Ok(Value::Null) };
        match self.form.question(number).kind {
            Kind::Image
            | Kind::Audio
            | Kind::Video
            | Kind::File
            | Kind::Metadata(Metadatum::BackgroundAudio) => {
                self.name_file(text);
                return Ok(Value::from((self.id_of)(text).to_string()));
            }
            Kind::Metadata(Metadatum::Start) => self.started = Moment::read(text),
            Kind::Metadata(Metadatum::End) => self.ended = Moment::read(text),
            _ => {}
        }
        Ok(Value::from(text))
    }

    fn name_file(&mut self, name: &str) {
        if !self.files.iter().any(|it| it == name) {
            self.files.push(name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::tests::form, *};

    fn element(name: &str, children: Vec<Element>) -> Element {
        Element { name: name.to_owned(), children, ..Element::default() }
    }

    fn says(name: &str, text: &str) -> Element {
        Element { name: name.to_owned(), text: text.to_owned(), ..Element::default() }
    }

    fn with(mut element: Element, attributes: &[(&str, &str)]) -> Element {
        element.attributes = attributes.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect();
        element
    }

    fn id_of(name: &str) -> RecordId {
        RecordId(uuid::Uuid::from_u128(name.len() as u128))
    }

    fn meta(inner: Vec<Element>) -> Element {
        element("meta", inner)
    }

    fn household() -> Questionnaire {
        form(
            "# survey
            type | name | label
            start | start |
            end | end |
            audit | audit |
            begin_group | home | Home
            select_multiple things | has | What is there
            image | photo | A photo
            end_group | |
            begin_repeat | person | Person
            text | called | Name
            image | face | Face
            end_repeat | |
            # choices
            list_name | name | label
            things | tv | Television
            things | car | Car",
        )
    }

    #[test]
    fn an_instance_becomes_answers_and_names_its_files() {
        let root = element(
            "data",
            vec![
                says("start", "2026-11-26T09:30:00.250+08:00"),
                says("end", "2026-11-26T09:40:00.000+08:00"),
                says("\n", ""),
                element("home", vec![says("has", "tv car"), says("photo", "1.jpg"), says("odd", "x")]),
                element("person", vec![says("called", "李 "), says("face", "2.jpeg")]),
                element("person", vec![says("called", "\n  "), says("face", "1.jpg")]),
                says("generated_table_list_label_3", ""),
                meta(vec![says("instanceID", "uuid:1"), says("audit", "audit.csv")]),
            ],
        );
        let read = read(&household(), &root, &id_of).unwrap();
        assert_eq!(
            read.answers,
            json!({
                "start": "2026-11-26T09:30:00.250+08:00", "end": "2026-11-26T09:40:00.000+08:00", "audit": "audit.csv",
                "home": {"has": "tv car", "photo": id_of("1.jpg"), "odd": "x"},
                "person": [{"called": "李 ", "face": id_of("2.jpeg")}, {"called": null, "face": id_of("1.jpg")}],
            })
        );
        assert_eq!(read.files, ["1.jpg", "2.jpeg", "audit.csv"]);
        assert_eq!(read.started, Some(Moment { at: 1_795_656_600_250, offset_minutes: 480 }));
        assert_eq!(read.ended.map(|it| it.at), Some(1_795_657_200_000));
    }

    #[test]
    fn what_no_client_writes_is_refused_with_its_place() {
        let refused = |children| read(&household(), &element("data", children), &id_of).unwrap_err();
        let path = |path: &str| path.to_owned();
        let twice = refused(vec![element("home", vec![says("has", "tv"), says("has", "car")])]);
        assert_eq!(twice, SubmissionError::Twice { path: path("/data/home/has") });
        let groups = refused(vec![element("home", vec![]), element("home", vec![])]);
        assert_eq!(groups, SubmissionError::Twice { path: path("/data/home") });
        let nested = refused(vec![element("home", vec![element("has", vec![says("x", "y")])])]);
        assert_eq!(nested, SubmissionError::NoText { path: path("/data/home/has") });
        let mixed = Element { text: "x".to_owned(), ..element("home", vec![says("has", "tv")]) };
        assert_eq!(refused(vec![mixed]), SubmissionError::Mixed { path: path("/data/home") });
    }

    #[test]
    fn a_record_says_what_it_is_or_is_refused() {
        let id = || meta(vec![says("instanceID", " uuid:1 ")]);
        let of = |root: Element, attributes: &[(&str, &str)]| about(&with(root, attributes));
        let form = ("id", "household");
        let good = of(element("data", vec![id()]), &[form, ("version", "2-abc")]).unwrap();
        let expected = About {
            form: "household".to_owned(),
            version: "2-abc".to_owned(),
            instance_id: "uuid:1".to_owned(),
            replaces: None,
        };
        assert_eq!(good, expected);
        let attribute = of(element("data", vec![]), &[form, ("instanceID", "uuid:2")]).unwrap();
        assert_eq!((attribute.instance_id.as_str(), attribute.version.as_str()), ("uuid:2", ""));
        assert_eq!(of(element("data", vec![id()]), &[]), Err(SubmissionError::NoForm));
        let nameless = [meta(vec![]), meta(vec![says("instanceID", &"x".repeat(250))])];
        for it in nameless {
            assert_eq!(of(element("data", vec![it]), &[form]), Err(SubmissionError::NoInstanceId));
        }
        let sealed = of(element("data", vec![id()]), &[form, ("encrypted", "yes")]);
        assert_eq!(sealed, Err(SubmissionError::Encrypted));
        let edited = |of: &str| meta(vec![says("instanceID", "uuid:2"), says("deprecatedID", of)]);
        let edit = of(element("data", vec![edited("uuid:1")]), &[form]).unwrap();
        assert_eq!((edit.instance_id.as_str(), edit.replaces.as_deref()), ("uuid:2", Some("uuid:1")));
        let long = of(element("data", vec![edited(&"x".repeat(250))]), &[form]);
        assert_eq!(long, Err(SubmissionError::NoInstanceId));
    }
}
