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

impl Attachment {
    /// Checks what the phone checks before sending and the server on arrival.
    ///
    /// # Errors
    ///
    /// [`AttachmentError`], for the app to put into words.
    pub fn check(&self) -> Result<(), AttachmentError> {
        let (bytes_max, types): (u64, &[&str]) = match self.kind {
            AttachmentKind::Voice => {
                (VOICE_BYTES_MAX, &["audio/webm", "audio/mp4", "audio/ogg", "audio/wav"])
            }
            AttachmentKind::Photo => (PHOTO_BYTES_MAX, &["image/jpeg", "image/png", "image/webp"]),
        };
        if self.bytes_n > bytes_max {
            return Err(AttachmentError::TooLarge { bytes_max });
        }
        if self.bytes_n == 0 {
            return Err(AttachmentError::Empty);
        }
        check_line(&self.media_type)?;
        let essence = self.media_type.split(';').next().unwrap_or_default().trim();
        if !types.contains(&essence) {
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
    fn a_page_that_claims_to_be_a_voice_is_not() {
        let page = Attachment { media_type: "text/html".into(), ..voice() };
        assert_eq!(page.check(), Err(AttachmentError::MediaType));
    }
}
