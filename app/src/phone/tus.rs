//! Uploads by tus 1.0: resumed where the server says, each part with its checksum.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    device::HEADER,
    id::RecordId,
    sending::{Step, Upload},
};
use js_sys::Uint8Array;
use sha2::{Digest, Sha256};

use crate::{
    api::{self, ApiError},
    phone::{media::Whole, sync::Stop},
};

const ADDRESS: &str = "/api/v1/uploads";
const VERSION: (&str, &str) = ("tus-resumable", "1.0.0");
/// Bytes of one part: gets through a line of 20 kbit/s before the request times out.
const PART_BYTES: usize = 128 * 1024;

/// Sends what the server lacks of `bytes`; returns when it has them all. Before each part it asks whether it
/// `may_go_on`. Once the signing in has ended, the requests bear the device's `stamp`.
///
/// # Errors
///
/// When the line breaks or the server refuses; what has arrived stays there.
pub async fn upload(
    id: RecordId,
    whole: Whole,
    bytes: &[u8],
    stamp: Option<&str>,
    may_go_on: impl Fn() -> Result<(), Stop>,
) -> Result<(), Stop> {
    let address = format!("{ADDRESS}/{id}");
    let mut upload = Upload::of(bytes.len());
    loop {
        let reached = match upload.next(PART_BYTES) {
            Step::Done => return Ok(()),
            Step::Announce => announce(id, whole, stamp).await?,
            Step::Send(from, to) => {
                may_go_on()?;
                match send_part(&address, from, &bytes[from..to], stamp).await {
                    Ok(reached) => reached,
                    Err(cause) if upload.failed(cause.code()) => continue,
                    Err(cause) => return Err(cause.into()),
                }
            }
        };
        upload.reached(reached);
    }
}

/// Begins the upload, or asks how much of it is there: the server's answer to the same id and hash says that, and over
/// a bad line asking once more would take a fifth of what a connection lives.
async fn announce(id: RecordId, whole: Whole, stamp: Option<&str>) -> Result<usize, ApiError> {
    let length = whole.bytes_n.to_string();
    let metadata = format!(
        "id {},sha256 {}",
        STANDARD.encode(id.to_string()),
        STANDARD.encode(whole.sha256.to_string())
    );
    let mut headers = vec![VERSION, ("upload-length", &length), ("upload-metadata", &metadata)];
    headers.extend(stamp.map(|it| (HEADER, it)));
    reached(&api::send("POST", ADDRESS, &headers, None).await?)
}

async fn send_part(
    address: &str,
    offset: usize,
    part: &[u8],
    stamp: Option<&str>,
) -> Result<usize, ApiError> {
    let checksum = format!("sha256 {}", STANDARD.encode(Sha256::digest(part)));
    let offset = offset.to_string();
    let mut headers = vec![
        VERSION,
        ("content-type", "application/offset+octet-stream"),
        ("upload-offset", &offset),
        ("upload-checksum", &checksum),
    ];
    headers.extend(stamp.map(|it| (HEADER, it)));
    reached(&api::send("PATCH", address, &headers, Some(Uint8Array::from(part).into())).await?)
}

fn reached(response: &web_sys::Response) -> Result<usize, ApiError> {
    let offset = api::header(response, "upload-offset");
    offset.and_then(|it| it.parse().ok()).ok_or(ApiError::NotOurs)
}
