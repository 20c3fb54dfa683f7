//! What each role and unit gets to see: words that name their kind and unit are put into every field there is, everything is
//! asked for by everyone, and each answer is searched for what it must not hold.
//!
//! What may be seen is not written down here a second time: it is asked of the table of roles.

use std::{
    collections::BTreeSet,
    io::Write,
    sync::{Arc, Mutex},
};

use domain::{
    attachment::{Attachment, AttachmentKind},
    draft::Draft,
    envelope::Hash,
    id::RecordId,
    role::{Action, Role, Scope, Stage, scope, scope_in},
    visit::{CallBack, Position},
};
use serde_json::{Value, json};
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt};

use crate::{
    clues::{self, Member},
    routes::{Described, described, least},
    transcripts::{Does, FakeSpeech, says},
    world::{Answer, Client, NOW, Phone, World, id_of, new_id},
};

use Action as A;

/// A kind of thing that is said, and what lets someone see it: any of these.
type Kind = (&'static str, &'static [(Action, Option<Stage>)]);

const KINDS: &[Kind] = &[
    ("said", &[(A::ReadVisits, None), (A::Sort, None)]),
    ("name", &[(A::ReadIdentity, None), (A::ExportIdentity, None)]),
    ("media", &[(A::OpenAttachment, None)]),
    ("heard", &[(A::Transcribe, None)]),
    ("listed", &[(A::Assign, None), (A::Record, None)]),
    ("village", &[(A::Assign, None), (A::Record, None), (A::ReadFigures, None)]),
    ("comment", &[(A::Record, None), (A::Sort, None)]),
    ("parked", &[(A::ReadVisits, Some(Stage::Parked))]),
    ("issue", &[(A::ReadIssues, None)]),
    ("referral", &[(A::ReadIssues, None)]),
    ("proposed", &[(A::ReadReleases, Some(Stage::Proposed))]),
    ("returned", &[(A::ReadReleases, Some(Stage::Returned))]),
    ("why", &[(A::ReadReleases, Some(Stage::Returned)), (A::ReadAudit, None)]),
    ("takenback", &[(A::ReadReleases, Some(Stage::TakenBack))]),
    ("approved", &[(A::ReadReleases, Some(Stage::Approved))]),
    ("about", &[(A::ReadReleases, Some(Stage::Approved)), (A::ReadMeasures, Some(Stage::Agreed))]),
    ("meeting", &[(A::ReadMeetings, None)]),
    ("measure", &[(A::ReadMeasures, Some(Stage::Agreed)), (A::ReadMeetings, None)]),
    ("reason", &[(A::ReadAudit, None)]),
    // Sealed: not even whoever may read clues finds it before it is opened.
    ("clue", &[]),
];

/// One of two units, with all that belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    A,
    B,
}

impl Side {
    fn letter(self) -> char {
        match self {
            Self::A => 'a',
            Self::B => 'b',
        }
    }
}

/// The word that is put where a kind of thing of a side is said.
fn word(kind: &str, side: Side) -> String {
    format!("qx{kind}{}", side.letter())
}

/// Other texts that say the same as a word: what cannot be made of letters.
fn telephone(side: Side) -> &'static str {
    match side {
        Side::A => "13911112221",
        Side::B => "13933334441",
    }
}

/// Where a side's visits were.
fn longitude(side: Side) -> &'static str {
    match side {
        Side::A => "110.12571",
        Side::B => "111.93481",
    }
}

/// Someone who asks.
struct Actor {
    role: Role,
    /// Theirs, for whoever belongs to a side.
    side: Option<Side>,
    client: Client,
}

fn reaches(actor: &Actor, side: Side, kind: &Kind) -> bool {
    kind.1.iter().any(|(action, stage)| {
        match stage.map_or_else(|| scope(actor.role, *action), |it| scope_in(actor.role, *action, it)) {
            Scope::Nothing => false,
            // The section heads here recorded nothing; whoever records has the unit's directory.
            Scope::Own => {
                let made_it = actor.role == Role::Visitor || matches!(kind.0, "listed" | "village");
                made_it && actor.side == Some(side)
            }
            Scope::Unit => actor.side == Some(side),
            Scope::Others | Scope::Campaign => true,
        }
    })
}

/// Something with an id of its own, and the kind that it is.
type Thing = (Side, &'static str, String);

/// A visit in which every field says its kind and side.
fn visit(phone: &Phone, side: Side, n: usize) -> Draft {
    let said = || word("said", side);
    let mut draft = phone.draft(&[&format!("{}第{n}户", said())]);
    let statement = &mut draft.statements[0].value;
    (statement.summary, statement.about, statement.happened) = (said(), said(), said());
    let identity = &mut draft.identity.as_mut().unwrap().value;
    identity.name = format!("{}{n}", word("name", side));
    (identity.organisation, identity.address) = (String::new(), word("name", side));
    identity.telephone = format!("{}{n}", &telephone(side)[..10]);
    let visit = &mut draft.visit.value;
    (visit.place, visit.policies, visit.answered_on_the_spot) = (said(), said(), said());
    visit.reported_elsewhere.to = said();
    visit.call_back = CallBack { wanted: true, how: word("name", side) };
    visit.position =
        Some(Position { latitude: 27.5, longitude: longitude(side).parse().unwrap(), accuracy_m: 8.0 });
    draft
}

struct Planted {
    world: World,
    /// Of a questionnaire.
    version: String,
    things: Vec<Thing>,
}

impl Planted {
    fn add(&mut self, side: Side, kind: &'static str, id: impl ToString) {
        self.things.push((side, kind, id.to_string()));
    }

    fn attach(&mut self, phone: &Phone, draft: &mut Draft, side: Side, kind: AttachmentKind) -> RecordId {
        let id = RecordId(new_id());
        let bytes = format!("{} {id}", word("media", side)).into_bytes();
        let attachment = Attachment {
            kind,
            media_type: if kind == AttachmentKind::Voice { "audio/webm" } else { "image/jpeg" }.to_owned(),
            bytes_n: bytes.len() as u64,
            sha256: Hash::of(&bytes),
            statement: None,
            duration_ms: (kind == AttachmentKind::Voice).then_some(1_000),
            gaps: Vec::new(),
            taken_at: NOW,
        };
        draft.attach(id, attachment, NOW);
        phone.upload(id, &bytes).ok();
        self.add(side, "media", id);
        id
    }

    /// All that a side says, through the phones and desks that say it.
    fn side(&mut self, side: Side, visitor: &str, branch: &str, branch_unit: &Value) {
        let (phone, office) = (self.world.phone(visitor), self.world.sign_in("office"));
        let mut statements = Vec::new();
        for n in 0..7 {
            let mut draft = visit(&phone, side, n);
            if n == 0 {
                self.attach(&phone, &mut draft, side, AttachmentKind::Voice);
                self.attach(&phone, &mut draft, side, AttachmentKind::Photo);
            }
            phone.receipts(&Phone::freeze(&mut draft));
            if n == 0 {
                let given = json!({"people": 1, "why": word("said", side), word("said", side): "x"});
                crate::answers::send(&phone, &draft, &self.version, given);
            }
            self.add(side, "said", draft.id());
            self.add(side, "said", draft.statements[0].id);
            statements.push(draft.statements[0].id);
        }
        let act = |said: RecordId, act: Value| {
            office.post(&format!("/api/v1/queue/{said}/acts"), &json!({"version": 0, "act": act})).ok()
        };
        let made = json!({
            "do": "make_issue", "title": word("issue", side), "wording": word("issue", side), "category": "GL1",
        });
        let issue = id_of(&act(statements[0], made)["issue"]["id"]).to_string();
        for said in &statements[1..5] {
            act(*said, json!({"do": "join", "issue": issue}));
        }
        act(statements[5], json!({"do": "send_back", "comment": word("comment", side)}));
        self.add(side, "issue", &issue);
        let passing =
            json!({"to": word("referral", side), "answer_by": "2030-12-01", "note": word("referral", side)});
        office.post(&format!("/api/v1/issues/{issue}/referrals"), &passing).ok();
        let referrals = office.get("/api/v1/referrals").ok();
        let referral =
            referrals.as_array().unwrap().iter().find(|it| it["passing"]["to"] == word("referral", side));
        self.add(side, "referral", id_of(&referral.unwrap()["id"]));
        let reason = json!({"reason": word("reason", side)});
        office.post(&format!("/api/v1/visits/{}/identity", self.things[2].2), &reason);
        self.releases(side, &issue, branch_unit);
        self.meeting(side, branch);
        self.directory(side, &phone);
        let keys = clues::keys(&phone.client);
        let sealed = clues::seal(&keys, &word("clue", side), word("clue", side).as_bytes());
        sealed.send(&phone.client);
        self.add(side, "clue", sealed.id);
        let mut astray = phone.draft(&[&word("parked", side)]);
        astray.unit = self.world.units[2];
        phone.receipts(&Phone::freeze(&mut astray));
    }

    /// A machine hears the side's recording; nobody has accepted what.
    async fn hear(&mut self, side: Side) {
        let fake = FakeSpeech::start(Does::Answers(200, says(&word("heard", side)))).await;
        let heard_n = server::transcribing::transcribe_waiting(&fake.heard_by(&self.world.app)).await;
        assert_eq!(heard_n.unwrap(), 1);
    }

    fn propose(&mut self, side: Side, issue: &str, unit: &Value, title: &str, kind: &'static str) -> String {
        let new = json!({"units": [unit], "title": title, "wording": word(kind, side)});
        let office = self.world.sign_in("office");
        let made = office.post(&format!("/api/v1/issues/{issue}/releases"), &new).ok();
        assert_eq!(made["outcome"], "proposed", "{made}");
        let id = id_of(&made["releases"][0]["id"]).to_string();
        self.add(side, kind, &id);
        format!("/api/v1/releases/{id}")
    }

    /// A release of each state.
    fn releases(&mut self, side: Side, issue: &str, unit: &Value) {
        let approver = self.world.sign_in("approver");
        let returned = self.propose(side, issue, unit, &word("returned", side), "returned");
        let back = json!({"do": "return", "reason": word("why", side)});
        approver.post(&format!("{returned}/decision"), &back).ok();
        let back = self.propose(side, issue, unit, &word("takenback", side), "takenback");
        self.world.approve_all();
        approver.post(&format!("{back}/withdrawal"), &json!({"reason": word("reason", side)})).ok();
        self.propose(side, issue, unit, &word("about", side), "approved");
        self.world.approve_all();
    }

    /// What nobody said, from another source, may be released; it waits for a second person.
    fn proposed(&mut self, side: Side, unit: &Value) {
        let other = json!({
            "title": word("issue", side), "wording": "", "source": "self_check", "state": "open", "category": "GL2",
        });
        let other = self.world.sign_in("office").post("/api/v1/issues", &other).ok();
        let other = id_of(&other["id"]).to_string();
        self.propose(side, &other, unit, &word("proposed", side), "proposed");
    }

    /// A meeting with an item that was agreed on.
    fn meeting(&mut self, side: Side, branch: &str) {
        let branch = self.world.sign_in(branch);
        let (said, id) = (word("meeting", side), new_id());
        let releases: Vec<Value> = branch
            .get("/api/v1/releases")
            .ok()
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["id"].clone())
            .collect();
        let header = json!({
            "held_on": "2026-11-23", "title": said, "place": said, "host": said, "recorder": said, "excused": said,
            "effort": said,
        });
        let made =
            branch.post("/api/v1/meetings", &json!({"id": id, "header": header, "releases": releases})).ok();
        let (item, measure) = (id_of(&made["items"][0]["id"]), new_id());
        let agreed = word("measure", side);
        let discussion = json!({
            "state": "agreed", "cause": said, "effort": said, "points": [{"speaker": "王", "text": said}],
            "measures": [{
                "id": measure, "what": agreed, "leader": agreed, "person": agreed, "by_when": "2026-12-05",
                "proof": agreed,
            }],
        });
        let path = format!("/api/v1/meetings/{id}/items/{item}");
        branch.put(&path, &json!({"version": 1, "discussion": discussion})).ok();
        let progress = json!({"id": new_id(), "version": 1, "state": "under_way", "note": agreed});
        branch.post(&format!("/api/v1/measures/{measure}/progress"), &progress).ok();
        self.add(side, "meeting", id);
        self.add(side, "meeting", item);
        self.add(side, "measure", measure);
    }

    /// A respondent of the side's unit, to be visited by it.
    fn directory(&mut self, side: Side, phone: &Phone) {
        let (office, listed) = (self.world.sign_in("office"), word("listed", side));
        let form = json!({
            "kind": "household", "name": listed, "place": word("village", side), "address": listed,
            "unit": phone.unit,
        });
        office.post("/api/v1/respondents", &form).ok();
        let directory = office.get("/api/v1/respondents").ok();
        let made =
            directory["respondents"].as_array().unwrap().iter().find(|it| it.to_string().contains(&listed));
        let respondent = made.unwrap()["id"].as_str().unwrap().to_owned();
        let assign = json!({"respondents": [respondent], "unit": phone.unit, "due_on": "2026-12-01"});
        office.post("/api/v1/assignments", &assign).ok();
        self.add(side, "listed", respondent);
    }
}

/// What the server and the libraries below it log, as an operator would get it who asks for much.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn begin_log() -> Log {
    let log = Log::default();
    let writer = log.clone();
    let all = Targets::new().with_target("server", tracing::Level::TRACE).with_default(tracing::Level::INFO);
    let layer = tracing_subscriber::fmt::layer().with_writer(move || writer.clone()).with_filter(all);
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber)
        .expect("nothing else of these journeys reads the log");
    log
}

async fn planted() -> Planted {
    let world = World::start().await;
    let sysadmin = world.sign_in("sysadmin");
    let unit = sysadmin.post("/api/v1/units", &json!({"name": "机关第二党支部", "kind": "branch"})).ok();
    let other_branch = unit["id"].clone();
    for (login, role, unit) in
        [("branch2", "branch", &other_branch), ("section2", "section", &json!(world.units[1]))]
    {
        world.with_account_in(login, role, unit);
    }
    let branch = json!(world.units[2]);
    Member::join(&world, "member", Some(&clues::recovery()));
    let version = crate::answers::published(&world.sign_in("office"));
    let mut planted = Planted { world, version, things: Vec::new() };
    planted.side(Side::A, "visitor", "branch", &branch);
    planted.hear(Side::A).await;
    planted.side(Side::B, "visitor2", "branch2", &other_branch);
    planted.hear(Side::B).await;
    server::checking::check_waiting(&planted.world.app).await.unwrap();
    planted.proposed(Side::A, &branch);
    planted.proposed(Side::B, &other_branch);
    planted
}

fn actors(world: &World) -> Vec<Actor> {
    let of = |role, side, client| Actor { role, side, client };
    let mut all = vec![
        of(Role::Visitor, Some(Side::A), world.sign_in("visitor")),
        of(Role::Visitor, Some(Side::B), world.sign_in("visitor2")),
        of(Role::Section, Some(Side::A), world.sign_in("section")),
        of(Role::Section, Some(Side::B), world.sign_in("section2")),
        of(Role::Branch, Some(Side::A), world.sign_in("branch")),
        of(Role::Branch, Some(Side::B), world.sign_in("branch2")),
        of(Role::Office, None, world.sign_in("office")),
        of(Role::Approver, None, world.sign_in("approver")),
        of(Role::Leader, None, world.sign_in("leader")),
        of(Role::Sysadmin, None, world.sign_in("sysadmin")),
    ];
    for role in [Role::Discipline, Role::Secadmin, Role::Auditor] {
        all.push(of(role, None, world.with_account(role.as_str(), role.as_str())));
    }
    for role in Role::ALL {
        assert!(all.iter().any(|it| it.role == role), "{role:?} asks for nothing");
    }
    all
}

/// The addresses of a path with `id` in the place of its parameters, in every way that it can be asked.
fn addresses(path: &str, id: &str) -> Vec<String> {
    let filled = path.replace("{id}", id).replace("{item}", id);
    match path {
        "/api/v1/attachments/{id}" => vec![format!("{filled}?reason=x")],
        "/api/v1/export/{file}" => ["visits", "statements", "issues"]
            .into_iter()
            .flat_map(|it| {
                let file = path.replace("{file}", &format!("{it}.csv"));
                [file.clone(), format!("{file}?identities=true&reason=x"), format!("{file}?raw=true")]
            })
            .collect(),
        _ if path.contains('{') => vec![filled],
        _ => vec![filled.clone(), format!("{filled}?unit={id}"), format!("{filled}?text=qx&unit={id}")],
    }
}

/// Status, body and headers, without what differs each time.
fn shape(answer: &Answer) -> (u16, String, Vec<(String, String)>) {
    let headers = answer.headers.iter().filter(|it| it.0 != "date");
    let headers = headers.map(|it| (it.0.to_string(), it.1.to_str().unwrap_or_default().to_owned()));
    (answer.status, answer.text(), headers.collect())
}

/// Everything that an answer says, its headers too.
fn whole(answer: &Answer) -> String {
    format!("{:?} {}", answer.headers, answer.text())
}

/// What was found by whom.
#[derive(Default)]
struct Found {
    seen: BTreeSet<(Role, Option<Side>, &'static str, Side)>,
    /// What must not have been, a sentence each.
    leaks: Vec<String>,
}

/// Searches an answer for what this one must not see; notes what they do see.
fn search(actor: &Actor, answer: &str, found: &mut Found, place: &str) {
    for kind in KINDS {
        for side in [Side::A, Side::B] {
            let is_there = answer.contains(&word(kind.0, side))
                || (kind.0 == "name" && answer.contains(&telephone(side)[..10]))
                || (kind.0 == "name" && answer.contains(longitude(side)));
            if is_there {
                let who = (actor.role, actor.side);
                if !reaches(actor, side, kind) {
                    found.leaks.push(format!("{who:?} finds {} of {side:?} at {place}", kind.0));
                }
                found.seen.insert((actor.role, actor.side, kind.0, side));
            }
        }
    }
}

/// Reads everything that can be read, by everyone.
fn read_all(planted: &Planted, actors: &[Actor], all: &[Described]) -> Found {
    let mut found = Found::default();
    for actor in actors {
        for it in all.iter().filter(|it| it.method == "get") {
            let unknown = new_id().to_string();
            let reference: Vec<Answer> =
                addresses(&it.path, &unknown).iter().map(|it| actor.client.get(it)).collect();
            let ids: Vec<&str> = if it.path.contains("{id}") {
                planted.things.iter().map(|it| &*it.2).collect()
            } else {
                vec![]
            };
            for answer in &reference {
                search(actor, &whole(answer), &mut found, &it.path);
            }
            for id in ids {
                for (address, unknown) in addresses(&it.path, id).iter().zip(&reference) {
                    let answer = actor.client.get(address);
                    search(actor, &whole(&answer), &mut found, address);
                    // What one may not see answers as what there is not.
                    if !(200..300).contains(&answer.status) && shape(&answer) != shape(unknown) {
                        found.leaks.push(format!("{:?} is told of {address}: {answer:?}", actor.role));
                    }
                }
            }
        }
        names(planted, actor, &mut found);
    }
    found
}

/// Names are asked for, not read.
fn names(planted: &Planted, actor: &Actor, found: &mut Found) {
    for (side, kind, id) in planted.things.iter().filter(|it| it.1 == "said") {
        let address = format!("/api/v1/visits/{id}/identity");
        let answer = actor.client.post(&address, &json!({"reason": "x"}));
        search(actor, &whole(&answer), found, &format!("{kind} of {side:?} at {address}"));
        if answer.status == 429 {
            return;
        }
    }
}

/// A body that an address takes; else the least its schema takes.
fn body(document: &Value, it: &Described) -> Value {
    match &*it.path {
        "/api/v1/visits/{id}/identity" | "/api/v1/releases/{id}/withdrawal" => json!({"reason": "x"}),
        "/api/v1/releases/{id}/decision"
        | "/api/v1/persons/erasures/{id}/decision"
        | "/api/v1/handovers/{id}/decision" => {
            json!({"do": "return", "reason": "x"})
        }
        "/api/v1/queue/{id}/acts" => json!({"version": 0, "act": {"do": "sort", "kind": "praise"}}),
        "/api/v1/meetings/{id}" => json!({"version": 1, "header": {"held_on": "2026-11-23", "title": "x"}}),
        "/api/v1/meetings/{id}/items/{item}" => json!({"version": 2, "discussion": {"state": "pending"}}),
        "/api/v1/measures/{id}/progress" => {
            json!({"id": "6c5a1c62-3b1f-4d55-9d5a-0d9be0d52b11", "version": 2, "state": "done"})
        }
        // Upon nothing it would begin one of that id.
        "/api/v1/questionnaires/{id}/draft" => json!({"upon": "x", "sheets": []}),
        "/api/v1/issues/{id}/referrals" => json!({"to": "x", "answer_by": "2030-01-01"}),
        _ => {
            let schema = &it.operation["requestBody"]["content"]["application/json"]["schema"];
            if schema.is_object() { least(document, schema) } else { Value::Null }
        }
    }
}

/// Whatever would change something that is not one's own answers as if it were not there, and changes nothing.
fn change_nothing(planted: &Planted, actors: &[Actor], document: &Value, all: &[Described]) {
    let mut told = Vec::new();
    let writes = |it: &&Described| !matches!(&*it.method, "get" | "options") && it.path.contains("{id}");
    for actor in actors {
        for it in all.iter().filter(writes) {
            let (body, method) = (body(document, it), it.method.to_uppercase());
            let (media_type, bytes) = match body {
                Value::Null => ("application/offset+octet-stream", Vec::new()),
                body => ("application/json", body.to_string().into_bytes()),
            };
            let headers = [("content-type", media_type), ("tus-resumable", "1.0.0"), ("upload-offset", "0")];
            let send = |id: &str| {
                let path = it.path.replace("{id}", id).replace("{item}", id);
                shape(&actor.client.send(&method, &path, &headers, bytes.clone()))
            };
            let unknown = send(&new_id().to_string());
            for (side, kind, id) in &planted.things {
                let row = KINDS.iter().find(|it| it.0 == *kind).unwrap();
                if !reaches(actor, *side, row) && send(id) != unknown {
                    told.push(format!("{:?} {method} {} with {kind}", actor.role, it.path));
                }
            }
        }
    }
    assert_eq!(told, Vec::<String>::new());
}

/// A body that is not understood is not repeated.
fn repeat_nothing(office: &Client, all: &[Described]) {
    for it in all.iter().filter(|it| it.operation["requestBody"]["content"]["application/json"].is_object()) {
        let path = it.path.replace("{id}", &new_id().to_string()).replace("{item}", &new_id().to_string());
        for body in [json!({"qxtypeda": "qxtypeda"}), json!("qxtypeda"), json!([{"version": "qxtypeda"}])] {
            let headers = [("content-type", "application/json")];
            let answer =
                office.send(&it.method.to_uppercase(), &path, &headers, body.to_string().into_bytes());
            assert!(!answer.text().contains("qxtyped"), "{} {path}: {}", it.method, answer.text());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_sees_what_the_table_says_and_nothing_else() {
    let log = begin_log();
    let planted = planted().await;
    let actors = actors(&planted.world);
    let (document, all) = described(&actors[0].client);
    let found = read_all(&planted, &actors, &all);
    assert_eq!(found.leaks, Vec::<String>::new());
    let mut missed = Vec::new();
    for actor in &actors {
        for kind in KINDS {
            for side in [Side::A, Side::B].into_iter().filter(|it| reaches(actor, *it, kind)) {
                if !found.seen.contains(&(actor.role, actor.side, kind.0, side)) {
                    missed.push(format!("{:?} {:?}: {} of {side:?}", actor.role, actor.side, kind.0));
                }
            }
        }
    }
    assert_eq!(missed, Vec::<String>::new(), "what one may see is found");
    let before = actors[6].client.get("/api/v1/export/statements.csv?no_mark=true").text();
    change_nothing(&planted, &actors, &document, &all);
    assert_eq!(actors[6].client.get("/api/v1/export/statements.csv?no_mark=true").text(), before);
    repeat_nothing(&actors[6].client, &all);
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    let line = logged.lines().find(|it| it.contains("qx"));
    assert_eq!(line, None, "what was said is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_tell_nothing_of_another_unit() {
    let planted = planted().await;
    for (login, other) in [("section", planted.world.units[1]), ("section2", planted.world.units[0])] {
        let section = planted.world.sign_in(login);
        for path in ["/api/v1/visits", "/api/v1/figures"] {
            let (own, others) = (section.get(path), section.get(&format!("{path}?unit={other}")));
            assert_eq!(own.text(), others.text(), "{login} {path}");
        }
    }
    let (branch, other) = (planted.world.sign_in("branch"), planted.world.sign_in("branch2"));
    let unit = other.get("/api/v1/session").ok()["account"]["unit"]["id"].as_str().unwrap().to_owned();
    for path in ["/api/v1/releases", "/api/v1/meetings", "/api/v1/measures"] {
        assert_eq!(branch.get(path).text(), branch.get(&format!("{path}?unit={unit}")).text(), "{path}");
        assert_ne!(branch.get(path).text(), other.get(path).text(), "{path}");
    }
}
