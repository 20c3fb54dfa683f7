//! A photo of a written slip: shrunk, turned the right way, without what the camera wrote into it.
//!
//! Drawing the picture anew leaves position, time and camera (EXIF) behind.

use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, ImageBitmap};

/// What a kept photo is.
pub const JPEG: &str = "image/jpeg";
/// Longest side of a kept photo, in pixels: an A4 sheet of handwriting stays legible.
pub const SIDE_PX_MAX: u32 = 2_000;
/// A kept photo is at most about this large, in bytes; a slip of paper has a third of it.
pub const BYTES_AIM: usize = 700 * 1024;
/// JPEG qualities to try, best first.
const QUALITIES: [f64; 4] = [0.82, 0.7, 0.55, 0.4];

/// Why a file did not become a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPhoto {
    /// The file is no picture that this browser can open.
    Unreadable,
    /// The browser gave no room to draw it.
    NoRoom,
}

/// Draws the picture in `file` anew and answers it as JPEG.
///
/// # Errors
///
/// [`NoPhoto`], to put into words.
pub async fn shrink(file: &Blob) -> Result<Vec<u8>, NoPhoto> {
    let picture = open(file).await?;
    let (width, height) = fit(picture.width(), picture.height(), SIDE_PX_MAX);
    let canvas = draw(&picture, width, height).ok_or(NoPhoto::NoRoom)?;
    picture.close();
    let mut smallest = Vec::new();
    for quality in QUALITIES {
        smallest = jpeg(&canvas, quality).await.ok_or(NoPhoto::NoRoom)?;
        if smallest.len() <= BYTES_AIM {
            break;
        }
    }
    Ok(smallest)
}

/// The picture in `file` as brightness from 0 to 255, row by row: width, height, and those; no side is longer than `side_px_max`.
///
/// # Errors
///
/// [`NoPhoto`], to put into words.
#[cfg(feature = "desk")]
pub async fn brightness(file: &Blob, side_px_max: u32) -> Result<(usize, usize, Vec<u8>), NoPhoto> {
    let picture = open(file).await?;
    let (width, height) = fit(picture.width(), picture.height(), side_px_max);
    let canvas = draw(&picture, width, height).ok_or(NoPhoto::NoRoom)?;
    picture.close();
    let context = canvas.get_context("2d").ok().flatten().ok_or(NoPhoto::NoRoom)?;
    let context: CanvasRenderingContext2d = context.unchecked_into();
    let pixels = context.get_image_data(0.0, 0.0, f64::from(width), f64::from(height));
    let pixels = pixels.map_err(|_| NoPhoto::NoRoom)?.data();
    let grey =
        |it: &[u8]| u8::try_from(it[..3].iter().map(|it| u16::from(*it)).sum::<u16>() / 3).unwrap_or(u8::MAX);
    Ok((width as usize, height as usize, pixels.chunks_exact(4).map(grey).collect()))
}

async fn open(file: &Blob) -> Result<ImageBitmap, NoPhoto> {
    let window = web_sys::window().ok_or(NoPhoto::NoRoom)?;
    // `from-image` turns the picture as the camera was held.
    let options = Object::new();
    Reflect::set(&options, &"imageOrientation".into(), &"from-image".into()).map_err(|_| NoPhoto::NoRoom)?;
    let turned = window.create_image_bitmap_with_blob_and_image_bitmap_options(file, options.unchecked_ref());
    let picture = match turned {
        Ok(promise) => JsFuture::from(promise).await,
        Err(cause) => Err(cause),
    };
    // An older browser does not know the word, and turns the picture by itself or not at all.
    let picture = match picture {
        Ok(picture) => picture,
        Err(_) => {
            let promise = window.create_image_bitmap_with_blob(file).map_err(|_| NoPhoto::Unreadable)?;
            JsFuture::from(promise).await.map_err(|_| NoPhoto::Unreadable)?
        }
    };
    Ok(picture.unchecked_into())
}

/// The size to keep: the same shape, no side longer than `side_px_max`.
fn fit(width: u32, height: u32, side_px_max: u32) -> (u32, u32) {
    let longest = width.max(height).max(1);
    if longest <= side_px_max {
        return (width.max(1), height.max(1));
    }
    let scaled = |side: u32| {
        let side = u64::from(side) * u64::from(side_px_max) / u64::from(longest);
        u32::try_from(side).unwrap_or(side_px_max).max(1)
    };
    (scaled(width), scaled(height))
}

fn draw(picture: &ImageBitmap, width: u32, height: u32) -> Option<HtmlCanvasElement> {
    let document = web_sys::window()?.document()?;
    let canvas: HtmlCanvasElement = document.create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context
        .draw_image_with_image_bitmap_and_dw_and_dh(picture, 0.0, 0.0, f64::from(width), f64::from(height))
        .ok()?;
    Some(canvas)
}

async fn jpeg(canvas: &HtmlCanvasElement, quality: f64) -> Option<Vec<u8>> {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let done = Closure::once_into_js(move |blob: JsValue| drop(resolve.call1(&JsValue::NULL, &blob)));
        drop(canvas.to_blob_with_type_and_encoder_options(
            done.unchecked_ref(),
            "image/jpeg",
            &quality.into(),
        ));
    });
    let blob: Blob = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    bytes(&blob).await.ok()
}

/// The bytes of a file as they are.
///
/// # Errors
///
/// When the browser cannot read it.
pub async fn bytes(file: &Blob) -> Result<Vec<u8>, NoPhoto> {
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(|_| NoPhoto::Unreadable)?;
    Ok(Uint8Array::new(&buffer).to_vec())
}
