//! A measure: what will be done about an issue, by whom, by when, and how one will know.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    day::is_day,
    id::{IssueId, MeasureId, MeetingId, UnitId},
    text::{check_line, check_text},
};

/// 整改状态
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MeasureState {
    /// 未启动
    #[default]
    Planned,
    /// 整改中
    UnderWay,
    /// 已完成
    Done,
    /// 长期坚持
    Kept,
}

impl MeasureState {
    /// All states in the order of the screens.
    pub const ALL: [Self; 4] = [Self::Planned, Self::UnderWay, Self::Done, Self::Kept];

    /// The word in JSON, in the database and in exports with machine names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::UnderWay => "under_way",
            Self::Done => "done",
            Self::Kept => "kept",
        }
    }

    /// The state of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Whether a day that has passed makes it overdue.
    pub fn is_open(self) -> bool {
        match self {
            Self::Planned | Self::UnderWay => true,
            Self::Done | Self::Kept => false,
        }
    }
}

/// A measure as it is agreed on in a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Agreed {
    /// Made by the screen that adds it, so that saving twice adds it once.
    pub id: MeasureId,
    pub what: String,
    /// 责任领导
    #[serde(default)]
    pub leader: String,
    /// 责任人
    #[serde(default)]
    pub person: String,
    /// yyyy-MM-dd
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_when: Option<String>,
    /// 长期坚持
    #[serde(default)]
    pub long_term: bool,
    /// 怎么算做到了: how one will know.
    #[serde(default)]
    pub proof: String,
    /// 支部建议，报局党组审定: not the branch's to decide.
    #[serde(default)]
    pub proposed_to_party_group: bool,
}

impl Agreed {
    /// Whether nothing has been written into it.
    pub fn is_blank(&self) -> bool {
        let lines = [&self.what, &self.leader, &self.person, &self.proof];
        lines.iter().all(|it| it.trim().is_empty())
            && self.by_when.is_none()
            && !self.long_term
            && !self.proposed_to_party_group
    }

    /// Checks lengths and the day.
    ///
    /// # Errors
    ///
    /// The name of the field that does not keep its rule.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.what.trim().is_empty() || check_text(&self.what).is_err() {
            return Err("what");
        }
        if check_line(&self.leader).is_err() {
            return Err("leader");
        }
        if check_line(&self.person).is_err() {
            return Err("person");
        }
        if check_text(&self.proof).is_err() {
            return Err("proof");
        }
        match &self.by_when {
            Some(day) if !is_day(day) => Err("by_when"),
            Some(_) | None => Ok(()),
        }
    }

    /// What would make the measure easier to check later. Nothing of it is required.
    pub fn hints(&self) -> Vec<Hint> {
        let mut hints = vec![];
        if is_slogan(&self.what) {
            hints.push(Hint::Slogan);
        }
        if self.proposed_to_party_group {
            return hints;
        }
        if self.leader.trim().is_empty() && self.person.trim().is_empty() {
            hints.push(Hint::NobodyNamed);
        }
        if self.by_when.is_none() && !self.long_term {
            hints.push(Hint::NoDay);
        }
        if self.proof.trim().is_empty() {
            hints.push(Hint::NoProof);
        }
        hints
    }
}

/// What a measure lacks; said quietly beside it, and never in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Only that something will be strengthened, not what will be done.
    Slogan,
    NobodyNamed,
    NoDay,
    NoProof,
}

/// Whether a text only promises to strengthen: such words, and nothing that can be counted or checked.
fn is_slogan(what: &str) -> bool {
    const OPENINGS: [&str; 8] = ["进一步", "切实", "不断", "持续", "大力", "深入", "高度", "全面"];
    const VERBS: [&str; 9] = ["加强", "强化", "提高", "提升", "深化", "增强", "重视", "落实", "推进"];
    const CONCRETE: [&str; 12] =
        ["每", "周", "月", "天", "日", "次", "户", "人", "公开", "回访", "清单", "电话"];
    let has = |words: &[&str]| words.iter().any(|it| what.contains(it));
    has(&OPENINGS) && has(&VERBS) && !has(&CONCRETE) && !what.chars().any(|it| it.is_ascii_digit())
}

/// A measure in the list of measures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Measure {
    pub agreed: Agreed,
    pub unit: UnitId,
    pub unit_name: String,
    pub meeting: MeetingId,
    /// The released title of what it is about.
    pub about: String,
    pub state: MeasureState,
    pub overdue: bool,
    /// Counts changes, so that none overwrites another.
    pub version: u32,
    /// The latest first.
    pub progress: Vec<Progress>,
    /// Only for those who may read issues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<IssueId>,
}

/// How far a measure was at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Progress {
    pub state: MeasureState,
    pub note: String,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// A measure has moved on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewProgress {
    /// Made by the screen, so that saying it twice notes it once.
    pub id: Uuid,
    /// The version that was on the screen.
    pub version: u32,
    pub state: MeasureState,
    #[serde(default)]
    pub note: String,
}

/// A page of measures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Measures {
    pub measures: Vec<Measure>,
    /// Of all that fit the question, not of this page alone.
    pub measures_n: u32,
    pub overdue_n: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(what: &str) -> Agreed {
        Agreed {
            id: MeasureId(Uuid::from_u128(1)),
            what: what.into(),
            leader: "副局长".into(),
            person: "李梅".into(),
            by_when: Some("2026-12-05".into()),
            long_term: false,
            proof: "回访记录齐全".into(),
            proposed_to_party_group: false,
        }
    }

    #[test]
    fn only_slogans_get_the_hint_and_nothing_refuses_them() {
        let slogan = agreed("进一步加强思想认识，切实提高政治站位");
        assert_eq!(slogan.hints(), [Hint::Slogan]);
        assert_eq!(slogan.check(), Ok(()));
        assert_eq!(agreed("每月抽两户电话回访，核对签字").hints(), []);
        assert_eq!(agreed("进一步加强回访，12月前抽查 20 户").hints(), []);
    }

    #[test]
    fn a_proposal_to_the_party_group_needs_neither_person_nor_day() {
        let own = Agreed {
            leader: String::new(),
            person: String::new(),
            by_when: None,
            proof: String::new(),
            ..agreed("包联户数调整到每人不超过 8 户")
        };
        assert_eq!(own.hints(), [Hint::NobodyNamed, Hint::NoDay, Hint::NoProof]);
        assert_eq!(Agreed { proposed_to_party_group: true, ..own }.hints(), []);
    }

    #[test]
    fn a_day_is_one_of_the_calendar() {
        for day in ["2026-02-29", "2026-13-01", "2026-1-1", "明天", ""] {
            assert_eq!(Agreed { by_when: Some(day.into()), ..agreed("x") }.check(), Err("by_when"), "{day}");
        }
    }

    #[test]
    fn every_state_reads_back_from_its_word() {
        for state in MeasureState::ALL {
            assert_eq!(MeasureState::from_word(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
