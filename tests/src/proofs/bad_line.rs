//! A phone at the end of a valley: little comes through, late, and every few seconds the line breaks.

use std::{
    collections::HashMap,
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use domain::{
    attachment::AttachmentKind,
    envelope::{Hash, RecordKind},
    id::RecordId,
    media::{MediaItem, MediaState, Whole, in_order},
    outbox::{Check, OutboxItem, wait_ms},
    receipt::{PublicKey, Signature, receipts_bytes},
    sending::{Act, Failure, History, Run, Step, Upload, epoch_of},
    sync::Receipts,
};
use ed25519_dalek::{Verifier, VerifyingKey};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    time::sleep_until,
};

use super::{
    Engine, folders,
    ledger::{self, Found},
    served::{Sender, Served, get},
    visitor::{Sealed, Shared, pushing, uploading},
    wire::{Answer, Wire},
};
use crate::simulator::Dice;

/// Bytes of one part of an upload, as in `app/src/phone/tus.rs`.
const PART_BYTES: usize = 128 * 1024;
/// Each way, in bytes a second: 64 kbit/s.
const BYTES_A_SECOND: u32 = 8_000;
/// There and back.
const ROUND: Duration = Duration::from_millis(800);
/// A connection lives no longer.
const CUT_AFTER: Duration = Duration::from_secs(5);
/// A packet, in bytes.
const PACKET: usize = 1_024;
/// What is sent: two photos and a voice, in bytes, with the words of the visit.
const MEDIA: [(AttachmentKind, usize); 3] =
    [(AttachmentKind::Photo, 150_000), (AttachmentKind::Photo, 150_000), (AttachmentKind::Voice, 400_000)];
/// More than this of what is to arrive is not sent, in percent.
const PERCENT_MAX: u64 = 130;
/// Without having arrived after so many runs it does not arrive.
const RUNS_MAX: u32 = 500;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct BadLine {
    pub engine: Engine,
    /// The line is so many times as fast, in everything: 1 is the real one.
    pub times: u32,
    pub seed: u64,
}

/// What was reached.
pub struct Arrived {
    asked: BadLine,
    payload: u64,
    up: u64,
    down: u64,
    runs_n: u32,
    waited: Duration,
    took: Duration,
    found: Found,
}

impl fmt::Display for Arrived {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            to,
            "bad line, {:?}, {} times as fast as 64 kbit/s, 800 ms and a cut every 5 s, seed {}: {} bytes to arrive, {} sent \
             ({:.2} times), {} received, {} runs, {:.1} s; the phone would have waited {:.0} s between them. {}",
            self.asked.engine,
            self.asked.times,
            self.asked.seed,
            self.payload,
            self.up,
            f64::from(u32::try_from(self.up * 1_000 / self.payload).unwrap_or(u32::MAX)) / 1e3,
            self.down,
            self.runs_n,
            self.took.as_secs_f64(),
            self.waited.as_secs_f64(),
            self.found
        )
    }
}

/// Sends a visit over such a line until all of it has arrived.
///
/// # Errors
///
/// When it does not arrive, or too much was sent for it.
pub fn over_a_bad_line(binary: &Path, asked: BadLine) -> anyhow::Result<Arrived> {
    let (_all, data) = folders()?;
    let (cluster, address) = asked.engine.place();
    let mut served = Served::new(binary, data, address)?;
    let sender = served.set_up()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let line = runtime.block_on(BadWire::to(served.port, asked.times))?;
    let visit = Sealed::made(&sender, &mut Dice::of(asked.seed), 2, &MEDIA);
    let mut phone = Phone::with(&sender, line.port, &visit)?;
    let payload = phone.push_bytes(&visit) + MEDIA.iter().map(|it| it.1 as u64).sum::<u64>();
    let (began, mut runs_n, mut waited, mut failures) = (Instant::now(), 0, Duration::ZERO, 0);
    loop {
        runs_n += 1;
        match phone.run() {
            Ok(()) if phone.owed.iter().all(|it| it.state.is_settled()) => break,
            Ok(()) => failures = 0,
            Err(Failure::Line) => {
                // As the phone counts them: where parts of an upload were sent the line carries something.
                failures = if std::mem::take(&mut phone.got_through) { 1 } else { failures + 1 };
                // Nobody waits for that here; the next connection is another one.
                waited += Duration::from_millis(wait_ms(failures, u32::MAX / 2, None));
            }
            Err(other) => bail!("the server took it badly: {other:?}"),
        }
        if runs_n > RUNS_MAX {
            bail!(
                "after {runs_n} runs it has not arrived; {} bytes sent",
                line.state.up.load(Ordering::Relaxed)
            );
        }
    }
    let took = began.elapsed();
    let (up, down) = (line.state.up.load(Ordering::Relaxed), line.state.down.load(Ordering::Relaxed));
    served.kill();
    let shared = Shared::default();
    shared.revisions.lock().expect("nobody panics").extend(visit.items.iter().map(|it| (it.record, it.hash)));
    let wholes = visit.media.iter().map(|(id, _, bytes)| (*id, Hash::of(bytes)));
    shared.wholes.lock().expect("nobody panics").extend(wholes);
    let found = ledger::everything_is_here(&served, &shared, cluster.as_ref())?;
    let arrived = Arrived { asked, payload, up, down, runs_n, waited, took, found };
    if up * 100 > payload * PERCENT_MAX {
        bail!("too much was sent: {arrived}");
    }
    Ok(arrived)
}

/// What a phone holds and owes; what it does, `domain::sending` decides.
struct Phone<'a> {
    sender: &'a Sender,
    key: PublicKey,
    port: u16,
    owed: Vec<OutboxItem>,
    envelopes: HashMap<Hash, Vec<u8>>,
    media: Vec<MediaItem>,
    bytes: HashMap<RecordId, Vec<u8>>,
    history: History,
    line: Option<Wire>,
    /// A run got as far as the parts of an upload since this was last looked at.
    got_through: bool,
}

impl<'a> Phone<'a> {
    fn with(sender: &'a Sender, port: u16, visit: &Sealed) -> anyhow::Result<Self> {
        let key = sender.session.receipt_key.as_deref().context("the key of the receipts")?;
        let media = visit.media.iter().map(|(id, kind, bytes)| MediaItem {
            id: *id,
            visit: visit.items[0].visit,
            statement: None,
            kind: *kind,
            media_type: String::new(),
            taken_at: 0,
            state: MediaState::Owed,
            whole: Some(Whole { bytes_n: bytes.len() as u64, sha256: Hash::of(bytes) }),
        });
        let mut media: Vec<MediaItem> = media.collect();
        in_order(&mut media);
        Ok(Self {
            sender,
            key: key.parse().map_err(|_| anyhow::anyhow!("a key"))?,
            port,
            owed: visit.items.clone(),
            envelopes: visit.items.iter().map(|it| it.hash).zip(visit.envelopes.iter().cloned()).collect(),
            media,
            bytes: visit.media.iter().map(|(id, _, bytes)| (*id, bytes.clone())).collect(),
            history: History::default(),
            line: None,
            got_through: false,
        })
    }

    /// What the words of a visit take on the line.
    fn push_bytes(&self, visit: &Sealed) -> u64 {
        pushing(&self.sender.token, &visit.envelopes, None).len() as u64
    }

    /// One run, to its end or until the line breaks.
    fn run(&mut self) -> Result<(), Failure> {
        let owed = |phone: &Self| -> Vec<OutboxItem> {
            phone.owed.iter().filter(|it| !it.state.is_settled()).copied().collect()
        };
        let mut run = Run::begin(&owed(self));
        self.line = None;
        loop {
            let media: Vec<MediaItem> = self.media.iter().filter(|it| it.state.is_owed()).cloned().collect();
            match run.next(&owed(self), &media, super::now()) {
                Act::Push(part) => self.push(&part)?,
                Act::Upload(id) => self.upload(id)?,
                Act::Pull => {
                    self.ask(&get("/api/v1/changes", &self.sender.token))?;
                }
                Act::Done(done) => return done,
            }
        }
    }

    fn ask(&mut self, request: &[u8]) -> Result<Answer, Failure> {
        let line = self.line.take().map_or_else(|| Wire::open(self.port), Ok);
        let mut line = line.map_err(|_| Failure::Line)?;
        let answer = line.ask(request).map_err(|_| Failure::Line)?;
        self.line = Some(line);
        Ok(answer)
    }

    fn push(&mut self, part: &[OutboxItem]) -> Result<(), Failure> {
        let envelopes: Vec<Vec<u8>> = part.iter().map(|it| self.envelopes[&it.hash].clone()).collect();
        let known = Some(self.history.known().to_owned());
        let answer = self.ask(&pushing(&self.sender.token, &envelopes, known))?;
        if answer.status != 200 {
            return Err(Failure::of(answer.code()));
        }
        let receipts: Receipts = serde_json::from_slice(&answer.body).map_err(|_| Failure::Line)?;
        let signed = receipts_bytes(&receipts.receipts, receipts.mark.as_deref());
        if !self.is_signed(&signed, receipts.signature.as_deref()) {
            return Err(Failure::OfOne);
        }
        let epoch = epoch_of(part, &receipts).map_err(|_| Failure::OfOne)?;
        self.history.know(epoch, receipts.mark.as_deref());
        let now = super::now();
        for receipt in &receipts.receipts {
            for item in self.owed.iter_mut().filter(|it| it.hash == receipt.hash) {
                item.take(receipt, Check::Valid, now, now);
                if item.kind == RecordKind::Attachment && item.state.is_settled() {
                    let media = self.media.iter_mut().filter(|it| it.id == item.record);
                    media.for_each(|it| it.state = MediaState::Stored { at: now });
                }
            }
        }
        Ok(())
    }

    fn is_signed(&self, bytes: &[u8], signature: Option<&str>) -> bool {
        let signature = signature.and_then(|it| it.parse::<Signature>().ok());
        signature.zip(VerifyingKey::from_bytes(&self.key.0).ok()).is_some_and(|(signature, key)| {
            key.verify(bytes, &ed25519_dalek::Signature::from_bytes(&signature.0)).is_ok()
        })
    }

    fn upload(&mut self, id: RecordId) -> Result<(), Failure> {
        let bytes = self.bytes[&id].clone();
        let mut upload = Upload::of(bytes.len());
        loop {
            let step = upload.next(PART_BYTES);
            if step == Step::Done {
                return Ok(());
            }
            self.got_through |= step != Step::Announce;
            let answer = self.ask(&uploading(&self.sender.token, id, &bytes, step))?;
            match answer.header("upload-offset").and_then(|it| it.parse().ok()) {
                Some(reached) if answer.status < 300 => upload.reached(reached),
                _ if upload.failed(answer.code()) => {}
                _ => return Err(Failure::of(answer.code())),
            }
        }
    }
}

/// The line, and what it has carried.
struct BadWire {
    port: u16,
    state: Arc<State>,
}

struct State {
    times: u32,
    /// What was put on the line, whether it came through or not, in bytes.
    up: AtomicU64,
    down: AtomicU64,
}

impl BadWire {
    async fn to(port: u16, times: u32) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let own = listener.local_addr()?.port();
        let state = Arc::new(State { times, up: AtomicU64::new(0), down: AtomicU64::new(0) });
        let here = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, port, Arc::clone(&here)));
            }
        });
        Ok(Self { port: own, state })
    }
}

/// One connection, until it is cut: what is under way then is lost.
async fn carry(near: TcpStream, port: u16, state: Arc<State>) {
    let cut = tokio::time::Instant::now() + CUT_AFTER / state.times;
    let both = async {
        // It takes a round to be connected.
        tokio::time::sleep(ROUND / state.times).await;
        let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
        let _ = (near.set_nodelay(true), far.set_nodelay(true));
        let (near_from, near_to) = near.into_split();
        let (far_from, far_to) = far.into_split();
        tokio::join!(
            one_way(near_from, far_to, &state, &state.up),
            one_way(far_from, near_to, &state, &state.down)
        );
    };
    tokio::select! { () = both => {}, () = sleep_until(cut) => {} }
}

async fn one_way(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State, carried: &AtomicU64) {
    let (sender, mut receiver) = mpsc::unbounded_channel::<(tokio::time::Instant, Vec<u8>)>();
    let slowly = async move {
        let mut free_at = tokio::time::Instant::now();
        let mut packet = [0; PACKET];
        while let Ok(n @ 1..) = from.read(&mut packet).await {
            let bytes_n = u32::try_from(n).unwrap_or(u32::MAX);
            let takes = Duration::from_secs(1) * bytes_n / BYTES_A_SECOND / state.times;
            free_at = free_at.max(tokio::time::Instant::now()) + takes;
            sleep_until(free_at).await;
            carried.fetch_add(u64::from(bytes_n), Ordering::Relaxed);
            if sender.send((free_at + ROUND / 2 / state.times, packet[..n].to_vec())).is_err() {
                return;
            }
        }
    };
    let late = async move {
        while let Some((at, bytes)) = receiver.recv().await {
            sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(slowly, late);
}

#[cfg(test)]
mod tests {
    #[test]
    fn parts_are_as_large_as_the_phone_s() {
        let app = include_str!("../../../app/src/phone/tus.rs");
        assert!(app.contains("const PART_BYTES: usize = 128 * 1024;"), "and so must they be here");
    }
}
