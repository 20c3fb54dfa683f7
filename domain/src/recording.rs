//! A recording under way: how long it is, where it was interrupted, whether anything is heard.

use crate::attachment::{GAPS_MAX, Gap};

/// Below this loudness (0 to 1) a microphone hears nothing: a covered one shows about 0.005.
pub const SILENT_LEVEL: f64 = 0.012;
/// Silence this long raises the alarm, in milliseconds: people pause, but not for so long.
pub const SILENT_MS: i64 = 6_000;
/// No slice for this long means that the recorder was cut off, in milliseconds: three slices.
pub const CUT_OFF_MS: i64 = 3_500;

/// Length of a slice, in milliseconds, as the recorder cuts them: at most this much and the one before it
/// are lost by a kill.
pub const SLICE_MS: u32 = 1_000;

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
///
/// Pausing and interrupting are two things: a microphone that comes back during a pause starts
/// nothing, and going on without a microphone does not either.
#[derive(Clone, Debug, PartialEq)]
pub struct Tape {
    paused: bool,
    interrupted: bool,
    /// Milliseconds recorded before the current stretch.
    recorded_ms: u64,
    /// When the current stretch, pause or interruption began.
    since: i64,
    last_slice_at: i64,
    last_sound_at: i64,
    slices_n: u64,
    bytes_n: u64,
    gaps: Vec<Gap>,
}

impl Tape {
    /// A recording that begins at `now`.
    pub fn begin(now: i64) -> Self {
        Self {
            paused: false,
            interrupted: false,
            recorded_ms: 0,
            since: now,
            last_slice_at: now,
            last_sound_at: now,
            slices_n: 0,
            bytes_n: 0,
            gaps: Vec::new(),
        }
    }

    pub fn state(&self) -> TapeState {
        match (self.paused, self.interrupted) {
            (true, _) => TapeState::Paused,
            (false, true) => TapeState::Interrupted,
            (false, false) => TapeState::Running,
        }
    }

    /// How much has been recorded by `now`, in milliseconds, without pauses and interruptions.
    pub fn recorded_ms(&self, now: i64) -> u64 {
        match self.state() {
            TapeState::Running => self.recorded_ms + between(self.since, now),
            TapeState::Paused | TapeState::Interrupted => self.recorded_ms,
        }
    }

    /// How often it was interrupted so far.
    pub fn gaps_n(&self) -> usize {
        self.gaps.len()
    }

    /// A slice of `bytes_n` bytes came.
    ///
    /// A late one that holds less than half of what so much time sounds like leaves a gap: the page
    /// stood still, and the microphone with it.
    pub fn slice(&mut self, now: i64, bytes_n: u64) {
        let late_ms = between(self.last_slice_at, now);
        if self.is_cut_off(now) && bytes_n * 2 * u64::from(SLICE_MS) < self.slice_bytes() * late_ms {
            self.miss(now, late_ms.saturating_sub(u64::from(SLICE_MS)));
        }
        self.last_slice_at = now;
        self.slices_n += 1;
        self.bytes_n += bytes_n;
    }

    /// Bytes of a usual slice; without one to go by, none is large enough.
    fn slice_bytes(&self) -> u64 {
        self.bytes_n.checked_div(self.slices_n).unwrap_or(u64::from(u32::MAX))
    }

    /// Of what has run until `now`, the `lost_ms` since the last slice were not recorded.
    fn miss(&mut self, now: i64, lost_ms: u64) {
        let kept_ms = self.recorded_ms(now).saturating_sub(lost_ms);
        self.gap(self.recorded_ms(self.last_slice_at).min(kept_ms), lost_ms);
        self.recorded_ms = kept_ms;
        self.since = now;
    }

    fn gap(&mut self, at_ms: u64, lasted_ms: u64) {
        if self.gaps.len() < GAPS_MAX {
            self.gaps.push(Gap { at_ms, lasted_ms });
        }
    }

    /// The loudness at `now`, 0 to 1.
    pub fn level(&mut self, now: i64, level: f64) {
        if level > SILENT_LEVEL {
            self.last_sound_at = now;
        }
    }

    /// Whether to warn that nothing is heard.
    pub fn is_silent(&self, now: i64) -> bool {
        self.state() == TapeState::Running && between(self.last_sound_at, now) >= SILENT_MS.unsigned_abs()
    }

    /// Whether slices have stopped coming although nobody paused.
    pub fn is_cut_off(&self, now: i64) -> bool {
        self.state() == TapeState::Running && between(self.last_slice_at, now) >= CUT_OFF_MS.unsigned_abs()
    }

    /// The person pauses.
    pub fn pause(&mut self, now: i64) {
        self.turn(now, true, self.interrupted);
    }

    /// The person goes on.
    pub fn resume(&mut self, now: i64) {
        self.turn(now, false, self.interrupted);
    }

    /// The microphone was taken away.
    pub fn interrupt(&mut self, now: i64) {
        self.turn(now, self.paused, true);
    }

    /// The microphone is back.
    pub fn come_back(&mut self, now: i64) {
        self.turn(now, self.paused, false);
    }

    fn turn(&mut self, now: i64, paused: bool, interrupted: bool) {
        if (paused, interrupted) == (self.paused, self.interrupted) {
            return;
        }
        match self.state() {
            TapeState::Running => self.recorded_ms = self.recorded_ms(now),
            // An interruption leaves a gap, a pause does not.
            TapeState::Interrupted => self.gap(self.recorded_ms, between(self.since, now)),
            TapeState::Paused => {}
        }
        (self.paused, self.interrupted) = (paused, interrupted);
        self.since = now;
        self.last_slice_at = now;
        self.last_sound_at = now;
    }

    /// The length and the gaps of a recording that ends at `now`.
    pub fn end(mut self, now: i64) -> (u64, Vec<Gap>) {
        if self.is_cut_off(now) {
            self.miss(now, between(self.last_slice_at, now));
        }
        // Running until the end leaves nothing open.
        let recorded_ms = self.recorded_ms(now);
        self.turn(now, true, true);
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
        tape.slice(11_000, 3_000);
        assert_eq!(tape.end(11_500), (3_500, vec![]));
    }

    #[test]
    fn a_call_leaves_a_gap() {
        let mut tape = Tape::begin(0);
        tape.interrupt(2_000);
        tape.come_back(9_000);
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
        tape.slice(1_000, 3_000);
        assert!(!tape.is_cut_off(4_000));
        assert!(tape.is_cut_off(4_500));
    }

    #[test]
    fn a_microphone_that_comes_back_in_a_pause_starts_nothing() {
        let mut tape = Tape::begin(0);
        tape.pause(1_000);
        tape.interrupt(2_000);
        tape.come_back(3_000);
        assert_eq!(tape.state(), TapeState::Paused);
        tape.resume(4_000);
        assert_eq!(tape.end(5_000), (2_000, vec![]));
    }

    #[test]
    fn going_on_without_a_microphone_is_an_interruption() {
        let mut tape = Tape::begin(0);
        tape.interrupt(1_000);
        tape.pause(2_000);
        tape.resume(5_000);
        assert_eq!(tape.state(), TapeState::Interrupted);
        let gaps = vec![Gap { at_ms: 1_000, lasted_ms: 1_000 }, Gap { at_ms: 1_000, lasted_ms: 2_000 }];
        assert_eq!(tape.end(7_000), (1_000, gaps));
    }

    #[test]
    fn a_page_that_stood_still_leaves_a_gap() {
        let mut tape = Tape::begin(0);
        tape.slice(1_000, 3_000);
        tape.slice(2_000, 3_000);
        tape.slice(62_000, 3_000);
        tape.slice(63_000, 3_000);
        assert_eq!(tape.end(63_000), (4_000, vec![Gap { at_ms: 2_000, lasted_ms: 59_000 }]));
    }

    #[test]
    fn a_late_slice_that_holds_everything_leaves_none() {
        let mut tape = Tape::begin(0);
        tape.slice(1_000, 3_000);
        tape.slice(11_000, 30_000);
        assert_eq!(tape.end(11_000), (11_000, vec![]));
    }

    #[test]
    fn what_was_cut_off_at_the_end_is_a_gap() {
        let mut tape = Tape::begin(0);
        tape.slice(1_000, 3_000);
        assert_eq!(tape.end(9_000), (1_000, vec![Gap { at_ms: 1_000, lasted_ms: 8_000 }]));
    }

    #[test]
    fn a_clock_that_jumps_back_counts_nothing() {
        let tape = Tape::begin(4_070_908_800_000);
        assert_eq!(tape.end(0), (0, vec![]));
    }
}
