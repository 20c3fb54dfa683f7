//! Locks between the windows of one phone: a draft is written in one of them, one of them sends.

use std::{cell::RefCell, rc::Rc};

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

/// How often a lock is asked for before it counts as held elsewhere, and how long between, in milliseconds: a page
/// that was loaded anew waits for the one before, and on a busy machine that took longer than two seconds.
pub const TRIES: u32 = 30;
pub const TRY_EVERY_MS: i32 = 150;

/// A held lock. Dropping it, closing the window or killing the browser lets it go.
pub struct Lock {
    release: Option<Function>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            // Resolving a promise does not fail.
            drop(release.call0(&JsValue::NULL));
        }
    }
}

/// Takes a lock, unless another window holds it.
///
/// A browser without Web Locks has one window for all we know.
pub async fn try_lock(name: &str) -> Option<Lock> {
    let navigator = crate::prelude::window().navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(|it| !it.is_undefined());
    let Some(locks) = locks else { return Some(Lock { release: None }) };
    let options = Object::new();
    Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE).ok()?;
    let asked = Promise::new(&mut |answer, _| {
        let refuse = answer.clone();
        let granted = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            if lock.is_null() {
                drop(answer.call1(&JsValue::NULL, &JsValue::NULL));
                return JsValue::UNDEFINED;
            }
            let release: Rc<RefCell<Option<Function>>> = Rc::default();
            let held = {
                let release = Rc::clone(&release);
                Promise::new(&mut move |resolve, _| {
                    release.replace(Some(resolve));
                })
            };
            let release = release.take().map_or(JsValue::NULL, JsValue::from);
            drop(answer.call1(&JsValue::NULL, &release));
            held.into()
        });
        if let Ok(request) = Reflect::get(&locks, &"request".into())
            && let Ok(request) = request.dyn_into::<Function>()
        {
            let refused = request.call3(&locks, &name.into(), &options, &granted).and_then(|requested| {
                // A browser that refuses the request answers nothing else.
                let catch: Function = Reflect::get(&requested, &"catch".into())?.dyn_into()?;
                catch.call1(&requested, &refuse)
            });
            if refused.is_err() {
                drop(refuse.call0(&JsValue::NULL));
            }
        }
    });
    let answer = JsFuture::from(asked).await.ok()?;
    (!answer.is_null()).then(|| Lock { release: answer.dyn_into::<Function>().ok() })
}

/// Takes a lock that another window may be about to let go.
pub async fn lock_soon(name: &str) -> Option<Lock> {
    for _ in 0..TRIES {
        let lock = try_lock(name).await;
        if lock.is_some() {
            return lock;
        }
        super::wait(TRY_EVERY_MS).await;
    }
    try_lock(name).await
}
