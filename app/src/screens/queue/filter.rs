//! What the queue is filtered by; the address carries it.

use domain::{changes::StatementState, id::UnitId, severity::Level, statement::Kind};

use crate::prelude::*;

/// What the list is filtered by.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    pub state: Option<StatementState>,
    pub kind: Option<Kind>,
    pub unit: Option<UnitId>,
    /// Code of the taxonomy: confirmed, or suggested where nothing is confirmed.
    pub category: Option<String>,
    /// Code of the taxonomy, confirmed.
    pub confirmed: Option<String>,
    /// yyyy-MM-dd, or empty.
    pub from: String,
    /// yyyy-MM-dd, or empty.
    pub to: String,
    pub text: String,
    /// Only those that others say the same as.
    pub like: bool,
    /// Only those with a transcript that nobody accepted yet.
    pub heard: bool,
    /// Only those that seem to hold several matters.
    pub several: bool,
    /// Only those that are at least as grave.
    pub severity: Level,
    /// The gravest first, else the latest.
    pub gravest_first: bool,
}

impl Default for Filter {
    /// What waits.
    fn default() -> Self {
        Self {
            state: Some(StatementState::Waiting),
            kind: None,
            unit: None,
            category: None,
            confirmed: None,
            from: String::new(),
            to: String::new(),
            text: String::new(),
            like: false,
            heard: false,
            several: false,
            severity: Level::Ordinary,
            gravest_first: false,
        }
    }
}

impl Filter {
    /// The filter of the address; without one, what waits. `state=all` is every state.
    pub fn read() -> Self {
        let asked = |name: &str| router::asked(name).filter(|it| !it.is_empty());
        Self {
            state: match asked("state") {
                None => Some(StatementState::Waiting),
                Some(word) => StatementState::from_word(&word),
            },
            kind: asked("kind").and_then(|it| Kind::from_word(&it)),
            unit: asked("unit").and_then(|it| it.parse().ok()),
            category: asked("category"),
            confirmed: asked("confirmed"),
            from: asked("from").unwrap_or_default(),
            to: asked("to").unwrap_or_default(),
            text: asked("text").unwrap_or_default(),
            like: asked("like").is_some(),
            heard: asked("heard").is_some(),
            several: asked("several").is_some(),
            severity: asked("severity").and_then(|it| Level::from_word(&it)).unwrap_or_default(),
            gravest_first: asked("gravest_first").is_some(),
        }
    }

    /// Whether it asks for something that is not always shown.
    pub fn has_more(&self) -> bool {
        self.like || self.heard || self.several || self.gravest_first || self.severity > Level::Ordinary
    }

    /// The address of the screen that shows it.
    pub fn address(&self) -> String {
        let state = match self.state {
            Some(StatementState::Waiting) => None,
            Some(state) => Some(state.as_str()),
            None => Some("all"),
        };
        format!("/queue?{}", self.query(state))
    }

    /// The address of a page of it.
    pub fn request(&self, cursor: Option<&str>) -> String {
        let cursor = cursor.map(|it| format!("&cursor={it}")).unwrap_or_default();
        format!("/api/v1/queue?{}{cursor}", self.query(self.state.map(StatementState::as_str)))
    }

    /// The address of what of it can be accepted together, at a level from 0 to 1.
    pub fn offer(&self, level: f64) -> String {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
        let hundredths = (level * 100.0).round() as u32;
        let level = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        format!("/api/v1/queue/batches?{}&level={level}", self.query(None))
    }

    fn query(&self, state: Option<&str>) -> String {
        let only = |it: bool| if it { "true".to_owned() } else { String::new() };
        let severity = Some(self.severity).filter(|it| *it > Level::Ordinary);
        let severity = severity.map(|it| it.as_str().to_owned()).unwrap_or_default();
        let words = [
            ("state", state.unwrap_or_default().to_owned()),
            ("kind", self.kind.map(|it| it.as_str().to_owned()).unwrap_or_default()),
            ("unit", self.unit.map(|it| it.to_string()).unwrap_or_default()),
            ("category", self.category.clone().unwrap_or_default()),
            ("confirmed", self.confirmed.clone().unwrap_or_default()),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("text", self.text.clone()),
            ("like", only(self.like)),
            ("heard", only(self.heard)),
            ("several", only(self.several)),
            ("severity", severity),
            ("gravest_first", only(self.gravest_first)),
        ];
        let pairs = words
            .into_iter()
            .filter(|it| !it.1.is_empty())
            .map(|(name, word)| format!("{name}={}", js_sys::encode_uri_component(&word)));
        pairs.collect::<Vec<_>>().join("&")
    }
}
