//! What a text speaks for, on a phone: a wasm of its own, which `public/suggest.js` loads with the weights beside it.

use std::cell::OnceCell;

use domain::{categorize::Categorization, suggesting::Suggester};
use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static SUGGESTER: OnceCell<Suggester> = const { OnceCell::new() };
}

/// Takes the weights, as `Suggester::to_bytes` wrote them; `false` where they are of another version or damaged.
#[wasm_bindgen]
pub fn take_weights(bytes: &[u8]) -> bool {
    match Suggester::from_bytes(bytes) {
        Ok(it) => SUGGESTER.with(|known| known.set(it).is_ok() || known.get().is_some()),
        Err(_) => false,
    }
}

/// A line for each type that a text speaks for and a small screen has room for, the likeliest first: its code, then where each piece of evidence begins and
/// ends, counted in characters, parted by spaces. Nothing before the weights are there.
#[wasm_bindgen]
pub fn types_of(text: &str) -> String {
    let made = SUGGESTER.with(|it| it.get().map(|it| it.suggest(text)));
    let mut lines = String::new();
    for it in made.into_iter().flat_map(Categorization::at_a_glance) {
        lines.push_str(&it.code);
        for number in it.evidence.iter().flat_map(|it| [it.start, it.end]) {
            lines.push(' ');
            lines.push_str(&number.to_string());
        }
        lines.push('\n');
    }
    lines
}
