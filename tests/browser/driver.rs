//! A real Chromium, driven through chromedriver. It ends only what it started.

#![allow(dead_code, reason = "journeys and figures each take their part of the driver")]

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction},
    elements::Element,
    wd::WebDriverCompatibleCommand,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;

/// Longest wait for something to appear. A condition is polled; nothing sleeps for its own sake.
pub const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(40);

/// The PIN of every phone of these journeys.
pub const PIN: &str = "246810";

/// For scripts that run asynchronously: `opened` opens the store of who is signed in as a database, `all` answers what a
/// table holds as key and bytes, unsealed, `texts` as text.
pub const STORE: &str =
    "const name = (await indexedDB.databases()).map((it) => it.name).find((it) => it !== 'zoufang-device');
    const answered = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const opened = (version) => answered(indexedDB.open(name, version));
    const all = async (db, table) => {
        const store = db.transaction(table).objectStore(table);
        const [keys, values] = await Promise.all([answered(store.getAllKeys()), answered(store.getAll())]);
        const row = new TextDecoder().decode(await answered(db.transaction('meta').objectStore('meta').get('lock')));
        window.storeKey ??= await zoufang.openKey('246810', name.slice('zoufang-'.length), row);
        const group = (key) => key.split('/').find((it) => it.length === 36) ?? table;
        const clear = (key, bytes) =>
            bytes[0] === 1 ? zoufang.open(window.storeKey, group(key), `${name}/${table}/${key}`, bytes) : bytes;
        return Promise.all(keys.map(async (key, n) => [key, await clear(key, values[n])]));
    };
    const texts = async (db, table) => (await all(db, table)).map(([, it]) => new TextDecoder().decode(it));";

/// A script that answers what `body` gives to `done`, with [`STORE`] at hand.
pub fn on_store(body: &str) -> String {
    format!("const done = arguments[0]; (async () => {{ {STORE} {body} }})();")
}

/// The size of a window, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

/// A phone as in the pictures.
pub const PHONE: Size = Size { width: 390, height: 844 };
/// The narrowest phone.
pub const NARROW: Size = Size { width: 320, height: 640 };
/// An office desktop.
pub const DESK: Size = Size { width: 1440, height: 880 };

/// A browser with a profile of its own, which outlives a kill.
pub struct Browser {
    client: Option<Client>,
    driver: Child,
    profile: TempDir,
    port: u16,
    size: Size,
    chromium_pid: Option<u32>,
    /// Whether the PIN is entered wherever it is asked for while something else is waited for.
    pub unlocks: bool,
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(pid) = self.chromium_pid {
            kill(pid);
        }
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

fn kill(pid: u32) {
    // The process id is the one chromedriver named when it started this very browser.
    drop(Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status());
}

impl Browser {
    /// Starts Chromium with an empty profile.
    pub async fn start(size: Size) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            // On Linux it is this, not --lang, that Chromium writes dates by.
            .env("LANGUAGE", "zh_CN")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed (see the Makefile)");
        let profile = TempDir::new().expect("a folder for the profile");
        let mut browser =
            Self { client: None, driver, profile, port, size, chromium_pid: None, unlocks: true };
        browser.open().await;
        browser
    }

    /// Starts Chromium on the profile that is there, as after a crash.
    pub async fn open(&mut self) {
        let capabilities = capabilities(self.profile.path());
        let deadline = Instant::now() + PATIENCE;
        let client = loop {
            let connector = hyper_util::client::legacy::connect::HttpConnector::new();
            let mut builder = ClientBuilder::new(connector);
            builder.capabilities(capabilities.clone());
            match builder.connect(&format!("http://127.0.0.1:{}", self.port)).await {
                Ok(client) => break client,
                Err(cause) if Instant::now() > deadline => panic!("chromedriver does not answer: {cause}"),
                Err(_) => tokio::time::sleep(POLL).await,
            }
        };
        let pid = client.capabilities().and_then(|it| it.get("goog:processID")).and_then(Value::as_u64);
        self.chromium_pid = pid.and_then(|it| u32::try_from(it).ok());
        self.client = Some(client);
        self.resize(self.size).await;
    }

    /// Ends Chromium as a dead battery would: at once, without a word to the page.
    pub async fn kill(&mut self) {
        kill(self.chromium_pid.take().expect("chromedriver named the process"));
        if let Some(client) = self.client.take() {
            drop(client.close().await);
        }
    }

    /// Where a text lies in the clear, as UTF-8 or as UTF-16: the files of the profile. To be asked while Chromium is not running.
    pub fn in_profile(&self, text: &str) -> Vec<String> {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut folders = vec![self.profile.path().to_owned()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("the profile").flatten() {
                let path = entry.path();
                if entry.file_type().is_ok_and(|it| it.is_dir()) {
                    folders.push(path);
                } else if let Ok(bytes) = std::fs::read(&path)
                    && [text.as_bytes(), &wide].iter().any(|it| bytes.windows(it.len()).any(|at| at == *it))
                {
                    found.push(path.display().to_string());
                }
            }
        }
        found
    }

    fn client(&self) -> &Client {
        self.client.as_ref().expect("the browser runs")
    }

    /// Gives the page a screen of this size with a phone's or a desktop's pixels.
    pub async fn resize(&mut self, size: Size) {
        self.size = size;
        let metrics = json!({
            "width": size.width, "height": size.height, "deviceScaleFactor": 1,
            "mobile": size.width < 700,
        });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// A command of Chromium's own protocol.
    pub async fn cdp(&self, command: &str, parameters: Value) -> Value {
        let command = Cdp { body: json!({ "cmd": command, "params": parameters }) };
        self.client().issue_cmd(command).await.expect("chromium takes the command")
    }

    /// Cuts the page from every network, or joins it again.
    pub async fn offline(&self, offline: bool) {
        self.network(offline, 0.0, -1.0).await;
    }

    /// A line of this latency and bandwidth; -1 leaves the bandwidth alone.
    pub async fn network(&self, offline: bool, latency_ms: f64, bytes_per_s: f64) {
        self.cdp("Network.enable", json!({})).await;
        let conditions = json!({
            "offline": offline, "latency": latency_ms,
            "downloadThroughput": bytes_per_s, "uploadThroughput": bytes_per_s,
        });
        self.cdp("Network.emulateNetworkConditions", conditions).await;
    }

    /// Slows the processor down `times` times.
    pub async fn cpu(&self, times: u32) {
        self.cdp("Emulation.setCPUThrottlingRate", json!({ "rate": times })).await;
    }

    /// Light or dark, as the system would ask for.
    pub async fn dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.cdp("Emulation.setEmulatedMedia", features).await;
    }

    pub async fn goto(&self, address: &str) {
        self.client().goto(address).await.expect("the page loads");
    }

    /// The window that is looked at.
    pub async fn window(&self) -> String {
        self.client().window().await.expect("a window").into()
    }

    /// Opens a second window and looks at it.
    pub async fn open_window(&self, address: &str) {
        let window = self.client().new_window(true).await.expect("a window opens").handle;
        self.client().switch_to_window(window).await.expect("the window is there");
        self.goto(address).await;
    }

    /// Closes the window that is looked at and looks at another.
    pub async fn close_window(&self, other: &str) {
        self.client().close_window().await.expect("the window closes");
        let other = other.to_owned().try_into().expect("a window's handle");
        self.client().switch_to_window(other).await.expect("the window is there");
    }

    pub async fn reload(&self) {
        self.client().refresh().await.expect("the page reloads");
    }

    pub async fn path(&self) -> String {
        self.client().current_url().await.expect("a page").path().to_owned()
    }

    /// Runs a function body in the page and answers what it returns.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client().execute(script, arguments).await.expect("the script runs")
    }

    /// Runs a function body whose last argument is called with the answer.
    pub async fn run_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client().execute_async(script, arguments).await.expect("the script runs")
    }

    /// The first element that a CSS selector finds, once it is there.
    pub async fn find(&self, css: &str) -> Element {
        self.until(&format!("an element {css}"), async || self.client().find(Locator::Css(css)).await.ok())
            .await
    }

    /// Whether a CSS selector finds anything at this moment.
    pub async fn has(&self, css: &str) -> bool {
        self.client().find(Locator::Css(css)).await.is_ok()
    }

    /// How many elements a CSS selector finds.
    pub async fn count(&self, css: &str) -> usize {
        self.client().find_all(Locator::Css(css)).await.map_or(0, |it| it.len())
    }

    /// Waits until the page shows `text` somewhere.
    pub async fn sees(&self, text: &str) {
        let found = self.try_until(async || self.page_text().await.contains(text).then_some(())).await;
        if found.is_none() {
            self.shot("failure").await;
            panic!("the page never showed {text:?}; it shows:\n{}", self.page_text().await);
        }
    }

    /// Waits until the page shows `text` nowhere.
    pub async fn sees_no_more(&self, text: &str) {
        let gone = self.try_until(async || (!self.page_text().await.contains(text)).then_some(())).await;
        assert!(gone.is_some(), "the page still shows {text:?}");
    }

    /// All text of the page as a person sees it.
    pub async fn page_text(&self) -> String {
        // Between two pages there is none.
        const TEXT: &str = "return (document.body?.innerText ?? '') + '\\n' + [...document.querySelectorAll('input, textarea')]
            .filter((it) => it.getClientRects().length && it.type !== 'password').map((it) => it.value).join('\\n')";
        let text = self.run(TEXT, vec![]).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks the button, link, tab or label that says `text`.
    pub async fn click(&self, text: &str) {
        const SCRIPT: &str = "
            const wanted = arguments[0];
            const says = (it) => (it.innerText || it.getAttribute('aria-label') || '').trim();
            const all = [...document.querySelectorAll(
                'button, a, label, summary, [role=button], [role=tab], [role=option], [role=radio]')]
                .filter((it) => it.getClientRects().length && !it.disabled);
            const hit = all.find((it) => says(it) === wanted || it.getAttribute('aria-label') === wanted)
                || all.find((it) => says(it).includes(wanted));
            if (!hit) return false;
            hit.scrollIntoView({ block: 'center' });
            hit.click();
            return true;";
        let done = self
            .try_until(async || (self.run(SCRIPT, vec![json!(text)]).await == json!(true)).then_some(()))
            .await;
        if done.is_none() {
            self.shot("failure").await;
            panic!(
                "there is nothing to click that says {text:?}; the page shows:\n{}",
                self.page_text().await
            );
        }
    }

    /// Clicks what a CSS selector finds, as a person would.
    pub async fn press(&self, css: &str) {
        self.until(&format!("a press on {css}"), async || {
            self.client().find(Locator::Css(css)).await.ok()?.click().await.ok()
        })
        .await;
    }

    /// Drags by the pointer: pressed upon the one place, moved in steps to the other, let go there. Places are of the window, in
    /// CSS pixels.
    pub async fn drag(&self, from: (f64, f64), to: (f64, f64)) {
        const QUICK: Duration = Duration::from_millis(20);
        let go = |(x, y)| PointerAction::MoveTo { duration: Some(QUICK), x, y };
        let (down, up) = (
            PointerAction::Down { button: MOUSE_BUTTON_LEFT },
            PointerAction::Up { button: MOUSE_BUTTON_LEFT },
        );
        let part = |n: f64| (from.0 + (to.0 - from.0) * n, from.1 + (to.1 - from.1) * n);
        let way = [0.25, 0.5, 0.75, 1.0].map(part).map(go);
        let acts = [go(from), down].into_iter().chain(way).chain([go(to), up]);
        let mouse = acts.fold(MouseActions::new("mouse".to_owned()), InputSource::then);
        self.client().perform_actions(mouse).await.expect("the pointer moves");
    }

    /// Goes to an address as a link within the app does, without loading the page anew.
    pub async fn goto_inside(&self, path: &str) {
        const GO: &str = "const link = Object.assign(document.createElement('a'), { href: arguments[0] });
            document.body.append(link); link.click(); link.remove();";
        self.run(GO, vec![json!(path)]).await;
    }

    /// A camera's JPEG: 3000 by 1500, held upright (EXIF orientation 6), with a position; its left half red.
    pub async fn slip(&self) -> TempDir {
        const PAINT: &str = "const done = arguments[0];
            const canvas = Object.assign(document.createElement('canvas'), { width: 3000, height: 1500 });
            const context = canvas.getContext('2d');
            context.fillStyle = '#f00'; context.fillRect(0, 0, 1500, 1500);
            context.fillStyle = '#00f'; context.fillRect(1500, 0, 1500, 1500);
            done(canvas.toDataURL('image/jpeg').split(',')[1]);";
        let painted = self.run_async(PAINT, vec![]).await;
        let jpeg = STANDARD.decode(painted.as_str().expect("a picture")).expect("base64");
        // TIFF, big endian: orientation 6 and a directory of positions with one latitude reference.
        let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x02".to_vec();
        tiff.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0");
        tiff.extend(b"\x88\x25\0\x04\0\0\0\x01\0\0\0\x26");
        tiff.extend(b"\0\0\0\0");
        tiff.extend(b"\0\x01\0\x01\0\x02\0\0\0\x02N\0\0\0\0\0\0\0");
        let mut whole = jpeg[..2].to_vec();
        let length = u16::try_from(2 + 6 + tiff.len()).expect("a short header");
        whole.extend([0xff, 0xe1]);
        whole.extend(length.to_be_bytes());
        whole.extend(b"Exif\0\0");
        whole.extend(tiff);
        whole.extend(&jpeg[2..]);
        let folder = TempDir::new().expect("a folder");
        std::fs::write(folder.path().join("slip.jpg"), whole).expect("a file");
        folder
    }

    /// Gives a file to the field that a CSS selector finds.
    pub async fn choose_file(&self, css: &str, file: &Path) {
        let path = file.to_str().expect("a path of letters");
        self.find(css).await.send_keys(path).await.expect("the file is taken");
    }

    /// Types into the field that a CSS selector finds, replacing what is there.
    pub async fn fill(&self, css: &str, text: &str) {
        // A page that is just being drawn anew gives the field away and takes it back.
        self.until(&format!("{css} to take text"), async || {
            let field = self.client().find(Locator::Css(css)).await.ok()?;
            field.clear().await.ok()?;
            field.send_keys(text).await.ok()
        })
        .await;
    }

    /// Types into the field whose label says `label`, replacing what is there.
    pub async fn fill_labelled(&self, label: &str, text: &str) {
        const SCRIPT: &str = "
            const hit = [...document.querySelectorAll('label')]
                .find((it) => it.getClientRects().length && it.innerText.trim().startsWith(arguments[0]));
            const field = hit && (hit.control || document.getElementById(hit.htmlFor));
            if (field && !field.id) field.id = 'labelled-' + Math.random().toString(36).slice(2);
            return field ? field.id : null;";
        let id = self
            .until(&format!("a field labelled {label}"), async || {
                self.run(SCRIPT, vec![json!(label)]).await.as_str().map(str::to_owned)
            })
            .await;
        self.fill(&format!("[id='{id}']"), text).await;
    }

    /// Types wherever the focus is.
    pub async fn keys(&self, keys: &str) {
        let active = self.client().active_element().await.expect("something has the focus");
        active.send_keys(keys).await.expect("the keys are taken");
    }

    /// Polls until `ready` answers something.
    pub async fn until<T>(&self, what: &str, ready: impl AsyncFnMut() -> Option<T>) -> T {
        match self.try_until(ready).await {
            Some(it) => it,
            None => {
                self.shot("failure").await;
                panic!("waited in vain for {what}; the page shows:\n{}", self.page_text().await)
            }
        }
    }

    async fn try_until<T>(&self, mut ready: impl AsyncFnMut() -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(it) = ready().await {
                return Some(it);
            }
            if self.unlocks {
                self.unlock().await;
            }
            if Instant::now() > deadline {
                return None;
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// What a person does who is asked for the PIN, or for a new one.
    async fn unlock(&self) {
        const ENTER: &str = "const pin = document.getElementById('pin');
            const button = document.querySelector('main.alone form button.main');
            if (!pin || !button || button.disabled || pin.value) return false;
            const type = (it) => { it.value = arguments[0]; it.dispatchEvent(new Event('input', { bubbles: true })); };
            type(pin);
            const again = document.getElementById('pin-again');
            if (again) type(again);
            button.click();
            return true;";
        drop(self.client().execute(ENTER, vec![json!(PIN)]).await);
    }

    /// Saves what the screen shows as `target/screens/<name>.png`.
    pub async fn shot(&self, name: &str) {
        let png = self.client().screenshot().await.expect("a screenshot");
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/screens");
        std::fs::create_dir_all(&folder).expect("a folder for screenshots");
        std::fs::write(folder.join(format!("{name}.png")), png).expect("a file for a screenshot");
    }

    /// What axe-core finds against WCAG 2 A and AA, a line each.
    pub async fn accessibility_violations(&self) -> Vec<String> {
        const AXE: &str = include_str!("../vendor/axe.min.js");
        const RUN: &str = "
            const done = arguments[arguments.length - 1];
            axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })
                .then((it) => done(it.violations.map((v) =>
                    v.id + ': ' + v.nodes.map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? ''))
                        .slice(0, 3).join(' | '))))
                .catch((e) => done([String(e)]));";
        // Through the protocol rather than the page: the page's own policy forbids foreign scripts.
        self.cdp("Runtime.evaluate", json!({ "expression": AXE })).await;
        let found = self.run_async(RUN, vec![]).await;
        let lines = found.as_array().cloned().unwrap_or_default();
        lines.iter().map(|it| it.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// By how many pixels the page is wider than the screen.
    pub async fn sideways_px(&self) -> i64 {
        let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        self.run(script, vec![]).await.as_i64().unwrap_or(i64::MAX)
    }

    /// Errors on the page's console since the last call: policy violations and panics among them.
    pub async fn console_errors(&self) -> Vec<String> {
        let log = self.client().issue_cmd(Log).await.expect("chromedriver keeps the log");
        let entries = log.as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .filter(|it| it["level"] == "SEVERE")
            .map(|it| it["message"].as_str().unwrap_or_default().to_owned())
            // What a cut network or a refused request leaves is part of the journey.
            .filter(|it| !it.contains("net::ERR_") && !it.contains("Failed to load resource"))
            .collect()
    }
}

fn capabilities(profile: &Path) -> serde_json::Map<String, Value> {
    let arguments = [
        "--headless=new".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--hide-scrollbars".to_owned(),
        "--lang=zh-CN".to_owned(),
        "--use-fake-device-for-media-stream".to_owned(),
        "--use-fake-ui-for-media-stream".to_owned(),
        format!("--user-data-dir={}", profile.display()),
    ];
    let value = json!({
        "goog:chromeOptions": { "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
        "timeouts": { "script": 30_000, "pageLoad": 60_000 },
    });
    value.as_object().cloned().unwrap_or_default()
}

#[derive(Debug)]
struct Cdp {
    body: Value,
}

impl WebDriverCompatibleCommand for Cdp {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

#[derive(Debug)]
struct Log;

impl WebDriverCompatibleCommand for Log {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}
