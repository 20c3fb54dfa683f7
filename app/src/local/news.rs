//! Word between the windows of one phone that something was kept, so that each shows it.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::BroadcastChannel;

const CHANNEL: &str = "zoufang";

/// Listens until it is dropped.
pub struct Listening {
    channel: BroadcastChannel,
    _heard: Closure<dyn Fn()>,
}

impl Listening {
    /// Tells the other windows. This one does not hear it: a channel hears all but itself.
    pub fn tell(&self) {
        drop(self.channel.post_message(&"kept".into()));
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.channel.close();
    }
}

/// Calls `heard` when another window has kept something. Without the channel each window sees news when it is
/// opened or returned to.
pub fn listen(heard: impl Fn() + 'static) -> Option<Listening> {
    let channel = BroadcastChannel::new(CHANNEL).ok()?;
    let heard = Closure::<dyn Fn()>::new(heard);
    channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    Some(Listening { channel, _heard: heard })
}
