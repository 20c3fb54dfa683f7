//! Pictures drawn anew for whoever looks at them. Only what is seen goes out: no place, no device, no thumbnail from
//! before a cut, and nothing that hides behind the picture in its file. The bytes that came stay as they are.

use std::io::Cursor;

use axum::body::Bytes;
use domain::{
    attachment::{Content, PHOTO_BYTES_MAX},
    envelope::Hash,
    problem::Code,
};
use futures_util::TryStreamExt;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, Limits,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    error::{LimitError, LimitErrorKind},
};

use crate::{App, blobs, error::Error};

/// As many are drawn at once: each may take half a GiB, where a photo of a phone takes some 100 MiB.
pub const AT_ONCE: usize = 2;
/// Most points of a picture that is drawn: three times those of a phone's ordinary photo.
const POINTS_MAX: u64 = 40_000_000;
/// Most memory that a picture takes once it is read, in bytes: four for each of its points.
const MEMORY_MAX: u64 = 4 * POINTS_MAX;
/// Of JPEG: writing on a slip stays sharp.
const QUALITY: u8 = 88;

/// A picture as it goes out.
pub struct Drawn {
    pub content: Content,
    pub media_type: &'static str,
    pub bytes: Bytes,
}

/// Draws a picture anew, off the threads that serve; `None` when it cannot be drawn: it is broken, or larger than is
/// good for the server.
///
/// # Errors
///
/// The disk's or the bucket's.
pub async fn draw(app: &App, hash: Hash, bytes_n: u64, content: Content) -> Result<Option<Drawn>, Error> {
    let format = match content {
        Content::Jpeg => ImageFormat::Jpeg,
        Content::Png => ImageFormat::Png,
        Content::Webp => ImageFormat::WebP,
        Content::Heic
        | Content::Pdf
        | Content::Mp4
        | Content::Webm
        | Content::Ogg
        | Content::Wav
        | Content::Aac
        | Content::Unknown => return Ok(None),
    };
    if bytes_n > PHOTO_BYTES_MAX {
        return Ok(None);
    }
    let permit = app.drawing.clone().acquire_owned().await.map_err(|_| Error::from(Code::Busy))?;
    let pieces: Vec<Bytes> = blobs::read(app, hash, None).await?.pieces.try_collect().await?;
    // The permit goes along: a request that breaks off does not end the drawing.
    let drawn = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        drawn_anew(&pieces.concat(), format)
    });
    match drawn.await {
        Ok(Ok(drawn)) => Ok(Some(drawn)),
        Ok(Err(cause)) => {
            tracing::info!(%cause, %hash, "a picture could not be drawn");
            Ok(None)
        }
        Err(_) => {
            tracing::error!(%hash, "drawing a picture broke down");
            Ok(None)
        }
    }
}

fn drawn_anew(bytes: &[u8], format: ImageFormat) -> ImageResult<Drawn> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > POINTS_MAX || decoder.total_bytes() > MEMORY_MAX {
        return Err(ImageError::Limits(LimitError::from_kind(LimitErrorKind::DimensionError)));
    }
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    let mut out = Vec::new();
    let (content, media_type) = if format == ImageFormat::Png || picture.color().has_alpha() {
        let picture = DynamicImage::ImageRgba8(picture.into_rgba8());
        picture.write_with_encoder(PngEncoder::new(&mut out))?;
        (Content::Png, "image/png")
    } else {
        let picture = DynamicImage::ImageRgb8(picture.into_rgb8());
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut out, QUALITY))?;
        (Content::Jpeg, "image/jpeg")
    };
    Ok(Drawn { content, media_type, bytes: out.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height).write_to(&mut out, ImageFormat::Png).unwrap();
        out.into_inner()
    }

    #[test]
    fn a_picture_of_too_many_points_is_refused_before_it_is_read() {
        assert!(drawn_anew(&png(20, 20), ImageFormat::Png).is_ok());
        let mut bomb = png(20, 20);
        // The width and height of IHDR; its checksum follows.
        bomb[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
        let sum = crc32(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&sum.to_be_bytes());
        let cause = drawn_anew(&bomb, ImageFormat::Png).err().unwrap();
        assert!(matches!(cause, ImageError::Limits(_)), "{cause}");
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |sum, byte| {
            (0..8)
                .fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
        })
    }

    #[test]
    fn a_webp_with_holes_stays_so() {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgba8(3, 2).write_to(&mut out, ImageFormat::WebP).unwrap();
        let drawn = drawn_anew(&out.into_inner(), ImageFormat::WebP).unwrap();
        assert_eq!(drawn.content, Content::Png);
        assert!(image::load_from_memory(&drawn.bytes).unwrap().color().has_alpha());
    }

    #[test]
    fn what_is_no_picture_is_an_error_and_no_panic() {
        let jpeg = {
            let mut out = Cursor::new(Vec::new());
            DynamicImage::new_rgb8(64, 64).write_to(&mut out, ImageFormat::Jpeg).unwrap();
            out.into_inner()
        };
        for (format, whole) in [(ImageFormat::Jpeg, jpeg), (ImageFormat::Png, png(64, 64))] {
            // Cut anywhere, it is drawn in part or refused.
            for ends in 0..whole.len() {
                let _ = drawn_anew(&whole[..ends], format);
            }
            assert!(drawn_anew(&whole[..20], format).is_err());
        }
    }
}
