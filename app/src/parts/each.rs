//! A list whose rows stay while their things do.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use leptos::control_flow;

use crate::prelude::*;

/// A thing of a list, about to be drawn.
struct Row {
    key: u64,
    draw: Box<dyn FnOnce() -> AnyView + Send>,
}

/// Leptos's `For`, made once for all its uses, as [`crate::parts::show::Show`] is. Two things of one list whose
/// keys have the same hash of 64 bits would be taken for one: that does not happen to lists that people read.
#[component(transparent)]
pub fn For<T: Send + 'static, I: IntoIterator<Item = T>, K: Hash, V: IntoView + 'static>(
    /// The things, in the order in which they show.
    each: impl Fn() -> I + Send + Sync + 'static,
    /// What tells a thing that is already drawn from another.
    key: impl Fn(&T) -> K + Send + Sync + 'static,
    /// Draws one.
    children: impl Fn(T) -> V + Send + Sync + 'static,
) -> impl IntoView {
    let children = Arc::new(children);
    let row = move |thing: T| {
        let children = Arc::clone(&children);
        let mut hash = DefaultHasher::new();
        key(&thing).hash(&mut hash);
        Row { key: hash.finish(), draw: Box::new(move || children(thing).into_any()) }
    };
    rows(Arc::new(move || each().into_iter().map(&row).collect()))
}

fn rows(each: Arc<dyn Fn() -> Vec<Row> + Send + Sync>) -> AnyView {
    let rows = control_flow::ForProps::builder().each(move || each()).key(|row| row.key);
    control_flow::For(rows.children(|row: Row| (row.draw)()).build()).into_any()
}
