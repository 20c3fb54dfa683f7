//! What the columns of the sheets are, by their headers and the aliases that the format documents.

/// A column of the survey sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
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
    /// Known to the format, of no consequence here.
    Ignored,
    /// Of the choices sheet.
    ListName,
}

const COLUMNS: [(&str, Column); 62] = [
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
    ("autoplay", Column::Ignored),
    ("rows", Column::Ignored),
    ("accuracythreshold", Column::Ignored),
    ("noapperrorstring", Column::Ignored),
    ("no_app_error_string", Column::Ignored),
    ("jr:noapperrorstring", Column::Ignored),
    ("intent", Column::Ignored),
    ("compact_tag", Column::Ignored),
    ("odk:tag", Column::Ignored),
    ("sms_field", Column::Ignored),
    ("sms_option", Column::Ignored),
    ("sms_separator", Column::Ignored),
    ("sms_allow_media", Column::Ignored),
    ("sms_date_format", Column::Ignored),
    ("sms_datetime_format", Column::Ignored),
    ("sms_response", Column::Ignored),
    ("saveincomplete", Column::Ignored),
    ("orx:max_pixels", Column::Ignored),
    ("jr:preload", Column::Ignored),
    ("jr:preloadparams", Column::Ignored),
    ("custom", Column::Ignored),
];

impl Column {
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

/// What a column holds and, where it has languages, in which; the empty language where none is named.
pub(super) fn column_of(header: &str) -> Option<(Column, String)> {
    let (first, rest) = split(header);
    let key = key(first);
    match key.as_str() {
        // Attributes that a form may add to what we do not write.
        "instance" => Some((Column::Ignored, String::new())),
        "bind" | "control" | "body" | "media" => {
            let (inner, language) = rest.map_or(("", None), split);
            let column = named(&self::key(inner))?;
            Some((column, language.unwrap_or_default().to_owned()))
        }
        _ => {
            let column = named(&key)?;
            if rest.is_some() && !column.has_languages() {
                return None;
            }
            Some((column, rest.unwrap_or_default().to_owned()))
        }
    }
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
