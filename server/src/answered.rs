//! What was answered to the questionnaires of a visit, in their own words.

use domain::{
    id::RecordId,
    questionnaire::{shown, version},
    record::Answered,
};

use crate::{
    checking::answers_of,
    error::Error,
    store::{self, Connection, answers::Checked},
};

/// What was answered to questionnaires, as it stands.
///
/// # Errors
///
/// The database's.
pub async fn answered(db: &mut Connection, visit: RecordId) -> Result<Vec<Answered>, Error> {
    let mut all = Vec::new();
    for it in store::answers::of_visit(db, visit).await? {
        let Some(answers) = answers_of(&it.envelope) else { continue };
        let place = store::questionnaires::place(db, answers.version).await?;
        let content = store::questionnaires::content(db, answers.version).await?;
        let form = content.as_deref().and_then(version::read);
        let lines = form.as_ref().map(|it| shown::answered(&answers.filling(it), &it.default_language));
        all.push(Answered {
            record: it.record,
            questionnaire: answers.questionnaire,
            title: place.as_ref().map(|it| it.1.clone()).unwrap_or_default(),
            version: place.map(|it| it.0),
            finished: answers.finished,
            checked: it.checked == Checked::Checked,
            flags: it.flags,
            lines: lines.unwrap_or_default(),
        });
    }
    Ok(all)
}
