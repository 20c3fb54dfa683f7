//! The office's queue: what came in, what the machine suggests, what a person decides.

use serde::{Deserialize, Serialize};

use crate::{
    attachment::{AttachmentKind, Content, Gap},
    campaign::Unit,
    categorize::Categorization,
    changes::StatementState,
    id::{IssueId, RecordId, UnitId},
    likeness::{Likeness, shared::shared},
    matters::{MATTERS_MAX, Matter},
    referral::{Passing, Referral},
    respondent::RespondentKind,
    severity::{Level, Severity},
    statement::{Kind, gist},
    taxonomy::Taxonomy,
    text::{check_line, check_text},
    transcript::ItemTranscript,
    visit::Manner,
};

/// Most statements of one page of the queue.
pub const PAGE_MAX: u32 = 50;
/// How much of a statement a list shows, in characters.
pub const OPENING_CHARS: usize = 80;
/// Most issues offered as being about the same thing.
pub const ALIKE_MAX: usize = 3;
/// Below this share of common pairs an issue is not offered, unless its type is the same.
pub const ALIKE_MIN: f64 = 0.4;
/// Most statements shown beside one that they are like.
pub const LIKE_SHOWN_MAX: usize = 50;
/// Most statements counted as being like one.
pub const LIKE_COUNTED_MAX: i64 = 500;
/// Characters shown of one of them.
pub const LIKE_CHARS: usize = 400;
/// Most statements that one act decides together.
pub const TOGETHER_MAX: usize = 500;
/// How long someone counts as looking at a statement, in milliseconds; the app says so anew every 20 s.
pub const PRESENCE_MS: i64 = 45_000;

/// What the office has decided of a statement so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Standing {
    pub state: StatementState,
    pub kind: Kind,
    /// Code of the taxonomy, confirmed by a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The issue it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<IssueId>,
}

/// What the office does with a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// 归类: confirms or changes kind and type. A problem has a type; all else may have one.
    Sort {
        kind: Kind,
        #[serde(default)]
        category: Option<String>,
    },
    /// 并入问题, with the type of the issue where none was given; leaves the one it belonged to.
    Join {
        issue: IssueId,
        /// As it stands where none is given.
        #[serde(default)]
        kind: Option<Kind>,
        #[serde(default)]
        category: Option<String>,
    },
    /// 立为问题: makes an issue of it.
    MakeIssue {
        title: String,
        #[serde(default)]
        wording: String,
        /// As it stands where none is given.
        #[serde(default)]
        kind: Option<Kind>,
        #[serde(default)]
        category: Option<String>,
    },
    /// 拆出: belongs to no issue any more.
    Leave,
    /// 转办
    Refer { passing: Passing },
    /// 退回补充
    SendBack { comment: String },
    /// 分成几条: puts statements in its place that each say a stretch of its words; it stays as it was said.
    Divide {
        /// Where it is cut, in characters of its words, or of what was accepted of its recordings where it has none: some of
        /// [`crate::matters::places`], rising.
        cuts: Vec<usize>,
    },
    /// 是一件事: it is not offered to be divided any more.
    OneMatter,
    /// 撤销: takes the last act back that was not taken back yet.
    Undo,
}

impl Act {
    /// The word in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Sort { .. } => "sort",
            Self::Join { .. } => "join",
            Self::MakeIssue { .. } => "make_issue",
            Self::Leave => "leave",
            Self::Refer { .. } => "refer",
            Self::SendBack { .. } => "send_back",
            Self::Divide { .. } => "divide",
            Self::OneMatter => "one_matter",
            Self::Undo => "undo",
        }
    }

    /// Checks what the app checks before sending and the server on arrival.
    ///
    /// # Errors
    ///
    /// The name of the field that does not keep its rule.
    pub fn check(&self, taxonomy: &Taxonomy) -> Result<(), &'static str> {
        match self {
            Self::Sort { kind, category } => match category {
                None if *kind == Kind::Problem => Err("category"),
                other => check_category(taxonomy, other.as_ref()),
            },
            Self::Join { category, .. } => check_category(taxonomy, category.as_ref()),
            Self::MakeIssue { title, wording, category, .. } => {
                if title.trim().is_empty() || check_line(title).is_err() {
                    return Err("title");
                }
                check_text(wording).map_err(|_| "wording")?;
                check_category(taxonomy, category.as_ref())
            }
            Self::Refer { passing } => passing.check(),
            Self::SendBack { comment } => {
                let fits = !comment.trim().is_empty() && check_text(comment).is_ok();
                if fits { Ok(()) } else { Err("comment") }
            }
            Self::Divide { cuts } => {
                let rises = cuts.is_sorted_by(|one, other| one < other);
                if rises && (1..MATTERS_MAX).contains(&cuts.len()) { Ok(()) } else { Err("cuts") }
            }
            Self::Leave | Self::OneMatter | Self::Undo => Ok(()),
        }
    }
}

fn check_category(taxonomy: &Taxonomy, code: Option<&String>) -> Result<(), &'static str> {
    if code.is_none_or(|it| taxonomy.is_leaf(it)) { Ok(()) } else { Err("category") }
}

impl Standing {
    /// How it stands after an act. `joined` is the issue that the act names or makes, and its type.
    ///
    /// Undoing is not decided here: it brings back what stood before.
    #[must_use]
    pub fn after(&self, act: &Act, joined: Option<(IssueId, Option<String>)>) -> Self {
        match act {
            Act::Sort { kind, category } => Self {
                state: StatementState::Sorted,
                kind: *kind,
                category: category.clone(),
                issue: self.issue,
            },
            Act::Join { kind, category, .. } | Act::MakeIssue { kind, category, .. } => {
                let (issue, of_issue) = joined.map_or((self.issue, None), |(id, code)| (Some(id), code));
                let category = category.clone().or_else(|| self.category.clone()).or(of_issue);
                // A request about a thing stays a request; only nothing at all is no part of an issue.
                let kind = match kind.unwrap_or(self.kind) {
                    Kind::Nothing => Kind::Problem,
                    other @ (Kind::Problem | Kind::Suggestion | Kind::Request | Kind::Praise) => other,
                };
                Self { state: StatementState::Sorted, kind, category, issue }
            }
            Act::Leave => Self { issue: None, ..self.clone() },
            Act::Refer { .. } => Self { state: StatementState::Referred, ..self.clone() },
            Act::SendBack { .. } => Self { state: StatementState::SentBack, ..self.clone() },
            Act::Divide { .. } | Act::OneMatter | Act::Undo => self.clone(),
        }
    }
}

/// The visitor's word on the kind, unless it is the one the form begins with and the machine knows better.
pub fn likely_kind(said: Kind, guessed: Option<Kind>) -> Kind {
    if said == Kind::Problem { guessed.unwrap_or(said) } else { said }
}

/// What the visitor proposed, else the machine's best. Only a problem must have a type; a request has one where it is one
/// of requests.
pub fn likely_type(proposed: &[String], suggestion: Option<&Categorization>, kind: Kind) -> Option<String> {
    let best = || suggestion?.suggestions.first().map(|it| it.code.clone());
    let likely = proposed.first().cloned().or_else(best)?;
    let of_requests = likely.starts_with("SQ") || likely == "QT";
    match kind {
        Kind::Problem => Some(likely),
        Kind::Request => Some(likely).filter(|_| of_requests),
        Kind::Suggestion | Kind::Praise | Kind::Nothing => None,
    }
}

/// An act, and upon which version of the statement it was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ActRequest {
    pub version: u32,
    pub act: Act,
    /// Statements that go with it into the issue that it joins or becomes; empty for other acts. All go or none does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<Upon>,
}

/// A statement, and the version of it that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Upon {
    pub id: RecordId,
    pub version: u32,
}

impl ActRequest {
    /// An act on one statement.
    pub fn alone(version: u32, act: Act) -> Self {
        Self { version, act, with: Vec::new() }
    }

    /// Checks the act, and what goes with it.
    ///
    /// # Errors
    ///
    /// The name of the field that does not keep its rule.
    pub fn check(&self, taxonomy: &Taxonomy) -> Result<(), &'static str> {
        let joins = matches!(self.act, Act::Join { .. } | Act::MakeIssue { .. });
        let mut ids: Vec<RecordId> = self.with.iter().map(|it| it.id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() != self.with.len() || ids.len() > TOGETHER_MAX || !(joins || ids.is_empty()) {
            return Err("with");
        }
        self.act.check(taxonomy)
    }
}

/// That statements are not one matter with another, or that they may be after all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// At most [`TOGETHER_MAX`].
    pub others: Vec<RecordId>,
    /// They are not offered together again; `false` takes that back.
    pub refused: bool,
}

/// Statements of other visits that say the same as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Like {
    /// How many, at most [`LIKE_COUNTED_MAX`].
    pub n: u32,
    /// Households and firms that said it, with whoever said the one.
    pub n_households: u32,
    /// At most [`LIKE_SHOWN_MAX`], the likest first.
    pub statements: Vec<LikeStatement>,
}

/// A statement that says the same as another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LikeStatement {
    pub id: RecordId,
    pub version: u32,
    pub how: Likeness,
    /// Its words, or the summary of a voice: the first [`LIKE_CHARS`].
    pub text: String,
    /// What is shared, in characters of the one.
    pub here: Vec<Span>,
    /// The same in characters of `text`.
    pub there: Vec<Span>,
    pub state: StatementState,
    /// The issue it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<IssueId>,
    pub issue_title: String,
    pub unit_name: String,
    /// yyyy-MM-dd
    pub day: String,
}

/// Part of a text, in characters (Unicode scalar values).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl LikeStatement {
    /// Whether it waits still, so that it can go where another goes.
    pub fn may_go_along(&self) -> bool {
        self.state == StatementState::Waiting && self.issue.is_none()
    }

    /// Cuts its text and finds what it shares with `own`.
    pub fn mark(&mut self, own: &str) {
        self.text = self.text.chars().take(LIKE_CHARS).collect();
        let spans = |of: Vec<std::ops::Range<usize>>| {
            of.into_iter().map(|it| Span { start: it.start, end: it.end }).collect()
        };
        let (here, there) = shared(own, &self.text);
        (self.here, self.there) = (spans(here), spans(there));
    }
}

/// A statement as the queue lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueLine {
    pub id: RecordId,
    /// The first [`OPENING_CHARS`] of what was said, or of the summary of a voice.
    pub opening: String,
    pub has_voice: bool,
    pub has_photo: bool,
    pub state: StatementState,
    pub kind: Kind,
    /// Confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The machine's best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggested: Option<Suggested>,
    pub unit: UnitId,
    pub unit_name: String,
    /// Milliseconds since 1970.
    pub received_at: i64,
    pub version: u32,
    /// Its words left the office: it is a stub.
    #[serde(default)]
    pub handed_over: bool,
    /// How many statements of other visits say the same.
    #[serde(default)]
    pub n_like: u32,
    /// How many matters its text seems to hold; 0 where it is one.
    #[serde(default)]
    pub matters_n: u32,
    #[serde(default)]
    pub severity: Level,
    /// Which part of what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<PartOf>,
    /// What was searched for is not in its own words, but in what was accepted of a recording of its whole visit.
    #[serde(default)]
    pub heard_in_visit: bool,
}

/// Which part of a statement it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartOf {
    /// The statement that was divided.
    pub whole: RecordId,
    /// From 1.
    pub number: u32,
    pub parts_n: u32,
}

/// A part that stands in the place of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartLine {
    pub id: RecordId,
    pub text: String,
    pub state: StatementState,
    /// Confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// The machine's best guess at the type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suggested {
    pub code: String,
    /// 0 to 1.
    pub confidence: f64,
}

/// A page of the queue, the latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueuePage {
    pub lines: Vec<QueueLine>,
    /// Goes on after this page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    pub counts: QueueCounts,
    /// What can be filtered by.
    pub units: Vec<Unit>,
}

/// How many statements are how far, in all that the reader may see, whatever the filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueCounts {
    pub waiting: u32,
    pub sorted: u32,
    pub referred: u32,
    pub sent_back: u32,
    /// Came in since midnight in China, as people gave it: what was divided since counts once.
    pub new_today: u32,
}

/// One statement with its visit, without who was visited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Item {
    pub id: RecordId,
    pub version: u32,
    pub standing: Standing,
    /// As said, never altered.
    pub words: String,
    /// The visitor's.
    pub summary: String,
    /// What was accepted of its recordings; it stands beside the words, never in their place.
    #[serde(default)]
    pub transcript: String,
    /// By the visitor.
    pub kind_said: Kind,
    pub about: String,
    pub happened: String,
    /// Codes that the visitor proposed.
    pub proposed: Vec<String>,
    /// Two revisions were made side by side; both are kept.
    pub forked: bool,
    /// Milliseconds since 1970.
    pub received_at: i64,
    pub visit: ItemVisit,
    pub attachments: Vec<ItemAttachment>,
    /// Of those of its attachments that are recordings.
    #[serde(default)]
    pub transcripts: Vec<ItemTranscript>,
    /// What the machine makes of [`Item::gist`]; evidence counts characters (Unicode scalar values) of that text. `None` until the machine has been there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Categorization>,
    /// The issue it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<AlikeIssue>,
    /// Issues that look as if they were about the same thing, the likest first.
    pub alike: Vec<AlikeIssue>,
    /// Statements of other visits that say the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<Like>,
    pub referrals: Vec<Referral>,
    /// The latest first.
    pub history: Vec<Decision>,
    /// Names of others who are looking at it.
    pub others: Vec<String>,
    /// Its words left the office: it is a stub, and nothing more is decided of it.
    #[serde(default)]
    pub handed_over: bool,
    /// How grave [`Item::gist`] is; reasons count characters of it.
    #[serde(default)]
    pub severity: Severity,
    /// The matters that [`Item::gist`] seems to hold, where there are several and nobody said that it is one.
    #[serde(default)]
    pub matters: Vec<Matter>,
    /// Someone said that it is one matter.
    #[serde(default)]
    pub one_matter: bool,
    /// `false` where its parts stand in its place, or where it was a part of what was put together again.
    pub counted: bool,
    /// Which part of what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<PartOf>,
    /// The parts that stand in its place, in the order of its words.
    #[serde(default)]
    pub parts: Vec<PartLine>,
}

impl Item {
    /// Whether it can be divided: what was said, not what a visitor made of it; whole, and nothing decided.
    pub fn may_be_divided(&self) -> bool {
        let is_said = !self.words.trim().is_empty() || !self.transcript.trim().is_empty();
        let waits = self.standing.state == StatementState::Waiting && self.standing.issue.is_none();
        is_said && waits && self.counted && self.part.is_none() && !self.handed_over
    }

    /// What is shown of it, and sorted by.
    pub fn gist(&self) -> &str {
        gist(&self.words, &self.transcript, &self.summary)
    }
}

/// The visit of a statement, without who was visited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemVisit {
    pub id: RecordId,
    pub unit: UnitId,
    pub unit_name: String,
    pub respondent_kind: RespondentKind,
    /// `visit`, `symposium`, `telephone` or `slip`.
    pub form: String,
    pub manner: Manner,
    pub place: String,
    /// yyyy-MM-dd
    pub day: String,
    /// Who was visited is known, and hidden here.
    pub named: bool,
    pub call_back_wanted: bool,
    pub answered_on_the_spot: String,
    /// How many statements the visit has.
    pub statements_n: u32,
}

/// What is attached, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemAttachment {
    pub id: RecordId,
    /// The statement it belongs to; the whole visit's where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<RecordId>,
    pub kind: AttachmentKind,
    pub media_type: String,
    pub bytes_n: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    pub gaps: Vec<Gap>,
    /// Its bytes came here, whole.
    pub stored: bool,
    /// What its bytes are; absent while they are not here, or not looked at yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// When they were removed because their time was over, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<i64>,
}

/// An issue in few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlikeIssue {
    pub id: IssueId,
    pub number: u32,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How often it was said.
    pub n_said: u32,
    /// By how many households and firms.
    pub n_households: u32,
}

/// What someone did with a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decision {
    /// [`Act::as_str`]
    pub act: String,
    pub before: Standing,
    pub after: Standing,
    /// The comment, the body it went to, the issue's title.
    pub note: String,
    /// Name of who did it.
    pub by: String,
    /// Milliseconds since 1970.
    pub at: i64,
    pub undone: bool,
}

/// Names of others who are looking at a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Others {
    pub names: Vec<String>,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn waiting() -> Standing {
        Standing { state: StatementState::Waiting, kind: Kind::Request, category: None, issue: None }
    }

    fn sort(kind: Kind, category: Option<&str>) -> Act {
        Act::Sort { kind, category: category.map(str::to_owned) }
    }

    #[test]
    fn a_problem_has_a_type_and_praise_needs_none() {
        let taxonomy = Taxonomy::shipped();
        assert_eq!(sort(Kind::Problem, None).check(&taxonomy), Err("category"));
        assert_eq!(sort(Kind::Problem, Some("GL")).check(&taxonomy), Err("category"));
        assert_eq!(sort(Kind::Problem, Some("GL2")).check(&taxonomy), Ok(()));
        assert_eq!(sort(Kind::Praise, None).check(&taxonomy), Ok(()));
        assert_eq!(Act::SendBack { comment: " ".into() }.check(&taxonomy), Err("comment"));
    }

    #[test]
    fn sorting_keeps_the_issue() {
        let issue = Some(IssueId(Uuid::from_u128(1)));
        let before = Standing { issue, ..waiting() };
        let after = before.after(&sort(Kind::Problem, Some("GL2")), None);
        assert_eq!(after.issue, issue);
        assert_eq!((after.state, after.kind), (StatementState::Sorted, Kind::Problem));
    }

    #[test]
    fn joining_takes_the_issues_type_where_none_was_given() {
        let issue = IssueId(Uuid::from_u128(1));
        let join =
            |category: Option<&str>| Act::Join { issue, kind: None, category: category.map(str::to_owned) };
        let of_issue = || Some((issue, Some("XC1".to_owned())));
        let after = waiting().after(&join(None), of_issue());
        assert_eq!((after.category.as_deref(), after.kind), (Some("XC1"), Kind::Request));
        let chosen = Act::Join { issue, kind: Some(Kind::Problem), category: None };
        assert_eq!(waiting().after(&chosen, of_issue()).kind, Kind::Problem);
        assert_eq!(waiting().after(&join(Some("GL1")), of_issue()).category.as_deref(), Some("GL1"));
        assert_eq!(waiting().after(&join(None), Some((issue, None))).kind, Kind::Request);
        assert_eq!(after.after(&Act::Leave, None).issue, None);
    }

    #[test]
    fn acts_read_as_they_are_documented() {
        let act: ActRequest =
            serde_json::from_str(r#"{"version":3,"act":{"do":"sort","kind":"problem","category":"GL2"}}"#)
                .unwrap();
        assert_eq!(act, ActRequest::alone(3, sort(Kind::Problem, Some("GL2"))));
        assert!(serde_json::from_str::<Act>(r#"{"do":"undo"}"#).is_ok());
        assert!(serde_json::from_str::<Act>(r#"{"do":"sort","kind":"praise","role":"x"}"#).is_err());
    }
}
