//! A recording under way: how long it is, where it was interrupted, whether anything is heard.

use crate::attachment::{GAPS_MAX, Gap};

/// Below this loudness (0 to 1) a microphone hears nothing: a covered one shows about 0.005.
pub const SILENT_LEVEL: f64 = 0.012;
/// Silence this long raises the alarm, in milliseconds: people pause, but not for so long.
pub const SILENT_MS: i64 = 6_000;
/// No slice for this long means that the recorder was cut off, in milliseconds: three slices.
pub const CUT_OFF_MS: i64 = 3_500;

/// What the recorder is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapeState {
    Running,
    /// Paused by the person.
    Paused,
    /// The microphone was taken away: a call, a locked screen.
    Interrupted,
}

/// The course of one recording. Times are the device's clock in milliseconds; jumps backwards count
/// as no time at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Tape {
    state: TapeState,
    /// Milliseconds recorded before the current stretch.
    recorded_ms: u64,
    /// When the current stretch began.
    since: i64,
    last_slice_at: i64,
    last_sound_at: i64,
    gaps: Vec<Gap>,
}

impl Tape {
    /// A recording that begins at `now`.
    pub fn begin(now: i64) -> Self {
        Self {
            state: TapeState::Running,
            recorded_ms: 0,
            since: now,
            last_slice_at: now,
            last_sound_at: now,
            gaps: Vec::new(),
        }
    }

    pub fn state(&self) -> TapeState {
        self.state
    }

    /// How much has been recorded by `now`, in milliseconds, without pauses and interruptions.
    pub fn recorded_ms(&self, now: i64) -> u64 {
        match self.state {
            TapeState::Running => self.recorded_ms + between(self.since, now),
            TapeState::Paused | TapeState::Interrupted => self.recorded_ms,
        }
    }

    /// A slice of sound was kept.
    pub fn slice(&mut self, now: i64) {
        self.last_slice_at = now;
    }

    /// The loudness at `now`, 0 to 1.
    pub fn level(&mut self, now: i64, level: f64) {
        if level > SILENT_LEVEL {
            self.last_sound_at = now;
        }
    }

    /// Whether to warn that nothing is heard.
    pub fn is_silent(&self, now: i64) -> bool {
        self.state == TapeState::Running && between(self.last_sound_at, now) >= SILENT_MS.unsigned_abs()
    }

    /// Whether slices have stopped coming although nobody paused.
    pub fn is_cut_off(&self, now: i64) -> bool {
        self.state == TapeState::Running && between(self.last_slice_at, now) >= CUT_OFF_MS.unsigned_abs()
    }

    /// The person pauses.
    pub fn pause(&mut self, now: i64) {
        self.halt(now, TapeState::Paused);
    }

    /// The microphone was taken away.
    pub fn interrupt(&mut self, now: i64) {
        self.halt(now, TapeState::Interrupted);
    }

    fn halt(&mut self, now: i64, state: TapeState) {
        if self.state == TapeState::Running {
            self.recorded_ms = self.recorded_ms(now);
            self.since = now;
        }
        self.state = state;
    }

    /// It goes on after a pause or an interruption; the latter leaves a gap.
    pub fn resume(&mut self, now: i64) {
        if self.state == TapeState::Interrupted && self.gaps.len() < GAPS_MAX {
            self.gaps.push(Gap { at_ms: self.recorded_ms, lasted_ms: between(self.since, now) });
        }
        if self.state != TapeState::Running {
            self.state = TapeState::Running;
            self.since = now;
            self.last_slice_at = now;
            self.last_sound_at = now;
        }
    }

    /// The length and the gaps of a recording that ends at `now`.
    pub fn end(mut self, now: i64) -> (u64, Vec<Gap>) {
        let recorded_ms = self.recorded_ms(now);
        if self.state == TapeState::Interrupted && self.gaps.len() < GAPS_MAX {
            self.gaps.push(Gap { at_ms: recorded_ms, lasted_ms: between(self.since, now) });
        }
        (recorded_ms, self.gaps)
    }
}

fn between(since: i64, now: i64) -> u64 {
    u64::try_from(now.saturating_sub(since)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_do_not_count_and_leave_no_gap() {
        let mut tape = Tape::begin(1_000);
        tape.pause(3_000);
        tape.resume(10_000);
        assert_eq!(tape.end(11_500), (3_500, vec![]));
    }

    #[test]
    fn a_call_leaves_a_gap() {
        let mut tape = Tape::begin(0);
        tape.interrupt(2_000);
        tape.resume(9_000);
        assert_eq!(tape.end(10_000), (3_000, vec![Gap { at_ms: 2_000, lasted_ms: 7_000 }]));
    }

    #[test]
    fn an_end_within_an_interruption_is_a_gap_too() {
        let mut tape = Tape::begin(0);
        tape.interrupt(2_000);
        assert_eq!(tape.end(5_000), (2_000, vec![Gap { at_ms: 2_000, lasted_ms: 3_000 }]));
    }

    #[test]
    fn silence_raises_the_alarm_and_a_voice_ends_it() {
        let mut tape = Tape::begin(0);
        tape.level(1_000, 0.2);
        tape.level(6_900, 0.001);
        assert!(!tape.is_silent(6_900));
        assert!(tape.is_silent(7_000));
        tape.level(7_100, 0.3);
        assert!(!tape.is_silent(7_200));
    }

    #[test]
    fn missing_slices_are_noticed() {
        let mut tape = Tape::begin(0);
        tape.slice(1_000);
        assert!(!tape.is_cut_off(4_000));
        assert!(tape.is_cut_off(4_500));
    }

    #[test]
    fn a_clock_that_jumps_back_counts_nothing() {
        let tape = Tape::begin(4_070_908_800_000);
        assert_eq!(tape.end(0), (0, vec![]));
    }
}
