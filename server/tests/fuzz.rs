//! Workbooks that were damaged, by chance or on purpose: they are read or refused, nothing else.
//!
//! `PROPTEST_CASES` says how many; `make fuzz` tries them for a long time.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{
    io::{Cursor, Read, Write},
    path::Path,
    sync::LazyLock,
};

use domain::{
    expression::{Moment, Words},
    questionnaire::{
        filling::{Filling, Setting},
        sheets,
        version::Version,
        xform,
        xlsform::{Sheet, read},
    },
};
use proptest::{prelude::*, sample::Index};
use server::workbook;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

const SETTING: Setting =
    Setting { moment: Moment { at: 1_795_656_600_250, offset_minutes: 480 }, seed: 7, words: Words::English };

/// The own forms as CSV.
static FORMS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms");
    let paths = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|it| it.extension().is_some_and(|it| it == "csv")).collect();
    paths.sort();
    // The large one says nothing that the others do not, and takes most of the time.
    paths.retain(|it| !it.ends_with("large_choices.csv"));
    paths.iter().map(|it| std::fs::read(it).unwrap()).collect()
});

/// One change of some bytes: where, as a share of the length, and what.
#[derive(Clone, Debug)]
enum Change {
    Byte(f64, u8),
    Insert(f64, Vec<u8>),
    Remove(f64, usize),
    /// So many bytes from one place again at another.
    Repeat(f64, f64, usize),
    Cut(f64),
}

fn change() -> impl Strategy<Value = Change> {
    let place = || 0.0..1.0_f64;
    // What means something in CSV, XML, cells and expressions, and what is no text at all.
    let pieces = [
        "\"",
        ",",
        "\n",
        "\u{feff}",
        "<",
        "</c>",
        "<c t=\"s\"><v>9</v></c>",
        "&#0;",
        "&x;",
        "r=\"ZZ9\"",
        "${",
        "}",
        "begin repeat",
        "end group",
        "survey",
        "choices",
        "-1",
        "99999999999",
        "(",
        "'",
        "\0",
        "或",
    ];
    let bytes = prop_oneof![
        prop::sample::select(pieces.to_vec()).prop_map(|it| it.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 1..8),
    ];
    prop_oneof![
        4 => (place(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        4 => (place(), bytes).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        2 => (place(), 1..40_usize).prop_map(|(at, n)| Change::Remove(at, n)),
        2 => (place(), place(), 1..400_usize).prop_map(|(from, to, n)| Change::Repeat(from, to, n)),
        1 => place().prop_map(Change::Cut),
    ]
}

impl Change {
    fn make(&self, bytes: &mut Vec<u8>) {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a short length"
        )]
        let place = |share: f64, bytes: &[u8]| (share * bytes.len() as f64) as usize;
        match self {
            Self::Byte(at, byte) => {
                let at = place(*at, bytes);
                bytes.get_mut(at).into_iter().for_each(|it| *it = *byte);
            }
            Self::Insert(at, more) => {
                let at = place(*at, bytes);
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Remove(at, n) => {
                let at = place(*at, bytes);
                bytes.drain(at..bytes.len().min(at + n));
            }
            Self::Repeat(from, to, n) => {
                let (from, to) = (place(*from, bytes), place(*to, bytes));
                let piece = bytes[from..bytes.len().min(from + n)].to_vec();
                bytes.splice(to..to, piece);
            }
            Self::Cut(at) => bytes.truncate(place(*at, bytes)),
        }
    }
}

/// Reads it, and where it is a form does with it what can be done.
fn use_up(bytes: &[u8]) {
    if let Ok(sheets) = workbook::sheets(bytes) {
        use_form(&sheets);
    }
}

fn use_form(sheets: &[Sheet]) {
    let outcome = read(&Version::of(sheets.to_vec()), "form");
    for finding in &outcome.findings {
        assert!(!finding.fault.to_string().is_empty() && !finding.fault.in_chinese().is_empty());
    }
    let Some(form) = outcome.questionnaire else { return };
    let filling = Filling::new(&form, SETTING);
    filling.problems();
    let again = Filling::from_json(&form, SETTING, &filling.to_json());
    assert_eq!(again.1, []);
    let _ = xform::write(&form);
    let written = sheets::write(&form);
    let again =
        read(&Version::of(written.clone()), "form").questionnaire.expect("what was read is read again");
    assert_eq!(sheets::write(&again), written);
}

/// The parts of a workbook, some of them changed, put together again.
fn with_parts_changed(book: &[u8], changes: &[(Index, Change)]) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(book)).unwrap();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let n_parts = archive.len();
    for n in 0..n_parts {
        let mut part = archive.by_index(n).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        for (_, change) in changes.iter().filter(|(it, _)| it.index(n_parts) == n) {
            change.make(&mut bytes);
        }
        let name = part.name().unwrap().into_owned();
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

proptest! {
    #[test]
    fn damaged_csv_is_read_or_refused(n in any::<Index>(), changes in prop::collection::vec(change(), 1..20)) {
        let mut bytes = FORMS[n.index(FORMS.len())].clone();
        for it in &changes {
            it.make(&mut bytes);
        }
        use_up(&bytes);
    }

    #[test]
    fn damaged_workbooks_are_read_or_refused(
        n in any::<Index>(),
        inner in prop::collection::vec((any::<Index>(), change()), 0..12),
        outer in prop::collection::vec(change(), 0..3),
    ) {
        let sheets = workbook::sheets(&FORMS[n.index(FORMS.len())]).unwrap();
        let book = workbook::xlsx(&sheets).unwrap();
        let mut bytes = with_parts_changed(&book, &inner);
        for it in &outer {
            it.make(&mut bytes);
        }
        use_up(&bytes);
    }
}
