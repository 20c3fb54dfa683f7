//! Loads a file of real messages through the real API as statements of visits, waits until they are sorted,
//! exports them, and prints counts, times and the server's memory.
//!
//! `cargo run --release -p tests --bin load_messages -- FILE URL TOKEN [PID]`
//!
//! FILE has a message a line: an id, a TAB, the text. TOKEN is what `zoufang user token` prints for an account
//! of the office; PID is the server's, for its memory.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    categorize::Categorization,
    envelope::{FORM_VERSION, Header, RecordKind, freeze},
    id::RecordId,
    queue::Item,
    respondent::RespondentKind,
    session::Session,
    statement::{Kind, Statement},
    sync::{Push, ReceiptState, Receipts},
    visit::{CallBack, Consent, Entered, Manner, ReportedElsewhere, Visit, VisitForm, Visitor},
};
use uuid::Uuid;

/// Messages that make one visit.
const STATEMENTS_A_VISIT: usize = 5;
/// Envelopes in one push: the visit and its statements, ten times.
const VISITS_A_PUSH: usize = 10;

/// Between two looks at whether the machine has been there.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Categories that are listed.
const TOP: usize = 10;

#[expect(clippy::print_stdout, reason = "the figures are what the tool is for")]
fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, url, token, pid) = match arguments.as_slice() {
        [file, url, token] => (file, url, token, None),
        [file, url, token, pid] => (file, url, token, Some(pid)),
        _ => bail!("usage: load_messages FILE URL TOKEN [PID]"),
    };
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    let messages: Vec<&str> = text.lines().filter_map(|it| it.split_once('\t')).map(|it| it.1).collect();
    let server = Server { url, token };
    let session: Session = server.get("/api/v1/session")?;

    let started = Instant::now();
    let loaded = load(&server, &session, &messages)?;
    let load_s = started.elapsed().as_secs_f64();
    println!("{} messages in {} visits", messages.len(), messages.len().div_ceil(STATEMENTS_A_VISIT));
    println!("{} records stored, {} not, in {load_s:.2} s", loaded.stored_n, loaded.other_n);

    let made = sorted(&server, &loaded.statements)?;
    println!("sorted {:.2} s after the first was sent", started.elapsed().as_secs_f64());
    print_counts(&made);

    let started = Instant::now();
    let csv = server.bytes("/api/v1/export/statements.csv?machine_names=true")?;
    let export_s = started.elapsed().as_secs_f64();
    let rows = csv::Reader::from_reader(csv.as_slice()).into_records().count();
    println!("{rows} rows exported, {} bytes, in {export_s:.2} s", csv.len());
    if let Some(pid) = pid {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("no such process")?;
        for line in status.lines().filter(|it| it.starts_with("VmRSS") || it.starts_with("VmHWM")) {
            println!("server {line}");
        }
    }
    Ok(())
}

struct Loaded {
    statements: Vec<RecordId>,
    stored_n: usize,
    other_n: usize,
}

/// Pushes every message.
fn load(server: &Server<'_>, session: &Session, messages: &[&str]) -> anyhow::Result<Loaded> {
    let mut loaded = Loaded { statements: Vec::new(), stored_n: 0, other_n: 0 };
    let visits: Vec<&[&str]> = messages.chunks(STATEMENTS_A_VISIT).collect();
    for visits in visits.chunks(VISITS_A_PUSH) {
        let mut push = Push { envelopes: Vec::new(), known: None };
        for messages in visits {
            let made = envelopes(session, messages, &mut loaded.statements)?;
            push.envelopes.extend(made.into_iter().map(|it| STANDARD.encode(it)));
        }
        let receipts: Receipts = server.post("/api/v1/records/batch", &push)?;
        for receipt in receipts.receipts {
            match receipt.state {
                ReceiptState::Stored | ReceiptState::BackedUp => loaded.stored_n += 1,
                ReceiptState::Incomplete | ReceiptState::Parked { .. } | ReceiptState::Refused { .. } => {
                    loaded.other_n += 1;
                }
            }
        }
    }
    Ok(loaded)
}

/// What the machine makes of each statement, once it has been there.
fn sorted(server: &Server<'_>, statements: &[RecordId]) -> anyhow::Result<Vec<Categorization>> {
    let mut made = Vec::with_capacity(statements.len());
    for id in statements {
        loop {
            let item: Item = server.get(&format!("/api/v1/queue/{id}"))?;
            if let Some(suggestion) = item.suggestion {
                made.push(suggestion);
                break;
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
    Ok(made)
}

#[expect(clippy::print_stdout, reason = "the figures are what the tool is for")]
fn print_counts(made: &[Categorization]) {
    let (mut kinds, mut categories) = (BTreeMap::new(), BTreeMap::new());
    for it in made {
        *kinds.entry(it.kind.value.as_str()).or_insert(0_usize) += 1;
        if let Some(best) = it.suggestions.first() {
            *categories.entry(best.code.as_str()).or_insert(0_usize) += 1;
        }
    }
    let with: usize = categories.values().sum();
    println!("by kind: {kinds:?}");
    println!("with a suggestion: {with}, without: {}", made.len() - with);
    let mut categories: Vec<_> = categories.into_iter().collect();
    categories.sort_by_key(|it| std::cmp::Reverse(it.1));
    println!("most suggested: {:?}", &categories[..categories.len().min(TOP)]);
}

/// The envelopes of one visit, the visit last.
fn envelopes(
    session: &Session,
    messages: &[&str],
    all_statements: &mut Vec<RecordId>,
) -> anyhow::Result<Vec<Vec<u8>>> {
    let campaign = session.campaign.as_ref().context("no campaign has been set up")?.id;
    let unit = session.account.unit.as_ref().context("this account belongs to no unit")?.id;
    let visit = RecordId(new_id()?);
    let header = |id, kind| Header {
        id,
        kind,
        campaign,
        unit,
        visit,
        parents: vec![],
        form: FORM_VERSION,
        claimed_at: session.server_time,
    };
    let mut statements = Vec::new();
    let mut all = Vec::new();
    for words in messages {
        let id = RecordId(new_id()?);
        statements.push(id);
        let statement = Statement {
            words: (*words).to_owned(),
            summary: String::new(),
            kind: Kind::Problem,
            about: String::new(),
            happened: String::new(),
            attachments: vec![],
            proposed: vec![],
        };
        all.push(freeze(&header(id, RecordKind::Statement), &statement));
    }
    all_statements.extend(&statements);
    let record = Visit {
        visitors: vec![Visitor { account: Some(session.account.id), name: session.account.name.clone() }],
        respondent_kind: RespondentKind::Other,
        form: VisitForm::Slip,
        manner: Manner::Written,
        started_at: session.server_time,
        ended_at: None,
        place: String::new(),
        position: None,
        policies: String::new(),
        consent: Consent::default(),
        call_back: CallBack::default(),
        reported_elsewhere: ReportedElsewhere::default(),
        answered_on_the_spot: String::new(),
        read_back: false,
        entered: Entered::AtDesk,
        identity: None,
        statements,
        attachments: vec![],
        withdrawn: None,
    };
    all.push(freeze(&header(visit, RecordKind::Visit), &record));
    Ok(all)
}

/// A random id: these visits have no order in time.
fn new_id() -> anyhow::Result<Uuid> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("no randomness")?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

struct Server<'a> {
    url: &'a str,
    token: &'a str,
}

impl Server<'_> {
    fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        Ok(serde_json::from_slice(&self.bytes(path)?)?)
    }

    fn bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let mut answer = ureq::get(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .call()
            .with_context(|| format!("GET {path}"))?;
        Ok(answer.body_mut().with_config().limit(u64::MAX).read_to_vec()?)
    }

    fn post<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: &impl serde::Serialize,
    ) -> anyhow::Result<T> {
        let answer = ureq::post(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .send(&serde_json::to_vec(body)?)
            .with_context(|| format!("POST {path}"))?;
        Ok(serde_json::from_reader(answer.into_body().into_reader())?)
    }
}
