//! Order: questions, and groups with all that is in them.

use std::ops::RangeInclusive;

use super::{Book, Part, Refusal, Row, lines::Spans};

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// In front of what comes before it in the same group.
    Up,
    /// Behind what comes after it in the same group.
    Down,
    /// To the end of the group or repeat in front of it.
    In,
    /// Behind the group or repeat that it is in.
    Out,
}

impl Book {
    fn spans(&self, key: u32) -> Result<(Spans, usize), Refusal> {
        let ruled = self.ruled(Part::Survey).ok_or(Refusal::Gone)?;
        let place = ruled.at(key).ok_or(Refusal::Gone)?;
        Ok((Spans::of(&ruled), place))
    }

    pub(super) fn remove(&mut self, key: u32) -> Result<(), Refusal> {
        let (spans, place) = self.spans(key)?;
        self.table_mut(Part::Survey).rows.drain(spans.block(place));
        Ok(())
    }

    pub(super) fn step(&mut self, key: u32, way: Way) -> Result<(), Refusal> {
        let (spans, place) = self.spans(key)?;
        let block = spans.block(place);
        let to = match way {
            Way::Up => *before(&spans, place).ok_or(Refusal::NoFurther)?.start(),
            Way::Down => after(&spans, *block.end()).ok_or(Refusal::NoFurther)?.end() + 1,
            Way::In => {
                let group = before(&spans, place).ok_or(Refusal::NoFurther)?;
                spans.of[*group.start()].end.ok_or(Refusal::NoFurther)?
            }
            Way::Out => {
                let group = spans.of[place].parent.ok_or(Refusal::NoFurther)?;
                spans.of[group].end.ok_or(Refusal::NoFurther)? + 1
            }
        };
        shift(&mut self.table_mut(Part::Survey).rows, block, to);
        Ok(())
    }

    pub(super) fn put(&mut self, key: u32, before: Option<u32>) -> Result<(), Refusal> {
        let (spans, place) = self.spans(key)?;
        let block = spans.block(place);
        let to = match before {
            Some(other) => self.spans(other)?.1,
            None => spans.of.len(),
        };
        if to > *block.start() && to <= *block.end() {
            return Err(Refusal::IntoItself);
        }
        shift(&mut self.table_mut(Part::Survey).rows, block, to);
        Ok(())
    }
}

/// Moves rows in front of the row at `to`, which is none of them.
fn shift(rows: &mut [Row], block: RangeInclusive<usize>, to: usize) {
    let (start, end) = block.into_inner();
    if to <= start {
        rows[to..=end].rotate_right(end + 1 - start);
    } else {
        rows[start..to].rotate_left(end + 1 - start);
    }
}

/// What comes before a question in the same group.
fn before(spans: &Spans, place: usize) -> Option<RangeInclusive<usize>> {
    let parent = spans.of[place].parent;
    let other = (0..place).rev().find(|it| !spans.of[*it].blank)?;
    if Some(other) == parent {
        return None;
    }
    Some(spans.of[other].begin.unwrap_or(other)..=other)
}

/// What comes after `end`, the last row of a question, in the same group.
fn after(spans: &Spans, end: usize) -> Option<RangeInclusive<usize>> {
    let other = (end + 1..spans.of.len()).find(|it| !spans.of[*it].blank)?;
    // The end of the group that it is in.
    spans.of[other].begin.is_none().then(|| spans.block(other))
}
