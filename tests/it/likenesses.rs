//! Statements that say the same: found when they come, decided together, put back together.

use serde_json::{Value, json};
use server::{
    App,
    policy::Policy,
    retention::{Retention, remove_due},
    store::sql_made,
};

use crate::world::{Answer, Client, Phone, World};

const GRILL: [&str; 3] = [
    "魅力之城小区临街门面烧烤店油烟直排，居民苦不堪言",
    "反映魅力之城小区一楼门面烧烤店的油烟问题，晚上窗户都不敢开",
    "魅力之城小区临街门面烧烤店油烟直排，居民苦不堪言！",
];
const OTHER: &str = "青山镇到县城的公交车一天只有两班，等车等半天";

/// What each is visited for, by its own household; sorted and compared.
async fn with_statements(words: &[&str]) -> (World, Client, Vec<String>) {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let sent = |(n, words): (usize, &&str)| {
        let mut draft = phone.draft(&[words]);
        draft.identity.as_mut().unwrap().value.name = format!("户主{n}");
        phone.receipts(&Phone::freeze(&mut draft));
        draft.statements[0].id.to_string()
    };
    let ids = words.iter().enumerate().map(sent).collect();
    compare(&world).await;
    let office = world.sign_in("office");
    (world, office, ids)
}

async fn compare(world: &World) -> usize {
    server::sorting::sort_waiting(&world.app).await.unwrap();
    server::comparing::compare_waiting(&world.app).await.unwrap()
}

fn item(office: &Client, id: &str) -> Value {
    office.get(&format!("/api/v1/queue/{id}")).ok()
}

fn like(item: &Value) -> Vec<&str> {
    let all = item["like"]["statements"].as_array();
    let mut ids: Vec<&str> = all.into_iter().flatten().map(|it| it["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids
}

fn decide(office: &Client, id: &str, version: u64, act: &Value, with: &[(&String, u64)]) -> Answer {
    let with: Vec<Value> = with.iter().map(|it| json!({"id": it.0, "version": it.1})).collect();
    office.post(&format!("/api/v1/queue/{id}/acts"), &json!({"version": version, "act": act, "with": with}))
}

fn refuse(office: &Client, id: &str, others: &[&String], refused: bool) -> Answer {
    office.put(&format!("/api/v1/queue/{id}/refusals"), &json!({"others": others, "refused": refused}))
}

fn make() -> Value {
    json!({"do": "make_issue", "title": "烧烤店油烟扰民", "category": "SQ3"})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_said_too_is_found_and_what_is_shared_is_marked_in_both() {
    let (_world, office, ids) = with_statements(&[GRILL[0], OTHER, GRILL[1], GRILL[2]]).await;
    let own = item(&office, &ids[3]);
    let mut expected = vec![&*ids[0], &*ids[2]];
    expected.sort_unstable();
    assert_eq!(like(&own), expected);
    assert_eq!((own["like"]["n"].as_u64(), own["like"]["n_households"].as_u64()), (Some(2), Some(3)));
    let first = &own["like"]["statements"][0];
    assert_eq!((first["id"].as_str(), &first["how"]), (Some(&*ids[0]), &json!("same")));
    let quote = |text: &str, span: &Value| -> String {
        let place = |name: &str| usize::try_from(span[name].as_u64().unwrap()).unwrap();
        text.chars().skip(place("start")).take(place("end") - place("start")).collect()
    };
    let second = &own["like"]["statements"][1];
    assert_eq!(quote(GRILL[2], &second["here"][0]), "魅力之城小区");
    assert_eq!(quote(GRILL[1], &second["there"][0]), "魅力之城小区");
    assert_eq!(item(&office, &ids[1])["like"], Value::Null);
    // The queue shows those that others said too, with how many.
    let lines = office.get("/api/v1/queue?like=true").ok()["lines"].clone();
    let n: Vec<_> = lines.as_array().unwrap().iter().map(|it| it["n_like"].as_u64().unwrap()).collect();
    assert_eq!(n, [2, 2, 2]);
    assert_eq!(office.get("/api/v1/queue").ok()["lines"].as_array().unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_act_makes_an_issue_of_all_and_undoing_it_puts_each_back() {
    let (_world, office, ids) = with_statements(&GRILL).await;
    let with = [(&ids[1], 0), (&ids[2], 0)];
    let made = decide(&office, &ids[0], 0, &make(), &with).ok();
    let issue = made["issue"]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (made["issue"]["n_said"].as_u64(), made["issue"]["n_households"].as_u64()),
        (Some(3), Some(3))
    );
    let second = item(&office, &ids[1]);
    assert_eq!((&second["standing"]["state"], &second["words"]), (&json!("sorted"), &json!(GRILL[1])));
    assert_eq!(second["standing"]["issue"], json!(issue));
    let undone = decide(&office, &ids[0], 1, &json!({"do": "undo"}), &[]).ok();
    assert_eq!(undone["standing"]["state"], "waiting");
    for id in &ids {
        let it = item(&office, id);
        assert_eq!(
            (&it["standing"]["state"], &it["issue"], &it["version"]),
            (&json!("waiting"), &Value::Null, &json!(2))
        );
        assert!(it["history"][0]["undone"].as_bool().unwrap());
    }
    assert_eq!(office.get(&format!("/api/v1/issues/{issue}")).ok()["text"]["state"], "dropped");
}

#[tokio::test(flavor = "multi_thread")]
async fn undoing_leaves_what_was_decided_since_and_each_can_be_put_back_alone() {
    let (_world, office, ids) = with_statements(&GRILL).await;
    let made = decide(&office, &ids[0], 0, &make(), &[(&ids[1], 0), (&ids[2], 0)]).ok();
    let issue = made["issue"]["id"].as_str().unwrap().to_owned();
    let alone = decide(&office, &ids[2], 1, &json!({"do": "undo"}), &[]).ok();
    assert_eq!(alone["standing"]["state"], "waiting");
    decide(&office, &ids[1], 1, &json!({"do": "sort", "kind": "request"}), &[]).ok();
    decide(&office, &ids[0], 1, &json!({"do": "undo"}), &[]).ok();
    assert_eq!(item(&office, &ids[1])["standing"]["issue"], json!(issue));
    let issue = office.get(&format!("/api/v1/issues/{issue}")).ok();
    assert_eq!((&issue["text"]["state"], &issue["n_said"]), (&json!("open"), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_join_or_none_does() {
    let (_world, office, ids) = with_statements(&GRILL).await;
    decide(&office, &ids[2], 0, &json!({"do": "sort", "kind": "request"}), &[]).ok();
    let late = decide(&office, &ids[0], 0, &make(), &[(&ids[1], 0), (&ids[2], 0)]);
    assert_eq!(late.problem(), (409, "conflict".to_owned()));
    for id in &ids[..2] {
        assert_eq!(item(&office, id)["version"], 0);
    }
    assert_eq!(office.get("/api/v1/issues").ok()["issues"], json!([]));
    let itself = decide(&office, &ids[0], 0, &make(), &[(&ids[0], 0)]);
    assert_eq!(itself.problem().0, 422);
    let twice = decide(&office, &ids[0], 0, &make(), &[(&ids[1], 0), (&ids[1], 0)]);
    assert_eq!(twice.problem().0, 422);
    let sorted = decide(&office, &ids[0], 0, &json!({"do": "sort", "kind": "request"}), &[(&ids[1], 0)]);
    assert_eq!(sorted.problem().0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_remembered_and_can_be_taken_back() {
    let (world, office, ids) = with_statements(&GRILL).await;
    assert_eq!(refuse(&office, &ids[0], &[&ids[0]], true).problem().0, 422);
    let after = refuse(&office, &ids[0], &[&ids[1]], true).ok();
    assert_eq!(like(&after), [&*ids[2]]);
    assert_eq!(like(&item(&office, &ids[1])), [&*ids[2]]);
    // Also when all is compared anew.
    world.on_the_writer("insert into uncompared (statement) select statement from compared").await;
    assert_eq!(compare(&world).await, 3);
    assert_eq!(like(&item(&office, &ids[0])), [&*ids[2]]);
    refuse(&office, &ids[0], &[&ids[1]], false).ok();
    assert_eq!(compare(&world).await, 1);
    assert_eq!(like(&item(&office, &ids[0])).len(), 2);
    let visitor = world.sign_in("visitor");
    assert_eq!(refuse(&visitor, &ids[0], &[&ids[1]], true).status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_destroyed_is_like_nothing_any_more() {
    let (world, office, ids) = with_statements(&GRILL).await;
    refuse(&office, &ids[0], &[&ids[1]], true).ok();
    let retention = Retention { words_days: Some(30), without_backup: true, ..Retention::default() };
    let app = App { policy: Policy { retention, ..Policy::default() }, ..world.app.clone() };
    world.later(31 * 24 * 60 * 60 * 1_000);
    assert_eq!(remove_due(&app).await.unwrap(), 3);
    assert_eq!(compare(&world).await, 0);
    for table in ["compared", "uncompared", "likeness", "likeness_refusal"] {
        let rows = sql_made(format!("select count(*) from {table}"));
        let rows = rows.fetch_one(&mut world.app.db.read().await.unwrap()).await.unwrap();
        assert_eq!(rows.get::<i64>(0), 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_knows_what_this_one_compared() {
    let (world, office, ids) = with_statements(&GRILL[..1]).await;
    // As after a start: nothing is in memory.
    *world.app.known.lock().await = server::comparing::Known::default();
    let second = world.phone("visitor").sent(&[GRILL[1]]).statements[0].id.to_string();
    compare(&world).await;
    assert_eq!(like(&item(&office, &second)), [&*ids[0]]);
    // What says next to nothing is like nothing, however often it is said, and so is what one visit says twice.
    let phone = world.phone("visitor");
    phone.sent(&["没有意见"]);
    let nothing = phone.sent(&["没有意见"]).statements[0].id.to_string();
    let twice = phone.sent(&[OTHER, OTHER]).statements[0].id.to_string();
    compare(&world).await;
    assert_eq!(item(&office, &nothing)["like"], Value::Null);
    assert_eq!(item(&office, &twice)["like"], Value::Null);
}
