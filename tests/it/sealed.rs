//! What leads to a person is nowhere in the database in the clear, opens with its key alone, and in its own row alone.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use serde_json::{Value, json};
use server::{
    App,
    store::{Db, sql_made},
};
use tempfile::TempDir;

use crate::world::{NOW, Phone, World, a_clock, cluster::Cluster, fixture, on_postgres};

const NAME: &str = "金丝雀李桂兰";
const TELEPHONE: &str = "13912345678";
const ID_NUMBER: &str = "432524197001010011";
const CALL_BACK: &str = "打堂弟电话13787654321";
const WORDS: &str = "村里的路一直没修";

/// Everything that the database has on disk, or in a dump of it.
pub fn on_disk(world: &World) -> Vec<u8> {
    let copy = world.back_up();
    let files = std::fs::read_dir(copy.path()).unwrap().flatten().map(|it| it.path());
    let of_database = |it: &Path| {
        let name = it.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("zoufang.db") || name == "postgres.dump"
    };
    files.filter(|it| of_database(it)).flat_map(|it| std::fs::read(it).unwrap()).collect()
}

pub fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|it| it == part)
}

/// Whether a text stands somewhere: in UTF-8, in UTF-16, or as the digits in which a dump writes bytes.
pub fn found(bytes: &[u8], text: &str) -> bool {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex: String = text.bytes().map(|it| format!("{it:02x}")).collect();
    [text.as_bytes(), &wide, hex.as_bytes()].iter().any(|it| holds(bytes, it))
}

async fn filled() -> World {
    let world = World::start().await;
    let office = world.sign_in("office");
    let form = json!({
        "kind": "household", "name": NAME, "place": "李家坳村", "telephone": TELEPHONE, "id_number": ID_NUMBER,
    });
    office.post("/api/v1/respondents", &form).ok();
    let phone = world.phone("visitor");
    for (name, telephone) in [(NAME, TELEPHONE), ("另一位陈秀英", "13800138000")] {
        let mut draft = phone.draft(&[WORDS]);
        draft.visit.value.call_back.wanted = true;
        CALL_BACK.clone_into(&mut draft.visit.value.call_back.how);
        let identity = &mut draft.identity.as_mut().unwrap().value;
        name.clone_into(&mut identity.name);
        telephone.clone_into(&mut identity.telephone);
        phone.receipts(&Phone::freeze(&mut draft));
    }
    world.app.reading.caught_up(&world.app.db).await;
    world
}

fn names(world: &World) -> BTreeSet<String> {
    let office = world.sign_in("office");
    let visits = office.get("/api/v1/visits").ok()["visits"].clone();
    let name = |it: &Value| {
        let path = format!("/api/v1/visits/{}/identity", it["id"].as_str().unwrap());
        let shown = office.post(&path, &json!({"reason": "回访核实"})).ok();
        shown["identity"]["name"].as_str().unwrap_or_default().to_owned()
    };
    visits.as_array().unwrap().iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_visited_is_nowhere_in_the_clear() {
    let world = filled().await;
    let bytes = on_disk(&world);
    assert!(found(&bytes, WORDS), "words can be looked for, so that this finds something");
    for canary in [NAME, TELEPHONE, ID_NUMBER, CALL_BACK, "陈秀英"] {
        assert!(!found(&bytes, canary), "{canary}");
    }
    assert_eq!(names(&world), [NAME.to_owned(), "另一位陈秀英".to_owned()].into());
    let office = world.sign_in("office");
    let listed = office.get(&format!("/api/v1/respondents?text={}", "%E6%A1%82%E5%85%B0")).ok();
    assert_eq!((&listed["total_n"], &listed["respondents"][0]["name"]), (&json!(1), &json!(NAME)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_into_another_row_opens_for_nobody() {
    let world = filled().await;
    let mut db = world.app.db.write().await.unwrap();
    for text in [
        "create temporary table two as select visit, sealed from identity",
        "update identity set sealed = (select sealed from two where two.visit <> identity.visit)",
        "drop table two",
    ] {
        sql_made(text.to_owned()).execute(&mut db).await.unwrap();
    }
    db.commit().await.unwrap();
    assert_eq!(names(&world), ["（无法解密）".to_owned()].into());
    let mut db = world.app.db.write().await.unwrap();
    let flip = if on_postgres() {
        "update revision set sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1) where sequence = 1"
    } else {
        "update revision set sealed = cast(substr(sealed, 1, 40) || x'00' as blob) where sequence = 1"
    };
    sql_made(flip.to_owned()).execute(&mut db).await.unwrap();
    db.commit().await.unwrap();
    let found = server::cli::check::check(&world.app).await.unwrap();
    assert_eq!(found.damaged, ["revision 1 does not have its hash"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_key_a_database_is_not_opened_and_nothing_is_changed() {
    let world = filled().await;
    let (copy, key) = (world.back_up(), Path::new("keys").join("field.key"));
    let address = world.database.address();
    let open = async || {
        let clock = a_clock(Arc::new(std::sync::atomic::AtomicI64::new(NOW)), false);
        App::open(copy.path(), address.as_deref(), clock).await.err().map(|it| it.to_string())
    };
    let kept = std::fs::read(copy.path().join(&key)).unwrap();
    std::fs::remove_file(copy.path().join(&key)).unwrap();
    assert!(open().await.unwrap().contains("is missing"));
    assert!(!copy.path().join(&key).exists(), "no other key takes its place");
    std::fs::write(copy.path().join(&key), [7; 32]).unwrap();
    assert!(open().await.unwrap().contains("chmod 600"), "others may read it");
    use std::os::unix::fs::PermissionsExt;
    let closed = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(copy.path().join(&key), closed).unwrap();
    assert!(open().await.unwrap().contains("is not the key"));
    std::fs::write(copy.path().join(&key), kept).unwrap();
    assert_eq!(open().await, None);
}

/// A database of an earlier version is sealed when it is opened, and what was in the clear is gone from its file.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_version_kept_in_the_clear_is_sealed() {
    let version = if on_postgres() { "0.3-postgres" } else { "0.3" };
    let (folder, data) = fixture(version);
    let made: Value = serde_json::from_slice(&std::fs::read(folder.join("made.json")).unwrap()).unwrap();
    let world = World::on_at(data, made["made_at"].as_i64().unwrap()).await;
    let mut names: BTreeSet<String> = names(&world);
    names.remove("");
    let directory = world.sign_in("office").get("/api/v1/respondents").ok();
    names.extend(
        directory["respondents"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()),
    );
    assert!(names.len() > 2, "{names:?}");
    let bytes = on_disk(&world);
    // What people said, and assignments' notes, may name somebody by themselves.
    let said = world.sign_in("office").get("/api/v1/export/statements.csv").text();
    // A server of before cannot put anything there in the clear any more.
    let mut db = world.app.db.write().await.unwrap();
    let older = sql_made("update revision set envelope = hash where sequence = 1".to_owned());
    older.execute(&mut db).await.unwrap_err();
    for name in names.iter().filter(|it| !said.contains(it.as_str())) {
        assert!(!found(&bytes, name), "{name}");
    }
}

/// Two servers that start on a new database at the same moment, each with a key of its own: one of them stops.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_belongs_to_one_key_however_many_begin() {
    let cluster = Cluster::shared();
    for _ in 0..5 {
        let address = cluster.address(&cluster.new_database());
        let folders = [(); 3].map(|()| TempDir::new().unwrap());
        let open = async |folder: &TempDir| Db::open(folder.path(), Some(&address)).await.map(drop);
        let [one, other, third] = &folders;
        let opened = tokio::join!(open(one), open(other), open(third));
        let opened = [opened.0, opened.1, opened.2];
        let refused: Vec<String> =
            opened.iter().filter_map(|it| it.as_ref().err().map(ToString::to_string)).collect();
        assert_eq!(refused.len(), 2, "{refused:?}");
        assert!(refused.iter().all(|it| it.contains("key")), "{refused:?}");
    }
}

/// A tool that is pointed at a database from elsewhere makes no key for it.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_servers_folder_makes_a_key_for_what_is_there() {
    if !on_postgres() {
        return;
    }
    let (_, data) = fixture("0.3-postgres");
    let database = Cluster::shared().new_database();
    Cluster::shared().load(&database, &data.path().join("postgres.dump"));
    let address = Cluster::shared().address(&database);
    let elsewhere = TempDir::new().unwrap();
    let refused = Db::open(elsewhere.path(), Some(&address)).await.err().unwrap().to_string();
    assert!(refused.contains("has no keys of this database"), "{refused}");
    assert!(!server::keys::field_key_path(elsewhere.path()).exists());
    Db::open(data.path(), Some(&address)).await.unwrap();
}

/// A household that does not open stays as it is: nothing is written over what its key may open one day.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_open_is_not_written_over() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let form = json!({"kind": "household", "name": NAME, "place": "李家坳村"});
    office.post("/api/v1/respondents", &form).ok();
    let listed = office.get("/api/v1/respondents").ok();
    let path = format!("/api/v1/respondents/{}", listed["respondents"][0]["id"].as_str().unwrap());
    assert_eq!(office.delete(&path).status, 204);
    world.on_the_writer("update respondent set sealed = (select token_hash from session limit 1)").await;
    assert_eq!(office.post("/api/v1/respondents", &form).problem(), (500, "internal".to_owned()));
    let mut db = world.app.db.read().await.unwrap();
    let kept = sql_made(
        "select count(*) from respondent where sealed in (select token_hash from session)".to_owned(),
    );
    assert_eq!(kept.fetch_one(&mut db).await.unwrap().get::<i64>(0), 1);
}
