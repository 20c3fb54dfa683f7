//! A voice recording, handed out in slices of one second as it goes.
//!
//! Whoever holds the [`Recorder`] keeps each slice at once, so that a killed phone loses the slice
//! under way and nothing before it. Interruptions are reported as gaps, never as silence.

use std::{cell::RefCell, rc::Rc};

use domain::recording::SLICE_MS;
use js_sys::{Array, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AnalyserNode, AudioContext, AudioContextState, Blob, BlobEvent, MediaRecorder, MediaRecorderOptions,
    MediaStream, MediaStreamConstraints, MediaStreamTrack,
};

/// Opus at this rate is 188 kB a minute and good to listen to.
pub const BITS_PER_SECOND: u32 = 24_000;
/// Container types in the order of preference; Safari has the second.
const MEDIA_TYPES: [&str; 4] = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus", "audio/webm"];
/// How often the level is measured, in samples of the wave.
const WAVE_SAMPLES: u32 = 1_024;

/// Length of the alarm, in seconds.
const ALARM_S: f64 = 0.8;

/// What a recorder tells while it runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// The next slice, in order.
    Slice(Vec<u8>),
    /// The microphone went away: a call, a locked screen, a permission taken back.
    Interrupted,
    /// It came back.
    Resumed,
    /// The recorder ended by itself or was stopped; every slice has been handed out.
    Ended,
}

/// Why there is no recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRecording {
    /// The person or the browser's settings said no.
    Denied,
    /// There is no microphone.
    NoMicrophone,
    /// Another program holds it.
    Taken,
    /// This browser cannot record.
    Unsupported,
}

/// A running recording. Dropping it releases the microphone and the screen's wake lock.
pub struct Recorder {
    recorder: MediaRecorder,
    stream: MediaStream,
    audio: Option<(AudioContext, AnalyserNode)>,
    wave: RefCell<Vec<u8>>,
    wake_lock: Rc<RefCell<Option<JsValue>>>,
    pub media_type: String,
    _listeners: Vec<Closure<dyn FnMut(JsValue)>>,
}

impl Recorder {
    /// Asks for the microphone and begins.
    ///
    /// # Errors
    ///
    /// [`NoRecording`], to put into words and offer typing instead.
    pub async fn start(heard: impl Fn(Heard) + 'static) -> Result<Self, NoRecording> {
        let media_type = MEDIA_TYPES
            .into_iter()
            .find(|it| MediaRecorder::is_type_supported(it))
            .ok_or(NoRecording::Unsupported)?;
        let stream = microphone().await?;
        let options = MediaRecorderOptions::new();
        options.set_mime_type(media_type);
        options.set_audio_bits_per_second(BITS_PER_SECOND);
        let recorder = MediaRecorder::new_with_media_stream_and_media_recorder_options(&stream, &options)
            .map_err(|_| NoRecording::Unsupported)?;
        let listeners = listen(&recorder, &stream, Rc::new(heard));
        recorder.start_with_time_slice(SLICE_MS.cast_signed()).map_err(|_| NoRecording::Taken)?;
        let wake_lock = Rc::new(RefCell::new(None));
        keep_awake(Rc::clone(&wake_lock));
        let media_type = match recorder.mime_type() {
            it if it.is_empty() => media_type.to_owned(),
            it => it,
        };
        Ok(Self {
            audio: meter(&stream),
            wave: RefCell::new(vec![0; WAVE_SAMPLES as usize]),
            recorder,
            stream,
            wake_lock,
            media_type,
            _listeners: listeners,
        })
    }

    /// Hands out the slice under way and waits. Slices already handed out are whole.
    pub fn pause(&self) {
        // Without asking first, Chromium 138 forgets the slice under way.
        drop(self.recorder.request_data());
        drop(self.recorder.pause());
    }

    pub fn resume(&self) {
        drop(self.recorder.resume());
        self.wake();
    }

    /// Takes what the system took while the screen was off: the wake lock, and the meter.
    pub fn wake(&self) {
        keep_awake(Rc::clone(&self.wake_lock));
        if let Some((context, _)) = &self.audio {
            drop(context.resume());
        }
    }

    /// Whether the screen stays on.
    pub fn is_awake(&self) -> bool {
        let held = self.wake_lock.borrow();
        let released = held.as_ref().and_then(|it| Reflect::get(it, &"released".into()).ok());
        released.is_some_and(|it| it.is_falsy())
    }

    /// Ends the recording; the last slice and [`Heard::Ended`] follow, unless it had ended by itself: then
    /// the answer is `false`.
    pub fn stop(&self) -> bool {
        self.recorder.stop().is_ok()
    }

    /// The loudness at this moment, 0 to 1; `None` where it cannot be measured.
    pub fn level(&self) -> Option<f64> {
        let (context, analyser) = self.audio.as_ref()?;
        // One that the system has not let run yet hears nothing, which is no silence.
        if context.state() != AudioContextState::Running {
            return None;
        }
        let mut wave = self.wave.borrow_mut();
        analyser.get_byte_time_domain_data(&mut wave);
        let peak = wave.iter().map(|it| it.abs_diff(128)).max().unwrap_or(0);
        Some(f64::from(peak) / 128.0)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        for track in self.stream.get_tracks() {
            track.unchecked_into::<MediaStreamTrack>().stop();
        }
        if let Some((context, _)) = &self.audio {
            drop(context.close());
        }
        if let Some(lock) = self.wake_lock.borrow_mut().take() {
            release(&lock);
        }
    }
}

async fn microphone() -> Result<MediaStream, NoRecording> {
    let devices = web_sys::window()
        .and_then(|it| it.navigator().media_devices().ok())
        .filter(|it| !it.is_undefined())
        .ok_or(NoRecording::Unsupported)?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&JsValue::TRUE);
    let asked = devices.get_user_media_with_constraints(&constraints).map_err(|it| why(&it))?;
    let stream = JsFuture::from(asked).await.map_err(|it| why(&it))?;
    Ok(stream.unchecked_into())
}

fn why(cause: &JsValue) -> NoRecording {
    let name = Reflect::get(cause, &"name".into()).ok().and_then(|it| it.as_string()).unwrap_or_default();
    match name.as_str() {
        "NotAllowedError" | "SecurityError" => NoRecording::Denied,
        "NotFoundError" | "OverconstrainedError" => NoRecording::NoMicrophone,
        "NotReadableError" | "AbortError" => NoRecording::Taken,
        _ => NoRecording::Unsupported,
    }
}

fn listen(
    recorder: &MediaRecorder,
    stream: &MediaStream,
    heard: Rc<dyn Fn(Heard)>,
) -> Vec<Closure<dyn FnMut(JsValue)>> {
    // Reading a slice takes a moment; the queue keeps their order and lets `Ended` come last.
    let (queue, slices) = futures_channel::mpsc::unbounded::<Option<Blob>>();
    spawn_local(hand_out(slices, Rc::clone(&heard)));
    let on_data = {
        let queue = queue.clone();
        Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
            if let Some(blob) = event.unchecked_into::<BlobEvent>().data()
                && blob.size() > 0.0
            {
                drop(queue.unbounded_send(Some(blob)));
            }
        })
    };
    recorder.set_ondataavailable(Some(on_data.as_ref().unchecked_ref()));
    let on_stop = Closure::<dyn FnMut(JsValue)>::new(move |_| drop(queue.unbounded_send(None)));
    recorder.set_onstop(Some(on_stop.as_ref().unchecked_ref()));
    let mut listeners = vec![on_data, on_stop];
    for track in stream.get_tracks() {
        let track: MediaStreamTrack = track.unchecked_into();
        let (muted, back) = (Rc::clone(&heard), Rc::clone(&heard));
        let on_mute = Closure::<dyn FnMut(JsValue)>::new(move |_| muted(Heard::Interrupted));
        let on_unmute = Closure::<dyn FnMut(JsValue)>::new(move |_| back(Heard::Resumed));
        track.set_onmute(Some(on_mute.as_ref().unchecked_ref()));
        track.set_onunmute(Some(on_unmute.as_ref().unchecked_ref()));
        listeners.extend([on_mute, on_unmute]);
    }
    listeners
}

async fn hand_out(
    mut slices: futures_channel::mpsc::UnboundedReceiver<Option<Blob>>,
    heard: Rc<dyn Fn(Heard)>,
) {
    while let Ok(next) = slices.recv().await {
        match next {
            Some(blob) => {
                if let Ok(buffer) = JsFuture::from(blob.array_buffer()).await {
                    heard(Heard::Slice(Uint8Array::new(&buffer).to_vec()));
                }
            }
            None => heard(Heard::Ended),
        }
    }
}

fn meter(stream: &MediaStream) -> Option<(AudioContext, AnalyserNode)> {
    let context = AudioContext::new().ok()?;
    drop(context.resume());
    let analyser = context.create_analyser().ok()?;
    analyser.set_fft_size(WAVE_SAMPLES);
    let source = context.create_media_stream_source(stream).ok()?;
    source.connect_with_audio_node(&analyser).ok()?;
    Some((context, analyser))
}

/// Asks that the screen stay on. Where the browser has no such lock, or the battery is low, the
/// recording goes on without.
fn keep_awake(lock: Rc<RefCell<Option<JsValue>>>) {
    spawn_local(async move {
        let Some(window) = web_sys::window() else { return };
        let Ok(wake_lock) = Reflect::get(&window.navigator(), &"wakeLock".into()) else { return };
        if wake_lock.is_undefined() {
            return;
        }
        let Ok(promise) = call(&wake_lock, "request", &Array::of1(&"screen".into())) else { return };
        if let Ok(held) = JsFuture::from(promise.unchecked_into::<Promise>()).await {
            if Rc::strong_count(&lock) == 1 {
                // The recording ended meanwhile.
                return release(&held);
            }
            if let Some(before) = lock.borrow_mut().replace(held) {
                release(&before);
            }
        }
    });
}

fn release(lock: &JsValue) {
    drop(call(lock, "release", &Array::new()));
}

/// A sound for what must be noticed with the phone in a pocket. Where none can be made, there is the message.
pub fn alarm() {
    let sound = || -> Result<(), JsValue> {
        let context = AudioContext::new()?;
        drop(context.resume());
        let tone = call(&context, "createOscillator", &Array::new())?;
        call(&tone, "connect", &Array::of1(&Reflect::get(&context, &"destination".into())?))?;
        call(&tone, "start", &Array::new())?;
        call(&tone, "stop", &Array::of1(&(context.current_time() + ALARM_S).into()))?;
        let over = Closure::once_into_js(move || drop(context.close()));
        Reflect::set(&tone, &"onended".into(), &over).map(drop)
    };
    let _ = sound();
}

fn call(object: &JsValue, method: &str, arguments: &Array) -> Result<JsValue, JsValue> {
    let function = Reflect::get(object, &method.into())?;
    let function: js_sys::Function = function.dyn_into()?;
    function.apply(object, arguments)
}
