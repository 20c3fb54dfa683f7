//! Recording a voice: big figures, a level, one button to end.

use std::{cell::RefCell, rc::Rc, time::Duration};

use domain::{
    attachment::AttachmentKind,
    id::RecordId,
    recording::{Tape, TapeState},
};
use leptos::task::spawn_local;

use crate::{
    clock,
    i18n::text,
    local::LocalError,
    media::recorder::{Heard, NoRecording, Recorder},
    parts::{
        frame::Frame,
        icon::{Icon, Shape},
        pill::{Pill, Tone},
        toast,
    },
    phone::{
        Phone,
        media::{self, MediaItem},
        open_draft::{OpenDraft, open_draft},
        phone,
    },
    prelude::*,
};

/// How often figures and level move, in milliseconds.
const TICK_MS: u64 = 150;
/// Bars of the level; the oldest leaves at the left.
const BARS: usize = 40;

/// What the screen shows of a running recording.
#[derive(Clone, Copy)]
struct Deck {
    phone: Phone,
    open: OpenDraft,
    running: StoredValue<Running, LocalStorage>,
    state: RwSignal<TapeState>,
    seconds: RwSignal<u64>,
    kept_bytes: RwSignal<u64>,
    bars: RwSignal<Vec<u8>>,
    silent: RwSignal<bool>,
    cut_off: RwSignal<bool>,
    trouble: RwSignal<Option<Trouble>>,
    done: RwSignal<bool>,
}

#[derive(Default)]
struct Running {
    recorder: Option<Recorder>,
    tape: Option<Tape>,
    item: Option<MediaItem>,
    /// Slices on their way to disk, in order; one write is in flight at a time.
    slices: Rc<RefCell<Slices>>,
}

#[derive(Default)]
struct Slices {
    waiting: std::collections::VecDeque<Vec<u8>>,
    next: u32,
    writing: bool,
    ended: bool,
}

#[derive(Clone, PartialEq)]
enum Trouble {
    NoRecording(NoRecording),
    Local(LocalError),
}

/// The page on which a voice is recorded for one statement.
#[component]
pub fn Voice() -> impl IntoView {
    let open = open_draft();
    let visit = open.draft.with_untracked(domain::draft::Draft::id);
    let statement = router::part(3).get_untracked();
    let statement = statement.parse().ok().map(RecordId);
    let deck = Deck::new(open);
    let back = move || {
        let at = statement.map(|it| it.to_string()).unwrap_or_default();
        router::go_instead(&format!("/record/{visit}?at={at}"));
    };
    if let Some(statement) = statement {
        spawn_local(deck.start(visit, statement));
    }
    let tick = set_interval_with_handle(move || deck.tick(), Duration::from_millis(TICK_MS));
    on_cleanup(move || {
        if let Ok(tick) = tick {
            tick.clear();
        }
        deck.put_away();
    });
    let leave = back.clone();
    Effect::new(move |_| {
        if deck.done.get() {
            leave();
        }
    });
    view! {
        <Frame title=Signal::derive(|| text().visitor.record.to_owned()) foot=move || view! { <Buttons deck/> }>
            <div class="voice">
                <header>
                    <State deck/>
                    <span class="quiet">{move || text().visitor.screen_stays_on}</span>
                </header>
                <p class="elapsed" role="timer">{move || elapsed(deck.seconds.get())}</p>
                <p class="quiet">{move || (text().visitor.every_second)(deck.kept_bytes.get())}</p>
                <Level bars=deck.bars/>
                <Alarms deck/>
                <div class="card sunk">
                    <p class="quiet">{move || text().visitor.as_said}</p>
                    <p>{move || text().visitor.may_ask}</p>
                </div>
                <p class="quiet">{move || text().visitor.interruption_hint}</p>
            </div>
        </Frame>
    }
}

/// `06:12`
fn elapsed(seconds: u64) -> String {
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

impl Deck {
    fn new(open: OpenDraft) -> Self {
        Self {
            phone: phone(),
            open,
            running: StoredValue::new_local(Running::default()),
            state: RwSignal::new(TapeState::Running),
            seconds: RwSignal::new(0),
            kept_bytes: RwSignal::new(0),
            bars: RwSignal::new(vec![0; BARS]),
            silent: RwSignal::new(false),
            cut_off: RwSignal::new(false),
            trouble: RwSignal::new(None),
            done: RwSignal::new(false),
        }
    }

    async fn start(self, visit: RecordId, statement: RecordId) {
        match Recorder::start(move |heard| self.hear(heard)).await {
            Ok(recorder) => {
                let item =
                    MediaItem::new(visit, Some(statement), AttachmentKind::Voice, &recorder.media_type);
                self.running.try_update_value(|it| {
                    it.recorder = Some(recorder);
                    it.tape = Some(Tape::begin(clock::now()));
                    it.item = Some(item);
                });
            }
            Err(cause) => drop(self.trouble.try_set(Some(Trouble::NoRecording(cause)))),
        }
    }

    fn hear(self, heard: Heard) {
        let now = clock::now();
        let slices = self.running.try_update_value(|it| {
            let tape = it.tape.as_mut();
            match (&heard, tape) {
                (Heard::Slice(_), Some(tape)) => tape.slice(now),
                (Heard::Interrupted, Some(tape)) => tape.interrupt(now),
                (Heard::Resumed, Some(tape)) => tape.resume(now),
                (Heard::Ended, _) | (_, None) => {}
            }
            Rc::clone(&it.slices)
        });
        let Some(slices) = slices else { return };
        match heard {
            Heard::Slice(bytes) => slices.borrow_mut().waiting.push_back(bytes),
            Heard::Ended => slices.borrow_mut().ended = true,
            Heard::Interrupted | Heard::Resumed => {}
        }
        if !std::mem::replace(&mut slices.borrow_mut().writing, true) {
            spawn_local(self.keep(slices));
        }
    }

    /// Keeps slices in their order; after the last one the recording becomes part of the draft.
    async fn keep(self, slices: Rc<RefCell<Slices>>) {
        loop {
            let next = slices.borrow_mut().waiting.pop_front();
            let Some(bytes) = next else { break };
            let Some(Some(item)) = self.running.try_with_value(|it| it.item.clone()) else { break };
            let number = slices.borrow().next;
            let length = bytes.len() as u64;
            if let Err(cause) = media::keep_slice(self.phone, &item, number, bytes).await {
                let _ = self.trouble.try_set(Some(Trouble::Local(cause)));
                self.stop();
                break;
            }
            slices.borrow_mut().next += 1;
            let _ = self.kept_bytes.try_update(|it| *it += length);
        }
        let ended = {
            let mut slices = slices.borrow_mut();
            slices.writing = false;
            slices.ended && slices.waiting.is_empty()
        };
        if ended {
            let any = slices.borrow().next > 0;
            self.finish(any).await;
        }
    }

    async fn finish(self, any: bool) {
        let ended = self.running.try_update_value(|it| {
            it.recorder = None;
            (it.item.take(), it.tape.take())
        });
        let Some((Some(item), Some(tape))) = ended else { return };
        let (duration_ms, gaps) = tape.end(clock::now());
        if any {
            match media::finish(self.open, self.phone, item, Some(duration_ms), gaps).await {
                Ok(()) => toast::say(text().visitor.recording_kept.to_owned()),
                Err(cause) => toast::say((text().visitor.local_error)(&cause)),
            }
        }
        let _ = self.done.try_set(true);
    }

    fn tick(self) {
        let now = clock::now();
        let Some(Some((level, seconds, state, silent, cut_off))) = self.running.try_update_value(|it| {
            let level = it.recorder.as_ref().and_then(Recorder::level);
            let tape = it.tape.as_mut()?;
            if let Some(level) = level {
                tape.level(now, level);
            }
            let silent = level.is_some() && tape.is_silent(now);
            Some((level, tape.recorded_ms(now) / 1_000, tape.state(), silent, tape.is_cut_off(now)))
        }) else {
            return;
        };
        set_if_new(self.seconds, seconds);
        set_if_new(self.state, state);
        set_if_new(self.silent, silent);
        set_if_new(self.cut_off, cut_off);
        if state == TapeState::Running {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a level is 0 to 1")]
            let height = (level.unwrap_or(0.0).clamp(0.0, 1.0).sqrt() * 100.0) as u8;
            self.bars.update(|bars| {
                bars.remove(0);
                bars.push(height);
            });
        }
    }

    fn pause(self) {
        self.running.try_update_value(|it| {
            if let (Some(recorder), Some(tape)) = (&it.recorder, &mut it.tape) {
                recorder.pause();
                tape.pause(clock::now());
            }
        });
        self.tick();
    }

    fn resume(self) {
        self.running.try_update_value(|it| {
            if let (Some(recorder), Some(tape)) = (&it.recorder, &mut it.tape) {
                recorder.resume();
                tape.resume(clock::now());
            }
        });
        self.tick();
    }

    fn stop(self) {
        let running = self.running.try_update_value(|it| {
            if let Some(recorder) = &it.recorder {
                recorder.stop();
            }
            it.recorder.is_some()
        });
        if running != Some(true) {
            let _ = self.done.try_set(true);
        }
    }

    /// The screen is left without a stop: what is kept becomes part of the draft all the same.
    fn put_away(self) {
        let left = self.running.try_update_value(|it| {
            it.recorder = None;
            (it.item.take(), it.tape.take())
        });
        if let Some((Some(item), Some(tape))) = left {
            let (duration_ms, gaps) = tape.end(clock::now());
            let Self { open, phone, .. } = self;
            spawn_local(async move {
                if let Err(cause) = media::finish(open, phone, item, Some(duration_ms), gaps).await {
                    toast::say((text().visitor.local_error)(&cause));
                }
            });
        }
    }
}

fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.try_with_untracked(|it| *it != value) == Some(true) {
        signal.set(value);
    }
}

#[component]
fn State(deck: Deck) -> impl IntoView {
    view! {
        <div role="status">
            {move || {
                let visitor = text().visitor;
                match deck.state.get() {
                    TapeState::Running => view! { <Pill tone=Tone::Cinnabar><span class="dot"></span>{visitor.recording}</Pill> },
                    TapeState::Paused => view! { <Pill tone=Tone::Plain><span class="dot off"></span>{visitor.paused}</Pill> },
                    TapeState::Interrupted => view! { <Pill tone=Tone::Amber><span class="dot off"></span>{visitor.interrupted}</Pill> },
                }
            }}
        </div>
    }
}

/// The last seconds of loudness, as bars.
#[component]
fn Level(bars: RwSignal<Vec<u8>>) -> impl IntoView {
    let path = move || {
        bars.with(|bars| {
            bars.iter().enumerate().fold(String::new(), |path, (n, height)| {
                let (x, half) = (n * 6 + 3, 2 + u32::from(*height) * 38 / 100);
                path + &format!("M{x} {}V{}", 40 - half.min(40), 40 + half.min(40))
            })
        })
    };
    view! {
        <svg class="level" viewBox="0 0 240 80" role="img" aria-label=move || text().visitor.level>
            <path d=path/>
        </svg>
    }
}

#[component]
fn Alarms(deck: Deck) -> impl IntoView {
    let trouble = move || {
        deck.trouble.get().map(|it| match it {
            Trouble::NoRecording(cause) => (text().visitor.no_recording)(cause).to_owned(),
            Trouble::Local(LocalError::Full) => text().visitor.recording_full.to_owned(),
            Trouble::Local(cause) => (text().visitor.local_error)(&cause),
        })
    };
    view! {
        <div role="alert">
            {move || trouble().map(|it| view! { <p class="notice cinnabar">{it}</p> })}
            {move || (deck.cut_off.get() && trouble().is_none()).then(|| view! {
                <p class="notice cinnabar">{text().visitor.cut_off}</p>
            })}
            {move || (deck.silent.get() && !deck.cut_off.get()).then(|| view! {
                <p class="notice amber">{text().visitor.silent}</p>
            })}
        </div>
    }
}

#[component]
fn Buttons(deck: Deck) -> impl IntoView {
    let paused = move || deck.state.get() != TapeState::Running;
    let pause =
        move |_| if deck.state.get_untracked() == TapeState::Running { deck.pause() } else { deck.resume() };
    view! {
        <button on:click=pause>
            {move || if paused() { text().visitor.resume } else { text().visitor.pause }}
        </button>
        <button class="record-stop" on:click=move |_| deck.stop()>
            <Icon shape=Shape::Stop/>
            <span>{move || text().visitor.stop}</span>
        </button>
        <button on:click=move |_| deck.stop()>{move || text().visitor.type_instead}</button>
    }
}
