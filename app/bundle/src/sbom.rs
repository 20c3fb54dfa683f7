//! What the binary and the phone's files are made of, as CycloneDX 1.5: each crate with its version, licence, checksum and
//! what it stands on. The same sources give the same bytes.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use toml::Table;

/// What is handed on: the server, and the app that it embeds.
const MADE: [&str; 2] = ["server", "app"];
/// What these are made for.
const PLATFORMS: [&str; 2] = ["x86_64-unknown-linux-gnu", "wasm32-unknown-unknown"];

/// Writes the list to a file.
pub fn write(file: &Path) -> anyhow::Result<()> {
    let list = list()?;
    std::fs::write(file, format!("{list:#}\n"))
        .with_context(|| format!("cannot write {}", file.display()))?;
    let n = list["components"].as_array().map_or(0, Vec::len);
    println!("{}: {n} crates", file.display());
    Ok(())
}

fn list() -> anyhow::Result<Value> {
    let metadata = metadata()?;
    let checksums = checksums()?;
    let packages: BTreeMap<&str, &Value> =
        each(&metadata["packages"]).filter_map(|it| Some((it["id"].as_str()?, it))).collect();
    let stands_on: BTreeMap<&str, BTreeSet<&str>> =
        each(&metadata["resolve"]["nodes"]).filter_map(|it| Some((it["id"].as_str()?, linked(it)))).collect();
    let mut reached: BTreeSet<&str> = packages
        .iter()
        .filter(|(_, it)| it["source"].is_null() && MADE.contains(&it["name"].as_str().unwrap_or_default()))
        .map(|(id, _)| *id)
        .collect();
    ensure!(reached.len() == MADE.len(), "the workspace has {}", MADE.join(" and "));
    let version = packages[*reached.first().context("the server")?]["version"].clone();
    let made: Vec<&str> =
        reached.iter().map(|id| packages[id]["name"].as_str().unwrap_or_default()).collect();
    let made: Vec<String> =
        made.iter().map(|name| reference(name, version.as_str().unwrap_or_default())).collect();
    let mut next: Vec<&str> = reached.iter().copied().collect();
    while let Some(id) = next.pop() {
        for it in stands_on.get(id).into_iter().flatten() {
            if reached.insert(it) {
                next.push(it);
            }
        }
    }
    let reference_of = |id: &str| {
        let text = |key: &str| packages[id][key].as_str().unwrap_or_default();
        reference(text("name"), text("version"))
    };
    let mut components: Vec<Value> = reached.iter().map(|id| component(packages[id], &checksums)).collect();
    components.sort_by_key(|it| it["bom-ref"].to_string());
    let mut dependencies: Vec<Value> = reached
        .iter()
        .map(|id| {
            let on: BTreeSet<String> = stands_on[id].iter().map(|it| reference_of(it)).collect();
            json!({"ref": reference_of(id), "dependsOn": on})
        })
        .collect();
    dependencies.push(json!({"ref": "zoufang", "dependsOn": made}));
    dependencies.sort_by_key(|it| it["ref"].to_string());
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": "zoufang", "name": "zoufang", "version": version,
        }},
        "components": components,
        "dependencies": dependencies,
    }))
}

/// What a crate is built from: not what only its tests need.
fn linked(node: &Value) -> BTreeSet<&str> {
    let deps = each(&node["deps"]).filter(|it| each(&it["dep_kinds"]).any(|kind| kind["kind"] != "dev"));
    deps.filter_map(|it| it["pkg"].as_str()).collect()
}

fn component(package: &Value, checksums: &BTreeMap<(String, String), String>) -> Value {
    let text = |key: &str| package[key].as_str().unwrap_or_default();
    let (name, version) = (text("name"), text("version"));
    let reference = reference(name, version);
    let mut component = json!({
        "type": "library", "bom-ref": reference, "purl": reference, "name": name, "version": version,
    });
    if let Some(licence) = package["license"].as_str() {
        // An older way of writing OR.
        component["licenses"] = json!([{"expression": licence.replace('/', " OR ")}]);
    }
    if let Some(checksum) = checksums.get(&(name.to_owned(), version.to_owned())) {
        component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
    }
    component
}

fn reference(name: &str, version: &str) -> String {
    format!("pkg:cargo/{name}@{version}")
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn metadata() -> anyhow::Result<Value> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--format-version", "1", "--locked"]).current_dir(super::top());
    for platform in PLATFORMS {
        command.args(["--filter-platform", platform]);
    }
    let output = command.output().context("cargo does not start")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The checksums of the lock file, by name and version.
fn checksums() -> anyhow::Result<BTreeMap<(String, String), String>> {
    let text = std::fs::read_to_string(super::top().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let lock: Table = text.parse().context("Cargo.lock is no TOML")?;
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    Ok(packages
        .filter_map(|it| {
            let text = |key: &str| it.get(key)?.as_str().map(str::to_owned);
            Some(((text("name")?, text("version")?), text("checksum")?))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_on_is_listed_and_what_only_tests_need_is_not() {
        let list = list().unwrap();
        let names: Vec<&str> = each(&list["components"]).filter_map(|it| it["name"].as_str()).collect();
        for known in ["server", "axum", "sqlx-sqlite", "libsqlite3-sys", "leptos", "domain"] {
            assert!(names.contains(&known), "{known}");
        }
        for other in ["fantoccini", "proptest", "tests", "windows-sys"] {
            assert!(!names.contains(&other), "{other}");
        }
        let from_elsewhere = each(&list["components"]).filter(|it| {
            !["server", "app", "domain", "view"].contains(&it["name"].as_str().unwrap_or_default())
        });
        for it in from_elsewhere {
            assert!(it["hashes"].is_array() && it["licenses"].is_array(), "{it}");
        }
        let listed: BTreeSet<Option<&str>> =
            each(&list["components"]).map(|it| it["bom-ref"].as_str()).collect();
        for on in each(&list["dependencies"]).flat_map(|it| each(&it["dependsOn"])) {
            assert!(listed.contains(&on.as_str()), "{on}");
        }
    }
}
