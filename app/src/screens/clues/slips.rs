//! What a messenger brings where clues stay off the network: a file, or photos of a phone's screen.

use domain::clue::{ClueReceipt, SlipCodes, read_slip};
use js_sys::Uint8Array;
use leptos::task::spawn_local;
use rqrr::{Grid, PreparedImage};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlInputElement};

use super::Desk;
use crate::{
    api,
    i18n::{problem, text},
    media::photo,
    parts::toast,
    prelude::*,
};

/// A code that is missed at one size of the photo is found at another, longest sides.
const SIDES_PX: [u32; 4] = [2_000, 1_600, 1_250, 1_000];

/// Reading in what a messenger brings.
#[component]
pub fn Slips(desk: Desk) -> impl IntoView {
    let trouble = RwSignal::new(String::new());
    let codes = StoredValue::new(SlipCodes::default());
    let choose = move |event: web_sys::Event| {
        let Some(input) = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok()) else {
            return;
        };
        let Some(files) = input.files() else { return };
        let files: Vec<File> = (0..files.length()).filter_map(|at| files.get(at)).collect();
        trouble.set(String::new());
        spawn_local(async move {
            for file in files {
                match slip_of(&file, codes).await {
                    Ok(None) => {}
                    Ok(Some(slip)) => match read_in(&slip).await {
                        Ok(()) => toast::say(text().clues.slip_read.to_owned()),
                        Err(words) => drop(trouble.try_set(words)),
                    },
                    Err(words) => drop(trouble.try_set(words)),
                }
            }
            let missing = codes.try_with_value(still_missing).flatten();
            if let Some(missing) = missing.filter(|_| trouble.with_untracked(String::is_empty)) {
                let _ = trouble.try_set(missing);
            }
            // The same file can be chosen once more.
            input.set_value("");
            desk.read();
        });
    };
    view! {
        <p class="notice amber">{move || text().clues.on_paper}</p>
        <label class="field">
            <span>{move || text().clues.read_slip}</span>
            <input type="file" accept=".clue,image/*" multiple on:change=choose/>
        </label>
        <p class="error" role="alert">{move || trouble.get()}</p>
    }
}

/// A file as it is, or what photos of its codes come to; nothing while some are missing.
async fn slip_of(file: &File, codes: StoredValue<SlipCodes>) -> Result<Option<Vec<u8>>, String> {
    let no_slip = || text().clues.no_slip.to_owned();
    if !file.type_().starts_with("image/") {
        let bytes = JsFuture::from(file.array_buffer()).await.map_err(|_| no_slip())?;
        return Ok(Some(Uint8Array::new(&bytes).to_vec()));
    }
    let no_code = || text().clues.no_code.to_owned();
    let mut found = Vec::new();
    for side_px_max in SIDES_PX {
        found.extend(codes_in(photo::brightness(file, side_px_max).await.map_err(|_| no_code())?));
    }
    let added = |it: &mut SlipCodes| found.iter().filter(|code| it.add(code)).count() > 0;
    if !codes.try_update_value(added).unwrap_or_default() {
        return Err(no_code());
    }
    let done = |it: &mut SlipCodes| it.missing().is_empty().then(|| std::mem::take(it).whole());
    codes.try_update_value(done).flatten().map(|it| it.ok_or_else(no_slip)).transpose()
}

/// What the QR codes of a picture hold.
fn codes_in((width, height, brightness): (usize, usize, Vec<u8>)) -> Vec<Vec<u8>> {
    let mut picture = PreparedImage::prepare_from_greyscale(width, height, |x, y| brightness[y * width + x]);
    let read = |it: &Grid<_>| {
        let mut bytes = Vec::new();
        it.decode_to(&mut bytes).ok().map(|_| bytes)
    };
    picture.detect_grids().iter().filter_map(read).collect()
}

fn still_missing(codes: &SlipCodes) -> Option<String> {
    let missing: Vec<String> = codes.missing().iter().map(ToString::to_string).collect();
    (!missing.is_empty()).then(|| (text().clues.codes_missing)(&missing.join("、"), codes.n()))
}

async fn read_in(slip: &[u8]) -> Result<(), String> {
    let (id, sealed, parts) = read_slip(slip).ok_or_else(|| text().clues.no_slip.to_owned())?;
    for (n, part) in parts.into_iter().enumerate() {
        let kind = [("content-type", "application/octet-stream")];
        let body = Uint8Array::from(part).into();
        let put = api::send("PUT", &format!("/api/v1/clues/{id}/parts?n={n}"), &kind, Some(body)).await;
        put.map_err(|cause| problem::words(&cause))?;
    }
    let kept = api::post::<ClueReceipt>(&format!("/api/v1/clues/{id}"), &sealed).await;
    kept.map(drop).map_err(|cause| problem::words(&cause))
}
