//! Questionnaires on their way from a file to a published version.

use domain::{
    envelope::Hash,
    publishing::{FormFault, TakenForm},
    questionnaire::{
        Questionnaire,
        editing::{Book, Setting},
        finding::Finding,
        layout::{ColumnChange, changes},
        medium::{MEDIA_BYTES_MAX, MEDIUM_BYTES_MAX, Media, Medium},
        version::{self, Version},
        xlsform::{Outcome, read},
    },
};

use crate::{content, error::Error, lists, ready_forms::READY_FORMS, workbook};

/// A form as it was read, and what it was read from.
pub struct Draft {
    pub source: Version,
    pub outcome: Outcome,
}

impl Draft {
    /// Reads a workbook or CSV; `name` is what the form is called when it does not say so itself. Takes the thread for as
    /// long as that needs.
    ///
    /// # Errors
    ///
    /// As [`workbook::sheets`].
    pub fn of_file(bytes: &[u8], name: &str) -> Result<Self, Error> {
        Ok(Self::of(Version::of(workbook::sheets(bytes)?), name))
    }

    /// A form that comes with the program.
    pub fn of_ready(name: &str) -> Option<Self> {
        let form = READY_FORMS.iter().find(|it| it.name == name)?;
        Self::of_file(form.csv.as_bytes(), name).ok()
    }

    /// Reads sheets as they are.
    pub fn of(source: Version, name: &str) -> Self {
        let outcome = read(&source, name);
        Self { source, outcome }
    }

    /// What publishing it does to the columns of the versions before; nothing where an error hinders that.
    pub fn changes(&self, before: &[Questionnaire]) -> Vec<ColumnChange> {
        let next = self.outcome.questionnaire.as_ref();
        next.map(|it| changes(&before.iter().collect::<Vec<_>>(), it)).unwrap_or_default()
    }

    /// Reads what was kept of a draft.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn of_json(json: &str, id: &str) -> Result<Self, Error> {
        let source = serde_json::from_str(json).map_err(|_| Error::Damaged("draft of a questionnaire"))?;
        Ok(Self::of(source, id))
    }

    /// The same with a file of choices, CSV, in the place of one of that name.
    ///
    /// # Errors
    ///
    /// As [`lists::rows`].
    pub fn with_file(mut self, name: &str, bytes: &[u8], id: &str) -> Result<Self, Error> {
        self.source.files.insert(name.to_owned(), lists::rows(bytes)?);
        Ok(Self::of(self.source, id))
    }

    /// The same with a picture, sound or film in the place of one of that name.
    ///
    /// # Errors
    ///
    /// `too_large`: the file, or with it all files of the form.
    pub fn with_medium(mut self, name: &str, medium: Medium, id: &str) -> Result<Self, Error> {
        if medium.bytes_n > MEDIUM_BYTES_MAX {
            return Err(Error::too_large(bytes(MEDIUM_BYTES_MAX)));
        }
        self.source.media.insert(name.to_owned(), medium);
        if self.source.media.values().map(|it| it.bytes_n).sum::<u64>() > MEDIA_BYTES_MAX {
            return Err(Error::too_large(bytes(MEDIA_BYTES_MAX)));
        }
        Ok(Self::of(self.source, id))
    }

    /// The same with the pictures, sounds and films of before, as far as it names them: a form that was mended has them still.
    #[must_use]
    pub fn with_media_of(mut self, before: Media, id: &str) -> Self {
        self.source.media = before;
        self.source
            .media
            .retain(|name, _| self.outcome.findings.iter().any(|it| it.fault.lacks_medium(name)));
        Self::of(self.source, id)
    }

    /// Whether labels or choices name it as something to show or play.
    pub fn names_medium(&self, name: &str) -> bool {
        let lacks = self.outcome.findings.iter().any(|it| it.fault.lacks_medium(name));
        lacks || self.source.media.contains_key(name)
    }

    /// What it is called, with errors in it too; its id where it does not say.
    pub fn title(&self, id: &str) -> String {
        let book = Book::of(self.source.sheets.clone());
        Some(book.setting(Setting::Title)).filter(|it| !it.is_empty()).unwrap_or(id).to_owned()
    }

    /// What is said to whoever took it in.
    pub fn taken(&self) -> TakenForm {
        let form = self.outcome.questionnaire.as_ref();
        TakenForm {
            id: form.map(|it| it.id.clone()),
            title: form.map(|it| it.title.clone()).unwrap_or_default(),
            faults: faults(&self.outcome.findings),
            stands: None,
        }
    }

    /// The version that it becomes, as canonical JSON, and its hash; `None` with an error in it. Columns that nobody here knows are
    /// in it as they were written.
    ///
    /// # Errors
    ///
    /// When it cannot be read back: nothing is published that phones would not read.
    pub fn version(&self) -> Result<Option<(Hash, String)>, Error> {
        let Some(form) = &self.outcome.questionnaire else { return Ok(None) };
        // What nothing names any more is not kept by phones.
        let named = form.named_media().into_iter().filter_map(|it| Some((it.file, it.medium?))).collect();
        let files = self.source.files.clone();
        let sheets = Book::of(self.source.sheets.clone()).published(&form.id);
        let json = Version { sheets, files, media: named }.to_json();
        let again =
            version::read(&json).filter(|it| it.id == form.id && it.questions.len() == form.questions.len());
        again.ok_or(Error::Damaged("sheets of a questionnaire"))?;
        Ok(Some((Hash::of(json.as_bytes()), json)))
    }
}

/// What a file for labels and choices is; `None` for what is not taken as one.
pub fn medium(bytes: &[u8]) -> Option<Medium> {
    let media_type = content::medium_type(bytes)?;
    Some(Medium { sha256: Hash::of(bytes), bytes_n: bytes.len() as u64, media_type })
}

fn bytes(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// What is wrong with a form, in words.
pub fn faults(findings: &[Finding]) -> Vec<FormFault> {
    findings.iter().map(FormFault::of).collect()
}

/// All versions of a questionnaire as they were read, the oldest first.
///
/// # Errors
///
/// When one of them cannot be read.
pub fn read_versions(versions: &[(Hash, String)]) -> Result<Vec<Questionnaire>, Error> {
    let read =
        |(_, json): &(Hash, String)| version::read(json).ok_or(Error::Damaged("questionnaire version"));
    versions.iter().map(read).collect()
}
