//! What bytes are, by the bytes themselves.

use domain::{attachment::Content, envelope::Hash, questionnaire::medium::MediumType};
use futures_util::TryStreamExt;

use crate::{App, blobs, error::Error};

/// As much of a file is looked at, in bytes: every mark that is looked for lies within.
const HEAD_BYTES: u64 = 512;

/// What a whole of `bytes_n` bytes is.
///
/// # Errors
///
/// The disk's, the bucket's or the database's.
pub async fn look_at(app: &App, hash: Hash, bytes_n: u64) -> Result<Content, Error> {
    let head = blobs::read(app, hash, Some(0..bytes_n.min(HEAD_BYTES))).await?;
    let head: Vec<_> = head.pieces.try_collect().await?;
    Ok(recognize(&head.concat()))
}

/// What a file is by its first bytes. Recorders name MPEG-4 and WebM after films also where there is no picture in them:
/// a voice is one by its kind.
pub fn recognize(head: &[u8]) -> Content {
    match infer::get(head).map(|it| it.mime_type()) {
        Some("image/jpeg") => Content::Jpeg,
        Some("image/png") => Content::Png,
        Some("image/webp") => Content::Webp,
        Some("image/heif") => Content::Heic,
        Some("application/pdf") => Content::Pdf,
        Some("audio/m4a" | "video/mp4") => Content::Mp4,
        Some("video/webm") => Content::Webm,
        Some("audio/ogg" | "audio/opus") => Content::Ogg,
        Some("audio/x-wav") => Content::Wav,
        Some("audio/aac") => Content::Aac,
        Some(_) | None => Content::Unknown,
    }
}

/// What a file for labels and choices of a questionnaire is, by its first bytes; `None` for what is not taken.
pub fn medium_type(head: &[u8]) -> Option<MediumType> {
    Some(match infer::get(head)?.mime_type() {
        "image/png" => MediumType::Png,
        "image/jpeg" => MediumType::Jpeg,
        "image/webp" => MediumType::Webp,
        "image/gif" => MediumType::Gif,
        "audio/mpeg" => MediumType::Mp3,
        "audio/ogg" | "audio/opus" => MediumType::Ogg,
        "audio/aac" => MediumType::Aac,
        "audio/x-wav" => MediumType::Wav,
        "audio/m4a" => MediumType::M4a,
        "video/mp4" => MediumType::Mp4,
        "video/webm" => MediumType::Webm,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &[u8], expected: Content) {
        let padded = [head, &[0; 300]].concat();
        assert_eq!(recognize(&padded), expected, "{}", head.escape_ascii());
    }

    #[test]
    fn what_phones_and_scanners_make_is_recognized() {
        check(b"\xff\xd8\xff\xe1\x00\x10Exif", Content::Jpeg);
        check(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", Content::Png);
        check(b"RIFF\x24\x00\x00\x00WEBPVP8 ", Content::Webp);
        check(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", Content::Heic);
        check(b"%PDF-1.7\n", Content::Pdf);
        check(b"RIFF\x24\x00\x00\x00WAVEfmt ", Content::Wav);
        check(b"\xff\xf1\x50\x80", Content::Aac);
    }

    #[test]
    fn recorders_of_browsers_are_recognized() {
        // Chromium: an EBML head whose document type is webm.
        let webm = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webmB\x87\x81\x04";
        check(webm, Content::Webm);
        // Safari, and Chromium where asked for audio/mp4: fragments of MPEG-4 under several brands.
        for brand in [b"iso5", b"isom", b"mp41", b"mp42", b"M4A "] {
            check(&[b"\x00\x00\x00\x1cftyp", &brand[..], b"\x00\x00\x02\x00"].concat(), Content::Mp4);
        }
        // Firefox: Opus in Ogg.
        let ogg = [&b"OggS\x00\x02"[..], &[0; 22], b"OpusHead\x01\x01"].concat();
        check(&ogg, Content::Ogg);
    }

    #[test]
    fn files_for_questionnaires_are_recognized_and_nothing_that_runs() {
        let padded = |head: &[u8]| [head, &[0; 300]].concat();
        for (head, expected) in [
            (&b"\x89PNG\r\n\x1a\n"[..], MediumType::Png),
            (b"GIF89a", MediumType::Gif),
            (b"ID3\x03\x00", MediumType::Mp3),
            (b"\xff\xfb\x90\x00", MediumType::Mp3),
            (b"RIFF\x24\x00\x00\x00WAVEfmt ", MediumType::Wav),
            (b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00", MediumType::M4a),
            (b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00", MediumType::Mp4),
        ] {
            assert_eq!(medium_type(&padded(head)), Some(expected), "{}", head.escape_ascii());
        }
        for other in
            [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"%PDF-1.7", b"PK\x03\x04", b"name,label"]
        {
            assert_eq!(medium_type(&padded(other)), None, "{}", other.escape_ascii());
        }
    }

    #[test]
    fn what_runs_or_unfolds_is_unknown() {
        let hostile: [&[u8]; 8] = [
            b"<!DOCTYPE html><script>alert(1)</script>",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"<?xml version='1.0'?><svg/>",
            b"PK\x03\x04\x14\x00\x00\x00",
            b"\x1f\x8b\x08\x00",
            b"\x7fELF\x02\x01\x01",
            b"GIF89a/*",
            b" \xff\xd8\xff\xe0",
        ];
        for head in hostile {
            check(head, Content::Unknown);
        }
        assert_eq!(recognize(b""), Content::Unknown);
    }
}
