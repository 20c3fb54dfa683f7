//! The app as wasm, and the JavaScript that loads it.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::{glue, order, top, twins};

/// How the app is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Fast to build, with names in it.
    Dev,
    /// Small: what a phone downloads.
    Phone,
}

/// What a bundle is for. A phone loads only its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Phone,
    Desk,
}

impl Part {
    pub const ALL: [Self; 2] = [Self::Phone, Self::Desk];

    pub fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Desk => "desk",
        }
    }
}

/// Where a panic happened and what `{:?}` shows is for those who read logs, and on a phone there are none: without both, it
/// loads 15 kB less. The compiler takes these flags only when told that it may, which the toolchain's pinned version makes safe.
const LEAN: &str = "target.wasm32-unknown-unknown.rustflags = ['-Zlocation-detail=none', '-Zfmt-debug=none']";

/// Compiles a part of the app; answers the wasm, put aside under the part's name.
pub fn compile(profile: Profile, part: Part) -> anyhow::Result<PathBuf> {
    let features = if part == Part::Phone { &["--no-default-features"][..] } else { &[] };
    cargo_build(profile, &[&["-p", "app"], features].concat())?;
    let aside = built(profile).join(format!("{}.wasm", part.name()));
    fs::copy(built(profile).join("app.wasm"), &aside)?;
    Ok(aside)
}

fn cargo_build(profile: Profile, what: &[&str]) -> anyhow::Result<()> {
    let name = if profile == Profile::Dev { "dev" } else { "phone" };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(top())
        .args(["build", "--lib", "--target", "wasm32-unknown-unknown", "--profile", name])
        .args(["--target-dir", "target"])
        .args(what)
        .envs((profile == Profile::Phone).then_some(("RUSTC_BOOTSTRAP", "1")))
        .args(if profile == Profile::Phone { &["--config", LEAN][..] } else { &[] })
        .status()
        .context("cannot start cargo")?;
    ensure!(status.success(), "the app does not compile");
    Ok(())
}

/// Where cargo puts what it built.
fn built(profile: Profile) -> PathBuf {
    let folder = if profile == Profile::Dev { "debug" } else { "phone" };
    top().join("target/wasm32-unknown-unknown").join(folder)
}

/// Compiles a crate that is loaded beside the app; answers the wasm.
pub fn compile_module(profile: Profile, name: &str) -> anyhow::Result<PathBuf> {
    cargo_build(profile, &["-p", name])?;
    Ok(built(profile).join(format!("{name}.wasm")))
}

/// Answers the JavaScript and the wasm that belong together, of a part of the app or of a module beside it.
pub fn bind(input: &PathBuf, profile: Profile, is_app: bool) -> anyhow::Result<(String, Vec<u8>)> {
    let small = profile == Profile::Phone;
    let folder = top().join("target/bindgen");
    let mut bindgen = Bindgen::new();
    bindgen.input_path(input).out_name("bound").web(true)?.typescript(false);
    bindgen.remove_name_section(small).remove_producers_section(small);
    let mut output = bindgen.generate_output()?;
    ensure!(
        output.snippets().values().all(Vec::is_empty) && output.local_modules().is_empty(),
        "a crate brings JavaScript files of its own: {:?} {:?}; put such code into public/first.js instead",
        output.snippets(),
        output.local_modules().keys()
    );
    if is_app {
        without_streams(output.wasm_mut())?;
    }
    if small {
        twins::merge(output.wasm_mut());
    }
    let names = if small { shortened(output.wasm_mut()) } else { Vec::new() };
    let imports: Vec<String> = output.wasm_mut().imports.iter().map(|it| it.name.clone()).collect();
    fs::create_dir_all(&folder)?;
    output.emit(&folder)?;
    let js = fs::read_to_string(folder.join("bound.js"))?;
    let js = names.iter().fold(js, |js, (long, short)| js.replace(long, short));
    let js = only_emptying(&js)?;
    // What `{:?}` shows of a value of JavaScript, for which the same goes as above.
    let js = if small { js.replace("= debugString(arg1);", "= '';") } else { js };
    let js = if small { glue::only_called(&js, &imports)? } else { js };
    let wasm = fs::read(folder.join("bound_bg.wasm"))?;
    let wasm = if small { order::by_likeness(&wasm)? } else { wasm };
    Ok((js, wasm))
}

/// Leptos brings streams out of Rust for functions on a server of its own, which we do not call; as JavaScript could call
/// them, they would be kept. Removes them and what only they need.
fn without_streams(module: &mut walrus::Module) -> anyhow::Result<()> {
    let of_streams =
        |it: &&walrus::Export| it.name.trim_start_matches("__wbg_").starts_with("intounderlying");
    let exports: Vec<_> = module.exports.iter().filter(of_streams).map(walrus::Export::id).collect();
    ensure!(!exports.is_empty(), "the streams have another name than they had, or are gone");
    for export in exports {
        module.exports.delete(export);
    }
    walrus::passes::gc::run(module);
    Ok(())
}

/// What wasm and JavaScript call of each other bears a hash in its name, once in either, which nothing compresses: gives each
/// a short one, and answers both, for the JavaScript.
fn shortened(module: &mut walrus::Module) -> Vec<(String, String)> {
    let is_hashed = |name: &str| {
        let hash = name.rsplit('_').next().unwrap_or_default();
        name.starts_with("__wb") && hash.len() == 16 && hash.bytes().all(|it| it.is_ascii_hexdigit())
    };
    let mut names = Vec::new();
    let mut short = |name: &mut String| {
        if is_hashed(name) {
            let new = format!("${}", names.len());
            names.push((std::mem::replace(name, new.clone()), new));
        }
    };
    module.imports.iter_mut().for_each(|it| short(&mut it.name));
    module.exports.iter_mut().for_each(|it| short(&mut it.name));
    names
}

/// Leptos writes HTML as text in one place that we reach: where it empties an element whose attributes are
/// erased. The content policy refuses any such write, so that one empties by other means, and all else
/// fails at once, which the journeys would see.
fn only_emptying(js: &str) -> anyhow::Result<String> {
    const WRITES: &str = "arg0.innerHTML = getStringFromWasm0(arg1, arg2);";
    const EMPTIES: &str = "if (arg2) throw new Error('import crate::prelude::*, not leptos::prelude::*'); arg0.replaceChildren();";
    let js = js.replace(WRITES, EMPTIES);
    ensure!(!js.contains(".innerHTML ="), "wasm-bindgen writes innerHTML in another way than it did");
    Ok(js)
}
