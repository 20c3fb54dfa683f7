//! The line between phones and server: what is on its way, and what can happen to it.

use std::fmt;

use domain::{envelope::Hash, id::RecordId, problem::Code};

use super::Dice;

/// What a phone asks.
#[derive(Clone, Debug)]
pub enum Request {
    /// JSON of `Push`.
    Push(Vec<u8>),
    Create {
        id: RecordId,
        length: usize,
        sha256: Hash,
    },
    Patch {
        id: RecordId,
        offset: usize,
        bytes: Vec<u8>,
        checksum: Hash,
    },
    Pull {
        cursor: Option<String>,
        known: Option<String>,
    },
}

/// What comes back, from the server or from who sits in between.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Carries the header by which the server marks its answers.
    pub ours: bool,
    /// The code of a problem; none of a success.
    pub problem: Option<Code>,
    pub retry_after_ms: Option<u64>,
    /// The server's clock.
    pub date: i64,
    pub offset: Option<usize>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The server's success.
    pub fn of(date: i64, body: Vec<u8>) -> Self {
        Self { ours: true, problem: None, retry_after_ms: None, date, offset: None, body }
    }

    /// The server's refusal.
    pub fn problem(date: i64, code: Code) -> Self {
        Self { problem: Some(code), ..Self::of(date, Vec::new()) }
    }
}

/// Something on its way.
#[derive(Clone, Debug)]
pub struct Flight {
    pub phone: usize,
    /// Names the request; its answer bears the same.
    pub number: u64,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Request(Request),
    Answer(Answer),
}

impl fmt::Display for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, number) = (self.phone, self.number);
        match &self.what {
            What::Request(Request::Push(body)) => {
                write!(f, "phone {n} push {number}: {} bytes", body.len())
            }
            What::Request(Request::Patch { id, offset, bytes, .. }) => {
                write!(f, "phone {n} part {number}: {id} from {offset}, {} bytes", bytes.len())
            }
            What::Request(other) => write!(f, "phone {n} asks {number}: {other:?}"),
            What::Answer(Answer { ours, problem, offset, body, .. }) => {
                let body = String::from_utf8_lossy(body);
                write!(f, "to phone {n} {number}: ours {ours}, {problem:?}, {offset:?}, {body}")
            }
        }
    }
}

/// What is on its way between all.
#[derive(Debug, Default)]
pub struct Network {
    flights: Vec<Flight>,
}

impl Network {
    pub fn send(&mut self, flight: Flight) {
        self.flights.push(flight);
    }

    /// The next to arrive: any of them, for lines are slow in their own ways; in order when `dice` is none.
    pub fn arrive(&mut self, dice: Option<&mut Dice>) -> Option<Flight> {
        if self.flights.is_empty() {
            return None;
        }
        let n = dice.map_or(0, |it| it.below(self.flights.len()));
        Some(self.flights.remove(n))
    }

    /// Something happens to one of them; answers what.
    ///
    /// Only receipts for a phone that `checks` them are altered: the rest of an answer is guarded by TLS alone, under
    /// which an altered answer is a lost one.
    pub fn mishap(&mut self, dice: &mut Dice, checks: impl Fn(usize) -> bool) -> Option<&'static str> {
        let n = self.flights.len();
        if n == 0 {
            return None;
        }
        let n = dice.below(n);
        if dice.chance(250) {
            self.flights.remove(n);
            return Some("lost");
        }
        if dice.chance(250) {
            let again = self.flights[n].clone();
            self.flights.push(again);
            return Some("doubled");
        }
        let checks = checks(self.flights[n].phone);
        Some(match &mut self.flights[n].what {
            What::Request(Request::Patch { bytes, .. }) => {
                bytes.truncate(dice.below(bytes.len()));
                "a part cut"
            }
            What::Request(Request::Push(body)) => {
                body.truncate(dice.below(body.len()));
                "a push cut"
            }
            What::Request(_) => {
                self.flights.remove(n);
                "lost"
            }
            What::Answer(answer) => spoil(answer, dice, checks),
        })
    }
}

/// What becomes of an answer on the way.
fn spoil(answer: &mut Answer, dice: &mut Dice, checks: bool) -> &'static str {
    let altered = checks && answer.body.starts_with(b"{\"receipts\"");
    match dice.below(if altered { 6 } else { 4 }) {
        0 => {
            answer.body.truncate(dice.below(answer.body.len()));
            "an answer cut"
        }
        1 => {
            (answer.ours, answer.problem, answer.offset) = (false, None, None);
            answer.body = b"<html>please sign in</html>".to_vec();
            "a captive portal's page"
        }
        2 => {
            (answer.ours, answer.problem, answer.offset) = (dice.chance(500), None, None);
            answer.body = b"{}".to_vec();
            "{}"
        }
        3 => {
            *answer =
                Answer { retry_after_ms: Some(dice.roll()), ..Answer::problem(answer.date, Code::Busy) };
            "503"
        }
        4 => {
            // A proxy that knows better.
            let text = String::from_utf8_lossy(&answer.body);
            answer.body = text.replace("incomplete", "stored").into_bytes();
            "words changed"
        }
        _ => {
            let n = dice.below(answer.body.len());
            if let Some(byte) = answer.body.get_mut(n) {
                *byte ^= 1 << dice.below(7);
            }
            "a bit turned"
        }
    }
}
