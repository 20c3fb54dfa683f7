//! A meeting (讨论会): a branch discusses what was released to it, and agrees on measures.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    day::is_day,
    id::{MeetingId, ReleaseId, UnitId},
    measure::Agreed,
    release::Release,
    text::{check_line, check_text},
};

/// Most items of one agenda: a day's discussion has about twenty.
pub const AGENDA_MAX: usize = 60;
/// Most points noted on one item.
pub const POINTS_MAX: usize = 200;
/// Most measures agreed on for one item.
pub const MEASURES_MAX: usize = 40;
/// A speaker is a surname, compound ones (欧阳) included, never a full name.
pub const SPEAKER_CHARS_MAX: usize = 2;
/// Most people due at a meeting; the largest branch of a county bureau has under 100.
pub const PEOPLE_MAX: u32 = 9_999;

/// When a meeting is, who holds it, and who came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// yyyy-MM-dd
    pub held_on: String,
    pub title: String,
    #[serde(default)]
    pub place: String,
    #[serde(default)]
    pub host: String,
    #[serde(default)]
    pub recorder: String,
    /// 应到
    #[serde(default)]
    pub due_n: u32,
    /// 实到
    #[serde(default)]
    pub present_n: u32,
    /// 请假
    #[serde(default)]
    pub excused_n: u32,
    /// Who is excused and why, in words.
    #[serde(default)]
    pub excused: String,
    /// 努力方向 of the branch as a whole.
    #[serde(default)]
    pub effort: String,
}

impl Header {
    /// Checks lengths, numbers and the day.
    ///
    /// # Errors
    ///
    /// The name of the field that does not keep its rule.
    pub fn check(&self) -> Result<(), &'static str> {
        if !is_day(&self.held_on) {
            return Err("held_on");
        }
        if self.title.trim().is_empty() || check_line(&self.title).is_err() {
            return Err("title");
        }
        for (field, line) in [("place", &self.place), ("host", &self.host), ("recorder", &self.recorder)] {
            check_line(line).map_err(|_| field)?;
        }
        for (field, text) in [("excused", &self.excused), ("effort", &self.effort)] {
            check_text(text).map_err(|_| field)?;
        }
        let numbers = [("due_n", self.due_n), ("present_n", self.present_n), ("excused_n", self.excused_n)];
        numbers.into_iter().find(|(_, n)| *n > PEOPLE_MAX).map_or(Ok(()), |(field, _)| Err(field))
    }
}

/// A meeting is to be held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMeeting {
    /// Made by the screen, so that asking twice makes one meeting.
    pub id: MeetingId,
    pub header: Header,
    /// The agenda, in order.
    pub releases: Vec<ReleaseId>,
}

/// When a meeting is and who came has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HeaderChange {
    /// The version that was on the screen.
    pub version: u32,
    pub header: Header,
}

/// The agenda has changed. An item with something noted cannot be left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AgendaChange {
    /// The version of the meeting that was on the screen.
    pub version: u32,
    pub releases: Vec<ReleaseId>,
}

/// The meeting is over; its minutes change no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// The version that was on the screen.
    pub version: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    #[default]
    Pending,
    /// 正在讨论
    Discussing,
    /// 已议定
    Agreed,
}

impl ItemState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Discussing, Self::Agreed];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Discussing => "discussing",
            Self::Agreed => "agreed",
        }
    }

    /// The state of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What someone said in the discussion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The surname alone.
    pub speaker: String,
    pub text: String,
}

/// What a line that was begun lacks; it cannot be kept before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// A point's surname.
    Speaker,
    /// What was said.
    Words,
    /// What a measure does.
    What,
}

/// What came of one item, as its recorder notes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Discussion {
    pub state: ItemState,
    #[serde(default)]
    pub cause: String,
    #[serde(default)]
    pub points: Vec<Point>,
    #[serde(default)]
    pub measures: Vec<Agreed>,
    /// 努力方向
    #[serde(default)]
    pub effort: String,
}

impl Discussion {
    /// Checks lengths, numbers, surnames and days.
    ///
    /// # Errors
    ///
    /// The name of the field that does not keep its rule, and which of its list, from 1.
    pub fn check(&self) -> Result<(), (&'static str, Option<usize>)> {
        if check_text(&self.cause).is_err() {
            return Err(("cause", None));
        }
        if check_text(&self.effort).is_err() {
            return Err(("effort", None));
        }
        if self.points.len() > POINTS_MAX {
            return Err(("points", None));
        }
        if self.measures.len() > MEASURES_MAX {
            return Err(("measures", None));
        }
        for (at, point) in self.points.iter().enumerate() {
            let speaker = point.speaker.trim().chars().count();
            if !(1..=SPEAKER_CHARS_MAX).contains(&speaker) {
                return Err(("speaker", Some(at + 1)));
            }
            if point.text.trim().is_empty() || check_text(&point.text).is_err() {
                return Err(("text", Some(at + 1)));
            }
        }
        for (at, measure) in self.measures.iter().enumerate() {
            measure.check().map_err(|field| (field, Some(at + 1)))?;
            if self.measures[..at].iter().any(|it| it.id == measure.id) {
                return Err(("id", Some(at + 1)));
            }
        }
        Ok(())
    }

    /// What of it can be kept, and what is begun and lacks something: a point without its speaker, a measure
    /// that does not say what is done. Lines with nothing in them are neither.
    pub fn complete_part(&self) -> (Self, Vec<Lack>) {
        let mut complete = self.clone();
        let mut lacks = vec![];
        complete.points.retain(|it| match (it.speaker.trim().is_empty(), it.text.trim().is_empty()) {
            (false, false) => true,
            (true, true) => false,
            (true, false) => {
                lacks.push(Lack::Speaker);
                false
            }
            (false, true) => {
                lacks.push(Lack::Words);
                false
            }
        });
        complete.measures.retain(|it| {
            let said = !it.what.trim().is_empty();
            if !said && !it.is_blank() {
                lacks.push(Lack::What);
            }
            said
        });
        lacks.sort_unstable();
        lacks.dedup();
        (complete, lacks)
    }

    /// Whether nothing has been noted.
    pub fn is_empty(&self) -> bool {
        self.cause.is_empty()
            && self.effort.is_empty()
            && self.points.is_empty()
            && self.measures.is_empty()
            && self.state != ItemState::Agreed
    }
}

/// What came of one item has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DiscussionChange {
    /// The version of the item that was on the screen.
    pub version: u32,
    pub discussion: Discussion,
}

/// One item of an agenda.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = AgendaItem))]
pub struct Item {
    pub id: Uuid,
    pub version: u32,
    /// What it is about, as it was released.
    pub release: Release,
    pub discussion: Discussion,
}

/// A meeting with all that was noted: its minutes once closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Meeting {
    pub id: MeetingId,
    pub unit: UnitId,
    pub unit_name: String,
    /// Counts changes of header and agenda, so that none overwrites another.
    pub version: u32,
    pub header: Header,
    /// Milliseconds since 1970; read only from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<i64>,
    pub items: Vec<Item>,
}

/// A meeting in the list of meetings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeetingLine {
    pub id: MeetingId,
    pub unit: UnitId,
    pub unit_name: String,
    /// yyyy-MM-dd
    pub held_on: String,
    pub title: String,
    pub items_n: u32,
    pub agreed_n: u32,
    pub closed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::MeasureId;

    fn header() -> Header {
        Header { held_on: "2026-11-22".into(), title: "大讨论".into(), due_n: 11, ..Header::default() }
    }

    fn discussion() -> Discussion {
        Discussion {
            points: vec![Point { speaker: "王".into(), text: "先把包联户数降下来。".into() }],
            ..Discussion::default()
        }
    }

    #[test]
    fn a_header_needs_a_day_and_a_title() {
        assert_eq!(header().check(), Ok(()));
        assert_eq!(Header { held_on: "11月22日".into(), ..header() }.check(), Err("held_on"));
        assert_eq!(Header { title: " ".into(), ..header() }.check(), Err("title"));
        assert_eq!(Header { present_n: PEOPLE_MAX + 1, ..header() }.check(), Err("present_n"));
    }

    #[test]
    fn a_speaker_is_a_surname() {
        assert_eq!(discussion().check(), Ok(()));
        for speaker in ["", "王小明"] {
            let point = Point { speaker: speaker.into(), text: "x".into() };
            let spoken = Discussion { points: vec![point], ..discussion() };
            assert_eq!(spoken.check(), Err(("speaker", Some(1))), "{speaker}");
        }
    }

    #[test]
    fn a_measure_comes_once() {
        let measure = Agreed {
            id: MeasureId(Uuid::from_u128(1)),
            what: "每月抽两户电话回访".into(),
            leader: String::new(),
            person: String::new(),
            by_when: None,
            long_term: true,
            proof: String::new(),
            proposed_to_party_group: false,
        };
        let twice = Discussion { measures: vec![measure.clone(), measure], ..discussion() };
        assert_eq!(twice.check(), Err(("id", Some(2))));
    }

    #[test]
    fn a_line_that_was_begun_is_named_and_not_lost_in_silence() {
        let point = |speaker: &str, text: &str| Point { speaker: speaker.into(), text: text.into() };
        let blank = Agreed {
            id: MeasureId(Uuid::from_u128(1)),
            what: " ".into(),
            leader: String::new(),
            person: String::new(),
            by_when: None,
            long_term: false,
            proof: String::new(),
            proposed_to_party_group: false,
        };
        let begun = Agreed { person: "李梅".into(), ..blank.clone() };
        let noted = |points: &[Point], measures: &[Agreed]| {
            let noted = Discussion { points: points.to_vec(), measures: measures.to_vec(), ..discussion() };
            let (complete, lacks) = noted.complete_part();
            (complete.points.len() + complete.measures.len(), lacks)
        };
        assert_eq!(noted(&[point("王", "好"), point("", " ")], &[blank]), (1, vec![]));
        assert_eq!(
            noted(&[point("", "好"), point("王", "")], &[begun]),
            (0, vec![Lack::Speaker, Lack::Words, Lack::What])
        );
    }

    #[test]
    fn an_item_under_discussion_with_nothing_noted_is_empty() {
        assert!(Discussion { state: ItemState::Discussing, ..Discussion::default() }.is_empty());
        assert!(!discussion().is_empty());
        assert!(!Discussion { state: ItemState::Agreed, ..Discussion::default() }.is_empty());
    }
}
