//! What a question asks for: the words of the type column.

use super::finding::Fault;

/// What a question asks for, or what else a row of the survey is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Kind {
    #[default]
    Form,
    Group,
    Repeat,
    Text,
    Integer,
    Decimal,
    Range(Scale),
    Date,
    Time,
    DateTime,
    SelectOne(Choices),
    SelectMultiple(Choices),
    Rank(Choices),
    Note,
    Image,
    Audio,
    Video,
    File,
    Barcode,
    Geopoint,
    Geotrace,
    Geoshape,
    Acknowledge,
    Calculate,
    Hidden,
    /// What a device notes by itself.
    Metadata(Metadatum),
}

/// The numbers of a range question, bounds included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub start: f64,
    pub end: f64,
    pub step: f64,
}

/// Where the choices of a question come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    pub from: Source,
    /// Whether there is a choice `other`, and a question for its words.
    pub or_other: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A list of the choices sheet.
    List(String),
    /// An attached file, by its name.
    File(String),
    /// Answers to a question in a repeat.
    Question(String),
}

/// What a device notes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metadatum {
    Start,
    End,
    Today,
    DeviceId,
    Username,
    PhoneNumber,
    Email,
    SimSerial,
    SubscriberId,
    StartGeopoint,
    BackgroundGeopoint,
    BackgroundAudio,
    Audit,
}

impl Kind {
    pub fn choices(&self) -> Option<&Choices> {
        match self {
            Self::SelectOne(it) | Self::SelectMultiple(it) | Self::Rank(it) => Some(it),
            _ => None,
        }
    }

    /// Whether others are in it.
    pub fn is_group(&self) -> bool {
        matches!(self, Self::Form | Self::Group | Self::Repeat)
    }

    /// Whether an attachment of the visit answers it: the answer is the attachment's id.
    pub fn is_attached(&self) -> bool {
        matches!(self, Self::Image | Self::Audio | Self::Video | Self::File)
    }

    /// Whether nobody is held to it, whatever the form says: a photo or recording is given freely or not at all, and what is drawn
    /// on a map or noted by the device itself a phone's form has no way to answer.
    pub fn may_be_left_out(&self) -> bool {
        self.is_attached() || matches!(self, Self::Geotrace | Self::Geoshape | Self::Metadata(_))
    }

    /// Whether a person sees nothing of it and so it needs no label.
    pub fn is_silent(&self) -> bool {
        matches!(self, Self::Calculate | Self::Hidden | Self::Metadata(_) | Self::Form)
    }
}

/// What a row of the survey sheet is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RowKind {
    Question(Kind),
    /// The end of a group or of a repeat.
    End(Kind),
    /// No question but a file that is attached, with this ending.
    Attached(&'static str),
}

/// Reads a cell of the type column. The words are those of xlsform.org and the aliases that pyxform takes.
pub(super) fn row_kind(cell: &str) -> Result<RowKind, Fault> {
    let words: Vec<&str> = cell.split_whitespace().collect();
    let lower = words.join(" ").to_lowercase();
    let spaced = lower.replace('_', " ");
    match spaced.as_str() {
        "begin group" => return Ok(RowKind::Question(Kind::Group)),
        "begin repeat" | "begin lgroup" | "begin looped group" => return Ok(RowKind::Question(Kind::Repeat)),
        "end group" => return Ok(RowKind::End(Kind::Group)),
        "xml external" | "xml-external" => return Ok(RowKind::Attached("xml")),
        "csv external" | "csv-external" => return Ok(RowKind::Attached("csv")),
        "end repeat" | "end lgroup" | "end looped group" => return Ok(RowKind::End(Kind::Repeat)),
        _ => {}
    }
    if let Some(kind) = select(&words, &spaced)? {
        return Ok(RowKind::Question(kind));
    }
    let plain = ["add ", "q ", "get "].iter().find_map(|it| spaced.strip_prefix(it)).unwrap_or(&spaced);
    let plain = plain.strip_suffix(" prompt").unwrap_or(plain);
    let unknown = || Fault::UnknownType { word: cell.to_owned(), instead: nearest(&spaced) };
    plain_kind(plain).map(RowKind::Question).ok_or_else(unknown)
}

/// Ways to say that one, several or all in order may be chosen; the longer before the shorter.
const SELECTS: [(&str, Select, bool); 17] = [
    ("select one from file", Select::One, true),
    ("select multiple from file", Select::Multiple, true),
    ("select all that apply from", Select::Multiple, false),
    ("add select one prompt using", Select::One, false),
    ("add select multiple prompt using", Select::Multiple, false),
    ("select multiple using", Select::Multiple, false),
    ("select multiple from", Select::Multiple, false),
    ("select all that apply", Select::Multiple, false),
    ("select one using", Select::One, false),
    ("select one from", Select::One, false),
    ("select multiple", Select::Multiple, false),
    // Its choices are on a sheet of their own, external_choices, which is read as the other one.
    ("select one external", Select::One, false),
    ("select one", Select::One, false),
    ("select1", Select::One, false),
    ("q select1", Select::One, false),
    ("q select", Select::Multiple, false),
    ("rank", Select::Rank, false),
];

#[derive(Clone, Copy)]
enum Select {
    One,
    Multiple,
    Rank,
}

fn select(words: &[&str], spaced: &str) -> Result<Option<Kind>, Fault> {
    let says =
        |start: &str| spaced == start || spaced.strip_prefix(start).is_some_and(|it| it.starts_with(' '));
    let Some((start, select, file)) = SELECTS.iter().find(|(start, ..)| says(start)) else { return Ok(None) };
    // What is written with `_` is fewer words than what it stands for.
    let mut n_words = 0;
    let mut n_said = 0;
    while n_said < start.split(' ').count() {
        n_said += words[n_words].split('_').count();
        n_words += 1;
    }
    let rest = &words[n_words..];
    let or_other = matches!(rest, [.., last] if matches!(*last, "or_other" | "or_specify_other"))
        || matches!(rest, [.., "or", "other"] | [.., "or", "specify", "other"]);
    let list =
        rest.first().filter(|it| !matches!(**it, "or_other" | "or_specify_other")).ok_or(Fault::NoList)?;
    let question = list.strip_prefix("${").and_then(|it| it.strip_suffix('}'));
    let from = match question {
        Some(question) => Source::Question(question.to_owned()),
        None if *file => Source::File((*list).to_owned()),
        None => Source::List((*list).to_owned()),
    };
    let choices = Choices { from, or_other };
    Ok(Some(match select {
        Select::One => Kind::SelectOne(choices),
        Select::Multiple => Kind::SelectMultiple(choices),
        Select::Rank => Kind::Rank(choices),
    }))
}

/// Types of one word, or of words that other versions of the format wrote, with spaces for `_`.
const PLAIN: [(&str, Kind); 58] = [
    ("text", Kind::Text),
    ("string", Kind::Text),
    ("phone number", Kind::Text),
    ("integer", Kind::Integer),
    ("int", Kind::Integer),
    ("percentage", Kind::Integer),
    ("decimal", Kind::Decimal),
    ("range", Kind::Range(Scale { start: 1.0, end: 10.0, step: 1.0 })),
    ("date", Kind::Date),
    ("time", Kind::Time),
    ("datetime", Kind::DateTime),
    ("date time", Kind::DateTime),
    ("note", Kind::Note),
    ("image", Kind::Image),
    ("photo", Kind::Image),
    ("picture", Kind::Image),
    ("audio", Kind::Audio),
    ("video", Kind::Video),
    ("file", Kind::File),
    ("barcode", Kind::Barcode),
    ("geopoint", Kind::Geopoint),
    ("gps", Kind::Geopoint),
    ("location", Kind::Geopoint),
    ("geotrace", Kind::Geotrace),
    ("geoshape", Kind::Geoshape),
    ("acknowledge", Kind::Acknowledge),
    ("trigger", Kind::Acknowledge),
    ("calculate", Kind::Calculate),
    ("calculation", Kind::Calculate),
    ("hidden", Kind::Hidden),
    ("start", Kind::Metadata(Metadatum::Start)),
    ("start time", Kind::Metadata(Metadatum::Start)),
    ("end", Kind::Metadata(Metadatum::End)),
    ("end time", Kind::Metadata(Metadatum::End)),
    ("today", Kind::Metadata(Metadatum::Today)),
    ("deviceid", Kind::Metadata(Metadatum::DeviceId)),
    ("device id", Kind::Metadata(Metadatum::DeviceId)),
    ("imei", Kind::Metadata(Metadatum::DeviceId)),
    ("uri:deviceid", Kind::Metadata(Metadatum::DeviceId)),
    ("username", Kind::Metadata(Metadatum::Username)),
    ("uri:username", Kind::Metadata(Metadatum::Username)),
    ("phonenumber", Kind::Metadata(Metadatum::PhoneNumber)),
    ("uri:phonenumber", Kind::Metadata(Metadatum::PhoneNumber)),
    ("email", Kind::Metadata(Metadatum::Email)),
    ("uri:email", Kind::Metadata(Metadatum::Email)),
    ("simserial", Kind::Metadata(Metadatum::SimSerial)),
    ("sim id", Kind::Metadata(Metadatum::SimSerial)),
    ("uri:simserial", Kind::Metadata(Metadatum::SimSerial)),
    ("subscriberid", Kind::Metadata(Metadatum::SubscriberId)),
    ("subscriber id", Kind::Metadata(Metadatum::SubscriberId)),
    ("uri:subscriberid", Kind::Metadata(Metadatum::SubscriberId)),
    ("start-geopoint", Kind::Metadata(Metadatum::StartGeopoint)),
    ("background-audio", Kind::Metadata(Metadatum::BackgroundAudio)),
    ("background-geopoint", Kind::Metadata(Metadatum::BackgroundGeopoint)),
    ("audit", Kind::Metadata(Metadatum::Audit)),
    ("number of days in last month", Kind::Integer),
    ("number of days in last six months", Kind::Integer),
    ("number of days in last year", Kind::Integer),
];

fn plain_kind(word: &str) -> Option<Kind> {
    PLAIN.iter().find(|(it, _)| *it == word).map(|(_, kind)| kind.clone())
}

/// The known type that a word is most like, for a hint.
fn nearest(word: &str) -> String {
    let known = PLAIN.iter().map(|(it, _)| *it).chain([
        "select one",
        "select multiple",
        "begin group",
        "begin repeat",
    ]);
    let nearest = known.min_by_key(|it| distance(word, it)).unwrap_or("text");
    nearest.replace(' ', "_")
}

/// How many letters must be changed, added or left out (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (n, letter) in a.chars().take(40).enumerate() {
        let mut diagonal = row[0];
        row[0] = n + 1;
        for (m, other) in b.iter().enumerate() {
            let change = diagonal + usize::from(letter != *other);
            diagonal = row[m + 1];
            row[m + 1] = change.min(diagonal + 1).min(row[m] + 1);
        }
    }
    row[b.len()]
}
