//! A questionnaire as an XForm, for ODK Collect and other clients of OpenRosa.
//!
//! The ODK XForms specification (getodk.github.io/xforms-spec) says what an XForm is; where it leaves room, it is as pyxform
//! writes it, which is what those clients are tried with.

mod body;
mod model;
mod paths;
mod texts;
mod xml;

use super::{Kind, Metadatum, Question, Questionnaire, Texts};
use texts::Itext;
use xml::Element;
pub use xml::escape;

/// Why a questionnaire cannot be an XForm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoXForm {
    /// A client notices a change only where something is shown.
    #[error("{name} is not shown, so that it cannot trigger another question")]
    SilentTrigger { name: String },
}

/// The questionnaire as the text of an XForm.
///
/// # Errors
///
/// What the form would have to say differently.
pub fn write(form: &Questionnaire) -> Result<String, NoXForm> {
    let form = &with_words_of_pyxform(form);
    let writer = Writer { form, paths: paths::all(form) };
    writer.check_triggers()?;
    let itext = Itext::of(&writer);
    let head = Element::new("h:head").containing([title(form), writer.model(&itext)]);
    let document = writer.root().containing([head, writer.body()]);
    Ok(format!("<?xml version=\"1.0\"?>\n{document}\n"))
}

/// The form with `or_other` said as pyxform says it, in whichever language: what is asked by it is compared by other programs.
fn with_words_of_pyxform(form: &Questionnaire) -> Questionnaire {
    let mut form = form.clone();
    for it in form.questions.iter_mut().filter(|it| it.implied && it.kind == Kind::Text) {
        it.label = Texts::from([(String::new(), "Specify other.".to_owned())]);
    }
    for it in form.lists.values_mut().flat_map(|it| &mut it.choices).filter(|it| it.implied) {
        it.label.values_mut().for_each(|it| "Other".clone_into(it));
    }
    form
}

fn title(form: &Questionnaire) -> Element {
    Element::new("h:title").saying([xml::Inner::Text(form.title.clone())])
}

const NAMESPACES: [(&str, &str); 7] = [
    ("xmlns", "http://www.w3.org/2002/xforms"),
    ("xmlns:h", "http://www.w3.org/1999/xhtml"),
    ("xmlns:ev", "http://www.w3.org/2001/xml-events"),
    ("xmlns:xsd", "http://www.w3.org/2001/XMLSchema"),
    ("xmlns:jr", "http://openrosa.org/javarosa"),
    ("xmlns:orx", "http://openrosa.org/xforms"),
    ("xmlns:odk", "http://www.opendatakit.org/xforms"),
];

struct Writer<'q> {
    form: &'q Questionnaire,
    /// By question, its path from the root.
    paths: Vec<String>,
}

/// What stands in a group of an XForm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Question(u32),
    /// The words above a table of choices; the group that it is in.
    TableLabel(u32),
    /// The choices above a table; the first of its questions.
    TableHeader(u32),
}

impl<'q> Writer<'q> {
    fn question(&self, number: u32) -> &'q Question {
        self.form.question(number)
    }

    fn path(&self, number: u32) -> &str {
        &self.paths[number as usize]
    }

    fn root(&self) -> Element {
        let mut root = Element::new("h:html");
        for (name, uri) in NAMESPACES {
            root.set(name, uri);
        }
        let further = self.form.settings.get("namespaces").map_or("", String::as_str);
        for (prefix, uri) in further.split_whitespace().filter_map(|it| it.split_once('=')) {
            let name = format!("xmlns:{prefix}");
            if crate::expression::is_name(prefix) && !root.says(&name) {
                root.set(&name, uri.trim_matches(['"', '\'']));
            }
        }
        root
    }

    /// What is in a group, in order. Not the audit log, which is about the record as a whole.
    fn parts(&self, group: u32) -> Vec<Part> {
        let question = self.question(group);
        let table = is_table(question);
        let labelled = !question.label.is_empty() || !question.hint.is_empty();
        let mut parts = Vec::new();
        parts.extend((table && labelled).then_some(Part::TableLabel(group)));
        let mut headed = false;
        for child in &question.children {
            let kind = &self.question(*child).kind;
            if *kind == Kind::Metadata(Metadatum::Audit) {
                continue;
            }
            if table && !headed && is_select(kind) {
                parts.push(Part::TableHeader(*child));
                headed = true;
            }
            parts.push(Part::Question(*child));
        }
        parts
    }

    /// The name of a part's node.
    fn name_of(&self, part: Part) -> String {
        match part {
            Part::Question(number) => self.question(number).name.clone(),
            Part::TableLabel(group) => {
                format!("generated_table_list_label_{}", self.question(group).row)
            }
            Part::TableHeader(select) => {
                format!("reserved_name_for_field_list_labels_{}", self.question(select).row)
            }
        }
    }

    /// A part's path from the root.
    fn path_of(&self, part: Part) -> String {
        match part {
            Part::Question(number) => self.path(number).to_owned(),
            Part::TableLabel(group) => format!("{}/{}", self.path(group), self.name_of(part)),
            Part::TableHeader(select) => {
                format!("{}/{}", self.path(self.question(select).parent), self.name_of(part))
            }
        }
    }

    fn check_triggers(&self) -> Result<(), NoXForm> {
        let triggers = self.form.questions.iter().flat_map(|it| &it.triggers);
        let silent = triggers.map(|it| self.question(*it)).find(|it| !is_shown(it));
        silent.map_or(Ok(()), |it| Err(NoXForm::SilentTrigger { name: it.name.clone() }))
    }
}

fn is_select(kind: &Kind) -> bool {
    matches!(kind, Kind::SelectOne(_) | Kind::SelectMultiple(_))
}

/// Whether a group shows its questions as rows of one table of choices.
fn is_table(question: &Question) -> bool {
    question.appearance.iter().any(|it| it == "table-list")
}

/// Whether a person sees a question: what is computed is seen if it has words.
fn is_shown(question: &Question) -> bool {
    if question.kind.is_silent() {
        return false;
    }
    let computed = question.logic.calculation.is_some() || !question.triggers.is_empty();
    !computed || !question.label.is_empty() || !question.hint.is_empty()
}
