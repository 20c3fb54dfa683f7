//! An attachment: a voice recording, a photo of a written slip, a scanned sheet.

use serde::{Deserialize, Serialize};

use crate::{
    envelope::Hash,
    id::RecordId,
    text::{TextError, check_line},
};

/// Largest photo, in bytes.
pub const PHOTO_BYTES_MAX: u64 = 25 * 1024 * 1024;
/// Largest voice recording, in bytes: 17 hours at 24 kbit/s.
pub const VOICE_BYTES_MAX: u64 = 200 * 1024 * 1024;
/// Media types of files that say nothing of what is in them: what other programs send beside pictures, kept as they came, shown by none.
const UNTOLD: [&str; 2] = ["text/xml", "application/octet-stream"];
/// Most gaps that are listed for one recording.
pub const GAPS_MAX: usize = 500;

/// What is attached, without its bytes. The payload of a record of kind `attachment`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    pub kind: AttachmentKind,
    /// As the recorder gave it, e.g. `audio/webm;codecs=opus`.
    pub media_type: String,
    pub bytes_n: u64,
    /// Over all bytes; the upload completes only when it agrees.
    pub sha256: Hash,
    /// The statement it belongs to; `None` for the whole visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<RecordId>,
    /// Length of a recording as the recorder counted it, in milliseconds: the file does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Interruptions of a recording.
    #[serde(default)]
    pub gaps: Vec<Gap>,
    /// Device clock, milliseconds since 1970.
    pub taken_at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    Voice,
    Photo,
}

impl AttachmentKind {
    /// The word in the database and in exports with machine names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Photo => "photo",
        }
    }
}

/// What the bytes of an attachment are, by the bytes themselves: what was declared of them is a claim.
///
/// The list is of what phones and scanners make and readers need; whatever is not on it is `Unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Content {
    Jpeg,
    Png,
    Webp,
    Heic,
    Pdf,
    /// MPEG-4, also named M4A: recorders of Safari, and of Chromium where it has no WebM.
    Mp4,
    Webm,
    Ogg,
    Wav,
    /// AAC without a container.
    Aac,
    Unknown,
}

/// What may be done with the bytes of an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// A picture: drawn anew, and so rid of what it says about place and device.
    Drawn,
    /// A voice: played for a reason, which is on record.
    Played,
    /// A picture or sheet that is kept, and handed out for a reason as it is, never shown.
    Kept,
    /// Not of its declared kind: the same, and said so.
    Odd,
}

impl Content {
    pub const ALL: [Self; 11] = [
        Self::Jpeg,
        Self::Png,
        Self::Webp,
        Self::Heic,
        Self::Pdf,
        Self::Mp4,
        Self::Webm,
        Self::Ogg,
        Self::Wav,
        Self::Aac,
        Self::Unknown,
    ];

    /// The word in the database, which is also the ending of a file's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Heic => "heic",
            Self::Pdf => "pdf",
            Self::Mp4 => "mp4",
            Self::Webm => "webm",
            Self::Ogg => "ogg",
            Self::Wav => "wav",
            Self::Aac => "aac",
            Self::Unknown => "unknown",
        }
    }

    /// What a word of the database stands for.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// What is done with bytes of this content that were declared to be of `kind` and of a media type.
    pub fn handling(self, kind: AttachmentKind, media_type: &str) -> Handling {
        let (fits, handling) = match self {
            Self::Jpeg | Self::Png | Self::Webp => (AttachmentKind::Photo, Handling::Drawn),
            Self::Heic | Self::Pdf => (AttachmentKind::Photo, Handling::Kept),
            Self::Mp4 | Self::Webm | Self::Ogg | Self::Wav | Self::Aac => {
                (AttachmentKind::Voice, Handling::Played)
            }
            // A file that claims nothing of what is in it.
            Self::Unknown if UNTOLD.contains(&essence(media_type)) => (AttachmentKind::Photo, Handling::Kept),
            Self::Unknown => return Handling::Odd,
        };
        if fits == kind { handling } else { Handling::Odd }
    }

    /// The media type of a voice, which a player goes by; everything else is bytes to keep.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Mp4 => "audio/mp4",
            Self::Webm => "audio/webm",
            Self::Ogg => "audio/ogg",
            Self::Wav => "audio/wav",
            Self::Aac => "audio/aac",
            Self::Jpeg | Self::Png | Self::Webp | Self::Heic | Self::Pdf | Self::Unknown => {
                "application/octet-stream"
            }
        }
    }
}

/// A stretch in which nothing was recorded: a call came, the screen locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Where in the recording, in milliseconds.
    pub at_ms: u64,
    pub lasted_ms: u64,
}

/// What must change in an attachment before it can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum AttachmentError {
    #[error("larger than {bytes_max} bytes")]
    TooLarge { bytes_max: u64 },
    #[error("holds nothing")]
    Empty,
    #[error("not a kind of file that is taken here")]
    MediaType,
    #[error("more than {GAPS_MAX} gaps")]
    TooManyGaps,
    #[error(transparent)]
    Text(#[from] TextError),
}

/// A media type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

impl Attachment {
    /// Checks what the phone checks before sending and the server on arrival.
    ///
    /// # Errors
    ///
    /// [`AttachmentError`], for the app to put into words.
    pub fn check(&self) -> Result<(), AttachmentError> {
        let (bytes_max, types): (u64, &[&str]) = match self.kind {
            AttachmentKind::Voice => (
                VOICE_BYTES_MAX,
                &["audio/webm", "audio/mp4", "audio/x-m4a", "audio/aac", "audio/ogg", "audio/wav"],
            ),
            AttachmentKind::Photo => (
                PHOTO_BYTES_MAX,
                &["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", "application/pdf"],
            ),
        };
        if self.bytes_n > bytes_max {
            return Err(AttachmentError::TooLarge { bytes_max });
        }
        if self.bytes_n == 0 {
            return Err(AttachmentError::Empty);
        }
        check_line(&self.media_type)?;
        let essence = essence(&self.media_type);
        let is_untold = self.kind == AttachmentKind::Photo && UNTOLD.contains(&essence);
        if !types.contains(&essence) && !is_untold {
            return Err(AttachmentError::MediaType);
        }
        if self.gaps.len() > GAPS_MAX {
            return Err(AttachmentError::TooManyGaps);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice() -> Attachment {
        Attachment {
            kind: AttachmentKind::Voice,
            media_type: "audio/webm;codecs=opus".into(),
            bytes_n: 1,
            sha256: Hash::of(b"x"),
            statement: None,
            duration_ms: Some(1000),
            gaps: vec![],
            taken_at: 0,
        }
    }

    #[test]
    fn a_voice_of_a_phone_is_taken() {
        assert_eq!(voice().check(), Ok(()));
    }

    #[test]
    fn a_word_of_the_database_stands_for_its_content() {
        for content in Content::ALL {
            assert_eq!(Content::of(content.as_str()), Some(content));
            assert_eq!(serde_json::to_value(content).unwrap(), content.as_str());
        }
    }

    #[test]
    fn only_what_is_of_its_declared_kind_is_shown_or_played() {
        use AttachmentKind::{Photo, Voice};
        assert_eq!(Content::Png.handling(Photo, "image/jpeg"), Handling::Drawn);
        assert_eq!(Content::Pdf.handling(Photo, "application/pdf"), Handling::Kept);
        assert_eq!(Content::Unknown.handling(Photo, "application/octet-stream"), Handling::Kept);
        assert_eq!(Content::Webm.handling(Voice, "audio/webm;codecs=opus"), Handling::Played);
        for (content, kind, media_type) in [
            (Content::Png, Voice, "audio/wav"),
            (Content::Webm, Photo, "image/jpeg"),
            (Content::Unknown, Photo, "image/jpeg"),
            (Content::Unknown, Voice, "application/octet-stream"),
            (Content::Webm, Photo, "application/octet-stream"),
        ] {
            assert_eq!(content.handling(kind, media_type), Handling::Odd);
        }
    }

    #[test]
    fn a_page_that_claims_to_be_a_voice_is_not() {
        let page = Attachment { media_type: "text/html".into(), ..voice() };
        assert_eq!(page.check(), Err(AttachmentError::MediaType));
    }
}
