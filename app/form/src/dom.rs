//! Elements: made, marked, read.

use wasm_bindgen::{JsCast, prelude::wasm_bindgen};
use web_sys::{Document, Element, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition, Window};

#[wasm_bindgen]
extern "C" {
    /// Anything with a value: what is typed into, chosen from, ticked. web-sys has a type for each.
    #[wasm_bindgen(extends = HtmlElement, extends = Element)]
    #[derive(Clone)]
    pub type Control;

    #[wasm_bindgen(method, getter)]
    pub fn value(this: &Control) -> String;

    #[wasm_bindgen(method, setter)]
    pub fn set_value(this: &Control, value: &str);

    #[wasm_bindgen(method, getter)]
    pub fn checked(this: &Control) -> bool;

    #[wasm_bindgen(method, setter)]
    pub fn set_checked(this: &Control, checked: bool);
}

pub fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

pub fn document() -> Document {
    window().document().expect("a window has a document")
}

/// A new element with attributes.
pub fn element(tag: &str, attributes: &[(&str, &str)]) -> Element {
    let element = document().create_element(tag).expect("the names of our elements are names");
    for (name, value) in attributes {
        set(&element, name, value);
    }
    // What fields hold a browser writes into the file of its session, in the clear, but for these.
    if matches!(tag, "input" | "select" | "textarea") {
        set(&element, "autocomplete", "off");
    }
    element
}

/// The same with a text in it.
pub fn saying(tag: &str, attributes: &[(&str, &str)], text: &str) -> Element {
    let element = element(tag, attributes);
    element.set_text_content(Some(text));
    element
}

/// Puts elements behind what is in another.
pub fn append<'e>(parent: &Element, children: impl IntoIterator<Item = &'e Element>) {
    for child in children {
        // Fails only where an element would be within itself.
        let _ = parent.append_child(child);
    }
}

/// All that a CSS selector finds within an element.
pub fn all_within(element: &Element, css: &str) -> Vec<Control> {
    let Ok(found) = element.query_selector_all(css) else { return Vec::new() };
    (0..found.length()).filter_map(|it| found.get(it)).map(JsCast::unchecked_into).collect()
}

pub fn set(element: &Element, name: &str, value: &str) {
    element.set_attribute(name, value).expect("the names of our attributes are names");
}

/// Sets an attribute without a value, or takes it away.
pub fn mark(element: &Element, name: &str, on: bool) {
    if on {
        set(element, name, "");
    } else {
        let _ = element.remove_attribute(name);
    }
}

/// An element of the page by its id.
pub fn by_id(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

/// The language that the app is read in.
pub fn is_english() -> bool {
    document().document_element().and_then(|it| it.get_attribute("lang")).is_some_and(|it| it == "en")
}

/// Puts the focus on an element and brings it into view.
pub fn go_to(element: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Center);
    element.scroll_into_view_with_scroll_into_view_options(&options);
    let _ = element.unchecked_ref::<HtmlElement>().focus();
}
