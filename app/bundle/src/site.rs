//! The folder `target/site`: every file under the name it is served by.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use brotli::enc::backward_references::BrotliEncoderMode;
use sha2::{Digest, Sha256};

use crate::{
    build::{Part, Profile, bind, compile, compile_module},
    site_folder, size, top,
};

/// Files of `public/` whose served names carry a hash, in the order in which they may name each other.
const HASHED: [&str; 2] = ["style.css", "first.js"];
/// What fills in a questionnaire, what suggests types, and what works out a PIN: each a wasm of its own, with its script in
/// `public/`, and the addresses of the scripts.
const MODULES: [(&str, &str); 3] =
    [("form", "/form.js"), ("suggest", "/suggest.js"), ("unlock", "/unlock.js")];
/// Served under their own names.
const PLAIN: [&str; 6] = [
    "manifest.webmanifest",
    "icon.svg",
    "icon-192.png",
    "icon-512.png",
    "icon-maskable-512.png",
    "apple-touch-icon.png",
];
/// Too small to be worth compressing, or compressed already.
const NOT_COMPRESSED: [&str; 1] = ["png"];
const BROTLI_QUALITY: i32 = 11;
const BROTLI_WINDOW_BITS: i32 = 20;

/// Builds the site, unless nothing it is made of has changed.
pub fn build(profile: Profile) -> anyhow::Result<()> {
    let mut inputs = Part::ALL.iter().map(|it| compile(profile, *it)).collect::<anyhow::Result<Vec<_>>>()?;
    for (name, _) in MODULES {
        inputs.push(compile_module(profile, name)?);
    }
    let weights = domain::suggesting::shipped().for_phones().to_bytes();
    let stamp = stamp(&inputs, &weights, profile)?;
    let stamp_file = top().join("target/site.stamp");
    if fs::read_to_string(&stamp_file).is_ok_and(|it| it == stamp)
        && site_folder().join("index.html").exists()
    {
        println!("the site is up to date");
        return Ok(());
    }
    write(&assemble(&inputs, weights, profile)?, profile)?;
    fs::write(stamp_file, stamp)?;
    if profile == Profile::Phone { size::report(None) } else { Ok(()) }
}

/// Every file of the site by its served name.
type Files = BTreeMap<String, Vec<u8>>;

fn assemble(inputs: &[PathBuf], weights: Vec<u8>, profile: Profile) -> anyhow::Result<Files> {
    let public = top().join("public");
    let mut files = Files::new();
    let mut index = fs::read_to_string(public.join("index.html"))?;
    let css = without_comments(&fs::read_to_string(public.join("form.css"))?);
    let css_name = hashed_name("form.css", css.as_bytes());
    files.insert(css_name.clone(), css.into_bytes());
    // Each may name those before it. What a desk alone loads is named for it.
    let weights_name = hashed_name("suggest.bin", &weights);
    files.insert(weights_name.clone(), weights);
    let mut workers = vec![("/form.css", css_name), ("/suggest.bin", weights_name)];
    for ((name, address), input) in MODULES.iter().zip(&inputs[Part::ALL.len()..]) {
        let served = module(name, input, profile, &workers, &mut files)?;
        workers.push((address, served));
    }
    for (name, served) in [("/clue.js", "clue.js"), ("/clue-desk.js", "desk.clue.js")] {
        let js = fs::read_to_string(public.join(&name[1..])).with_context(|| name.to_owned())?;
        let js = with_names(without_comments(&js), &workers);
        let served = hashed_name(served, js.as_bytes());
        files.insert(served.clone(), js.into_bytes());
        workers.push((name, served));
    }
    for name in HASHED {
        let text = fs::read_to_string(public.join(name)).with_context(|| name.to_owned())?;
        let text = with_names(without_comments(&text), &workers);
        let served = hashed_name(name, text.as_bytes());
        index = index.replace(&format!("/{name}"), &format!("/{served}"));
        files.insert(served, text.into_bytes());
    }
    let mut loader = without_comments(&fs::read_to_string(public.join("app.js"))?);
    let desk = without_comments(&fs::read_to_string(public.join("desk.css"))?);
    let desk_name = hashed_name("desk.css", desk.as_bytes());
    loader = loader.replace("/desk.css", &format!("/{desk_name}"));
    files.insert(desk_name, desk.into_bytes());
    for (part, input) in Part::ALL.iter().zip(inputs) {
        let (js, wasm) = bind(input, profile, true)?;
        let (plain_js, plain_wasm) = (format!("{}.js", part.name()), format!("{}.wasm", part.name()));
        let wasm_name = hashed_name(&plain_wasm, &wasm);
        let js = without_comments(&js);
        let js = format!("{js}__wbg_init({{ module_or_path: \"/{wasm_name}\" }});\n");
        let js_name = hashed_name(&plain_js, js.as_bytes());
        index = index.replace(&format!("/{plain_js}"), &format!("/{js_name}"));
        index = index.replace(&format!("/{plain_wasm}"), &format!("/{wasm_name}"));
        loader = loader.replace(&format!("/{plain_js}"), &format!("/{js_name}"));
        files.insert(wasm_name, wasm);
        files.insert(js_name, js.into_bytes());
    }
    let loader_name = hashed_name("app.js", loader.as_bytes());
    index = index.replace("/app.js", &format!("/{loader_name}"));
    files.insert(loader_name, loader.into_bytes());
    for name in PLAIN {
        let bytes = fs::read(public.join(name)).with_context(|| name.to_owned())?;
        files.insert(name.to_owned(), bytes);
    }
    files.insert("index.html".to_owned(), index.into_bytes());
    let worker = without_comments(&fs::read_to_string(public.join("sw.js"))?);
    let worker = worker.replace("__FILES__", &file_list(&files)?);
    let worker = worker.replace("__VERSION__", &hash(worker.as_bytes())[..16]);
    files.insert("sw.js".to_owned(), worker.into_bytes());
    Ok(files)
}

/// A script with the served names of the workers that it names.
fn with_names(js: String, workers: &[(&str, String)]) -> String {
    workers.iter().fold(js, |js, (name, served)| js.replace(name, &format!("/{served}")))
}

/// Adds a module with its script; answers the name that it is served by.
fn module(
    name: &str,
    input: &PathBuf,
    profile: Profile,
    named: &[(&str, String)],
    files: &mut Files,
) -> anyhow::Result<String> {
    let (js, wasm) = bind(input, profile, false)?;
    let plain_wasm = format!("{name}.wasm");
    let wasm_name = hashed_name(&plain_wasm, &wasm);
    let ours = fs::read_to_string(top().join(format!("public/{name}.js")))?;
    let js = without_comments(&format!("{js}\n{ours}"))
        .replace(&format!("/{plain_wasm}"), &format!("/{wasm_name}"));
    let js = with_names(js, named);
    let name = hashed_name(&format!("{name}.js"), js.as_bytes());
    files.insert(wasm_name, wasm);
    files.insert(name.clone(), js.into_bytes());
    Ok(name)
}

/// JavaScript or CSS without what only its readers need: indentation, empty lines, and comments that have lines to
/// themselves. It is a twelfth of what phones load beside the wasm. No text of ours or of wasm-bindgen goes over a line's
/// end, which is checked.
fn without_comments(text: &str) -> String {
    let (mut kept, mut within) = (String::with_capacity(text.len()), false);
    for line in text.lines().map(str::trim) {
        assert!(line.matches('`').count() % 2 == 0, "a text goes over a line's end: {line}");
        let begins = line.starts_with("/*");
        if begins || within {
            assert!(line.find("*/").is_none_or(|it| it + 2 == line.len()), "code behind a comment: {line}");
            within = !line.ends_with("*/");
        } else if !line.is_empty() && !line.starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Half of a SHA-256 is as good against a file that was spoiled or put in another's place, and costs a phone half.
const LISTED_HASH_CHARS: usize = 32;

/// The service worker's list: address to the beginning of its SHA-256. `/` stands for index.html.
///
/// Pictures are left out: the system fetches them when the app is installed. So are the desk's
/// screens, which work only with a network.
fn file_list(files: &Files) -> anyhow::Result<String> {
    let list: BTreeMap<String, String> = files
        .iter()
        .filter(|(name, _)| !name.ends_with(".png") && !name.starts_with("desk."))
        .map(|(name, bytes)| {
            let address = if name == "index.html" { "/".to_owned() } else { format!("/{name}") };
            (address, hash(bytes)[..LISTED_HASH_CHARS].to_owned())
        })
        .collect();
    Ok(serde_json::to_string_pretty(&list)?)
}

/// Writes the new files before it removes the old, so that a server which reads the folder serves throughout.
fn write(files: &Files, profile: Profile) -> anyhow::Result<()> {
    let folder = site_folder();
    fs::create_dir_all(&folder)?;
    let mut kept = Vec::new();
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes)?;
        kept.push(name.clone());
        let extension = Path::new(name).extension().and_then(|it| it.to_str()).unwrap_or_default();
        if profile == Profile::Phone && !NOT_COMPRESSED.contains(&extension) {
            fs::write(folder.join(format!("{name}.br")), compress(bytes)?)?;
            kept.push(format!("{name}.br"));
        }
    }
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        if !kept.iter().any(|it| entry.file_name() == it.as_str()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// What the site is made of, in one line.
fn stamp(inputs: &[PathBuf], weights: &[u8], profile: Profile) -> anyhow::Result<String> {
    let mut all = Sha256::new();
    all.update([u8::from(profile == Profile::Phone)]);
    all.update(fs::read(std::env::current_exe()?)?);
    all.update(weights);
    for input in inputs {
        all.update(fs::read(input)?);
    }
    for name in HASHED.iter().chain(&PLAIN).chain(&[
        "index.html",
        "app.js",
        "desk.css",
        "sw.js",
        "form.css",
        "form.js",
        "suggest.js",
        "unlock.js",
        "clue.js",
        "clue-desk.js",
    ]) {
        all.update(fs::read(top().join("public").join(name)).with_context(|| (*name).to_owned())?);
    }
    Ok(hex(&all.finalize()))
}

/// `app.js` with the first 64 bits of its content's hash: `app.0123456789abcdef.js`.
fn hashed_name(name: &str, bytes: &[u8]) -> String {
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    format!("{stem}.{}.{extension}", &hash(bytes)[..16])
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// As small as it gets: what is made for fonts, which are tables of small numbers, and smaller pieces that each have codes of
/// their own are mostly better for wasm.
fn compress(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    use BrotliEncoderMode::{BROTLI_MODE_FONT as FONT, BROTLI_MODE_GENERIC as GENERIC};
    let is_wasm = bytes.starts_with(b"\0asm");
    let tried: &[_] =
        if is_wasm { &[(GENERIC, 0), (FONT, 0), (GENERIC, 16), (FONT, 16)] } else { &[(GENERIC, 0)] };
    let all = tried.iter().map(|(mode, block_bits)| compress_as(bytes, *mode, *block_bits));
    let all = all.collect::<anyhow::Result<Vec<_>>>()?;
    all.into_iter().min_by_key(Vec::len).context("something is tried")
}

/// In pieces of 2 to the power of `block_bits` bytes; of as many as the encoder thinks best where it is 0.
fn compress_as(bytes: &[u8], mode: BrotliEncoderMode, block_bits: i32) -> anyhow::Result<Vec<u8>> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW_BITS,
        lgblock: block_bits,
        size_hint: bytes.len(),
        mode,
        ..Default::default()
    };
    let mut writer = brotli::CompressorWriter::with_params(&mut out, 4096, &params);
    writer.write_all(bytes)?;
    drop(writer);
    Ok(out)
}
