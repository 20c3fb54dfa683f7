//! Locks between the windows of one phone: a draft is written in one of them, one of them sends.

use std::{cell::RefCell, rc::Rc};

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

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
            drop(request.call3(&locks, &name.into(), &options, &granted));
        }
    });
    let release = JsFuture::from(asked).await.ok()?;
    release.dyn_into::<Function>().ok().map(|release| Lock { release: Some(release) })
}
