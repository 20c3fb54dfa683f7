//! Loads a file of real messages through the real API, as statements of visits.
//!
//! `cargo run --release -p tests --bin load_messages -- FILE URL TOKEN`
//!
//! FILE has a message a line: an id, a TAB, the text. TOKEN is what `zoufang user token` prints for
//! an account that may record. Prints how many went in and how long the server took.

use std::time::Instant;

use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    envelope::{FORM_VERSION, Header, RecordKind, freeze},
    id::RecordId,
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

#[expect(clippy::print_stdout, reason = "the figures are what the tool is for")]
fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, url, token] = arguments.as_slice() else {
        bail!("usage: load_messages FILE URL TOKEN");
    };
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    let messages: Vec<&str> = text.lines().filter_map(|it| it.split_once('\t')).map(|it| it.1).collect();
    let server = Server { url, token };
    let session: Session = server.get("/api/v1/session")?;
    let visits: Vec<&[&str]> = messages.chunks(STATEMENTS_A_VISIT).collect();
    let started = Instant::now();
    let mut stored = 0;
    let mut other = 0;
    for visits in visits.chunks(VISITS_A_PUSH) {
        let envelopes =
            visits.iter().map(|it| envelopes(&session, it)).collect::<anyhow::Result<Vec<_>>>()?;
        let push =
            Push { envelopes: envelopes.into_iter().flatten().map(|it| STANDARD.encode(it)).collect() };
        let receipts: Receipts = server.post("/api/v1/records/batch", &push)?;
        for receipt in receipts.receipts {
            match receipt.state {
                ReceiptState::Stored => stored += 1,
                ReceiptState::Incomplete | ReceiptState::Parked { .. } | ReceiptState::Refused { .. } => {
                    other += 1;
                }
            }
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{} messages in {} visits", messages.len(), visits.len());
    println!("{stored} records stored, {other} not, in {seconds:.2} s");
    Ok(())
}

/// The envelopes of one visit, the visit last.
fn envelopes(session: &Session, messages: &[&str]) -> anyhow::Result<Vec<Vec<u8>>> {
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
        let answer = ureq::get(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .call()
            .with_context(|| format!("GET {path}"))?;
        Ok(serde_json::from_reader(answer.into_body().into_reader())?)
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
