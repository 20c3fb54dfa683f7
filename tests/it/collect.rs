//! The door before a client that is not ours: the engine of ODK Collect fills every form in and sends it (`tests/tools/collect.java`).

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    openrosa::{Collect, open},
    questionnaires::{publish, take},
    world::{Client, World, tools::script, tools::tools},
};

/// Forms that use what Collect's engine does not read: names of Chinese letters, and `//` in paths.
const NOT_FOR_COLLECT: [&str; 2] = ["field_names", "paths"];

/// ODK Validate's jar, in which the engine is; it is in the Python package pyxform. `None` without the tools.
fn jar() -> Option<PathBuf> {
    let lib = tools()?.join("python/lib");
    let python = std::fs::read_dir(lib).unwrap().next().unwrap().unwrap().path();
    Some(python.join("site-packages/pyxform/validators/odk_validate/bin/ODK_Validate.jar"))
}

/// A form under a name of its own, where it says none.
fn named(form: &str, name: &str) -> String {
    if form.contains("form_id") {
        return form.to_owned();
    }
    match form.split_once("\nsettings") {
        None => format!("{form}\nsettings\n,form_id\n,{name}\n"),
        Some((before, settings)) => {
            let mut lines: Vec<String> = settings.lines().map(str::to_owned).collect();
            for (line, cell) in
                lines.iter_mut().skip(1).filter(|it| it.starts_with(',')).zip(["form_id", name])
            {
                *line = format!(",{cell}{line}");
            }
            format!("{before}\nsettings{}\n", lines.join("\n"))
        }
    }
}

/// Takes in and publishes the forms of a folder; their ids.
fn publish_all(office: &Client, folder: &Path) -> BTreeSet<String> {
    let mut published = BTreeSet::new();
    for path in std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_form = path.extension().is_some_and(|it| it == "csv") && name != "towns";
        if !is_form || NOT_FOR_COLLECT.contains(&name) {
            continue;
        }
        let form = std::fs::read_to_string(&path).unwrap();
        let taken = take(office, &named(&form, name)).ok();
        let id = taken["id"].as_str().unwrap_or_else(|| panic!("{name}: {taken}"));
        if form.contains("towns") {
            let towns = std::fs::read(folder.join("towns.csv")).unwrap();
            let path = format!("/api/v1/questionnaires/{id}/files/towns.csv");
            office.send("PUT", &path, &[("content-type", "text/csv")], towns).ok();
        }
        publish(office, id);
        assert!(published.insert(id.to_owned()), "{name} is there twice");
    }
    published
}

/// Answers by their places, `/person[2]/called[1]`: each element with its turn.
fn flat(answers: &Value, path: &str, into: &mut BTreeMap<String, String>) {
    for (name, value) in answers.as_object().unwrap() {
        match value {
            Value::Array(turns) => {
                for (n, turn) in turns.iter().enumerate() {
                    flat(turn, &format!("{path}/{name}[{}]", n + 1), into);
                }
            }
            Value::Object(_) => flat(value, &format!("{path}/{name}[1]"), into),
            Value::String(text) => drop(into.insert(format!("{path}/{name}[1]"), text.clone())),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// All visits, by the questionnaire that was answered.
fn visits(office: &Client) -> BTreeMap<String, Value> {
    let mut visits = BTreeMap::new();
    let mut page = json!(0);
    while !page.is_null() {
        let listed = office.get(&format!("/api/v1/visits?page={page}")).ok();
        for it in listed["visits"].as_array().unwrap() {
            let visit = office.get(&format!("/api/v1/visits/{}", it["id"].as_str().unwrap())).ok();
            let form = visit["answered"][0]["questionnaire"].as_str().unwrap().to_owned();
            assert!(visits.insert(form, visit).is_none(), "one visit a form");
        }
        page = listed["next"].clone();
    }
    visits
}

/// What is not as the client said it.
fn faults(said: &Value, visit: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut same = |what: &str, is: Value, should: Value| {
        if is != should {
            faults.push(format!("{what}: {is}, not {should}"));
        }
    };
    same("failed", said["failed"].clone(), Value::Null);
    same("statuses", said["statuses"].clone(), json!([201, 201]));
    let answers = |it: &&Value| it["kind"] == "answers";
    let revisions: Vec<&Value> = visit["revisions"].as_array().unwrap().iter().filter(answers).collect();
    let all = visit["revisions"].as_array().unwrap();
    let attachments = || all.iter().filter(|it| it["kind"] == "attachment");
    let edited = &said["edited"];
    same("revisions", json!(revisions.len()), json!(if edited.is_null() { 1 } else { 2 }));
    let mut expected: BTreeMap<String, String> = serde_json::from_value(said["answered"].clone()).unwrap();
    for (n, revision) in revisions.iter().enumerate() {
        let mut arrived = BTreeMap::new();
        flat(&revision["said"]["answers"]["answers"], "", &mut arrived);
        if n == 1 {
            same("edit", edited["statuses"].clone(), json!([201, 201]));
            expected = serde_json::from_value(edited["answered"].clone()).unwrap();
        }
        for (path, answer) in &expected {
            // A file stands in the answers by what its attachment is called.
            let sha256 = said["files"].get(answer);
            let of_file =
                sha256.map(|it| attachments().filter(move |one| one["said"]["attachment"]["sha256"] == *it));
            let ids: Option<Vec<&Value>> = of_file.map(|all| all.map(|it| &it["record"]).collect());
            match (arrived.get(path), ids) {
                (Some(id), Some(ids)) if ids.contains(&&json!(id)) => {}
                (is, _) => same(path, json!(is), json!(answer)),
            }
        }
    }
    same("flags", visit["answered"][0]["flags"].clone(), json!([]));
    same("checked", visit["answered"][0]["checked"].clone(), json!(true));
    same("answered", json!(visit["answered"].as_array().unwrap().len()), json!(1));
    same("forked", visit["line"]["forked"].clone(), json!(false));
    same("complete", visit["line"]["complete"].clone(), json!(true));
    // Each record as it came is one, too.
    let files = said["files"].as_object().unwrap().len() + revisions.len();
    same("attachments", json!(visit["attachments"].as_array().unwrap().len()), json!(files));
    faults
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_of_collect_fills_every_form_in_and_what_it_says_arrives() {
    let Some(jar) = jar() else { return };
    let world = World::start().await;
    let office = world.sign_in("office");
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server");
    let mut forms = publish_all(&office, &server.join("forms"));
    assert_eq!(forms.len(), 4);
    forms.extend(publish_all(&office, &server.join("tests/forms")));
    assert!(forms.len() > 50, "{forms:?}");
    open(&office, true);
    let collect = Collect::of(&world, &office, "visitor");
    let folder = TempDir::new().unwrap();
    let mut java = Command::new("java");
    java.arg("-Duser.timezone=Asia/Shanghai").arg("-cp").arg(&jar).arg(script("collect.java"));
    java.args([&format!("{}/openrosa", world.url), &collect.login, &collect.password]).arg(folder.path());
    let output = java.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    server::checking::check_waiting(&world.app).await.unwrap();
    let visits = visits(&office);
    let mut found = BTreeMap::new();
    for line in std::str::from_utf8(&output.stdout).unwrap().lines() {
        let said: Value = serde_json::from_str(line).unwrap();
        let form = said["form"].as_str().unwrap();
        assert!(forms.remove(form), "{form}");
        let faults = match visits.get(form) {
            Some(visit) => faults(&said, visit),
            None => vec![said["failed"].to_string(), said["said"].to_string()],
        };
        if !faults.is_empty() {
            found.insert(form.to_owned(), faults);
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    // It would have its records encrypted, so that nobody here could read them.
    assert_eq!(forms, BTreeSet::from(["kept_settings".to_owned()]), "not at the door");
    // The very XForms that the door handed out, before ODK Validate.
    let xforms = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().path());
    let xforms = xforms.filter(|it| it.extension().is_some_and(|it| it == "xml"));
    let validated = Command::new("java").arg("-jar").arg(&jar).args(xforms).output().unwrap();
    assert!(validated.status.success(), "{}", String::from_utf8_lossy(&validated.stderr));
}
