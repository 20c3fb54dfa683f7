//! Every address, with every role and with none: generated from the API's own description.

use domain::role::{Action, Role, Scope, Stage, scope, scope_in};
use serde_json::{Map, Value, json};

use crate::world::{Answer, Client, World, new_id};

/// Who may use an address.
#[derive(Clone, Copy, PartialEq)]
enum Access {
    Everyone,
    /// Whatever the role.
    SignedIn,
    /// Whoever may do any of these.
    For(&'static [Action]),
    /// Whoever may do this with what has come to this stage.
    InStage(Action, Stage),
}

use Access::{Everyone, For, InStage, SignedIn};
use Action as A;

/// The table: an address that is not in it fails the test, and so does a row without its address.
const TABLE: &[(&str, &str, Access)] = &[
    ("post", "/api/v1/session", Everyone),
    ("get", "/api/v1/session", SignedIn),
    ("delete", "/api/v1/session", Everyone),
    ("post", "/api/v1/session/code", Everyone),
    ("post", "/api/v1/session/oidc", Everyone),
    ("get", "/api/v1/oidc", Everyone),
    ("get", "/api/v1/oidc/begin", Everyone),
    ("get", "/api/v1/oidc/return", Everyone),
    ("get", "/api/v1/session/confirmation", SignedIn),
    ("post", "/api/v1/session/confirmation", SignedIn),
    ("get", "/api/v1/session/second-factor", SignedIn),
    ("post", "/api/v1/session/second-factor", SignedIn),
    ("delete", "/api/v1/session/second-factor", SignedIn),
    ("post", "/api/v1/session/second-factor/activation", SignedIn),
    ("post", "/api/v1/session/second-factor/recovery-codes", SignedIn),
    ("get", "/api/v1/sessions", SignedIn),
    ("delete", "/api/v1/sessions/{id}", SignedIn),
    ("delete", "/api/v1/devices/{id}", SignedIn),
    ("post", "/api/v1/devices/{id}/restoration", SignedIn),
    ("put", "/api/v1/session/device", For(&[A::Record])),
    ("post", "/api/v1/session/phone-key", For(&[A::Record])),
    ("post", "/api/v1/session/password", SignedIn),
    ("post", "/api/v1/first-accounts", Everyone),
    ("get", "/api/v1/setup", For(&[A::KeepUnits, A::KeepCampaign])),
    ("get", "/api/v1/campaign", SignedIn),
    ("put", "/api/v1/campaign", For(&[A::KeepCampaign])),
    ("get", "/api/v1/units", SignedIn),
    ("post", "/api/v1/units", For(&[A::KeepUnits])),
    ("put", "/api/v1/units/{id}", For(&[A::KeepUnits])),
    ("delete", "/api/v1/units/{id}", For(&[A::KeepUnits])),
    ("post", "/api/v1/units/{id}/restoration", For(&[A::KeepUnits])),
    ("get", "/api/v1/accounts", For(&[A::KeepAccounts, A::ResetSecondFactors])),
    ("post", "/api/v1/accounts", For(&[A::KeepAccounts])),
    ("put", "/api/v1/accounts/{id}", For(&[A::KeepAccounts])),
    ("post", "/api/v1/accounts/{id}/invitation", For(&[A::KeepAccounts])),
    ("put", "/api/v1/accounts/{id}/subject", For(&[A::KeepAccounts])),
    ("delete", "/api/v1/accounts/{id}/subject", For(&[A::KeepAccounts])),
    ("post", "/api/v1/invitation", Everyone),
    ("post", "/api/v1/invitation/password", Everyone),
    ("delete", "/api/v1/accounts/{id}/second-factor", For(&[A::ResetSecondFactors])),
    ("delete", "/api/v1/accounts/{id}/sessions", For(&[A::EndSessions])),
    ("delete", "/api/v1/accounts/{id}/devices", For(&[A::EndSessions])),
    ("get", "/api/v1/respondents", For(&[A::Assign])),
    ("post", "/api/v1/respondents", For(&[A::Assign])),
    ("put", "/api/v1/respondents/{id}", For(&[A::Assign])),
    ("delete", "/api/v1/respondents/{id}", For(&[A::Assign])),
    ("post", "/api/v1/respondents/import", For(&[A::Assign])),
    ("post", "/api/v1/persons/search", For(&[A::KeepPersons])),
    ("get", "/api/v1/persons/copy", For(&[A::KeepPersons])),
    ("post", "/api/v1/persons/erasures", For(&[A::KeepPersons])),
    ("get", "/api/v1/persons/erasures", For(&[A::KeepPersons, A::SignOffErasure])),
    ("post", "/api/v1/persons/erasures/{id}/decision", For(&[A::SignOffErasure])),
    ("post", "/api/v1/handovers", For(&[A::HandOver])),
    ("get", "/api/v1/handovers", For(&[A::HandOver, A::SignOffHandover])),
    ("get", "/api/v1/handovers/members", For(&[A::HandOver])),
    ("post", "/api/v1/handovers/{id}/decision", For(&[A::SignOffHandover])),
    ("get", "/api/v1/assignments", For(&[A::Assign])),
    ("post", "/api/v1/assignments", For(&[A::Assign])),
    ("delete", "/api/v1/assignments/{id}", For(&[A::Assign])),
    ("post", "/api/v1/records/batch", For(&[A::Record])),
    ("post", "/api/v1/records/sealed", For(&[A::Record])),
    ("get", "/api/v1/changes", For(&[A::Record])),
    ("get", "/api/v1/last-answers", For(&[A::Record])),
    ("options", "/api/v1/uploads", Everyone),
    ("post", "/api/v1/uploads", For(&[A::Record])),
    ("options", "/api/v1/uploads/{id}", Everyone),
    ("post", "/api/v1/uploads/{id}", For(&[A::Record])),
    ("head", "/api/v1/uploads/{id}", For(&[A::Record])),
    ("patch", "/api/v1/uploads/{id}", For(&[A::Record])),
    ("delete", "/api/v1/uploads/{id}", For(&[A::Record])),
    ("get", "/api/v1/attachments/{id}", For(&[A::OpenAttachment])),
    ("get", "/api/v1/export/{file}", For(&[A::Export])),
    ("get", "/api/v1/questionnaires", For(&[A::Record])),
    ("get", "/api/v1/questionnaires/kept", For(&[A::KeepQuestionnaires])),
    ("get", "/api/v1/questionnaires/{id}", For(&[A::Record])),
    ("post", "/api/v1/questionnaires/drafts", For(&[A::KeepQuestionnaires])),
    ("put", "/api/v1/questionnaires/{id}/files/{file}", For(&[A::KeepQuestionnaires])),
    ("get", "/api/v1/questionnaire-media/{id}", For(&[A::Record])),
    ("get", "/api/v1/questionnaires/{id}/questions", For(&[A::KeepQuestionnaires])),
    ("get", "/api/v1/questionnaires/{id}/draft", For(&[A::KeepQuestionnaires])),
    ("put", "/api/v1/questionnaires/{id}/draft", For(&[A::KeepQuestionnaires])),
    ("delete", "/api/v1/questionnaires/{id}/draft", For(&[A::KeepQuestionnaires])),
    ("post", "/api/v1/questionnaires/{id}/versions", For(&[A::KeepQuestionnaires])),
    ("put", "/api/v1/questionnaires/{id}/offering", For(&[A::KeepQuestionnaires])),
    ("get", "/api/v1/questionnaires/{id}/workbook", For(&[A::KeepQuestionnaires])),
    ("get", "/api/v1/questionnaires/{id}/print", For(&[A::KeepQuestionnaires])),
    ("get", "/api/v1/questionnaires/{id}/export", For(&[A::Export])),
    ("get", "/api/v1/openrosa", For(&[A::KeepOpenRosa])),
    ("put", "/api/v1/openrosa", For(&[A::KeepOpenRosa])),
    ("post", "/api/v1/openrosa/passwords", For(&[A::KeepOpenRosa])),
    ("delete", "/api/v1/openrosa/passwords/{id}", For(&[A::KeepOpenRosa])),
    ("get", "/api/v1/queue", For(&[A::Sort])),
    ("get", "/api/v1/queue/{id}", For(&[A::Sort])),
    ("post", "/api/v1/queue/{id}/acts", For(&[A::Sort])),
    ("put", "/api/v1/queue/{id}/presence", For(&[A::Sort])),
    ("get", "/api/v1/queue/batches", For(&[A::Sort])),
    ("post", "/api/v1/queue/batches", For(&[A::Sort])),
    ("post", "/api/v1/queue/batches/{id}/undoing", For(&[A::Sort])),
    ("get", "/api/v1/transcripts", For(&[A::Transcribe])),
    ("post", "/api/v1/transcripts/retries", For(&[A::Transcribe])),
    ("post", "/api/v1/transcripts/{id}/acts", For(&[A::Transcribe])),
    ("get", "/api/v1/agreement", For(&[A::Sort])),
    ("get", "/api/v1/agreement.csv", For(&[A::Sort])),
    ("get", "/api/v1/second-readings", For(&[A::Sort])),
    ("post", "/api/v1/second-readings/{id}", For(&[A::Sort])),
    ("get", "/api/v1/issues/{id}/finding", For(&[A::ReadIssues])),
    ("put", "/api/v1/issues/{id}/finding", For(&[A::EditIssues])),
    ("get", "/api/v1/official.csv", For(&[A::Export])),
    ("get", "/api/v1/official/mapping.csv", For(&[A::KeepTaxonomy])),
    ("put", "/api/v1/official/mapping.csv", For(&[A::KeepTaxonomy])),
    ("get", "/api/v1/taxonomy", SignedIn),
    ("get", "/api/v1/taxonomy.csv", For(&[A::KeepTaxonomy])),
    ("get", "/api/v1/taxonomy/versions", For(&[A::KeepTaxonomy])),
    ("post", "/api/v1/taxonomy/versions", For(&[A::KeepTaxonomy])),
    ("post", "/api/v1/taxonomy/effects", For(&[A::KeepTaxonomy])),
    ("get", "/api/v1/rules", For(&[A::KeepTaxonomy])),
    ("post", "/api/v1/rules/trials", For(&[A::Sort])),
    ("post", "/api/v1/rules/sentences", For(&[A::KeepTaxonomy])),
    ("post", "/api/v1/rules/versions", For(&[A::KeepTaxonomy])),
    ("get", "/api/v1/suggester-versions", For(&[A::Sort])),
    ("post", "/api/v1/suggester-versions", For(&[A::Sort])),
    ("put", "/api/v1/suggester-versions/in-use", For(&[A::Sort])),
    ("put", "/api/v1/queue/{id}/refusals", For(&[A::Sort])),
    ("get", "/api/v1/visits", For(&[A::ReadVisits])),
    ("get", "/api/v1/visits/{id}", For(&[A::ReadVisits])),
    ("post", "/api/v1/visits/{id}/identity", For(&[A::ReadIdentity])),
    ("get", "/api/v1/parked", InStage(A::ReadVisits, Stage::Parked)),
    ("post", "/api/v1/parked/judging", For(&[A::Sort])),
    ("post", "/api/v1/parked/signed-out/{id}", For(&[A::Sort])),
    ("get", "/api/v1/audit", For(&[A::ReadAudit])),
    ("get", "/api/v1/audit/chain", For(&[A::ReadAudit])),
    ("get", "/api/v1/audit/looks", For(&[A::ReadLooks])),
    ("get", "/api/v1/audit/removals", For(&[A::ReadRemovals])),
    ("get", "/api/v1/issues", For(&[A::ReadIssues])),
    ("post", "/api/v1/issues", For(&[A::EditIssues])),
    ("get", "/api/v1/issues/{id}", For(&[A::ReadIssues])),
    ("put", "/api/v1/issues/{id}", For(&[A::EditIssues])),
    ("post", "/api/v1/issues/{id}/referrals", For(&[A::Sort])),
    ("post", "/api/v1/issues/{id}/releases", For(&[A::Release])),
    ("get", "/api/v1/issues/{id}/releases", For(&[A::ReadIssues])),
    ("get", "/api/v1/referrals", For(&[A::Sort])),
    ("put", "/api/v1/referrals/{id}", For(&[A::Sort])),
    ("get", "/api/v1/issues/{id}/proposals", InStage(A::ReadReleases, Stage::Proposed)),
    ("get", "/api/v1/proposals", InStage(A::ReadReleases, Stage::Proposed)),
    ("post", "/api/v1/releases/{id}/decision", For(&[A::Approve])),
    ("get", "/api/v1/releases", For(&[A::ReadReleases])),
    ("post", "/api/v1/releases/{id}/withdrawal", For(&[A::Release])),
    ("get", "/api/v1/meetings", For(&[A::ReadMeetings])),
    ("post", "/api/v1/meetings", For(&[A::Discuss])),
    ("get", "/api/v1/meetings/{id}", For(&[A::ReadMeetings])),
    ("put", "/api/v1/meetings/{id}", For(&[A::Discuss])),
    ("put", "/api/v1/meetings/{id}/agenda", For(&[A::Discuss])),
    ("put", "/api/v1/meetings/{id}/items/{item}", For(&[A::Discuss])),
    ("post", "/api/v1/meetings/{id}/closing", For(&[A::Discuss])),
    ("get", "/api/v1/measures", For(&[A::ReadMeasures])),
    ("post", "/api/v1/measures/{id}/progress", For(&[A::Discuss])),
    ("get", "/api/v1/figures", For(&[A::ReadFigures])),
    ("get", "/api/v1/figures/rising", For(&[A::Sort])),
    ("get", "/api/v1/live", SignedIn),
    ("get", "/api/v1/clue-keys", For(&[A::SealClue])),
    ("put", "/api/v1/clues/{id}/parts", For(&[A::SealClue])),
    ("get", "/api/v1/clues/{id}/parts", For(&[A::SealClue])),
    ("post", "/api/v1/clues/{id}", For(&[A::SealClue])),
    ("get", "/api/v1/clue-group", For(&[A::ReadClues])),
    ("post", "/api/v1/clue-group/key", For(&[A::ReadClues])),
    ("post", "/api/v1/clue-group/recusals", For(&[A::ReadClues])),
    ("post", "/api/v1/clue-group/recovery", For(&[A::ReadClues])),
    ("get", "/api/v1/clue-group/log", For(&[A::ReadClues])),
    ("get", "/api/v1/clues", For(&[A::ReadClues])),
    ("get", "/api/v1/clues/{id}/content", For(&[A::ReadClues])),
    ("post", "/api/v1/clues/{id}/notes", For(&[A::ReadClues])),
    ("post", "/api/v1/clues/{id}/wraps", For(&[A::ReadClues])),
];

/// An operation of the description.
pub struct Described {
    pub method: String,
    pub path: String,
    pub operation: Value,
}

/// The operations of the description as it is served.
pub fn described(client: &Client) -> (Value, Vec<Described>) {
    let document = client.get("/api/v1/openapi.json").ok();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|it| it.1.is_object()) {
            all.push(Described { method: method.clone(), path: path.clone(), operation: operation.clone() });
        }
    }
    (document, all)
}

/// The least that a schema takes: required fields only.
pub fn least(document: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return least(document, document.pointer(reference.trim_start_matches('#')).unwrap());
    }
    if let Some(value) = schema["enum"].get(0) {
        return value.clone();
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(first) =
            schema[choice].as_array().and_then(|it| it.iter().find(|it| it["type"] != "null"))
        {
            return least(document, first);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().filter_map(|it| least(document, it).as_object().cloned());
        return parts.flatten().collect::<Map<_, _>>().into();
    }
    let kind = schema["type"].as_str().or(schema["type"].get(0).and_then(Value::as_str));
    match kind.unwrap_or("object") {
        "string" if schema["format"] == "uuid" => json!(new_id()),
        "string" => json!("x"),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(0)),
        "boolean" => json!(false),
        "array" => json!([]),
        _ => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let fields = required.iter().map(|name| {
                let name = name.as_str().unwrap();
                (name.to_owned(), least(document, &schema["properties"][name]))
            });
            fields.collect::<Map<_, _>>().into()
        }
    }
}

fn send(client: &Client, document: &Value, it: &Described) -> Answer {
    let path = it.path.replace("{file}", "visits.csv").replace("{id}", &new_id().to_string());
    let path = path.replace("{item}", &new_id().to_string());
    let schema = &it.operation["requestBody"]["content"]["application/json"]["schema"];
    let (media_type, body) = if schema.is_object() {
        ("application/json", least(document, schema).to_string().into_bytes())
    } else {
        ("application/offset+octet-stream", Vec::new())
    };
    let headers = [("content-type", media_type), ("tus-resumable", "1.0.0"), ("upload-offset", "0")];
    client.send(&it.method.to_uppercase(), &path, &headers, body)
}

fn access_of(it: &Described) -> Access {
    let row = TABLE.iter().find(|row| (row.0, row.1) == (&*it.method, &*it.path));
    row.unwrap_or_else(|| panic!("no row for {} {}", it.method, it.path)).2
}

fn may(role: Role, access: Access) -> bool {
    match access {
        Everyone | SignedIn => true,
        InStage(action, stage) => scope_in(role, action, stage) != Scope::Nothing,
        For(actions) => actions.iter().any(|it| scope(role, *it) != Scope::Nothing),
    }
}

/// Whether the description declares a status for an operation, with a problem's media type for a failure.
#[track_caller]
fn assert_declared(it: &Described, status: u16) {
    let answer = &it.operation["responses"][status.to_string()];
    assert!(answer.is_object(), "{} {} answers {status}, undeclared", it.method, it.path);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_lets_in_whom_the_table_says_and_nobody_else() {
    let world = World::start().await;
    let stranger = Client::new(&world.url);
    let (document, all) = described(&stranger);
    assert_eq!(all.len(), TABLE.len(), "each row has its address");
    for it in &all {
        let answer = send(&stranger, &document, it);
        assert_eq!(
            answer.status == 401 && !answer.text().contains("wrong_password"),
            access_of(it) != Everyone,
            "{} {}",
            it.method,
            it.path
        );
        assert_declared(it, answer.status);
    }
    for role in Role::ALL {
        let client = match role.as_str() {
            known @ ("visitor" | "section" | "office" | "approver" | "branch" | "leader" | "sysadmin") => {
                world.sign_in(known)
            }
            other => world.with_account(other, other),
        };
        for it in all
            .iter()
            .filter(|it| !it.path.starts_with("/api/v1/session") && it.path != "/api/v1/first-accounts")
        {
            let answer = send(&client, &document, it);
            let place = format!("{} {} as {}: {}", it.method, it.path, role.as_str(), answer.text());
            assert_declared(it, answer.status);
            assert!(answer.status < 500 && answer.status != 400 && answer.status != 401, "{place}");
            let let_in = may(role, access_of(it));
            assert_eq!(answer.status != 403, let_in, "{place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_declares_what_it_can_answer() {
    let world = World::start().await;
    let (_, all) = described(&Client::new(&world.url));
    for it in &all {
        let responses = it.operation["responses"].as_object().unwrap();
        let mut expected = vec!["500", "503", "507"];
        if access_of(it) != Everyone {
            expected.extend(["401", "403"]);
        }
        if it.path.contains('{') {
            expected.push("404");
        }
        if it.operation["requestBody"].is_object() {
            expected.extend(["413", "415"]);
        }
        if it.operation["requestBody"]["content"]["application/json"].is_object() {
            expected.extend(["400", "422"]);
        }
        for status in expected {
            assert!(responses.contains_key(status), "{} {} lacks {status}", it.method, it.path);
        }
        // Two lead to the provider and back.
        assert!(responses.keys().any(|it| it.starts_with(['2', '3'])), "{} {}", it.method, it.path);
        for (status, answer) in responses.iter().filter(|it| it.0.starts_with(['4', '5']) && *it.0 != "416") {
            let content = &answer["content"]["application/problem+json"];
            assert!(content.is_object(), "{} {} {status} is no problem", it.method, it.path);
        }
    }
}

/// Headers that every answer has, whatever it answers.
#[track_caller]
fn assert_guarded(answer: &Answer, place: &str) {
    for (name, value) in server::guarding::HEADERS {
        let given = answer.headers.get(name).unwrap_or_else(|| panic!("{place} lacks {name}"));
        // The site's files may be kept; attachments have a stricter policy.
        let own = matches!(name, "cache-control" | "content-security-policy") && answer.status < 300;
        assert!(own || given == value, "{place}: {name}: {given:?}");
    }
    // Nobody can take it back for a host that is served in the clear.
    assert!(!answer.headers.contains_key("strict-transport-security"), "{place}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_the_headers_and_every_change_is_refused_to_foreign_pages() {
    let world = World::start().await;
    let (stranger, office) = (Client::new(&world.url), world.sign_in("office"));
    let (document, all) = described(&stranger);
    for it in &all {
        let place = format!("{} {}", it.method, it.path);
        for client in [&stranger, &office] {
            if it.path != "/api/v1/session" {
                assert_guarded(&send(client, &document, it), &place);
            }
        }
        let path = it.path.replace("{id}", &new_id().to_string()).replace("{item}", &new_id().to_string());
        let method = it.method.to_uppercase();
        let encoded = office.send(&method, &path, &[("content-encoding", "gzip")], Vec::new());
        assert_eq!(encoded.status, 415, "{place}");
        assert_guarded(&encoded, &place);
        assert_declared(it, 415);
        if matches!(&*it.method, "get" | "head" | "options") {
            continue;
        }
        for header in
            [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")]
        {
            let foreign = office.send(&method, &path, &[header], Vec::new());
            assert_eq!(foreign.problem(), (403, "forbidden".to_owned()), "{place} {header:?}");
            assert_guarded(&foreign, &place);
            assert_declared(it, 403);
        }
    }
    let elsewhere = [
        ("GET", "/api/v1/nothing", 404),
        ("PUT", "/api/v1/audit", 405),
        ("GET", "/nothing.png", 404),
        ("POST", "/", 405),
        ("GET", "/api/v1/openapi.json", 200),
        ("GET", "/sw.js", 200),
        ("GET", "/visits", 200),
    ];
    for (method, path, status) in elsewhere {
        let answer = stranger.send(method, path, &[], Vec::new());
        assert_eq!(answer.status, status, "{method} {path}");
        assert_guarded(&answer, path);
    }
}

/// The places of a description that say nothing, and so would let anything through.
fn empty_schemas(place: &str, value: &Value, found: &mut Vec<String>) {
    let Some(fields) = value.as_object() else { return };
    for (name, inner) in fields {
        let here = format!("{place}/{name}");
        match name.as_str() {
            "schema" | "items" | "additionalProperties" => {
                let says_nothing =
                    inner.as_object().is_some_and(|it| it.keys().all(|it| it == "description"));
                if inner.is_null() || says_nothing {
                    found.push(here.clone());
                }
                empty_schemas(&here, inner, found);
            }
            "properties" | "schemas" => {
                for (name, inner) in inner.as_object().unwrap() {
                    if inner.as_object().is_some_and(|it| it.keys().all(|it| it == "description")) {
                        found.push(format!("{here}/{name}"));
                    }
                    empty_schemas(&format!("{here}/{name}"), inner, found);
                }
            }
            "content" => {
                for (media_type, inner) in inner.as_object().unwrap() {
                    if inner.get("schema").is_none() {
                        found.push(format!("{here}/{media_type}"));
                    }
                    empty_schemas(&format!("{here}/{media_type}"), inner, found);
                }
            }
            "oneOf" | "anyOf" | "allOf" | "parameters" => {
                for inner in inner.as_array().unwrap() {
                    empty_schemas(&here, inner, found);
                }
            }
            "example" | "examples" | "enum" | "default" => {}
            _ => empty_schemas(&here, inner, found),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_says_what_everything_is() {
    let world = World::start().await;
    let (document, all) = described(&Client::new(&world.url));
    let mut found = Vec::new();
    empty_schemas("", &document, &mut found);
    assert_eq!(found, Vec::<String>::new());
    // A reference that leads nowhere, or a name that two things share, is no description.
    for reference in document.to_string().split("\"$ref\":\"#").skip(1) {
        let place = reference.split('"').next().unwrap();
        assert!(document.pointer(place).is_some(), "{place}");
    }
    assert!(document["components"]["schemas"]["AgendaItem"].is_object());
    assert!(document["components"]["schemas"]["Item"]["properties"]["words"].is_object());
    for it in &all {
        let place = format!("{} {}", it.method, it.path);
        let responses = it.operation["responses"].as_object().unwrap();
        assert!(!responses.contains_key("default"), "{place}");
        for name in it.path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}')) {
            let parameters = it.operation["parameters"].as_array().unwrap();
            let named = parameters.iter().filter(|it| it["in"] == "path" && it["name"] == name);
            assert_eq!(named.count(), 1, "{place} {name}");
        }
    }
}

/// Two types of one name would take each other's place in the API's own description.
#[test]
fn every_type_that_is_described_has_a_name_of_its_own() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders = vec![root.join("domain/src"), root.join("server/src")];
    let mut names = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                names.extend(names_described(&std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    names.sort();
    let twice: Vec<&String> = names.windows(2).filter(|it| it[0] == it[1]).map(|it| &it[0]).collect();
    assert!(names.len() > 200 && twice.is_empty(), "give one another name, `schema(as = …)`: {twice:?}");
}

/// The names under which a file's types stand in the description; those of several types of things have theirs beside.
fn names_described(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut lines = source.lines();
    while let Some(line) = lines.by_ref().find(|it| it.contains("ToSchema") && it.contains("derive")) {
        if let Some((_, named)) = line.split_once("schema(as = ") {
            names.push(named.split(')').next().unwrap().to_owned());
            continue;
        }
        let declared =
            lines.by_ref().map(str::trim).find(|it| it.contains("struct ") || it.contains("enum "));
        let name = declared.and_then(|it| it.split_once("struct ").or(it.split_once("enum ")));
        let name = name.map(|it| it.1.split([' ', '(', ';']).next().unwrap()).filter(|it| !it.contains('<'));
        names.extend(name.map(str::to_owned));
    }
    names
}
