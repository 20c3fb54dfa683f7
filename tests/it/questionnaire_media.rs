//! Pictures, sounds and films of questionnaires: added by the office, named by versions, handed out to phones.

use domain::{envelope::Hash, questionnaire::medium::MEDIUM_BYTES_MAX};
use serde_json::{Value, json};

use crate::{
    questionnaires::{publish, take},
    world::{Answer, Client, World},
};

const FORM: &str = "survey
,type,name,label,media::image,media::audio
,select_one kinds,house,什么房子,house.png,hello.wav
,note,thanks,谢谢,,
choices
,list_name,name,label,media::image
,kinds,brick,砖房,brick.gif
,kinds,wood,木房,
settings
,form_id,form_title
,house,住房问卷
";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR a house";
const GIF: &[u8] = b"GIF89a a brick";
const WAV: &[u8] = b"RIFF\x24\x00\x00\x00WAVEfmt hello";

fn add(office: &Client, file: &str, bytes: &[u8]) -> Answer {
    let headers = [("content-type", "application/octet-stream")];
    office.send("PUT", &format!("/api/v1/questionnaires/house/files/{file}"), &headers, bytes.to_vec())
}

fn shown(office: &Client) -> Value {
    office.get("/api/v1/questionnaires/house/questions").ok()
}

fn medium(client: &Client, bytes: &[u8]) -> Answer {
    client.get(&format!("/api/v1/questionnaire-media/{}", Hash::of(bytes)))
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_labels_name_are_added_and_a_version_names_them_by_their_hash() {
    let world = World::start().await;
    let (office, visitor) = (world.sign_in("office"), world.sign_in("visitor"));
    let taken = take(&office, FORM).ok();
    let lacking: Vec<_> = taken["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["sheet"].clone(), it["row"].clone(), it["column"].clone(), it["code"].clone()))
        .collect();
    let of =
        |sheet: &str, row: u32, column: &str| (json!(sheet), json!(row), json!(column), json!("no_medium"));
    assert_eq!(
        lacking,
        [of("survey", 3, "media::audio"), of("survey", 3, "media::image"), of("choices", 7, "media::image")]
    );
    assert_eq!(taken["faults"][0]["is_error"], false, "the words stand without them");

    add(&office, "house.png", PNG).ok();
    add(&office, "hello.wav", WAV).ok();
    let taken = add(&office, "brick.gif", GIF).ok();
    assert_eq!(taken["faults"], json!([]));
    let media = shown(&office)["media"].clone();
    assert_eq!(
        (&media[0]["file"], &media[0]["medium"]["media_type"]),
        (&json!("brick.gif"), &json!("image/gif"))
    );

    let version = publish(&office, "house");
    let content = visitor.get(&format!("/api/v1/questionnaires/{version}"));
    assert_eq!(Hash::of(&content.bytes).to_string(), version);
    let named = &content.ok()["media"];
    assert_eq!(named["house.png"]["sha256"], Hash::of(PNG).to_string());
    assert!(!content.text().contains("a house"), "bytes are no part of it");
    for (bytes, media_type) in [(PNG, "image/png"), (GIF, "image/gif"), (WAV, "audio/wav")] {
        let answer = medium(&visitor, bytes);
        assert_eq!((answer.status, &answer.bytes[..]), (200, bytes));
        assert_eq!(answer.headers["content-type"], media_type);
        assert!(answer.headers["cache-control"].to_str().unwrap().contains("immutable"));
        assert!(answer.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    }
    for unknown in ["x".to_owned(), Hash::of(b"nothing").to_string()] {
        let answer = visitor.get(&format!("/api/v1/questionnaire-media/{unknown}"));
        assert_eq!(answer.problem(), (404, "not_found".to_owned()));
    }

    // On paper there are the pictures, and the workbook has the columns.
    let printed = office.get("/api/v1/questionnaires/house/print").ok();
    assert_eq!(printed["lines"][0]["picture"], Hash::of(PNG).to_string());
    assert_eq!(printed["lines"][0]["space"]["choices"][0]["picture"], Hash::of(GIF).to_string());
    let book = office.get("/api/v1/questionnaires/house/workbook").bytes;
    let sheets = server::workbook::sheets(&book).unwrap();
    let has = |cell: &str| sheets[0].rows.iter().any(|row| row.iter().any(|it| it == cell));
    assert!(has("media::image") && has("house.png"), "{sheets:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mended_form_has_its_files_still_and_what_nothing_names_is_not_published() {
    let world = World::start().await;
    let office = world.sign_in("office");
    take(&office, FORM).ok();
    for (file, bytes) in [("house.png", PNG), ("hello.wav", WAV), ("brick.gif", GIF)] {
        add(&office, file, bytes).ok();
    }
    let first = publish(&office, "house");
    let mended = FORM.replace("什么房子,house.png,hello.wav", "住的什么房子,house.png,");
    assert_eq!(take(&office, &mended).ok()["faults"], json!([]), "they were here with the version before");
    // Written on in the editor, too.
    let draft = office.get("/api/v1/questionnaires/house/draft").ok();
    let edit = json!({"upon": draft["upon"], "sheets": draft["sheets"]});
    assert_eq!(office.put("/api/v1/questionnaires/house/draft", &edit).ok()["faults"], json!([]));
    let second = publish(&office, "house");
    assert_ne!(first, second);
    let named = office.get(&format!("/api/v1/questionnaires/{second}")).ok()["media"].clone();
    let names: Vec<&String> = named.as_object().unwrap().keys().collect();
    assert_eq!(names, ["brick.gif", "house.png"]);
    assert_eq!(medium(&office, WAV).status, 200, "old versions play it");
    // Another picture makes another version.
    take(&office, &mended).ok();
    let other = [PNG, b" with a garden"].concat();
    add(&office, "house.png", &other).ok();
    let third = publish(&office, "house");
    assert!(third != second && medium(&office, &other).status == 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_or_of_another_kind_is_not_taken() {
    let world = World::start().await;
    let office = world.sign_in("office");
    assert_eq!(add(&office, "house.png", PNG).problem(), (404, "not_found".to_owned()), "no such form");
    let many = (0..12).map(|n| format!(",note,n{n},第{n}张,p{n}.png,\n")).collect::<String>();
    take(&office, &FORM.replace("choices\n,list", &format!("{many}choices\n,list"))).ok();
    for other in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"%PDF-1.7", b"PK\x03\x04", b""] {
        assert_eq!(add(&office, "house.png", other).problem(), (415, "unsupported_media".to_owned()));
    }
    assert_eq!(add(&office, "other.png", PNG).problem(), (415, "unsupported_media".to_owned()), "not named");
    // A sound where a picture is shown is taken, and said.
    let taken = add(&office, "house.png", WAV).ok();
    let odd: Vec<&Value> =
        taken["faults"].as_array().unwrap().iter().filter(|it| it["code"] == "odd_medium").collect();
    assert_eq!((odd.len(), &odd[0]["row"]), (1, &json!(3)));
    let most = usize::try_from(MEDIUM_BYTES_MAX).unwrap();
    let of = |n: usize, bytes_n: usize| {
        let mut bytes = [PNG, n.to_string().as_bytes()].concat();
        bytes.resize(bytes_n, b' ');
        bytes
    };
    assert_eq!(add(&office, "house.png", &of(0, most + 1)).problem(), (413, "too_large".to_owned()));
    let answers: Vec<u16> =
        (0..11).map(|n| add(&office, &format!("p{n}.png"), &of(n, most)).status).collect();
    let taken_n = answers.iter().filter(|it| **it == 200).count();
    // The sound is in the way of the tenth.
    assert_eq!((taken_n, answers[10]), (9, 413), "{answers:?}");
    assert_eq!(
        shown(&office)["media"].as_array().unwrap().iter().filter(|it| !it["medium"].is_null()).count(),
        10
    );
}
