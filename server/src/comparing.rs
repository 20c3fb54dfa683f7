//! Which statements say the same: each that comes is compared with those that are here, after the acknowledgement.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use domain::likeness::index::{Index, Reading};

use crate::{
    App,
    error::Error,
    store::{
        self,
        likenesses::{Compared, Pair},
    },
};

/// The work's name among those that one server does at a time.
const WORK: &str = "compare";
/// Statements of one transaction.
const AT_ONCE: i64 = 100;
/// The same while phones wait for their acknowledgement.
const AT_ONCE_BUSY: i64 = 20;
/// Statements that the index reads at once, between which others are served: long ones take a fifth of a millisecond each.
const READ_AT_ONCE: i64 = 100;

/// What this server has read for comparing; nothing of it rests anywhere.
#[derive(Debug, Default)]
pub struct Known {
    index: Option<Index>,
    /// The last number that the index has.
    last: i64,
}

/// Compares every statement that waits for it; answers how many.
///
/// # Errors
///
/// The database's.
pub async fn compare_waiting(app: &App) -> Result<usize, Error> {
    let Some(_turn) = app.db.turn(WORK).await? else { return Ok(0) };
    let mut known = app.known.lock().await;
    let (mut compared_n, mut after, mut took) = (0, 0, Duration::ZERO);
    loop {
        let at_once = if app.reading.give_way(took).await { AT_ONCE } else { AT_ONCE_BUSY };
        let waiting = store::likenesses::waiting(&mut app.db.read().await?, after, at_once).await?;
        let Some(last) = waiting.last() else { return Ok(compared_n) };
        after = last.number;
        let ids: Vec<_> = waiting.iter().map(|it| it.id).collect();
        let mut db = app.db.write().await?;
        store::likenesses::number(&mut db, &ids).await?;
        db.commit().await?;
        catch_up(app, &mut known).await?;
        let pairs = pairs(app, &known, &waiting).await?;
        let mut db = app.db.write().await?;
        let began = Instant::now();
        store::likenesses::keep(&mut db, &waiting, &pairs).await?;
        db.commit().await?;
        took = began.elapsed();
        compared_n += waiting.len();
    }
}

/// Reads into the index what was numbered since, here or by another server.
async fn catch_up(app: &App, known: &mut Known) -> Result<(), Error> {
    loop {
        let new = store::likenesses::numbered(&mut app.db.read().await?, known.last, READ_AT_ONCE).await?;
        let Some(last) = new.last() else { return Ok(()) };
        known.last = last.number;
        let key = || u64::from_le_bytes(app.random().first_chunk().copied().unwrap_or_default());
        let index = known.index.get_or_insert_with(|| Index::new(key()));
        for it in &new {
            if let (Ok(number), Some(reading)) = (u32::try_from(it.number), Reading::of(&it.text)) {
                index.add(number, &reading);
            }
        }
        tokio::task::yield_now().await;
    }
}

/// What statements are like, of other visits of their campaign.
async fn pairs(app: &App, known: &Known, waiting: &[Compared]) -> Result<Vec<Pair>, Error> {
    let Some(index) = &known.index else { return Ok(Vec::new()) };
    let read: Vec<(&Compared, Reading, Vec<u32>)> = waiting
        .iter()
        .filter_map(|it| {
            let reading = Reading::of(&it.text)?;
            let candidates = index.candidates(&reading);
            Some((it, reading, candidates))
        })
        .collect();
    let numbers: HashSet<i64> = read.iter().flat_map(|it| &it.2).map(|it| i64::from(*it)).collect();
    let numbers: Vec<i64> = numbers.into_iter().collect();
    let others = store::likenesses::by_numbers(&mut app.db.read().await?, &numbers).await?;
    let readings: HashMap<i64, Reading> =
        others.values().filter_map(|it| Some((it.number, Reading::of(&it.text)?))).collect();
    let mut pairs = Vec::new();
    for (one, reading, candidates) in read {
        for number in candidates.into_iter().map(i64::from) {
            let (Some(other), Some(its)) = (others.get(&number), readings.get(&number)) else { continue };
            if other.visit == one.visit || other.campaign != one.campaign {
                continue;
            }
            if let Some((how, strength)) = index.compare(&reading, its) {
                pairs.push(Pair { one: one.id, other: other.id, how, strength });
            }
        }
        tokio::task::yield_now().await;
    }
    Ok(pairs)
}
