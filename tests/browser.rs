//! Journeys in a real Chromium, as the people who use Zoufang make them.
//!
//! Each saves what it saw under `target/screens`, to be looked at.

#[path = "browser/driver.rs"]
mod driver;

use driver::{Browser, PHONE};

#[tokio::test]
async fn the_driver_sees_a_page() {
    let browser = Browser::start(PHONE).await;
    browser
        .goto("data:text/html;charset=utf-8,<title>x</title><main><h1>走访</h1><button>开始</button></main>")
        .await;
    browser.sees("走访").await;
    browser.click("开始").await;
    assert_eq!(browser.sideways_px().await, 0);
}
