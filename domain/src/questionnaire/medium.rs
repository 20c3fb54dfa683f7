//! Files that labels and choices show or play: pictures, sounds and films, by the names that the form gives them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Questionnaire, Texts, text_in};
use crate::envelope::Hash;

/// Largest file, in bytes: on a line of 256 kbit/s it comes in a minute.
pub const MEDIUM_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// What all files of a version may have together, in bytes: each phone keeps them.
pub const MEDIA_BYTES_MAX: u64 = 20 * 1024 * 1024;

/// Files by the names that the form gives them.
pub type Media = BTreeMap<String, Medium>;

/// One of them, without its bytes: they are kept and fetched by their SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Medium {
    pub sha256: Hash,
    pub bytes_n: u64,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub media_type: MediumType,
}

/// What such a file may be, by its bytes. No SVG, which may run scripts. In JSON it is its name on the wire, read by way of a text:
/// what serde makes of an enum costs a phone more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum MediumType {
    Png,
    Jpeg,
    Webp,
    Gif,
    Mp3,
    Ogg,
    Aac,
    Wav,
    M4a,
    Mp4,
    Webm,
}

impl From<MediumType> for String {
    fn from(it: MediumType) -> Self {
        it.as_str().to_owned()
    }
}

impl TryFrom<String> for MediumType {
    type Error = &'static str;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        Self::of(&word).ok_or("no type of a picture, sound or film")
    }
}

impl MediumType {
    pub const ALL: [Self; 11] = [
        Self::Png,
        Self::Jpeg,
        Self::Webp,
        Self::Gif,
        Self::Mp3,
        Self::Ogg,
        Self::Aac,
        Self::Wav,
        Self::M4a,
        Self::Mp4,
        Self::Webm,
    ];

    /// Its name on the wire (IANA), which is also the word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Mp3 => "audio/mpeg",
            Self::Ogg => "audio/ogg",
            Self::Aac => "audio/aac",
            Self::Wav => "audio/wav",
            Self::M4a => "audio/mp4",
            Self::Mp4 => "video/mp4",
            Self::Webm => "video/webm",
        }
    }

    /// What a word of the database stands for.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    pub fn is_picture(self) -> bool {
        self.as_str().starts_with("image/")
    }

    /// Whether a column of this kind can show or play it: recorders put voices into containers of films, too.
    pub fn fits(self, medium: &str) -> bool {
        self.is_picture() == matches!(medium, "image" | "big-image")
    }
}

/// A file as the office sees it: of which name, and what is here of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NamedMedium {
    pub file: String,
    /// Absent where it was not attached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<Medium>,
}

impl Questionnaire {
    /// The file of a kind that is named in a language, if it is here.
    pub fn medium(&self, media: &BTreeMap<String, Texts>, kind: &str, language: &str) -> Option<&Medium> {
        self.media.get(text_in(media.get(kind)?, language)?)
    }

    /// Every file that a label or a choice names, each once, by its name.
    pub fn named_media(&self) -> Vec<NamedMedium> {
        let of_questions = self.questions.iter().map(|it| &it.media);
        let of_choices = self.lists.values().flat_map(|it| &it.choices).map(|it| &it.media);
        let names: BTreeSet<&String> =
            of_questions.chain(of_choices).flat_map(BTreeMap::values).flat_map(BTreeMap::values).collect();
        let named = |file: &String| NamedMedium { file: file.clone(), medium: self.media.get(file).cloned() };
        names.into_iter().map(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questionnaire::{finding::Fault, tests::sheets_of, version::Version, xlsform::read};

    fn medium(media_type: MediumType) -> Medium {
        Medium { sha256: Hash::of(media_type.as_str().as_bytes()), bytes_n: 9, media_type }
    }

    #[test]
    fn a_word_stands_for_its_type_everywhere() {
        for it in MediumType::ALL {
            assert_eq!(MediumType::of(it.as_str()), Some(it));
            assert_eq!(serde_json::to_value(it).unwrap(), it.as_str());
        }
    }

    const FORM: &str = "# survey
        type | name | label | image | media::audio::中文 (zh)
        select_one kinds | house | What house | house.png | hello.mp3
        # choices
        list_name | name | label | media::image::中文 (zh)
        kinds | brick | Brick | brick.jpg
        kinds | wood | Wood |";

    #[test]
    fn a_file_that_is_not_there_or_of_another_kind_is_said_with_its_place() {
        let mut version = Version::of(sheets_of(FORM));
        version.media.insert("house.png".into(), medium(MediumType::Png));
        version.media.insert("hello.mp3".into(), medium(MediumType::Gif));
        let outcome = read(&version, "form");
        let told: Vec<_> = outcome
            .findings
            .iter()
            .filter(|it| matches!(it.fault, Fault::NoMedium { .. } | Fault::OddMedium { .. }))
            .map(|it| (it.sheet.as_str(), it.row, it.column.as_str(), it.fault.code()))
            .collect();
        assert_eq!(
            told,
            [
                ("survey", 2, "media::audio::中文 (zh)", "odd_medium"),
                ("choices", 2, "media::image::中文 (zh)", "no_medium"),
            ]
        );
        let form = outcome.questionnaire.unwrap();
        let named: Vec<_> = form.named_media().into_iter().map(|it| (it.file, it.medium.is_some())).collect();
        let of = |file: &str, here| (file.to_owned(), here);
        assert_eq!(named, [of("brick.jpg", false), of("hello.mp3", true), of("house.png", true)]);
        let shown = form.medium(&form.question(1).media, "image", "中文 (zh)");
        assert_eq!(shown, Some(&medium(MediumType::Png)));
    }

    #[test]
    fn a_version_without_files_is_called_as_it_was_before_there_were_any() {
        let version = Version::of(sheets_of(FORM));
        assert!(!version.to_json().contains("\"media\":"), "{}", version.to_json());
        let mut with = version.clone();
        with.media.insert("house.png".into(), medium(MediumType::Png));
        assert!(with.to_json().starts_with(version.to_json().strip_suffix('}').unwrap()));
        assert_eq!(serde_json::from_str::<Version>(&with.to_json()).unwrap(), with);
    }
}
