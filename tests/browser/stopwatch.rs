//! Times what a person waits for, inside the page.

use serde_json::{Value, json};

use super::driver::Browser;

/// Milliseconds from each key to the end of the frame that shows it.
///
/// Keys go in through Chromium's own input path, one at a time, each after the frame of the last.
pub async fn key_to_frame_ms(browser: &Browser, keys: &str) -> Vec<f64> {
    const WATCH: &str = "
        window.__frames = [];
        addEventListener('keydown', (key) => {
            const began = key.timeStamp;
            requestAnimationFrame(() => {
                const channel = new MessageChannel();
                channel.port1.onmessage = () => window.__frames.push(performance.now() - began);
                channel.port2.postMessage(0);
            });
        }, { capture: true });";
    browser.run(WATCH, vec![]).await;
    for (n, key) in keys.chars().enumerate() {
        let text = key.to_string();
        let event = |kind: &str| json!({ "type": kind, "text": text, "key": text, "unmodifiedText": text });
        browser.cdp("Input.dispatchKeyEvent", event("keyDown")).await;
        browser.cdp("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": text })).await;
        browser
            .until("the frame of a key", async || {
                let frames = browser.run("return window.__frames.length", vec![]).await;
                (frames.as_u64() > Some(n as u64)).then_some(())
            })
            .await;
    }
    let frames = browser.run("return window.__frames", vec![]).await;
    frames.as_array().map(|it| it.iter().filter_map(Value::as_f64).collect()).unwrap_or_default()
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
