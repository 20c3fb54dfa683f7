//! What the columns of the sheets are, by their headers and the aliases that the format documents.

use crate::expression::is_name;

/// A column of the survey sheet, or of the choices sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    Type,
    Name,
    Label,
    Hint,
    GuidanceHint,
    Image,
    BigImage,
    Audio,
    Video,
    Relevant,
    Required,
    RequiredMessage,
    Constraint,
    ConstraintMessage,
    Calculation,
    Default,
    ReadOnly,
    Appearance,
    Parameters,
    ChoiceFilter,
    RepeatCount,
    Trigger,
    Disabled,
    SaveTo,
    /// Read by other programs only, and kept for them: see [`super::Question::kept`].
    Kept,
    /// Of no consequence any more.
    Ignored,
    /// Of the choices sheet.
    ListName,
}

const COLUMNS: [(&str, Column); 50] = [
    ("type", Column::Type),
    ("command", Column::Type),
    ("name", Column::Name),
    ("tag", Column::Name),
    ("value", Column::Name),
    ("label", Column::Label),
    ("caption", Column::Label),
    ("hint", Column::Hint),
    ("guidance_hint", Column::GuidanceHint),
    ("image", Column::Image),
    ("big_image", Column::BigImage),
    ("audio", Column::Audio),
    ("video", Column::Video),
    ("relevant", Column::Relevant),
    ("relevance", Column::Relevant),
    ("required", Column::Required),
    ("required_message", Column::RequiredMessage),
    ("requiredmsg", Column::RequiredMessage),
    ("required_msg", Column::RequiredMessage),
    ("jr:requiredmsg", Column::RequiredMessage),
    ("constraint", Column::Constraint),
    ("constraint_message", Column::ConstraintMessage),
    ("constraint_msg", Column::ConstraintMessage),
    ("constraining_message", Column::ConstraintMessage),
    ("jr:constraintmsg", Column::ConstraintMessage),
    ("calculation", Column::Calculation),
    ("calculate", Column::Calculation),
    ("default", Column::Default),
    ("readonly", Column::ReadOnly),
    ("read_only", Column::ReadOnly),
    ("appearance", Column::Appearance),
    ("parameters", Column::Parameters),
    ("choice_filter", Column::ChoiceFilter),
    ("repeat_count", Column::RepeatCount),
    ("count", Column::RepeatCount),
    ("jr:count", Column::RepeatCount),
    ("trigger", Column::Trigger),
    ("disabled", Column::Disabled),
    ("save_to", Column::SaveTo),
    ("entities:saveto", Column::SaveTo),
    ("list_name", Column::ListName),
    ("sms_field", Column::Ignored),
    ("sms_option", Column::Ignored),
    ("sms_separator", Column::Ignored),
    ("sms_allow_media", Column::Ignored),
    ("sms_date_format", Column::Ignored),
    ("sms_datetime_format", Column::Ignored),
    ("sms_response", Column::Ignored),
    ("saveincomplete", Column::Ignored),
    ("custom", Column::Ignored),
];

/// Columns for other programs that have a name of their own; any other is written as its place and its attribute.
const KEPT: [(&str, &str); 6] = [
    ("autoplay", "body::autoplay"),
    ("rows", "body::rows"),
    ("intent", "body::intent"),
    ("noapperrorstring", "bind::jr:noAppErrorString"),
    ("no_app_error_string", "bind::jr:noAppErrorString"),
    ("compact_tag", "instance::odk:tag"),
];

impl Column {
    /// The header that it is written with; empty for what has no single one.
    pub fn header(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Name => "name",
            Self::Label => "label",
            Self::Hint => "hint",
            Self::GuidanceHint => "guidance_hint",
            Self::Image => "image",
            Self::BigImage => "big-image",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Relevant => "relevant",
            Self::Required => "required",
            Self::RequiredMessage => "required_message",
            Self::Constraint => "constraint",
            Self::ConstraintMessage => "constraint_message",
            Self::Calculation => "calculation",
            Self::Default => "default",
            Self::ReadOnly => "read_only",
            Self::Appearance => "appearance",
            Self::Parameters => "parameters",
            Self::ChoiceFilter => "choice_filter",
            Self::RepeatCount => "repeat_count",
            Self::Trigger => "trigger",
            Self::Disabled => "disabled",
            Self::SaveTo => "save_to",
            Self::ListName => "list_name",
            Self::Kept | Self::Ignored => "",
        }
    }

    /// Whether it can be there once for each language.
    pub fn has_languages(self) -> bool {
        matches!(
            self,
            Self::Label
                | Self::Hint
                | Self::GuidanceHint
                | Self::Image
                | Self::BigImage
                | Self::Audio
                | Self::Video
                | Self::RequiredMessage
                | Self::ConstraintMessage
        )
    }

    /// The kind of media that its cells name.
    pub fn medium(self) -> Option<&'static str> {
        match self {
            Self::Image => Some("image"),
            Self::BigImage => Some("big-image"),
            Self::Audio => Some("audio"),
            Self::Video => Some("video"),
            _ => None,
        }
    }
}

/// What a column holds and, where it has languages, in which, the empty language where none is named; of what is kept for
/// other programs, its place and attribute.
pub(super) fn column_of(header: &str) -> Option<(Column, String)> {
    let (first, rest) = split(header);
    let key = key(first);
    match key.as_str() {
        "instance" => kept("instance", rest?),
        "bind" | "control" | "body" | "media" => {
            let (inner, language) = rest.map_or(("", None), split);
            match (named(&self::key(inner)), key.as_str()) {
                // What an XForm calls a type is another thing than the first column.
                (Some(Column::Type | Column::Name), _) => None,
                (Some(column), _) => Some((column, language.unwrap_or_default().to_owned())),
                (None, "media") => None,
                (None, "bind") => kept("bind", inner),
                (None, _) => kept("body", inner),
            }
        }
        _ => {
            if let Some((_, attribute)) = KEPT.iter().find(|(name, _)| *name == key) {
                return Some((Column::Kept, (*attribute).to_owned()));
            }
            let column = named(&key)?;
            if rest.is_some() && !column.has_languages() {
                return None;
            }
            Some((column, rest.unwrap_or_default().to_owned()))
        }
    }
}

/// An attribute that a form adds to what other programs read; its name is one of XML.
fn kept(place: &str, attribute: &str) -> Option<(Column, String)> {
    let well = attribute.split(':').all(is_name) && attribute.split(':').count() <= 2;
    well.then(|| (Column::Kept, format!("{place}::{attribute}")))
}

fn named(key: &str) -> Option<Column> {
    COLUMNS.iter().find(|(name, _)| *name == key).map(|(_, column)| *column)
}

/// A header before and behind `::`, or behind the single `:` of old forms.
fn split(header: &str) -> (&str, Option<&str>) {
    let parts = header.split_once("::").or_else(|| {
        let parts = header.split_once(':')?;
        let old = named(&key(parts.0)).is_some_and(Column::has_languages) || key(parts.0) == "media";
        old.then_some(parts)
    });
    match parts {
        Some((first, rest)) => (first.trim(), Some(rest.trim())),
        None => (header.trim(), None),
    }
}

/// A header's words in small letters with `_` between them.
fn key(header: &str) -> String {
    header.trim().to_lowercase().replace([' ', '-'], "_")
}
