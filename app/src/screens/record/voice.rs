//! Recording a voice: big figures, a level, one button to end.

use std::{cell::Cell, time::Duration};

use domain::{draft::Draft, id::RecordId, recording::TapeState, visit::Given};
use leptos::{ev, task::spawn_local};

use crate::{
    clock,
    i18n::text,
    local::LocalError,
    media::recorder::{NoRecording, Recorder},
    parts::{
        frame::Frame,
        icon::{Icon, Shape},
        pill::{Pill, Tone},
    },
    phone::{
        Phone,
        open_draft::{OpenDraft, open_draft},
        phone, set_if_new,
        taping::{self, Shared, Taping},
    },
    prelude::*,
};

/// How often figures and level move, in milliseconds.
const TICK_MS: u64 = 150;
/// Bars of the level; the oldest leaves at the left.
const BARS: usize = 40;

thread_local! {
    static ASKED_TO_BEGIN: Cell<bool> = const { Cell::new(false) };
}

/// The next voice screen begins at once: it was tapped for. One that the browser restores waits for a tap.
pub fn ask_to_begin() {
    ASKED_TO_BEGIN.set(true);
}

/// How far the screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Waits for a tap.
    Ready,
    /// The browser asks for the microphone.
    Asking,
    NoRecording(NoRecording),
    Begun,
}

/// What the screen shows of a running recording.
#[derive(Clone, Copy)]
struct Deck {
    phone: Phone,
    open: OpenDraft,
    visit: RecordId,
    /// None where it answers a question.
    statement: Option<RecordId>,
    taping: StoredValue<Option<Shared>, LocalStorage>,
    phase: RwSignal<Phase>,
    state: RwSignal<TapeState>,
    seconds: RwSignal<u64>,
    kept_bytes: RwSignal<u64>,
    bars: RwSignal<Vec<u8>>,
    silent: RwSignal<bool>,
    cut_off: RwSignal<bool>,
    awake: RwSignal<bool>,
    gaps_n: RwSignal<usize>,
    trouble: RwSignal<Option<LocalError>>,
    /// It has ended, and all there is of it is part of the draft.
    over: RwSignal<bool>,
    done: RwSignal<bool>,
}

/// The page on which a voice is recorded: for a statement, or as an answer in a questionnaire, by its version.
#[component]
pub fn Voice() -> impl IntoView {
    let open = open_draft();
    let visit = open.draft.with_untracked(Draft::id);
    let of = router::part(3).get_untracked();
    let statement = of.parse().ok().map(RecordId);
    let page = if statement.is_some() { "?at=" } else { "/form/" };
    let address = format!("/record/{visit}{page}{of}");
    let back = address.clone();
    let deck = Deck::new(open, visit, statement);
    if ASKED_TO_BEGIN.take() && deck.may_record() {
        deck.begin();
    }
    let tick = set_interval_with_handle(move || deck.tick(), Duration::from_millis(TICK_MS));
    let shown = window_event_listener(ev::visibilitychange, move |_| {
        deck.with_recorder(Recorder::wake);
    });
    on_cleanup(move || {
        if let Ok(tick) = tick {
            tick.clear();
        }
        shown.remove();
        // The screen is left without a stop: what is kept becomes part of the draft all the same.
        if let Some(Some(shared)) = deck.taping.try_get_value() {
            taping::stop(&shared);
        }
    });
    Effect::new(move |_| {
        if deck.done.get() {
            router::go_instead(&back);
        }
    });
    view! {
        <Frame
            title=Signal::derive(|| text().visitor.record.to_owned())
            back=address
            foot=move || view! { <Buttons deck/> }
        >
            <div class="voice">
                <header>
                    <State deck/>
                    <span class="quiet">{move || deck.awake.get().then(|| text().visitor.screen_stays_on)}</span>
                </header>
                <p class="elapsed" role="timer">{move || elapsed(deck.seconds.get())}</p>
                <p class="quiet">{move || (text().visitor.every_second)(deck.kept_bytes.get())}</p>
                <Level bars=deck.bars/>
                <Alarms deck/>
                <div class="card sunk">
                    <p class="quiet">{move || text().visitor.as_said}</p>
                    <p>{move || text().visitor.may_ask}</p>
                </div>
                <p class="quiet">
                    {move || match deck.gaps_n.get() {
                        0 => text().visitor.interruption_hint.to_owned(),
                        n => (text().visitor.gaps_n)(n),
                    }}
                </p>
            </div>
        </Frame>
    }
    .into_any()
}

/// `06:12`
fn elapsed(seconds: u64) -> String {
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

impl Deck {
    fn new(open: OpenDraft, visit: RecordId, statement: Option<RecordId>) -> Self {
        Self {
            phone: phone(),
            open,
            visit,
            statement,
            taping: StoredValue::new_local(None),
            phase: RwSignal::new(Phase::Ready),
            state: RwSignal::new(TapeState::Running),
            seconds: RwSignal::new(0),
            kept_bytes: RwSignal::new(0),
            bars: RwSignal::new(vec![0; BARS]),
            silent: RwSignal::new(false),
            cut_off: RwSignal::new(false),
            awake: RwSignal::new(false),
            gaps_n: RwSignal::new(0),
            trouble: RwSignal::new(None),
            over: RwSignal::new(false),
            done: RwSignal::new(false),
        }
    }

    fn may_record(self) -> bool {
        match self.open.draft.with_untracked(|it| it.visit.value.consent.recording) {
            Given::Spoken | Given::Signed => true,
            Given::NotAsked | Given::Refused => false,
        }
    }

    fn begin(self) {
        self.phase.set(Phase::Asking);
        let Self { phone, visit, statement, .. } = self;
        spawn_local(async move {
            match taping::begin(phone, visit, statement).await {
                Ok(shared) => {
                    let left = self.taping.try_update_value(|it| it.replace(shared.clone())).is_none();
                    if left {
                        taping::stop(&shared);
                    }
                    let _ = self.phase.try_set(Phase::Begun);
                }
                Err(cause) => drop(self.phase.try_set(Phase::NoRecording(cause))),
            }
        });
    }

    fn with<T>(self, act: impl FnOnce(&mut Taping) -> T) -> Option<T> {
        let shared = self.taping.try_get_value()??;
        let mut borrowed = shared.try_borrow_mut().ok()?;
        borrowed.as_mut().map(act)
    }

    fn with_recorder<T>(self, act: impl FnOnce(&Recorder) -> T) -> Option<T> {
        self.with(|it| it.recorder.as_ref().map(act)).flatten()
    }

    fn tick(self) {
        let now = clock::now();
        self.with(|it| {
            let level = it.recorder.as_ref().and_then(Recorder::level);
            it.tape.level(now, level.unwrap_or(1.0));
            let over = it.is_done();
            if !over {
                set_if_new(self.seconds, it.tape.recorded_ms(now) / 1_000);
                set_if_new(self.state, it.tape.state());
                set_if_new(self.gaps_n, it.tape.gaps_n());
            }
            set_if_new(self.silent, !over && it.tape.is_silent(now));
            set_if_new(self.cut_off, !over && it.tape.is_cut_off(now));
            set_if_new(self.awake, it.recorder.as_ref().is_some_and(Recorder::is_awake));
            set_if_new(self.kept_bytes, it.kept_bytes);
            set_if_new(self.trouble, it.trouble.clone());
            set_if_new(self.over, over);
            set_if_new(self.done, over && it.went_well());
            if !over && it.tape.state() == TapeState::Running {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a level is 0 to 1"
                )]
                let height = (level.unwrap_or(0.0).clamp(0.0, 1.0).sqrt() * 100.0) as u8;
                self.bars.update(|bars| {
                    bars.remove(0);
                    bars.push(height);
                });
            }
        });
    }

    fn pause(self) {
        self.with(|it| if it.tape.state() == TapeState::Paused { it.resume() } else { it.pause() });
        self.tick();
    }

    /// Ends it; where nothing runs, the screen is left at once.
    fn stop(self) {
        match self.taping.get_value() {
            Some(shared) if !self.over.get_untracked() => taping::stop(&shared),
            _ => self.done.set(true),
        }
    }
}

#[component]
fn State(deck: Deck) -> impl IntoView {
    view! {
        <div role="status">
            {move || {
                let visitor = text().visitor;
                let off = |words: &'static str| view! { <Pill tone=Tone::Plain><span class="dot off"></span>{words}</Pill> };
                match (deck.phase.get(), deck.over.get(), deck.state.get()) {
                    (Phase::Ready, ..) => off(visitor.record_ready),
                    (Phase::Asking, ..) => off(visitor.record_asking),
                    (Phase::NoRecording(_), ..) | (_, true, _) => off(visitor.record_off),
                    (Phase::Begun, false, TapeState::Paused) => off(visitor.paused),
                    (Phase::Begun, false, TapeState::Running) => view! { <Pill tone=Tone::Cinnabar><span class="dot"></span>{visitor.recording}</Pill> },
                    (Phase::Begun, false, TapeState::Interrupted) => view! { <Pill tone=Tone::Amber><span class="dot off"></span>{visitor.interrupted}</Pill> },
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
        let visitor = text().visitor;
        if let Phase::NoRecording(cause) = deck.phase.get() {
            return Some((visitor.no_recording)(cause).to_owned());
        }
        match deck.trouble.get() {
            Some(LocalError::Full) => Some(visitor.recording_full.to_owned()),
            Some(cause) => Some((visitor.local_error)(&cause)),
            None if deck.cut_off.get() || deck.over.get() => Some(visitor.cut_off.to_owned()),
            None => None,
        }
    };
    view! {
        <div role="alert">
            {move || trouble().map(|it| view! { <p class="notice cinnabar">{it}</p> })}
            {move || (deck.silent.get() && !deck.cut_off.get()).then(|| view! {
                <p class="notice amber">{text().visitor.silent}</p>
            })}
        </div>
    }
}

#[component]
fn Buttons(deck: Deck) -> impl IntoView {
    let begun = move || deck.phase.get() == Phase::Begun;
    let agree = move |_| {
        deck.open.edit(|it| {
            // Tapping it says that they were asked.
            let recording = &mut it.visit.value.consent.recording;
            if !matches!(recording, Given::Spoken | Given::Signed) {
                *recording = Given::Spoken;
            }
        });
        deck.begin();
    };
    let paused = move || deck.state.get() == TapeState::Paused;
    view! {
        <Show when=begun fallback=move || view! {
            <Show when=move || deck.phase.get() != Phase::Asking>
                <button class="record-stop" on:click=agree>{move || text().visitor.agrees}</button>
            </Show>
        }>
            <button on:click=move |_| deck.pause() disabled=move || deck.over.get()>
                {move || if paused() { text().visitor.resume } else { text().visitor.pause }}
            </button>
            <button class="record-stop" on:click=move |_| deck.stop()>
                <Icon shape=Shape::Stop/>
                <span>{move || text().visitor.stop}</span>
            </button>
        </Show>
        <button on:click=move |_| deck.stop()>{move || text().visitor.type_instead}</button>
    }
}
