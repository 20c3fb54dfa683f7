//! Word between the windows of one phone that something was kept, so that each shows it.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::BroadcastChannel;

const CHANNEL: &str = "zoufang";

/// Tells the other windows.
pub fn tell() {
    // Without the channel each window sees news when it is opened or returned to.
    if let Ok(channel) = BroadcastChannel::new(CHANNEL) {
        drop(channel.post_message(&"kept".into()));
        channel.close();
    }
}

/// Listens until it is dropped.
pub struct Listening {
    channel: BroadcastChannel,
    _heard: Closure<dyn Fn()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.channel.close();
    }
}

/// Calls `heard` when another window has kept something.
pub fn listen(heard: impl Fn() + 'static) -> Option<Listening> {
    let channel = BroadcastChannel::new(CHANNEL).ok()?;
    let heard = Closure::<dyn Fn()>::new(heard);
    channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    Some(Listening { channel, _heard: heard })
}
