//! What a machine heard in a recording: a suggestion beside it, until a person accepts it. Before that it is neither
//! counted, searched, learned from nor exported; it never stands in the place of the respondent's own words.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{id::RecordId, text::check_text};

/// Most characters that are taken from a machine: the longest recording, 17 hours, at some 250 characters a minute, and
/// some more.
pub const HEARD_CHARS_MAX: usize = 300_000;
/// Most segments: the same recording with one every two seconds.
pub const SEGMENTS_MAX: usize = 30_000;
/// So often a recording is tried before it counts as failed.
pub const TRIES_MAX: u32 = 5;
/// Longest time between the words of one segment, where a server gives times of words only, in milliseconds.
const WORD_GAP_MS: u64 = 700;
/// Most characters of such a segment.
const WORDS_CHARS_MAX: usize = 30;
/// A time beyond this is none: two days, in seconds.
const SECONDS_MAX: f64 = 172_800.0;

/// What a machine heard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Heard {
    /// All of it; empty where it heard no words.
    pub text: String,
    /// As the server names it, e.g. `zh`; empty where it does not say.
    pub language: String,
    /// In the order of time; empty where the server gives no times.
    pub segments: Vec<Segment>,
}

/// Some words, and where in the recording they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Segment {
    pub start_ms: u64,
    /// Never before the start.
    pub end_ms: u64,
    pub text: String,
}

impl Heard {
    /// The number of the segment that is heard at a time; the last that began where there is silence.
    pub fn at(&self, ms: u64) -> Option<usize> {
        self.segments.partition_point(|it| it.start_ms <= ms).checked_sub(1)
    }
}

/// Why an answer is no transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotHeard {
    #[error("not a JSON object with a text")]
    Junk,
    #[error("more than {HEARD_CHARS_MAX} characters")]
    TooLong,
}

/// Reads what an OpenAI-compatible server answers to `verbose_json` (or `json`: then there are no times). Times that
/// make no sense are left out rather than the words.
///
/// # Errors
///
/// [`NotHeard`]: nothing of it is to be kept.
pub fn read(answer: &[u8]) -> Result<Heard, NotHeard> {
    let answer: Value = serde_json::from_slice(answer).map_err(|_| NotHeard::Junk)?;
    let text = answer["text"].as_str().ok_or(NotHeard::Junk)?;
    let text = clean(text);
    if text.chars().count() > HEARD_CHARS_MAX {
        return Err(NotHeard::TooLong);
    }
    let language = answer["language"].as_str().filter(|it| it.len() <= 20).unwrap_or_default().to_owned();
    let segments =
        timed(&answer["segments"], "text").or_else(|| timed(&answer["words"], "word").map(together));
    let fits = |it: &Vec<Segment>| {
        it.len() <= SEGMENTS_MAX
            && it.iter().map(|it| it.text.chars().count()).sum::<usize>() <= HEARD_CHARS_MAX
    };
    Ok(Heard { text, language, segments: segments.filter(fits).unwrap_or_default() })
}

/// A text without marks such as `<|zh|>` and characters that nobody sees, and without blanks at its ends.
fn clean(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("<|") {
        kept.push_str(before);
        let Some((_, after)) = behind.split_once("|>") else {
            rest = behind;
            continue;
        };
        rest = after;
    }
    kept.push_str(rest);
    let kept: String = kept.chars().filter(|it| !it.is_control() || *it == '\n').collect();
    kept.trim().to_owned()
}

/// Pieces with their times, in order; `None` where there are none that make sense.
fn timed(list: &Value, name: &str) -> Option<Vec<Segment>> {
    let mut segments = Vec::new();
    for it in list.as_array()? {
        let text = clean(it[name].as_str().or_else(|| it["text"].as_str())?);
        let (start_ms, end_ms) = (milliseconds(&it["start"])?, milliseconds(&it["end"])?);
        if !text.is_empty() {
            segments.push(Segment { start_ms, end_ms: end_ms.max(start_ms), text });
        }
    }
    segments.sort_by_key(|it| it.start_ms);
    (!segments.is_empty()).then_some(segments)
}

fn milliseconds(seconds: &Value) -> Option<u64> {
    let seconds = seconds.as_f64().filter(|it| (0.0..SECONDS_MAX).contains(it))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to two days")]
    let ms = (seconds * 1_000.0).round() as u64;
    Some(ms)
}

/// Words put together to what one presses: up to a pause, or some words.
fn together(words: Vec<Segment>) -> Vec<Segment> {
    let mut all: Vec<Segment> = Vec::new();
    for word in words {
        match all.last_mut() {
            Some(last)
                if word.start_ms <= last.end_ms + WORD_GAP_MS
                    && last.text.chars().count() < WORDS_CHARS_MAX =>
            {
                // Only words in letters of the alphabet have blanks between them.
                let in_letters = |it: char| it.is_ascii_alphanumeric();
                if last.text.ends_with(in_letters) && word.text.starts_with(in_letters) {
                    last.text.push(' ');
                }
                last.text.push_str(&word.text);
                last.end_ms = last.end_ms.max(word.end_ms);
            }
            _ => all.push(word),
        }
    }
    all
}

/// How far the transcript of a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TranscriptState {
    Waiting,
    UnderWay,
    /// A machine made one; nobody accepted it yet.
    Heard,
    /// A person accepted it, as it was or after writing some of it anew.
    Accepted,
    /// It is not tried again unless someone asks for it.
    Failed,
}

impl TranscriptState {
    pub const ALL: [Self; 5] = [Self::Waiting, Self::UnderWay, Self::Heard, Self::Accepted, Self::Failed];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::UnderWay => "under_way",
            Self::Heard => "heard",
            Self::Accepted => "accepted",
            Self::Failed => "failed",
        }
    }

    /// The state of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Why a recording has no transcript yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The speech server cannot be reached.
    Down,
    /// It says that it has too much to do.
    Busy,
    /// It does not take the key.
    Key,
    /// Its address is not in the own network (any more): nothing was sent.
    Elsewhere,
    /// It leads to another address, which is not followed.
    Redirect,
    /// It took longer than is waited.
    Slow,
    /// It says that it failed.
    Error,
    /// What it answers is no transcript.
    Junk,
    /// Its answer is longer than any transcript.
    TooLong,
    /// The recording is larger than it takes.
    TooLarge,
    /// It does not take this recording.
    Refused,
    /// The recording could not be read here.
    Damaged,
}

/// What is done after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Whatever the recording: all wait so long, in milliseconds, and no try is used up.
    AllWait(i64),
    /// This recording waits so long, in milliseconds.
    Wait(i64),
    /// It is not tried again by itself.
    GiveUp,
}

impl Failure {
    pub const ALL: [Self; 12] = [
        Self::Down,
        Self::Busy,
        Self::Key,
        Self::Elsewhere,
        Self::Redirect,
        Self::Slow,
        Self::Error,
        Self::Junk,
        Self::TooLong,
        Self::TooLarge,
        Self::Refused,
        Self::Damaged,
    ];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Busy => "busy",
            Self::Key => "key",
            Self::Elsewhere => "elsewhere",
            Self::Redirect => "redirect",
            Self::Slow => "slow",
            Self::Error => "error",
            Self::Junk => "junk",
            Self::TooLong => "too_long",
            Self::TooLarge => "too_large",
            Self::Refused => "refused",
            Self::Damaged => "damaged",
        }
    }

    /// The failure of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// What is done after it, the recording having been tried `tries_n` times, this one among them.
    pub fn next(self, tries_n: u32) -> Next {
        const MINUTE_MS: i64 = 60 * 1_000;
        match self {
            Self::Down | Self::Busy | Self::Key | Self::Elsewhere | Self::Redirect => {
                Next::AllWait(MINUTE_MS)
            }
            Self::Slow | Self::Error | Self::Junk | Self::Damaged if tries_n < TRIES_MAX => {
                // 1 minute, 5, 25, some 2 hours.
                Next::Wait(MINUTE_MS * 5_i64.pow(tries_n.saturating_sub(1)))
            }
            Self::Slow
            | Self::Error
            | Self::Junk
            | Self::Damaged
            | Self::TooLong
            | Self::TooLarge
            | Self::Refused => Next::GiveUp,
        }
    }
}

/// The transcript of a recording, as it is shown beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemTranscript {
    pub attachment: RecordId,
    pub state: TranscriptState,
    /// Why the last try failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Failure>,
    /// What the machine heard, unaltered; gone with the recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<Heard>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
}

/// What a person accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Accepted {
    pub text: String,
    /// Name of who did.
    pub by: String,
    /// Milliseconds since 1970, by the server's clock.
    pub at: i64,
}

/// What a person does with a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum TranscriptAct {
    /// 采用, as it is or after writing some of it anew; only what nobody accepted yet.
    Accept { text: String },
    /// 撤销: it is the machine's suggestion again.
    TakeBack,
    /// 再试一次, after a failure.
    TryAgain,
}

impl TranscriptAct {
    /// The word in the audit log.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Accept { .. } => "accept_transcript",
            Self::TakeBack => "take_back_transcript",
            Self::TryAgain => "try_transcript_again",
        }
    }

    /// Checks what the app checks before sending and the server on arrival.
    ///
    /// # Errors
    ///
    /// The name of the field that does not keep its rule.
    pub fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::Accept { text } if text.trim().is_empty() || check_text(text).is_err() => Err("text"),
            Self::Accept { .. } | Self::TakeBack | Self::TryAgain => Ok(()),
        }
    }
}

/// Most failed ones that are listed.
pub const FAILED_LISTED_MAX: usize = 50;

/// How far recordings are on their way to transcripts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TranscriptProgress {
    /// A speech server is configured.
    pub on: bool,
    pub waiting_n: u32,
    pub under_way_n: u32,
    /// Made, and not accepted yet.
    pub heard_n: u32,
    pub accepted_n: u32,
    pub failed_n: u32,
    /// What the speech server lacks at present, where something of it keeps all from being made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_up: Option<Failure>,
    /// The latest first, at most [`FAILED_LISTED_MAX`].
    pub failed: Vec<FailedTranscript>,
}

/// A recording of which no transcript could be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailedTranscript {
    pub attachment: RecordId,
    /// The statement it belongs to; the whole visit's where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<RecordId>,
    pub visit: RecordId,
    pub reason: Failure,
    pub tries_n: u32,
    /// Milliseconds since 1970, by the server's clock.
    pub at: i64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn heard(answer: &Value) -> Heard {
        read(answer.to_string().as_bytes()).unwrap()
    }

    fn segment(start_ms: u64, end_ms: u64, text: &str) -> Segment {
        Segment { start_ms, end_ms, text: text.to_owned() }
    }

    #[test]
    fn segments_have_their_times() {
        let answer = json!({"task": "transcribe", "language": "zh", "duration": 3.2, "text": " 跑了五趟。没办成。 ",
            "segments": [{"id": 0, "start": 0.0, "end": 1.5, "text": "跑了五趟。", "tokens": [1]},
                {"id": 1, "start": 1.52, "end": 3.2, "text": "没办成。"}],
            "words": [{"word": "跑", "start": 0.0, "end": 0.2}]});
        let expected = Heard {
            text: "跑了五趟。没办成。".into(),
            language: "zh".into(),
            segments: vec![segment(0, 1_500, "跑了五趟。"), segment(1_520, 3_200, "没办成。")],
        };
        let heard = heard(&answer);
        assert_eq!(heard, expected);
        assert_eq!([0, 1_510, 1_520, 9_000].map(|ms| heard.at(ms)), [Some(0), Some(0), Some(1), Some(1)]);
        assert_eq!(Heard::default().at(0), None);
    }

    #[test]
    fn words_alone_are_put_together_up_to_a_pause() {
        let word = |word: &str, start: f64| json!({"word": word, "start": start, "end": start + 0.3});
        let english = json!({"text": "the road is bad nobody came", "words": [
            word("the", 0.0), word("road", 0.3), word("is", 0.6), word("bad", 0.9), word("nobody", 2.5), word("came", 2.9)]});
        let expected = [segment(0, 1_200, "the road is bad"), segment(2_500, 3_200, "nobody came")];
        assert_eq!(heard(&english).segments, expected);
        let chinese = json!({"text": "路坏了", "words": [word("路", 0.0), word("坏", 0.3), word("了", 0.6)]});
        assert_eq!(heard(&chinese).segments, [segment(0, 900, "路坏了")]);
    }

    #[test]
    fn times_that_make_no_sense_are_left_out_and_the_words_stay() {
        for segments in [
            json!(null),
            json!("x"),
            json!([]),
            json!([{"text": "a"}]),
            json!([{"text": "a", "start": -1.0, "end": 2.0}]),
            json!([{"text": "a", "start": 1e300, "end": 2.0}]),
            json!([{"text": "a", "start": "0", "end": 1}]),
            json!([[1, 2]]),
        ] {
            let heard = heard(&json!({"text": "路坏了", "segments": segments}));
            assert_eq!((heard.text.as_str(), heard.segments.len()), ("路坏了", 0), "{segments}");
        }
        let backwards = json!([{"text": "b", "start": 2, "end": 1}, {"text": "a", "start": 0, "end": 1}]);
        let heard = heard(&json!({"text": "ab", "segments": backwards}));
        assert_eq!(heard.segments, [segment(0, 1_000, "a"), segment(2_000, 2_000, "b")]);
    }

    #[test]
    fn what_is_no_transcript_is_told_apart() {
        for junk in ["", "null", "[]", "{}", "{\"text\": 1}", "<html>", "{\"text\": \"a\""] {
            assert_eq!(read(junk.as_bytes()), Err(NotHeard::Junk), "{junk}");
        }
        let long = json!({"text": "啊".repeat(HEARD_CHARS_MAX + 1)});
        assert_eq!(read(long.to_string().as_bytes()), Err(NotHeard::TooLong));
        assert_eq!(heard(&json!({"text": "  "})), Heard::default());
        let marked = json!({"text": "<|zh|><|NEUTRAL|><|Speech|>路\u{0}坏<|了"});
        assert_eq!(heard(&marked).text, "路坏了");
    }

    #[test]
    fn tries_are_bounded_and_what_the_server_lacks_uses_none_up() {
        let waits = |it: Failure| (1..=TRIES_MAX).map(|n| it.next(n)).collect::<Vec<_>>();
        let minutes = |n: i64| Next::Wait(n * 60_000);
        assert_eq!(waits(Failure::Error), [minutes(1), minutes(5), minutes(25), minutes(125), Next::GiveUp]);
        assert_eq!(waits(Failure::Down), [Next::AllWait(60_000); TRIES_MAX as usize]);
        assert_eq!(Failure::TooLarge.next(1), Next::GiveUp);
        for it in Failure::ALL {
            assert_eq!(Failure::from_word(it.as_str()), Some(it));
            assert_eq!(serde_json::to_value(it).unwrap(), it.as_str());
        }
        for it in TranscriptState::ALL {
            assert_eq!(TranscriptState::from_word(it.as_str()), Some(it));
        }
    }

    #[test]
    fn an_empty_text_is_not_accepted() {
        let accept = |text: &str| TranscriptAct::Accept { text: text.to_owned() }.check();
        assert_eq!((accept(" \n"), accept("路坏了")), (Err("text"), Ok(())));
        assert_eq!(accept(&"长".repeat(crate::text::TEXT_CHARS_MAX + 1)), Err("text"));
    }

    proptest! {
        #[test]
        fn segments_are_in_order_whatever_comes(
            times in prop::collection::vec((-1.0_f64..1e6, -1.0_f64..1e6, ".{0,3}"), 0..30),
            as_words in any::<bool>(),
        ) {
            let (list, name) = if as_words { ("words", "word") } else { ("segments", "text") };
            let all: Vec<Value> =
                times.iter().map(|(start, end, text)| json!({name: text, "start": start, "end": end})).collect();
            let heard = heard(&json!({"text": "x", list: all}));
            prop_assert!(heard.segments.is_sorted_by_key(|it| it.start_ms));
            prop_assert!(heard.segments.iter().all(|it| it.start_ms <= it.end_ms && !it.text.is_empty()));
            for (n, it) in heard.segments.iter().enumerate() {
                prop_assert!(heard.at(it.start_ms).is_some_and(|at| at >= n));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
