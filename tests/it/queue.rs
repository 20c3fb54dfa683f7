//! The office's queue: sorted by the machine, decided by people, nothing overwritten.

use serde_json::{Value, json};

use crate::world::{Client, Phone, World};

async fn with_statement(words: &str) -> (World, Client, String, Phone, domain::draft::Draft) {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let draft = phone.sent(&[words]);
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let office = world.sign_in("office");
    let id = draft.statements[0].id.to_string();
    (world, office, id, phone, draft)
}

fn act(client: &Client, id: &str, version: u64, act: Value) -> crate::world::Answer {
    client.post(&format!("/api/v1/queue/{id}/acts"), &json!({"version": version, "act": act}))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suggestion_quotes_the_words_and_shows_no_identity() {
    let words = "低保评的时候没有公开，村支书的亲戚评上了，我家老人瘫在床上反倒没有";
    let (_world, office, id, ..) = with_statement(words).await;
    let page = office.get("/api/v1/queue?state=waiting").ok();
    assert_eq!((page["lines"][0]["id"].as_str(), page["counts"]["waiting"].as_u64()), (Some(&*id), Some(1)));
    let answer = office.get(&format!("/api/v1/queue/{id}"));
    assert!(!answer.text().contains("李桂兰"));
    let item = answer.ok();
    assert_eq!(item["words"], words);
    let letters: Vec<char> = words.chars().collect();
    for evidence in item["suggestion"]["suggestions"][0]["evidence"].as_array().unwrap() {
        let (start, end) = (evidence["start"].as_u64().unwrap(), evidence["end"].as_u64().unwrap());
        let quoted: String =
            letters[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()].iter().collect();
        assert_eq!(evidence["text"], quoted);
    }
    // Found by two characters, as nobody marks words in writing.
    assert_eq!(
        office.get("/api/v1/queue?text=%E4%BA%B2%E6%88%9A").ok()["lines"].as_array().unwrap().len(),
        1
    );
    assert_eq!(
        office.get("/api/v1/queue?text=%E4%BA%B2%E4%BA%BA").ok()["lines"].as_array().unwrap().len(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clerks_lose_nothing() {
    let (world, office, id, ..) = with_statement("窗口让我跑了五趟").await;
    let other = world.sign_in("office2");
    office.put(&format!("/api/v1/queue/{id}/presence"), &json!(null)).ok();
    let seen = other.put(&format!("/api/v1/queue/{id}/presence"), &json!(null)).ok();
    assert_eq!(seen["names"], json!(["陈晓"]));
    let sort = json!({"do": "sort", "kind": "problem", "category": "GL2"});
    let sorted = act(&office, &id, 0, sort.clone()).ok();
    assert_eq!(sorted["standing"]["state"], "sorted");
    let late = act(&other, &id, 0, json!({"do": "sort", "kind": "praise"}));
    assert_eq!(late.problem(), (409, "conflict".to_owned()));
    assert_eq!(late.json()["current"]["standing"]["category"], "GL2");
    let undone = act(&other, &id, 1, json!({"do": "undo"})).ok();
    assert_eq!(undone["standing"]["state"], "waiting");
    assert_eq!(undone["history"].as_array().unwrap().len(), 1);
    assert_eq!(act(&other, &id, 2, json!({"do": "undo"})).problem().0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_back_comes_back_completed() {
    let (world, office, id, phone, mut draft) = with_statement("村里的路一直没修").await;
    act(&office, &id, 0, json!({"do": "send_back", "comment": "哪个组的路？"})).ok();
    let page = phone.client.get("/api/v1/changes").ok();
    let visit =
        page["changes"].as_array().unwrap().iter().find(|it| it["kind"] == "visit_progress").unwrap().clone();
    assert_eq!(visit["progress"]["statements"][0]["comment"], "哪个组的路？");
    draft.statements[0].value.summary = "吴家组的路".to_owned();
    phone.receipts(&Phone::freeze(&mut draft));
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let item = office.get(&format!("/api/v1/queue/{id}")).ok();
    assert_eq!((&item["standing"]["state"], &item["summary"]), (&json!("waiting"), &json!("吴家组的路")));
    assert_eq!(item["words"], "村里的路一直没修");
    assert_eq!(
        office.get("/api/v1/queue?text=%E5%90%B4%E5%AE%B6").ok()["lines"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn like_statements_become_one_issue() {
    let (world, office, id, phone, _) = with_statement("低保评的时候没有公开").await;
    let made =
        act(&office, &id, 0, json!({"do": "make_issue", "title": "低保评定不公开", "category": "XC1"})).ok();
    let issue = made["issue"]["id"].as_str().unwrap().to_owned();
    let second = phone.sent(&["低保评定不公开，亲戚评上了"]).statements[0].id.to_string();
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let item = office.get(&format!("/api/v1/queue/{second}")).ok();
    assert_eq!(item["alike"][0]["id"], json!(issue));
    act(&office, &second, 0, json!({"do": "join", "issue": issue})).ok();
    let read = office.get(&format!("/api/v1/issues/{issue}")).ok();
    assert_eq!((read["n_said"].as_u64(), read["statements"].as_array().unwrap().len()), (Some(2), 2));
    // The leader sees that it was said twice, and not what was said.
    let leader = world.sign_in("leader").get(&format!("/api/v1/issues/{issue}"));
    assert!(!leader.text().contains("没有公开"));
    assert_eq!(leader.ok()["n_said"], 2);
    let csv = office.get("/api/v1/export/issues.csv").text();
    assert!(csv.contains("低保评定不公开"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_joins_an_issue_stays_one_and_takes_its_type() {
    let (_world, office, id, phone, _) = with_statement("养老金三个月没发到卡上").await;
    let make = json!({"do": "make_issue", "title": "养老金迟发", "kind": "request", "category": "SQ1"});
    let made = act(&office, &id, 0, make).ok();
    assert_eq!(
        (&made["standing"]["kind"], &made["standing"]["category"]),
        (&json!("request"), &json!("SQ1"))
    );
    let issue = made["issue"]["id"].clone();
    let second = phone.sent(&["我家的养老金也没发"]).statements[0].id.to_string();
    let joined = act(&office, &second, 0, json!({"do": "join", "issue": issue, "kind": "request"})).ok();
    assert_eq!(
        (&joined["standing"]["kind"], &joined["standing"]["category"]),
        (&json!("request"), &json!("SQ1"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_filtered_by_the_day_of_the_visit() {
    let (_world, office, id, ..) = with_statement("窗口让我跑了五趟").await;
    let found = |query: &str| office.get(&format!("/api/v1/queue?{query}")).ok()["lines"].clone();
    assert_eq!(found("from=2026-11-01&to=2026-11-30")[0]["id"], json!(id));
    assert_eq!(found("from=2026-12-01"), json!([]));
    assert_eq!(found("to=2026-10-31"), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_is_tracked_until_it_is_answered() {
    let (_world, office, id, ..) = with_statement("养老金没发").await;
    let passing = json!({"to": "县人社局", "answer_by": "2026-12-01"});
    let item = act(&office, &id, 0, json!({"do": "refer", "passing": passing})).ok();
    assert_eq!(item["standing"]["state"], "referred");
    let referral = office.get("/api/v1/referrals?open_only=true").ok()[0].clone();
    let change = json!({"version": 1, "passing": referral["passing"], "answer": "已补发"});
    office.put(&format!("/api/v1/referrals/{}", referral["id"].as_str().unwrap()), &change).ok();
    assert_eq!(office.get("/api/v1/referrals?open_only=true").ok(), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn issues_come_from_other_sources_too() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let text = json!({"title": "上班时间脱岗", "source": "inspection", "state": "open", "category": "GL1"});
    let issue = office.post("/api/v1/issues", &text).ok();
    assert_eq!((issue["number"].as_u64(), issue["n_said"].as_u64()), (Some(1), Some(0)));
    // As after a lost answer: the same one, not another.
    let mut again = text.clone();
    again["id"] = json!(crate::world::new_id());
    let second = office.post("/api/v1/issues", &again).ok();
    assert_eq!(office.post("/api/v1/issues", &again).ok(), second);
    assert_eq!(office.get("/api/v1/issues").ok()["issues"].as_array().unwrap().len(), 2);
    let path = format!("/api/v1/issues/{}", issue["id"].as_str().unwrap());
    let mut changed = issue["text"].clone();
    changed["state"] = json!("settled");
    office.put(&path, &json!({"version": 1, "text": changed})).ok();
    assert_eq!(
        office.put(&path, &json!({"version": 1, "text": changed})).problem(),
        (409, "conflict".to_owned())
    );
    assert_eq!(world.sign_in("visitor").get("/api/v1/issues").status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_found_by_its_latest_summary_however_often_it_changed() {
    let world = World::start().await;
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    let found_n = |text: &str| {
        let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        office.get(&format!("/api/v1/queue?text={text}")).ok()["lines"].as_array().unwrap().len()
    };
    let mut draft = phone.sent(&["路灯坏了半年没人修"]);
    let mut summarize = |summary: &str| {
        summary.clone_into(&mut draft.statements[0].value.summary);
        phone.receipts(&Phone::freeze(&mut draft));
    };
    // It changed before the machine first looked at it.
    summarize("老街照明");
    assert_eq!(server::sorting::sort_waiting(&world.app).await.unwrap(), 1);
    assert_eq!((found_n("老街"), found_n("路灯")), (1, 1));
    summarize("新街照明");
    assert_eq!(server::sorting::sort_waiting(&world.app).await.unwrap(), 1);
    assert_eq!((found_n("新街"), found_n("老街"), found_n("路灯")), (1, 0, 1));
    assert_eq!(server::sorting::sort_waiting(&world.app).await.unwrap(), 0, "nothing waits any more");
}
