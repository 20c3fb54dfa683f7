//! Handing over to the discipline group: what left the office is with the group, and nowhere else.

use domain::{clue::content_of, draft::Draft, id::RecordId, statement::Statement, sync::ReceiptState};
use serde_json::{Value, json};
use server::store::sql_made;

use crate::{
    clues::{Member, recovery},
    retention::is_whole,
    uploads::with_voice,
    world::{Phone, World},
};

const CANARY: &str = "金丝雀站长收了两条烟";
const REASON: &str = "点名道姓，金丝雀理由";
const OTHER: &str = "村口的路灯坏了半年";
const VOICE: &[u8] = b"RIFF\x24\x00\x00\x00WAVEfmt a canary that speaks";

/// A group with a member, and a visit in which two things were said, one of them of a person, with a recording.
struct Journey {
    world: World,
    member: Member,
    phone: Phone,
    draft: Draft,
    voice: RecordId,
}

impl Journey {
    async fn begin() -> Self {
        let world = World::start().await;
        let member = Member::join(&world, "discipline", Some(&recovery()));
        let phone = world.phone("visitor");
        let (mut draft, voice) = with_voice(&phone, VOICE);
        CANARY.clone_into(&mut draft.statements[0].value.words);
        let mut other = draft.statements[0].clone();
        other.id = RecordId(crate::world::new_id());
        OTHER.clone_into(&mut other.value.words);
        other.value.attachments = Vec::new();
        draft.statements.push(other);
        phone.receipts(&Phone::freeze(&mut draft));
        phone.upload(voice, VOICE).ok();
        Self { world, member, phone, draft, voice }
    }

    fn of_a_person(&self) -> RecordId {
        self.draft.statements[0].id
    }

    fn propose(&self) -> Value {
        let new = json!({"statements": [self.of_a_person()], "reason": REASON});
        self.world.sign_in("office").post("/api/v1/handovers", &new).ok()
    }

    fn decide(&self, proposed: &Value, decision: &Value) -> crate::world::Answer {
        let path = format!("/api/v1/handovers/{}/decision", proposed["id"].as_str().unwrap());
        self.world.sign_in("approver").post(&path, decision)
    }

    /// Whether the engine's own files, or its dump, hold a text.
    fn holds(&self, text: &str) -> bool {
        let copy = self.world.back_up();
        walk(copy.path()).iter().any(|it| it.windows(text.len()).any(|it| it == text.as_bytes()))
    }
}

fn walk(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { all.extend(walk(&path)) } else { all.push(std::fs::read(path).unwrap()) }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_off_is_with_the_group_and_nowhere_else() {
    let it = Journey::begin().await;
    let office = it.world.sign_in("office");
    let proposed = it.propose();
    assert_eq!((&proposed["state"], &proposed["own"]), (&json!("proposed"), &json!(true)));
    assert_eq!(proposed["statements"][0]["words"], CANARY);
    assert!(it.holds(REASON), "the control: what is there in the clear is found");
    let path = format!("/api/v1/handovers/{}/decision", proposed["id"].as_str().unwrap());
    assert_eq!(office.post(&path, &json!({"do": "approve"})).status, 403);
    assert!(it.member.clues().is_empty());
    let voice = format!("/api/v1/attachments/{}?reason=x", it.voice);
    assert_eq!(office.get(&voice).bytes, VOICE);

    let done = it.decide(&proposed, &json!({"do": "approve"})).ok();
    assert_eq!((&done["state"], &done["statements_n"]), (&json!("approved"), &json!(1)));
    assert_eq!((&done["statements"], &done["reason"]), (&json!([]), &json!("")));
    assert_eq!(it.decide(&proposed, &json!({"do": "approve"})).problem(), (409, "conflict".to_owned()));

    // The group has all of it, byte for byte, and why.
    let clues = it.member.clues();
    let clear = it.member.open(&clues[0]);
    let (content, at) = content_of(&clear).unwrap();
    assert_eq!((&*content.words, &*content.note, clues.len()), (CANARY, REASON, 1));
    assert_eq!(&clear[at..at + VOICE.len()], VOICE);
    assert_eq!(content.recorded_by.name, proposed["proposed_by"]);

    // The office has a stub; what else was said in the visit is as it was.
    let item = office.get(&format!("/api/v1/queue/{}", it.of_a_person())).ok();
    assert_eq!((&item["words"], &item["handed_over"]), (&json!(""), &json!(true)));
    assert_eq!(item["standing"]["state"], "referred");
    let other = office.get(&format!("/api/v1/queue/{}", it.draft.statements[1].id)).ok();
    assert_eq!((&other["words"], &other["handed_over"]), (&json!(OTHER), &json!(false)));
    let visit = office.get(&format!("/api/v1/visits/{}", it.draft.id())).text();
    assert!(
        visit.contains(OTHER) && !visit.contains(CANARY) && !visit.contains("words_destroyed_at"),
        "{visit}"
    );
    assert_eq!(office.get(&voice).status, 404);
    for text in [CANARY, REASON] {
        assert!(!it.holds(text), "{text}");
    }
    let lines = it.world.with_account("auditor", "auditor").get("/api/v1/audit").ok().to_string();
    assert!(lines.contains("hand_over") && !lines.contains("金丝雀"), "{lines}");
    let act = json!({"version": item["version"], "act": {"do": "undo"}});
    let acts = format!("/api/v1/queue/{}/acts", it.of_a_person());
    assert_eq!(office.post(&acts, &act).problem(), (410, "gone".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_added_later_does_not_bring_it_back_and_all_stays_whole() {
    let mut it = Journey::begin().await;
    let proposed = it.propose();
    it.decide(&proposed, &json!({"do": "approve"})).ok();
    "补记：还有金丝雀的名字".clone_into(&mut it.draft.statements[0].value.summary);
    "补记：是东头那盏".clone_into(&mut it.draft.statements[1].value.summary);
    let receipts = it.phone.receipts(&Phone::freeze(&mut it.draft));
    let parked: Vec<bool> =
        receipts.iter().map(|it| matches!(it.state, ReceiptState::Parked { .. })).collect();
    assert_eq!(parked.iter().filter(|it| **it).count(), 1, "{receipts:?}");
    let office = it.world.sign_in("office");
    let item = office.get(&format!("/api/v1/queue/{}", it.of_a_person())).ok();
    assert_eq!(item["summary"], "");
    let other = office.get(&format!("/api/v1/queue/{}", it.draft.statements[1].id)).ok();
    assert_eq!(other["summary"], "补记：是东头那盏");
    // Whatever has bytes has its hash, and what has none is on record.
    is_whole(&it.world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_added_or_set_aside_before_goes_with_it() {
    let mut it = Journey::begin().await;
    "补记：还有一个金丝雀".clone_into(&mut it.draft.statements[0].value.summary);
    it.phone.receipts(&Phone::freeze(&mut it.draft));
    // Words do not change: this revision is set aside, and says something that is nowhere else.
    "金丝雀另一种说法".clone_into(&mut it.draft.statements[0].value.words);
    let receipts = it.phone.receipts(&Phone::freeze(&mut it.draft));
    assert!(receipts.iter().any(|it| matches!(it.state, ReceiptState::Parked { .. })), "{receipts:?}");
    it.decide(&it.propose(), &json!({"do": "approve"})).ok();
    let (content, _) = content_of(&it.member.open(&it.member.clues()[0])).unwrap();
    assert_eq!((&*content.words, &*content.summary), (CANARY, "补记：还有一个金丝雀"));
    let others: Vec<Statement> =
        content.revisions.iter().map(|it| serde_json::from_str(&it.payload).unwrap()).collect();
    let said: Vec<_> = others.iter().map(|it| (&*it.words, &*it.summary)).collect();
    assert_eq!(said, [(CANARY, ""), ("金丝雀另一种说法", "补记：还有一个金丝雀")]);
    assert!(!it.holds("金丝雀"));
    is_whole(&it.world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_returned_stays_and_what_cannot_be_sealed_is_told() {
    let it = Journey::begin().await;
    let office = it.world.sign_in("office");
    let proposed = it.propose();
    assert_eq!(it.decide(&proposed, &json!({"do": "return", "reason": " "})).problem().0, 422);
    let returned = it.decide(&proposed, &json!({"do": "return", "reason": "没有点名"})).ok();
    assert_eq!((&returned["state"], &returned["returned"]), (&json!("returned"), &json!("没有点名")));
    assert!(it.member.clues().is_empty());
    let item = office.get(&format!("/api/v1/queue/{}", it.of_a_person())).ok();
    assert_eq!((&item["words"], &item["standing"]["state"]), (&json!(CANARY), &json!("waiting")));

    for wrong in [
        json!({"statements": [], "reason": REASON}),
        json!({"statements": [crate::world::new_id()], "reason": REASON}),
        json!({"statements": [it.of_a_person()], "reason": " "}),
    ] {
        assert_eq!(
            office.post("/api/v1/handovers", &wrong).problem(),
            (422, "invalid".to_owned()),
            "{wrong}"
        );
    }
    // A recording that is still on its way is not left behind.
    let (mut draft, voice) = with_voice(&it.phone, b"still on its way");
    it.phone.receipts(&Phone::freeze(&mut draft));
    let new = json!({"statements": [draft.statements[0].id], "reason": REASON});
    let proposed = office.post("/api/v1/handovers", &new).ok();
    let early = it.decide(&proposed, &json!({"do": "approve"}));
    assert_eq!((early.status, &early.json()["field"]), (422, &json!("attachments")));
    it.phone.upload(voice, b"still on its way").ok();
    it.decide(&proposed, &json!({"do": "approve"})).ok();
    assert_eq!(it.member.clues().len(), 1);
    // What has left cannot leave again.
    assert_eq!(office.post("/api/v1/handovers", &new).problem(), (422, "invalid".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_whom_it_concerns_does_not_learn_of_it() {
    let it = Journey::begin().await;
    let concerned = Member::join(&it.world, "deputy", None);
    let office = it.world.sign_in("office");
    let members = office.get("/api/v1/handovers/members").ok();
    let members = members.as_array().unwrap();
    let deputy = members.iter().find(|it| it["name"] == "deputy").unwrap();
    let propose = |left_out: &Value| {
        let new = json!({"statements": [it.of_a_person()], "reason": REASON, "left_out": left_out});
        office.post("/api/v1/handovers", &new)
    };
    let stranger = json!([office.get("/api/v1/session").ok()["account"]["id"]]);
    assert_eq!(propose(&stranger).problem().0, 422, "one who is no member");

    // With nobody left to read it nothing leaves.
    let all: Vec<&Value> = members.iter().map(|it| &it["account"]).collect();
    assert_eq!(propose(&json!(all)).problem(), (422, "invalid".to_owned()));

    let proposed = propose(&json!([deputy["account"]])).ok();
    assert_eq!(proposed["left_out"], json!(["deputy"]));
    let done = it.decide(&proposed, &json!({"do": "approve"})).ok();
    assert_eq!(done["left_out"], json!([]), "from now on only the group knows");
    assert_eq!(concerned.clues(), Vec::<Value>::new());
    let clear = it.member.open(&it.member.clues()[0]);
    let content = content_of(&clear).unwrap().0;
    assert_eq!(json!(content.left_out), json!([deputy["account"]]), "nobody re-wraps it to them");
    let rows = sql_made("select count(*) from handover_left_out".to_owned());
    let rows = rows.fetch_one(&mut it.world.app.db.read().await.unwrap()).await.unwrap();
    assert_eq!(rows.get::<i64>(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_leaves_with_all_that_it_is_made_of() {
    let it = Journey::begin().await;
    let office = it.world.sign_in("office");
    let acts = format!("/api/v1/queue/{}/acts", it.of_a_person());
    let made =
        json!({"version": 0, "act": {"do": "make_issue", "title": "金丝雀站长收烟", "category": "GL6"}});
    let item = office.post(&acts, &made).ok();
    let issue = item["issue"]["id"].clone();
    let new = json!({"issue": issue, "reason": REASON});
    let proposed = office.post("/api/v1/handovers", &new).ok();
    assert_eq!(proposed["statements_n"], 1);
    it.decide(&proposed, &json!({"do": "approve"})).ok();
    let (content, _) = content_of(&it.member.open(&it.member.clues()[0])).unwrap();
    assert!(content.note.contains(REASON) && content.note.contains("金丝雀站长收烟"), "{}", content.note);
    let left = office.get(&format!("/api/v1/issues/{}", issue.as_str().unwrap())).ok();
    assert_eq!((&left["text"]["state"], &left["statements"]), (&json!("dropped"), &json!([])));
    assert!(!it.holds("金丝雀"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_or_on_paper_nothing_leaves() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let draft = phone.sent(&[CANARY]);
    let office = world.sign_in("office");
    let new = json!({"statements": [draft.statements[0].id], "reason": REASON});
    let proposed = office.post("/api/v1/handovers", &new).ok();
    let path = format!("/api/v1/handovers/{}/decision", proposed["id"].as_str().unwrap());
    let no_keys = world.sign_in("approver").post(&path, &json!({"do": "approve"}));
    assert_eq!((no_keys.status, &no_keys.json()["field"]), (422, &json!("keys")));
    let on_paper = world.on_paper().await;
    let refused = {
        let client = crate::world::Client::new(&on_paper);
        client.post("/api/v1/session", &json!({"login": "office", "password": crate::world::PASSWORD})).ok();
        client
    }
    .post("/api/v1/handovers", &new);
    assert_eq!((refused.status, &refused.json()["field"]), (422, &json!("paper")));
}
