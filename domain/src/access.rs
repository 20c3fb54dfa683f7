//! Where an account is open: its sessions and devices, as their owner lists and ends them.

use serde::{Deserialize, Serialize};

use crate::envelope::Hash;

/// Longest User-Agent of a browser that is kept, in characters.
pub const BROWSER_CHARS_MAX: usize = 300;

/// The own sessions and devices, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Access {
    pub sessions: Vec<ListedSession>,
    pub devices: Vec<ListedDevice>,
}

/// A session in the list. Times are in milliseconds since 1970, by the server's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListedSession {
    /// SHA-256 of what the browser or script holds: names the session and opens nothing.
    pub id: Hash,
    /// A script's token, made on the server's command line.
    pub script: bool,
    /// The browser, see [`browser`]; of a script what it was said to be for.
    pub place: String,
    pub begun_at: i64,
    /// At most five minutes older than the last use.
    pub seen_at: i64,
    /// The one that asks.
    pub this: bool,
}

/// A device in the list: a phone that has made a key of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListedDevice {
    pub id: Hash,
    pub added_at: i64,
    /// The last use of a session on it; absent where none is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<i64>,
    /// What it sends is set aside.
    pub disabled: bool,
    /// The one that asks.
    pub this: bool,
}

/// System and browser by a User-Agent, such as `Android · Chrome`; empty where neither is known. It is what a browser
/// says of itself, for its owner to know it again by, and no proof.
pub fn browser(user_agent: &str) -> String {
    // The first that fits: later ones name themselves in those before.
    const SYSTEMS: [(&str, &str); 8] = [
        ("OpenHarmony", "HarmonyOS"),
        ("HarmonyOS", "HarmonyOS"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    const BROWSERS: [(&str, &str); 10] = [
        ("MicroMessenger", "微信"),
        ("HuaweiBrowser", "华为浏览器"),
        ("MiuiBrowser", "小米浏览器"),
        ("VivoBrowser", "vivo 浏览器"),
        ("HeyTapBrowser", "OPPO 浏览器"),
        ("QQBrowser", "QQ 浏览器"),
        ("Edg", "Edge"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ];
    let find =
        |known: &[(&str, &'static str)]| known.iter().find(|it| user_agent.contains(it.0)).map(|it| it.1);
    let parts: Vec<&str> = [find(&SYSTEMS), find(&BROWSERS)].into_iter().flatten().collect();
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_by_what_its_owner_calls_it() {
        let android = "Mozilla/5.0 (Linux; Android 14; V2304A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 \
            Mobile Safari/537.36";
        assert_eq!(browser(android), "Android · Chrome");
        assert_eq!(browser(&format!("{android} MicroMessenger/8.0.49")), "Android · 微信");
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0";
        assert_eq!(browser(edge), "Windows · Edge");
        assert_eq!(browser("curl/8.5.0"), "");
    }
}
