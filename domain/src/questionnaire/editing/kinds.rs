//! What an editor offers to ask for.

use crate::questionnaire::{Kind, Metadatum};

/// A type that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NewKind {
    Text,
    Integer,
    Decimal,
    SelectOne,
    SelectMultiple,
    Rank,
    Range,
    Date,
    Time,
    DateTime,
    Note,
    Acknowledge,
    Group,
    Repeat,
    Calculate,
    Hidden,
    Geopoint,
    Image,
    Audio,
    File,
    Barcode,
    Today,
    Start,
    End,
}

impl NewKind {
    /// All, what is needed most first.
    pub const ALL: [Self; 24] = [
        Self::Text,
        Self::Integer,
        Self::Decimal,
        Self::SelectOne,
        Self::SelectMultiple,
        Self::Rank,
        Self::Range,
        Self::Date,
        Self::Time,
        Self::DateTime,
        Self::Note,
        Self::Acknowledge,
        Self::Group,
        Self::Repeat,
        Self::Calculate,
        Self::Hidden,
        Self::Geopoint,
        Self::Image,
        Self::Audio,
        Self::File,
        Self::Barcode,
        Self::Today,
        Self::Start,
        Self::End,
    ];

    /// The word of the type column, without the list of choices.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::SelectOne => "select_one",
            Self::SelectMultiple => "select_multiple",
            Self::Rank => "rank",
            Self::Range => "range",
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "dateTime",
            Self::Note => "note",
            Self::Acknowledge => "acknowledge",
            Self::Group => "begin_group",
            Self::Repeat => "begin_repeat",
            Self::Calculate => "calculate",
            Self::Hidden => "hidden",
            Self::Geopoint => "geopoint",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::File => "file",
            Self::Barcode => "barcode",
            Self::Today => "today",
            Self::Start => "start",
            Self::End => "end",
        }
    }

    /// What a question is of; `None` for what is not offered, which stays as it is written.
    pub fn of(kind: &Kind) -> Option<Self> {
        Some(match kind {
            Kind::Group => Self::Group,
            Kind::Repeat => Self::Repeat,
            Kind::Text => Self::Text,
            Kind::Integer => Self::Integer,
            Kind::Decimal => Self::Decimal,
            Kind::Range(_) => Self::Range,
            Kind::Date => Self::Date,
            Kind::Time => Self::Time,
            Kind::DateTime => Self::DateTime,
            Kind::SelectOne(_) => Self::SelectOne,
            Kind::SelectMultiple(_) => Self::SelectMultiple,
            Kind::Rank(_) => Self::Rank,
            Kind::Note => Self::Note,
            Kind::Image => Self::Image,
            Kind::Audio => Self::Audio,
            Kind::File => Self::File,
            Kind::Barcode => Self::Barcode,
            Kind::Geopoint => Self::Geopoint,
            Kind::Acknowledge => Self::Acknowledge,
            Kind::Calculate => Self::Calculate,
            Kind::Hidden => Self::Hidden,
            Kind::Metadata(Metadatum::Today) => Self::Today,
            Kind::Metadata(Metadatum::Start) => Self::Start,
            Kind::Metadata(Metadatum::End) => Self::End,
            Kind::Form | Kind::Video | Kind::Geotrace | Kind::Geoshape | Kind::Metadata(_) => return None,
        })
    }

    pub fn has_choices(self) -> bool {
        matches!(self, Self::SelectOne | Self::SelectMultiple | Self::Rank)
    }

    pub fn is_group(self) -> bool {
        matches!(self, Self::Group | Self::Repeat)
    }

    /// Whether a person sees nothing of it.
    pub fn is_silent(self) -> bool {
        matches!(self, Self::Calculate | Self::Hidden | Self::Today | Self::Start | Self::End)
    }

    /// Words of the appearance column that this program's phones heed.
    pub fn appearances(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["multiline", "numbers"],
            Self::SelectOne => &["minimal", "likert"],
            Self::SelectMultiple => &["likert"],
            Self::Group | Self::Repeat => &["field-list"],
            _ => &[],
        }
    }

    /// The word of the row that ends it.
    pub(super) fn end_word(self) -> Option<&'static str> {
        match self {
            Self::Group => Some("end_group"),
            Self::Repeat => Some("end_repeat"),
            _ => None,
        }
    }

    /// What names of new ones begin with.
    pub(super) fn stem(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Repeat => "repeat",
            Self::Calculate => "calc",
            Self::Note => "note",
            Self::Today | Self::Start | Self::End => self.word(),
            _ => "q",
        }
    }
}
