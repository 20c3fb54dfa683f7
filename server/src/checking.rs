//! Looking at answers once more, after the acknowledgement, with the code that the phone ran: what does not fit is flagged,
//! never changed and never dropped.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    answers::{Answers, Flag},
    envelope::{Hash, open},
    id::RecordId,
    questionnaire::{Questionnaire, version::Version},
};
use uuid::Uuid;

use crate::{
    App,
    error::Error,
    store::{
        self, Connection,
        answers::{Checked, Standing},
    },
};

/// Answers of one transaction: the writer is free again within milliseconds.
const AT_ONCE: u32 = 200;
/// Versions that are kept as they were read; the largest takes some megabytes.
const VERSIONS_MAX: usize = 10;

/// A published version as it was read.
pub struct Form {
    pub questionnaire: Questionnaire,
    tables: BTreeMap<String, Hash>,
}

impl Form {
    /// Reads the canonical JSON of a version.
    pub fn of(content: &str) -> Option<Self> {
        let version: Version = serde_json::from_str(content).ok()?;
        Some(Self { questionnaire: version.questionnaire()?, tables: version.tables() })
    }
}

/// What an envelope says, if it holds answers that can be read.
pub fn answers_of(envelope: &[u8]) -> Option<Answers> {
    open(envelope).ok()?.read()
}

/// Looks at all answers that wait for it; answers for how many.
///
/// # Errors
///
/// The database's.
pub async fn check_waiting(app: &App) -> Result<usize, Error> {
    app.reading.caught_up(&app.db).await;
    let mut forms: HashMap<Hash, Option<Form>> = HashMap::new();
    let (mut checked_n, mut after) = (0, RecordId(Uuid::nil()));
    loop {
        let waiting = store::answers::waiting(&mut app.db.read().await?, after, AT_ONCE).await?;
        let Some(last) = waiting.last() else { return Ok(checked_n) };
        after = last.record;
        let mut found = Vec::new();
        let mut reading = app.db.read().await?;
        for it in &waiting {
            found.push(look_at(&mut reading, it, &mut forms).await?);
        }
        drop(reading);
        let mut db = app.db.write().await?;
        for (it, (checked, flags)) in waiting.iter().zip(&found) {
            store::answers::note_checked(&mut db, it, *checked, flags).await?;
        }
        db.commit().await?;
        checked_n += waiting.len();
    }
}

async fn look_at(
    db: &mut Connection,
    it: &Standing,
    forms: &mut HashMap<Hash, Option<Form>>,
) -> Result<(Checked, Vec<Flag>), Error> {
    // What was destroyed has nothing left to look at.
    let Some(answers) = answers_of(&it.envelope) else { return Ok((Checked::Checked, Vec::new())) };
    if !forms.contains_key(&answers.version) {
        if forms.len() >= VERSIONS_MAX {
            forms.clear();
        }
        let content = store::questionnaires::content(db, answers.version).await?;
        forms.insert(answers.version, content.as_deref().and_then(Form::of));
    }
    let form = forms.get(&answers.version).and_then(Option::as_ref);
    Ok(match form.filter(|it| it.questionnaire.id == answers.questionnaire) {
        Some(form) => {
            let attached = if form.questionnaire.questions.iter().any(|it| it.kind.is_attached()) {
                store::attachments::ids_of_visit(db, answers.visit).await?
            } else {
                BTreeSet::new()
            };
            (Checked::Checked, answers.flags(&form.questionnaire, &form.tables, &attached))
        }
        None => (Checked::UnknownVersion, Vec::new()),
    })
}
