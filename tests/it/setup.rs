//! Set-up and lists: from the first link to assignments on the phone.

use serde_json::{Value, json};

use crate::world::{Client, World};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_link_works_once() {
    let world = World::start().await;
    let first = json!({
        "token": "any", "office_unit": "办公室",
        "sysadmin": {"login": "a", "name": "甲", "password": "long enough 1"},
        "office": {"login": "b", "name": "乙", "password": "long enough 1"},
    });
    assert_eq!(Client::new(&world.url).post("/api/v1/first-accounts", &first).problem().1, "gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_keeps_accounts_and_reads_no_words() {
    let world = World::start().await;
    let sysadmin = world.sign_in("sysadmin");
    assert_eq!(sysadmin.get("/api/v1/accounts").ok().as_array().unwrap().len(), 9);
    assert_eq!(sysadmin.get("/api/v1/respondents").status, 403);
    assert_eq!(world.sign_in("office").get("/api/v1/accounts").status, 403);
    let taken = json!({"login": "Visitor", "name": "重名", "role": "visitor", "unit": world.units[0]});
    assert_eq!(sysadmin.post("/api/v1/accounts", &taken).problem(), (409, "taken".to_owned()));
    let no_unit = json!({"login": "new", "name": "新", "role": "visitor"});
    assert_eq!(sysadmin.post("/api/v1/accounts", &no_unit).problem(), (422, "invalid".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_was_retired_comes_back() {
    let world = World::start().await;
    let sysadmin = world.sign_in("sysadmin");
    let path = format!("/api/v1/units/{}", world.units[1]);
    sysadmin.delete(&path).ok();
    let form = json!({"name": "公共法律服务股", "kind": "section"});
    let taken = sysadmin.post("/api/v1/units", &form);
    assert_eq!((taken.problem().0, &taken.json()["field"]), (409, &json!("retired")));
    assert_eq!(sysadmin.get("/api/v1/units?retired=true").ok()[0]["name"], "公共法律服务股");
    assert_eq!(world.sign_in("office").get("/api/v1/units?retired=true").status, 403);
    sysadmin.post(&format!("{path}/restoration"), &json!(null)).ok();
    assert_eq!(sysadmin.get("/api/v1/units?retired=true").ok(), json!([]));
    assert_eq!(sysadmin.post(&format!("{path}/restoration"), &json!(null)).status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_screens_of_set_up_overwrite_nothing() {
    let world = World::start().await;
    let sysadmin = world.sign_in("sysadmin");
    let was = json!({"name": "公共法律服务股", "kind": "section"});
    let path = format!("/api/v1/units/{}", world.units[1]);
    sysadmin.put(&path, &json!({"was": was, "name": "公证处", "kind": "section"})).ok();
    let late = json!({"was": was, "name": "法援中心", "kind": "section"});
    assert_eq!(sysadmin.put(&path, &late).problem(), (409, "conflict".to_owned()));

    let office = world.sign_in("office");
    let mut form = office.get("/api/v1/campaign").ok();
    for id in ["id", "notice_version"] {
        form.as_object_mut().unwrap().remove(id);
    }
    let mut change = form.clone();
    change["was"] = form.clone();
    change["name"] = json!("另一个名字");
    office.put("/api/v1/campaign", &change).ok();
    assert_eq!(office.put("/api/v1/campaign", &change).problem(), (409, "conflict".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_with_its_id_number_and_without_is_one() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let with = "姓名,村,身份证号,类别\r\n李桂兰,李家坳村,432524197001010011,脱贫户\r\n李桂兰,李家坳村,432524198001010022,脱贫户\r\n";
    assert_eq!(import(&office, with.as_bytes(), "?take=true")["good_n"], 2, "two persons of one name");
    let without = "姓名,村,类别\r\n李 桂兰,李家坳村,脱贫户\r\n周志国,东街,脱贫户\r\n";
    let second = import(&office, without.as_bytes(), "?take=true");
    assert_eq!((&second["good_n"], &second["known_n"]), (&json!(1), &json!(1)));
    let now_with = "姓名,村,身份证号,类别\r\n周志国,东街,432524196001010033,脱贫户\r\n";
    assert_eq!(import(&office, now_with.as_bytes(), "?take=true")["known_n"], 1);
    assert_eq!(office.get("/api/v1/respondents").ok()["total_n"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn respondents_are_corrected_and_assigned_once() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let form = |name: &str| json!({"kind": "household", "name": name, "place": "李家坳村"});
    for name in ["李桂兰", "陈桂香"] {
        office.post("/api/v1/respondents", &form(name)).ok();
    }
    let again = office.post("/api/v1/respondents", &form("李 桂兰"));
    assert_eq!((again.problem().1, &again.json()["field"]), ("taken".to_owned(), &json!("household")));
    let listed = office.get("/api/v1/respondents?text=%E9%99%88").ok()["respondents"][0].clone();
    let path = format!("/api/v1/respondents/{}", listed["id"].as_str().unwrap());
    assert_eq!(office.put(&path, &form("李桂兰")).problem(), (409, "taken".to_owned()));
    office.put(&path, &form("陈贵香")).ok();
    let mut late = form("陈桂湘");
    late["was"] = form("陈桂香");
    assert_eq!(office.put(&path, &late).problem(), (409, "conflict".to_owned()));

    let assign = json!({"respondents": [listed["id"]], "unit": world.units[0], "due_on": "2026-11-27"});
    let handed_out = |assigned: u32, open: u32| json!({"assigned_n": assigned, "open_already_n": open});
    assert_eq!(office.post("/api/v1/assignments", &assign).ok(), handed_out(1, 0));
    assert_eq!(office.post("/api/v1/assignments", &assign).ok(), handed_out(0, 1));
    assert_eq!(office.get("/api/v1/respondents?unvisited=true").ok()["total_n"], 2);
}

fn import(client: &Client, file: &[u8], query: &str) -> Value {
    client.send("POST", &format!("/api/v1/respondents/import{query}"), &[], file.to_vec()).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_previewed_taken_and_never_twice() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let list = "花名册,,,\r\n序号,户主姓名,村,联系电话,类别\r\n1,李桂兰,李家坳村,13800000000,脱贫户\r\n\
                2,,李家坳村,,脱贫户\r\n3,周志国,县城东街,,退休干部\r\n3,周志国,县城东街,,退休干部\r\n";
    let preview = import(&office, list.as_bytes(), "");
    assert_eq!((preview["good_n"].as_u64(), preview["bad_n"].as_u64()), (Some(2), Some(1)));
    assert_eq!(
        (&preview["repeated_n"], &preview["repeated"]),
        (&json!(1), &json!([{"line": 6, "first": 5}]))
    );
    assert_eq!(preview["bad"][0], json!({"line": 4, "column": 0, "reason": "no_name"}));
    assert_eq!(office.get("/api/v1/respondents").ok()["total_n"], 0);
    assert_eq!(import(&office, list.as_bytes(), "?take=true")["taken"], true);
    let again = import(&office, list.as_bytes(), "?take=true");
    assert_eq!((again["good_n"].as_u64(), again["known_n"].as_u64()), (Some(0), Some(2)));
    assert_eq!(office.get("/api/v1/respondents?text=%E6%9D%8E").ok()["total_n"], 1);
    let nonsense = office.send("POST", "/api/v1/respondents/import", &[], b"no, header\r\n1,2".to_vec());
    assert_eq!(nonsense.problem(), (422, "invalid".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_respondents_and_an_assignment_reach_the_phone() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let mut list = "姓名,村,类别\r\n".to_owned();
    for n in 0..5_000 {
        list += &format!("户主{n},第{}村,脱贫户\r\n", n % 50);
    }
    import(&office, list.as_bytes(), "?take=true");
    let listed = office.get("/api/v1/respondents?text=%E6%88%B7%E4%B8%BB4999").ok();
    let respondent = &listed["respondents"][0]["id"];
    let assign = json!({"respondents": [respondent], "unit": world.units[0], "due_on": "2026-11-27"});
    office.post("/api/v1/assignments", &assign).ok();

    let phone = world.phone("visitor");
    let (mut cursor, mut respondents, mut assignments) = (String::new(), 0, 0);
    loop {
        let page = phone.client.get(&format!("/api/v1/changes{cursor}")).ok();
        for change in page["changes"].as_array().unwrap() {
            respondents += usize::from(change["kind"] == "respondent");
            assignments += usize::from(change["kind"] == "assignment");
        }
        cursor = format!("?cursor={}", page["cursor"].as_str().unwrap());
        if page["more"] == false {
            break;
        }
    }
    assert_eq!((respondents, assignments), (5_000, 1));

    // A visit to the respondent ticks the assignment off, and the phone hears of it.
    let mut draft = phone.draft(&["没有意见"]);
    let identity = &mut draft.identity.as_mut().unwrap().value;
    identity.respondent = Some(domain::id::RespondentId(crate::world::id_of(respondent)));
    let open = office.get("/api/v1/assignments").ok();
    identity.assignment = Some(domain::id::AssignmentId(crate::world::id_of(&open[0]["id"])));
    phone.receipts(&crate::world::Phone::freeze(&mut draft));
    let page = phone.client.get(&format!("/api/v1/changes{cursor}")).ok();
    let done = page["changes"].as_array().unwrap().iter().find(|it| it["kind"] == "assignment").unwrap();
    assert_eq!(done["assignment"]["done"], true);
    let card = page["changes"].as_array().unwrap().iter().find(|it| it["kind"] == "respondent").unwrap();
    assert_eq!(card["respondent"]["visits_in_month"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn moving_to_another_unit_restarts_the_pull() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let page = phone.client.get("/api/v1/changes").ok();
    let cursor = page["cursor"].as_str().unwrap().to_owned();
    let form = json!({"name": "王小明", "role": "visitor", "unit": world.units[1]});
    world.sign_in("sysadmin").put(&format!("/api/v1/accounts/{}", phone.account), &form).ok();
    let page = phone.client.get(&format!("/api/v1/changes?cursor={cursor}")).ok();
    assert_eq!(page["restart"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_respondent_of_a_unit_that_is_not_there_is_refused() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let form = |unit: serde_json::Value| json!({"kind": "household", "name": "李桂兰", "place": "李家坳村", "unit": unit});
    let nowhere = json!(crate::world::new_id());
    assert_eq!(
        office.post("/api/v1/respondents", &form(nowhere.clone())).problem(),
        (422, "invalid".to_owned())
    );
    office.post("/api/v1/respondents", &form(json!(null))).ok();
    let id = office.get("/api/v1/respondents").ok()["respondents"][0]["id"].as_str().unwrap().to_owned();
    let changed = office.put(&format!("/api/v1/respondents/{id}"), &form(nowhere));
    assert_eq!(changed.problem(), (422, "invalid".to_owned()));
}
