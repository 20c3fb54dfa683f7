//! Handing over to the discipline group: what the office has is sealed as a clue, and its own copies are destroyed.

use domain::{
    clue::{CHUNK_BYTES, Content, PARTS_MAX, Recorder, Revised, Sealed, padded},
    envelope::open,
    id::ClueId,
    problem::Code,
    statement::Statement,
};
use futures_util::TryStreamExt;

use crate::{
    App, blobs, clue_sealing, day,
    error::Error,
    routes::queue::put_together,
    store::{
        self, Connection,
        changes::Thing,
        clues,
        handovers::{Leaving, Proposed},
        issues::By,
    },
};

/// A statement on its way to the group.
pub struct SealedStatement {
    leaving: Leaving,
    id: ClueId,
    sealed: Sealed,
    parts: Vec<Vec<u8>>,
}

/// Seals every statement of a handover to the members whom neither the proposal nor the group's standing rule leaves out, and to the
/// recovery key.
/// Nothing is kept or destroyed yet.
///
/// # Errors
///
/// [`Code::Invalid`] with `keys` where no member with a key is left, `attachments` where some are still on their way or they are
/// too long for a clue, `releases` where a branch has the issue; [`Code::Conflict`] where a statement has left already; the
/// database's and the disk's.
pub async fn seal(app: &App, proposed: &Proposed) -> Result<Vec<SealedStatement>, Error> {
    let note = note(app, proposed).await?;
    let (mut all, mut bytes_n) = (Vec::new(), 0);
    for it in &proposed.shown.statements {
        let (content, leaving, keys) = {
            let mut db = app.db.read().await?;
            let leaving = store::handovers::leaving(&mut db, it.id).await?.ok_or(Code::NotFound)?;
            if store::envelope_keys::is_handed_over(&mut db, it.id).await? {
                return Err(Code::Conflict.into());
            }
            let mut keys = clues::keys(&mut db, Some(leaving.unit)).await?;
            keys.retain(|it| it.account.is_none_or(|it| !proposed.left_out.contains(&it)));
            if keys.iter().all(|it| it.account.is_none()) {
                return Err(Error::invalid("keys"));
            }
            (content(&mut db, proposed, &leaving, &note).await?, leaving, keys)
        };
        // All of it is in memory until it is kept: no more at once than one clue may have.
        bytes_n += leaving.here().map(|it| it.described.bytes_n).sum::<u64>();
        if leaving.here().any(|it| !it.stored) || bytes_n > (CHUNK_BYTES * PARTS_MAX) as u64 {
            return Err(Error::invalid("attachments"));
        }
        let bytes = attached(app, &leaving).await?;
        let id = ClueId(app.new_public_id());
        let json = serde_json::to_vec(&content).map_err(|_| Error::Damaged("json"))?;
        // Some megabytes of voice take a moment: not on the threads that serve.
        let sealed =
            tokio::task::spawn_blocking(move || clue_sealing::seal(id, &padded(&json, &bytes), &keys));
        let sealed = sealed.await.map_err(|_| Error::Damaged("sealing"))?;
        let (sealed, parts) = sealed.map_err(|_| Error::invalid("keys"))?;
        if parts.len() > PARTS_MAX {
            return Err(Error::invalid("attachments"));
        }
        all.push(SealedStatement { leaving, id, sealed, parts });
    }
    Ok(all)
}

/// Why it is handed over, and what the office had made of it, for the group.
async fn note(app: &App, proposed: &Proposed) -> Result<String, Error> {
    let reason = proposed.shown.sign_off.reason.clone();
    let Some(issue) = proposed.issue else { return Ok(reason) };
    let mut db = app.db.read().await?;
    if store::handovers::is_released(&mut db, issue).await? {
        return Err(Error::invalid("releases"));
    }
    let Some((campaign, _)) = store::issues::campaign_of(&mut db, issue).await? else { return Ok(reason) };
    let line = store::issues::get(&mut db, campaign, issue).await?;
    Ok(line.map_or_else(|| reason.clone(), |it| [&*reason, &it.text.title, &it.text.wording].join("\n")))
}

async fn content(
    db: &mut Connection,
    proposed: &Proposed,
    it: &Leaving,
    note: &str,
) -> Result<Content, Error> {
    Ok(Content {
        words: it.words.clone(),
        summary: it.summary.clone(),
        kind: it.kind,
        about: it.about.clone(),
        happened: it.happened.clone(),
        said_at: it.said_at,
        campaign: it.campaign,
        unit: it.unit,
        unit_name: it.unit_name.clone(),
        place: it.place.clone(),
        respondent_kind: it.respondent_kind,
        identity: store::visit_table::identity(db, it.visit).await?,
        recorded_by: Recorder { account: proposed.by, name: proposed.shown.sign_off.proposed_by.clone() },
        receipt: String::new(),
        left_out: proposed.left_out.clone(),
        attachments: it.here().map(|it| it.described.clone()).collect(),
        revisions: revisions(db, it).await?,
        note: [note, &it.transcript].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\n"),
    })
}

/// Every revision that says something else than what is shown: with the envelopes their words would be lost.
async fn revisions(db: &mut Connection, it: &Leaving) -> Result<Vec<Revised>, Error> {
    let says_the_same = |said: Statement| {
        said.words == it.words
            && said.summary == it.summary
            && said.about == it.about
            && said.happened == it.happened
    };
    let mut all = Vec::new();
    for revision in store::records::revisions(db, it.id).await? {
        let envelope = open(&revision.envelope).map_err(|_| Error::Damaged("envelope"))?;
        if !envelope.read().is_some_and(says_the_same) {
            let payload = String::from_utf8_lossy(envelope.payload).into_owned();
            all.push(Revised { received_at: revision.received_at, payload });
        }
    }
    Ok(all)
}

/// The bytes of a statement's voices and photos.
async fn attached(app: &App, leaving: &Leaving) -> Result<Vec<Vec<u8>>, Error> {
    let mut all = Vec::new();
    for it in leaving.here() {
        let whole = blobs::read(app, it.described.sha256, None).await?;
        let bytes: Vec<u8> = whole
            .pieces
            .try_fold(Vec::new(), |mut all, piece| async move {
                all.extend(piece);
                Ok(all)
            })
            .await
            .map_err(Error::File)?;
        all.push(bytes);
    }
    Ok(all)
}

/// Keeps the clues and destroys what the office has of the statements, within the transaction that notes who signed it off. The bytes
/// of attachments go after the commit ([`crate::retention::remove_bytes`]).
///
/// # Errors
///
/// [`Code::Conflict`] where a statement changed since it was sealed; the database's.
pub async fn hand_over(
    db: &mut Connection,
    proposed: &Proposed,
    sealed: &[SealedStatement],
    by: By,
) -> Result<(), Error> {
    let day = day::of(by.at);
    for it in sealed {
        let leaving = &it.leaving;
        let now = store::handovers::leaving(db, leaving.id).await?.ok_or(Code::NotFound)?;
        let same = now.version == leaving.version
            && now.summary == leaving.summary
            && now.attachments.len() == leaving.attachments.len();
        if !same || store::envelope_keys::is_handed_over(db, leaving.id).await? {
            return Err(Code::Conflict.into());
        }
        for (n, part) in (0..).zip(&it.parts) {
            clues::put_part(db, it.id, n, &day, part).await?;
        }
        clues::add(db, it.id, &it.sealed, &day).await?;
        put_together(db, leaving.id, by).await?;
        store::handovers::destroy(db, leaving, by).await?;
        for attachment in leaving.here() {
            store::erasures::add(db, attachment.id, "handed over", by.at).await?;
        }
        // Phones show that it was passed on.
        let author = store::statements::author(db, leaving.visit).await?;
        store::changes::note(db, Thing::Visit, leaving.visit.0, Some(leaving.unit), author).await?;
    }
    if let Some(issue) = proposed.issue {
        store::handovers::forget_issue(db, issue).await?;
    }
    Ok(())
}
