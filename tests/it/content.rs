//! Attachments by what they are: pictures drawn anew, voices played, everything else kept and never shown.

use std::io::Cursor;

use domain::{
    attachment::{Attachment, AttachmentKind},
    draft::Draft,
    envelope::Hash,
    id::RecordId,
    sync::ReceiptState,
};
use futures_util::TryStreamExt;
use image::{DynamicImage, ImageFormat};

use crate::world::{Answer, Client, NOW, Phone, World, new_id};

/// A latitude as EXIF has it: degrees, minutes and hundredths of seconds over their denominators.
const LATITUDE: [u8; 24] = [29, 0, 0, 0, 1, 0, 0, 0, 43, 0, 0, 0, 1, 0, 0, 0, 0xb7, 0x0a, 0, 0, 100, 0, 0, 0];

/// A draft with an attachment of these bytes, said to be of a kind.
fn with(phone: &Phone, kind: AttachmentKind, media_type: &str, bytes: &[u8]) -> (Draft, RecordId) {
    let mut draft = phone.draft(&["看附件"]);
    let id = RecordId(new_id());
    let attachment = Attachment {
        kind,
        media_type: media_type.to_owned(),
        bytes_n: bytes.len() as u64,
        sha256: Hash::of(bytes),
        statement: Some(draft.statements[0].id),
        duration_ms: None,
        gaps: Vec::new(),
        taken_at: NOW,
    };
    draft.attach(id, attachment, NOW);
    (draft, id)
}

/// Sends an attachment; whatever it is, it is acknowledged.
#[track_caller]
fn sent(phone: &Phone, kind: AttachmentKind, media_type: &str, bytes: &[u8]) -> (Draft, RecordId) {
    let (mut draft, id) = with(phone, kind, media_type, bytes);
    phone.upload(id, bytes).ok();
    let receipts = phone.receipts(&Phone::freeze(&mut draft));
    assert!(receipts.iter().all(|it| it.state == ReceiptState::Stored), "{receipts:?}");
    (draft, id)
}

fn path(id: RecordId) -> String {
    format!("/api/v1/attachments/{id}")
}

/// The same, for a reason.
fn for_a_reason(id: RecordId) -> String {
    format!("{}?reason=x", path(id))
}

/// What the office sees of the attachments of a draft's statement.
fn content(office: &Client, draft: &Draft) -> String {
    let item = office.get(&format!("/api/v1/queue/{}", draft.statements[0].id)).ok();
    item["attachments"][0]["content"].as_str().expect("it was looked at").to_owned()
}

pub fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A picture, black at the left and white at the right.
pub fn picture(width: u32, height: u32) -> DynamicImage {
    let mut picture = image::RgbImage::new(width, height);
    for (x, _, point) in picture.enumerate_pixels_mut() {
        *point = image::Rgb([if x < width / 2 { 0 } else { 255 }; 3]);
    }
    DynamicImage::ImageRgb8(picture)
}

/// A JPEG as a phone held upright takes it: lying on its side, with the place where it was taken, and XMP.
fn photo_with_place() -> Vec<u8> {
    let jpeg = encoded(&picture(48, 16), ImageFormat::Jpeg);
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    // Orientation 6: to be turned right; and where the place is described.
    tiff.extend(b"\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x25\x88\x04\0\x01\0\0\0\x26\0\0\0\0\0\0\0");
    // North, and a latitude.
    tiff.extend(b"\x02\0\x01\0\x02\0\x02\0\0\0N\0\0\0\x02\0\x05\0\x03\0\0\0\x44\0\0\0\0\0\0\0");
    tiff.extend(LATITUDE);
    let app1 = |content: &[u8]| {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [b"\xff\xe1", &length[..], content].concat()
    };
    let exif = app1(&[b"Exif\0\0", &tiff[..]].concat());
    let xmp = app1(b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>CANARY</x:xmpmeta>");
    [&jpeg[..2], &exif, &xmp, &jpeg[2..]].concat()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|it| it == part)
}

/// Whatever a browser makes of it, it is no page of ours.
#[track_caller]
fn assert_inert(answer: &Answer, ending: &str) {
    let header = |name: &str| answer.headers[name].to_str().unwrap();
    assert!(header("content-disposition").starts_with("attachment; filename*=UTF-8''zoufang-"));
    assert!(header("content-disposition").ends_with(ending), "{}", header("content-disposition"));
    assert_eq!(header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin");
    assert_eq!(header("cache-control"), "no-store");
}

/// The bytes that rest.
async fn as_it_came(world: &World, hash: Hash) -> Vec<u8> {
    let pieces = server::blobs::read(&world.app, hash, None).await.unwrap().pieces;
    pieces.try_collect::<Vec<_>>().await.unwrap().concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_goes_out_upright_and_without_the_place_it_was_taken_at() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes = photo_with_place();
    let (draft, id) = sent(&phone, AttachmentKind::Photo, "image/jpeg", &bytes);
    // The original has it, and rests as it came.
    let kept = as_it_came(&world, Hash::of(&bytes)).await;
    assert!(kept == bytes && holds(&kept, &LATITUDE) && holds(&kept, b"CANARY"));
    let office = world.sign_in("office");
    assert_eq!(content(&office, &draft), "jpeg");
    for answer in [office.get(&for_a_reason(id)), phone.client.get(&path(id))] {
        assert_eq!((answer.status, &answer.headers["content-type"]), (200, &"image/jpeg".parse().unwrap()));
        assert_inert(&answer, ".jpeg");
        for mark in [&LATITUDE[..], b"CANARY", b"Exif", b"xap"] {
            assert!(!holds(&answer.bytes, mark), "{}", mark.escape_ascii());
        }
        let seen = image::load_from_memory(&answer.bytes).unwrap().into_luma8();
        assert_eq!(seen.dimensions(), (16, 48));
        assert!(seen.get_pixel(8, 4).0[0] < 60 && seen.get_pixel(8, 44).0[0] > 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_of_a_picture_is_the_whole_of_it() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    for (format, media_type, ending) in
        [(ImageFormat::Png, "image/png", ".png"), (ImageFormat::WebP, "image/jpeg", ".jpeg")]
    {
        let bytes = encoded(&picture(30, 20), format);
        // Declared as a picture of another kind: it is shown as what it is.
        let (_, id) = sent(&phone, AttachmentKind::Photo, "image/jpeg", &bytes);
        let answer = phone.client.send("GET", &path(id), &[("range", "bytes=2-5")], Vec::new());
        assert_eq!((answer.status, answer.headers["content-type"].to_str().unwrap()), (200, media_type));
        assert_inert(&answer, ending);
        assert_eq!(image::load_from_memory(&answer.bytes).unwrap().into_rgb8().dimensions(), (30, 20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hides_behind_a_picture_stays_behind() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let page = b"<script>alert(1)</script>";
    let archive = b"PK\x03\x04 and what is in it";
    let jpeg = encoded(&picture(20, 20), ImageFormat::Jpeg);
    // A page in a comment, an archive behind the end: a JPEG, a page and an archive in one.
    let comment = [b"\xff\xfe\0\x1b", &page[..]].concat();
    let both = [&jpeg[..2], &comment, &jpeg[2..], archive].concat();
    let (_, id) = sent(&phone, AttachmentKind::Photo, "image/jpeg", &both);
    let answer = phone.client.get(&path(id));
    assert_eq!(answer.headers["content-type"], "image/jpeg");
    assert!(!holds(&answer.bytes, b"script") && !holds(&answer.bytes, b"PK"));
    image::load_from_memory(&answer.bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_of_its_kind_is_kept_and_said_to_be_so_and_handed_out_for_a_reason() {
    use AttachmentKind::{Photo, Voice};
    let world = World::start().await;
    let phone = world.phone("visitor");
    let (office, section) = (world.sign_in("office"), world.sign_in("section"));
    let jpeg = encoded(&picture(20, 20), ImageFormat::Jpeg);
    let hostile: [(AttachmentKind, &str, &[u8], &str); 7] = [
        (Photo, "image/jpeg", b"<!DOCTYPE html><script>alert(1)</script>", "unknown"),
        (Photo, "image/png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "unknown"),
        (Photo, "image/jpeg", b"PK\x03\x04\x14\0\0\0\x08\0", "unknown"),
        (Photo, "image/webp", b"GIF89a/*\0\0\0\0*/=1;alert(1)", "unknown"),
        (Photo, "image/jpeg", b"OggS\0\x02\0\0\0\0\0\0", "ogg"),
        (Voice, "audio/webm", &jpeg, "jpeg"),
        (Photo, "image/jpeg", b"%PDF-1.7 a sheet", "pdf"),
    ];
    for (kind, media_type, bytes, is) in hostile {
        let (draft, id) = sent(&phone, kind, media_type, bytes);
        assert_eq!(content(&office, &draft), is);
        assert_eq!(office.get(&path(id)).problem(), (422, "invalid".to_owned()), "{is}");
        assert_eq!(section.get(&for_a_reason(id)).status, 403, "{is}");
        for answer in
            [office.get(&format!("{}?reason=%E6%A0%B8%E5%AF%B9", path(id))), phone.client.get(&path(id))]
        {
            assert_eq!(answer.headers["content-type"], "application/octet-stream");
            assert_inert(&answer, &format!(".{is}"));
            assert_eq!(answer.bytes, bytes);
        }
    }
    let auditor = world.with_account("auditor", "auditor");
    let log = auditor.get("/api/v1/audit?looks_only=true").text();
    assert_eq!(log.matches("open_original").count(), hostile.len(), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_cannot_be_drawn_takes_nothing_down_and_is_not_lost() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let office = world.sign_in("office");
    let mut bomb = encoded(&picture(20, 20), ImageFormat::Jpeg);
    // The height and width in the frame's head: 60,000 each.
    let frame = bomb.windows(2).position(|it| it == b"\xff\xc0").unwrap();
    bomb[frame + 5..frame + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
    let png = encoded(&picture(64, 64), ImageFormat::Png);
    for (media_type, bytes) in
        [("image/jpeg", &bomb[..]), ("image/jpeg", &bomb[..40]), ("image/png", &png[..40])]
    {
        let (_, id) = sent(&phone, AttachmentKind::Photo, media_type, bytes);
        assert_eq!(office.get(&path(id)).problem(), (422, "invalid".to_owned()));
        let original = office.get(&for_a_reason(id));
        assert_eq!(original.headers["content-type"], "application/octet-stream");
        assert_eq!(original.bytes, bytes);
    }
    let (_, id) = sent(&phone, AttachmentKind::Photo, "image/png", &png);
    assert_eq!(office.get(&for_a_reason(id)).headers["content-type"], "image/png");
}

/// A photo whose end did not come out of the camera shows what there is of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_photo_shows_what_there_is() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let jpeg = encoded(&picture(200, 200), ImageFormat::Jpeg);
    let (_, id) = sent(&phone, AttachmentKind::Photo, "image/jpeg", &jpeg[..jpeg.len() * 2 / 3]);
    let answer = world.sign_in("office").get(&for_a_reason(id));
    assert_eq!(answer.headers["content-type"], "image/jpeg");
    assert_eq!(image::load_from_memory(&answer.bytes).unwrap().into_rgb8().dimensions(), (200, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_is_played_as_what_it_is() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes = [b"\0\0\0\x1cftypiso5\0\0\x02\0", &[0; 300][..]].concat();
    let (_, id) = sent(&phone, AttachmentKind::Voice, "audio/webm;codecs=opus", &bytes);
    let answer = world.sign_in("office").get(&for_a_reason(id));
    assert_eq!((answer.headers["content-type"].to_str().unwrap(), &answer.bytes), ("audio/mp4", &bytes));
    assert_inert(&answer, ".mp4");
    let part = phone.client.send("GET", &path(id), &[("range", "bytes=4-7")], Vec::new());
    assert_eq!((part.status, &part.bytes[..]), (206, &b"ftyp"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_is_looked_at_at_the_next_start() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let (draft, id) = sent(&phone, AttachmentKind::Photo, "image/jpeg", b"<html>");
    world.on_the_writer("update upload set content = null").await;
    // Asked for before anyone looked: it is looked at then.
    assert_eq!(world.sign_in("office").get(&path(id)).status, 422);
    let world = world.restart().await;
    server::uploading::look_at_all(world.app.clone()).await;
    assert_eq!(content(&world.sign_in("office"), &draft), "unknown");
}
