//! Word from the server that something was written, for screens that show what others do.

use std::{cell::RefCell, rc::Rc};

use leptos::ev;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::EventSource;

use crate::prelude::*;

/// A line to the server, closed when dropped. A broken one the browser opens again by itself.
struct Line {
    source: EventSource,
    _heard: Closure<dyn FnMut()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.source.close();
    }
}

fn open(act: Rc<dyn Fn()>) -> Option<Line> {
    let source = EventSource::new("/api/v1/live").ok()?;
    let heard = Closure::<dyn FnMut()>::new(move || {
        #[cfg(feature = "desk")]
        crate::taxonomy::ask();
        act();
    });
    source.add_event_listener_with_callback("changed", heard.as_ref().unchecked_ref()).ok()?;
    Some(Line { source, _heard: heard })
}

/// Does `act` once the screen can be seen, and whenever something was written, for as long as the screen is
/// shown. A window that nobody sees has no line: a browser opens only a few to one server.
pub fn live(act: impl Fn() + 'static) {
    let act: Rc<dyn Fn()> = Rc::new(act);
    let line = Rc::new(RefCell::new(None));
    let follow = {
        let line = Rc::clone(&line);
        move || {
            *line.borrow_mut() = if document().hidden() { None } else { open(Rc::clone(&act)) };
        }
    };
    follow();
    let seen = window_event_listener(ev::visibilitychange, move |_| follow());
    // What belongs to the page's one thread is handed to the end of the screen this way.
    let line = StoredValue::new_local(line);
    on_cleanup(move || {
        seen.remove();
        line.with_value(|it| *it.borrow_mut() = None);
    });
}
