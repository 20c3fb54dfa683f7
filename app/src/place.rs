//! Where the app is open: some places do not keep what is recorded.

use crate::prelude::*;

/// Why recording is refused here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// WeChat's browser clears its storage as it likes.
    WeChat,
    /// A tab of an iPhone's browser loses its storage after a week without a tap.
    IosTab,
}

/// Whether what is recorded here may vanish.
pub fn refusal() -> Option<Refusal> {
    let navigator = window().navigator();
    let agent = navigator.user_agent().unwrap_or_default();
    if agent.contains("MicroMessenger") {
        return Some(Refusal::WeChat);
    }
    let property = |name: &str| js_sys::Reflect::get(&navigator, &name.into()).ok();
    // An iPad calls itself a Mac; no Mac has a touch screen.
    let touch = property("maxTouchPoints").and_then(|it| it.as_f64()).is_some_and(|it| it > 1.0);
    let ios = ["iPhone", "iPad", "iPod"].iter().any(|it| agent.contains(it))
        || (agent.contains("Macintosh") && touch);
    let standalone = property("standalone").and_then(|it| it.as_bool());
    (ios && standalone == Some(false)).then_some(Refusal::IosTab)
}
