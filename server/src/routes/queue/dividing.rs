//! A statement divided into parts, and put together again.

use domain::{changes::StatementState, id::RecordId, matters::divide, problem::Code};

use super::undo;
use crate::{
    App,
    error::Error,
    sorting,
    store::{self, Connection, issues::By, parts::NewPart, queue::Stands},
};

/// Puts parts in the place of a statement, each suggested types by itself.
///
/// # Errors
///
/// `invalid` with `act` where it does not wait whole and alone, with `cuts` where its words cannot be cut there; the database's.
pub(super) async fn into_parts(
    app: &App,
    db: &mut Connection,
    id: RecordId,
    stands: &Stands,
    cuts: &[usize],
    by: By,
) -> Result<(), Error> {
    let waits = stands.standing.state == StatementState::Waiting && stands.standing.issue.is_none();
    if !waits || stands.part_of.is_some() {
        return Err(Error::invalid("act"));
    }
    let said = store::suggestions::one(db, id).await?.ok_or(Code::NotFound)?;
    // What is cut was said: a summary is its visitor's.
    let own_words = !said.words.trim().is_empty();
    let text = if own_words { &said.words } else { &said.transcript };
    let pieces = divide(text, cuts).ok_or_else(|| Error::invalid("cuts"))?;
    // The queue shows the latest first: so they stand there in the order of the words.
    let mut ids: Vec<RecordId> = pieces.iter().map(|_| RecordId(app.new_id())).collect();
    ids.sort_unstable_by_key(|it| std::cmp::Reverse(*it));
    let mut start = 0;
    let parts: Vec<NewPart<'_>> = pieces
        .into_iter()
        .zip(ids)
        .map(|(piece, id)| {
            let end = start + piece.chars().count();
            let (words, transcript) = if own_words { (piece, "") } else { ("", piece) };
            let part = NewPart { id, words, transcript, start, end };
            start = end;
            part
        })
        .collect();
    store::parts::divide(db, (id, stands.visit), &parts, by.at).await?;
    for it in &parts {
        sorting::sort_now(app, db, it.id).await?;
    }
    Ok(())
}

/// Takes back what was decided of the parts of a statement, the latest first, and puts the statement in their place again.
///
/// # Errors
///
/// The database's.
pub(super) async fn of_parts(
    db: &mut Connection,
    id: RecordId,
    stands: &Stands,
    by: By,
) -> Result<(), Error> {
    for it in store::parts::of(db, id).await? {
        while store::queue::last(db, it.id).await?.is_some() {
            let part = store::queue::stands(db, it.id).await?.ok_or(Code::NotFound)?;
            // What is read within the transaction stays true: nobody decides meanwhile.
            if !Box::pin(undo(db, it.id, &part, by)).await? {
                return Err(Code::Conflict.into());
            }
        }
    }
    Ok(store::parts::put_together(db, (id, stands.visit)).await?)
}

/// Puts a statement together again, if it is divided, because its text becomes another or leaves.
///
/// # Errors
///
/// The database's.
pub async fn put_together(db: &mut Connection, id: RecordId, by: By) -> Result<(), Error> {
    let stands = store::queue::stands(db, id).await?.ok_or(Code::NotFound)?;
    if stands.counted || stands.part_of.is_some() {
        return Ok(());
    }
    undo(db, id, &stands, by).await?;
    store::audit::note(db, by.at, Some(by.account), "undo", &format!("statement {id}"), "").await?;
    Ok(())
}
