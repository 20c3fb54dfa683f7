//! A recording under way. It goes on to its end whether or not a screen shows it.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use domain::{
    attachment::AttachmentKind,
    id::RecordId,
    recording::{SLICE_MS, Tape, TapeState},
};
use leptos::task::spawn_local;

use crate::{
    clock,
    i18n::text,
    local::{self, LocalError},
    media::recorder::{Heard, NoRecording, Recorder, alarm},
    parts::toast,
    phone::{
        Phone,
        media::{self, MediaItem, Unfinished},
    },
};

/// A slice that was not kept is tried again after so long, in milliseconds.
const AGAIN_AFTER_MS: i32 = 300;

/// A recording as its screen shares it.
pub type Shared = Rc<RefCell<Option<Taping>>>;

/// One recording and its slices on their way to disk.
pub struct Taping {
    phone: Phone,
    /// Absent once it has ended.
    pub recorder: Option<Recorder>,
    pub tape: Tape,
    item: MediaItem,
    /// In order; one write is in flight at a time, of the first.
    waiting: VecDeque<Vec<u8>>,
    next: u32,
    writing: bool,
    /// The person ended it, or left its screen.
    asked: bool,
    ended: bool,
    pub kept_bytes: u64,
    /// Why a slice was not kept; none after it is.
    pub trouble: Option<LocalError>,
    unfinished: Option<Unfinished>,
}

/// Asks for the microphone and begins.
///
/// # Errors
///
/// [`NoRecording`], to put into words.
pub async fn begin(
    phone: Phone,
    visit: RecordId,
    statement: Option<RecordId>,
) -> Result<Shared, NoRecording> {
    let shared = Shared::default();
    let hearing = Rc::clone(&shared);
    let recorder = Recorder::start(move |heard| hear(&hearing, heard)).await?;
    let item = media::begin(visit, statement, AttachmentKind::Voice, &recorder.media_type);
    let taping = Taping {
        phone,
        recorder: Some(recorder),
        tape: Tape::begin(clock::now()),
        item,
        waiting: VecDeque::new(),
        next: 0,
        writing: false,
        asked: false,
        ended: false,
        kept_bytes: 0,
        trouble: None,
        unfinished: Some(Unfinished::begin()),
    };
    shared.replace(Some(taping));
    Ok(shared)
}

impl Taping {
    /// Whether it has ended and is part of its draft, as far as it was kept.
    pub fn is_done(&self) -> bool {
        self.unfinished.is_none()
    }

    /// Whether the person ended it themselves, and all of it was kept.
    pub fn went_well(&self) -> bool {
        self.asked && self.trouble.is_none()
    }

    pub fn pause(&mut self) {
        self.tape.pause(clock::now());
        self.follow_tape();
    }

    pub fn resume(&mut self) {
        self.tape.resume(clock::now());
        self.follow_tape();
    }

    /// The recorder runs while the tape does: what it would write during an interruption is silence.
    fn follow_tape(&self) {
        let Some(recorder) = &self.recorder else { return };
        match self.tape.state() {
            TapeState::Running => recorder.resume(),
            TapeState::Paused | TapeState::Interrupted => recorder.pause(),
        }
    }

    fn hear(&mut self, heard: Heard) {
        let now = clock::now();
        match heard {
            Heard::Slice(bytes) => {
                self.tape.slice(now, bytes.len() as u64);
                // After one that was lost the rest would not fit.
                if self.trouble.is_none() {
                    self.waiting.push_back(bytes);
                }
            }
            Heard::Interrupted => {
                self.tape.interrupt(now);
                self.follow_tape();
            }
            Heard::Resumed => {
                self.tape.come_back(now);
                self.follow_tape();
            }
            Heard::Ended => self.ended = true,
        }
    }
}

/// The person ends it; the last slice follows.
pub fn stop(shared: &Shared) {
    let runs = shared.borrow_mut().as_mut().is_some_and(|it| {
        it.asked = true;
        it.recorder.as_ref().is_some_and(Recorder::stop)
    });
    if !runs {
        hear(shared, Heard::Ended);
    }
}

fn hear(shared: &Shared, heard: Heard) {
    let mut borrowed = shared.borrow_mut();
    let Some(taping) = borrowed.as_mut() else { return };
    taping.hear(heard);
    if !std::mem::replace(&mut taping.writing, true) {
        spawn_local(keep(Rc::clone(shared)));
    }
}

/// Keeps slices in their order; after the last one the recording becomes part of the draft.
async fn keep(shared: Shared) {
    let mut again = true;
    loop {
        let next = shared.borrow().as_ref().and_then(|it| {
            let bytes = it.waiting.front()?.clone();
            Some((it.phone, it.item.clone(), it.next, bytes))
        });
        let Some((phone, item, number, bytes)) = next else { break };
        let length = bytes.len() as u64;
        let kept = media::keep_slice(phone, &item, number, bytes).await;
        if kept.is_err() && kept != Err(LocalError::Full) && std::mem::take(&mut again) {
            local::wait(AGAIN_AFTER_MS).await;
            continue;
        }
        let mut borrowed = shared.borrow_mut();
        let Some(taping) = borrowed.as_mut() else { return };
        match kept {
            Ok(()) => {
                again = true;
                taping.waiting.pop_front();
                taping.next += 1;
                taping.kept_bytes += length;
            }
            Err(cause) => {
                taping.waiting.clear();
                taping.trouble = Some(cause);
                taping.ended |= !taping.recorder.as_ref().is_some_and(Recorder::stop);
                alarm();
            }
        }
    }
    let ended = {
        let mut borrowed = shared.borrow_mut();
        let Some(taping) = borrowed.as_mut() else { return };
        taping.writing = false;
        if !taping.ended || taping.recorder.take().is_none() {
            return;
        }
        let (mut duration_ms, gaps) = taping.tape.clone().end(clock::now());
        if taping.trouble.is_some() {
            duration_ms = duration_ms.min(u64::from(taping.next) * u64::from(SLICE_MS));
        }
        (taping.phone, taping.item.clone(), taping.next, duration_ms, gaps)
    };
    let (phone, item, slices_n, duration_ms, gaps) = ended;
    let finished =
        if slices_n > 0 { media::finish(phone, item, Some(duration_ms), gaps).await } else { Ok(()) };
    if let Some(taping) = shared.borrow_mut().as_mut() {
        taping.unfinished = None;
        let visitor = text().visitor;
        match (finished, &taping.trouble) {
            (Err(cause), _) => toast::say((visitor.local_error)(&cause)),
            (Ok(()), Some(_)) => {}
            (Ok(()), None) if taping.asked => toast::say(visitor.recording_kept.to_owned()),
            (Ok(()), None) => {
                alarm();
                toast::say(visitor.cut_off.to_owned());
            }
        }
    }
}
