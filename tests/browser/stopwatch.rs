//! Times what a person waits for, inside the page.

use std::time::Duration;

use serde_json::{Value, json};

use super::driver::Browser;

const BETWEEN_KEYS: Duration = Duration::from_millis(150);

/// What one key cost, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct KeyCost {
    /// From the key to the end of the frame that shows it; the wait for the screen's next turn is in it.
    pub to_frame: f64,
    /// The same without that wait: handling the key, then style, layout and paint.
    pub work: f64,
}

/// What each key costs.
///
/// Keys go in through Chromium's own input path, as fast as a quick thumb types.
pub async fn key_costs(browser: &Browser, keys: &str) -> Vec<KeyCost> {
    const WATCH: &str = "
        window.__frames = [];
        let began = 0, handled = 0;
        addEventListener('keydown', (key) => {
            began = key.timeStamp;
            requestAnimationFrame(() => {
                const turn = performance.now();
                const channel = new MessageChannel();
                channel.port1.onmessage = () => {
                    const shown = performance.now();
                    window.__frames.push([shown - began, handled - began + shown - turn]);
                };
                channel.port2.postMessage(0);
            });
        }, { capture: true });
        addEventListener('input', () => { handled = performance.now(); });";
    browser.run(WATCH, vec![]).await;
    for key in keys.chars() {
        let text = key.to_string();
        let event = |kind: &str| json!({ "type": kind, "text": text, "key": text, "unmodifiedText": text });
        browser.cdp("Input.dispatchKeyEvent", event("keyDown")).await;
        browser.cdp("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": text })).await;
        // Nothing else asks the page anything meanwhile: that would be measured too.
        tokio::time::sleep(BETWEEN_KEYS).await;
    }
    let frames = browser.run("return window.__frames", vec![]).await;
    let cost = |it: &Value| Some(KeyCost { to_frame: it[0].as_f64()?, work: it[1].as_f64()? });
    frames.as_array().map(|it| it.iter().filter_map(cost).collect()).unwrap_or_default()
}

/// Milliseconds from the start of the navigation until the field that a selector finds takes a key.
///
/// The page is loaded anew; the watch begins with the document, so the driver's own time is not in it.
pub async fn open_to_key_ms(browser: &Browser, address: &str, css: &str) -> f64 {
    let watch = format!(
        "const look = () => {{
            const field = document.querySelector({css});
            if (field && !field.disabled && !field.readOnly && field.getClientRects().length) {{
                window.__ready = performance.now();
            }} else {{
                requestAnimationFrame(look);
            }}
        }};
        requestAnimationFrame(look);",
        css = json!(css),
    );
    let added = browser.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": watch })).await;
    browser.goto(address).await;
    let ready = browser
        .until("the field to take a key", async || {
            browser.run("return window.__ready ?? null", vec![]).await.as_f64()
        })
        .await;
    let identifier = added["identifier"].clone();
    browser.cdp("Page.removeScriptToEvaluateOnNewDocument", json!({ "identifier": identifier })).await;
    ready
}

/// The value below which `share` of the sorted samples lie.
pub fn percentile(samples: &[f64], share: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into a few hundred samples"
    )]
    let index = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
    sorted.get(index).copied().unwrap_or(f64::NAN)
}
