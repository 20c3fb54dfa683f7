//! Signals, memos and derived values, in the place of Leptos's of the same names.
//!
//! Leptos's are made anew for each type that one holds, which was a sixth of what a phone loads. Here values of all types
//! lie in boxes, so that Leptos sees one type. What is said of `get`, `with`, `set` and their like in
//! [`reactive_graph::traits`](leptos::reactive::traits) holds here too: what was disposed of panics when it is read, and is not
//! set; the `try_` ones say so.

use std::{any::Any, marker::PhantomData, panic::Location, sync::Arc};

use leptos::{
    prelude as leptos_prelude,
    reactive::traits::{
        DefinedAt, Get, IsDisposed, Read, ReadUntracked, ReadValue, Set, Track, UntrackableGuard, Write,
    },
    tachys::reactive_graph::bind::IntoSplitSignal,
};

/// What a signal can hold.
pub trait Value: Send + Sync + 'static {}

impl<T: Send + Sync + 'static> Value for T {}

/// A value of some type.
struct Held(Box<dyn Any + Send + Sync>);

impl Held {
    fn new<T: Value>(value: T) -> Self {
        Self(Box::new(value))
    }

    fn of<T: Value>(&self) -> &T {
        self.0.downcast_ref().expect("a signal holds what its type says")
    }

    fn of_mut<T: Value>(&mut self) -> &mut T {
        self.0.downcast_mut().expect("a signal holds what its type says")
    }
}

/// A value that can be set; who reads it hears of each change.
pub struct RwSignal<T> {
    inner: leptos_prelude::RwSignal<Held>,
    holds: PhantomData<fn() -> T>,
}

impl<T> Clone for RwSignal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for RwSignal<T> {}

impl<T: Value + Default> Default for RwSignal<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Value> RwSignal<T> {
    pub fn new(value: T) -> Self {
        Self { inner: leptos_prelude::RwSignal::new(Held::new(value)), holds: PhantomData }
    }

    pub fn with<R>(self, look: impl FnOnce(&T) -> R) -> R {
        look(self.inner.read().of())
    }

    pub fn with_untracked<R>(self, look: impl FnOnce(&T) -> R) -> R {
        look(self.inner.read_untracked().of())
    }

    pub fn try_with_untracked<R>(self, look: impl FnOnce(&T) -> R) -> Option<R> {
        Some(look(self.inner.try_read_untracked()?.of()))
    }

    pub fn track(self) {
        self.inner.track();
    }

    pub fn update<R>(self, change: impl FnOnce(&mut T) -> R) {
        self.try_update(change);
    }

    /// The change's answer.
    pub fn try_update<R>(self, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        Some(change(self.inner.try_write()?.of_mut()))
    }

    /// The change says whether it is to be heard of.
    pub fn try_maybe_update<R>(self, change: impl FnOnce(&mut T) -> (bool, R)) -> Option<R> {
        let mut held = self.inner.try_write()?;
        let (heard, answer) = change(held.of_mut());
        if !heard {
            held.untrack();
        }
        Some(answer)
    }

    /// Nobody hears of it.
    pub fn try_update_untracked<R>(self, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.try_maybe_update(|it| (false, change(it)))
    }

    pub fn update_untracked<R>(self, change: impl FnOnce(&mut T) -> R) {
        self.try_update_untracked(change);
    }

    pub fn set(self, value: T) {
        self.try_set(value);
    }

    /// The value, when it was not set.
    pub fn try_set(self, value: T) -> Option<T> {
        let Some(mut held) = self.inner.try_write() else { return Some(value) };
        *held = Held::new(value);
        None
    }

    pub fn is_disposed(self) -> bool {
        self.inner.is_disposed()
    }
}

impl<T: Value + Clone> RwSignal<T> {
    pub fn get(self) -> T {
        self.with(T::clone)
    }

    pub fn get_untracked(self) -> T {
        self.with_untracked(T::clone)
    }

    pub fn try_get_untracked(self) -> Option<T> {
        self.try_with_untracked(T::clone)
    }
}

/// For `bind:value`.
impl<T: Value + Clone> IntoSplitSignal for RwSignal<T> {
    type Value = T;
    type Read = Self;
    type Write = Self;

    fn into_split_signal(self) -> (Self, Self) {
        (self, self)
    }
}

impl<T> DefinedAt for RwSignal<T> {
    fn defined_at(&self) -> Option<&'static Location<'static>> {
        self.inner.defined_at()
    }
}

impl<T: Value + Clone> Get for RwSignal<T> {
    type Value = T;

    fn try_get(&self) -> Option<T> {
        Some(self.inner.try_read()?.of::<T>().clone())
    }
}

impl<T: Value> Set for RwSignal<T> {
    type Value = T;

    fn set(&self, value: T) {
        RwSignal::set(*self, value);
    }

    fn try_set(&self, value: T) -> Option<T> {
        RwSignal::try_set(*self, value)
    }
}

/// A value, and how it is compared with another of its type.
struct Compared {
    held: Held,
    same: fn(&Held, &Held) -> bool,
}

impl PartialEq for Compared {
    fn eq(&self, other: &Self) -> bool {
        (self.same)(&self.held, &other.held)
    }
}

/// What follows from signals; who reads it hears when it comes out otherwise than before.
pub struct Memo<T> {
    inner: leptos_prelude::Memo<Compared>,
    holds: PhantomData<fn() -> T>,
}

impl<T> Clone for Memo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Memo<T> {}

impl<T: Value + PartialEq> Memo<T> {
    pub fn new(follows: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let same = |one: &Held, other: &Held| one.of::<T>() == other.of();
        Self {
            inner: compared(Box::new(move || Compared { held: Held::new(follows()), same })),
            holds: PhantomData,
        }
    }
}

fn compared(follows: Box<dyn Fn() -> Compared + Send + Sync>) -> leptos_prelude::Memo<Compared> {
    leptos_prelude::Memo::new(move |_| follows())
}

impl<T: Value> Memo<T> {
    pub fn with<R>(self, look: impl FnOnce(&T) -> R) -> R {
        look(self.inner.read().held.of())
    }

    pub fn with_untracked<R>(self, look: impl FnOnce(&T) -> R) -> R {
        look(self.inner.read_untracked().held.of())
    }
}

impl<T: Value + Clone> Memo<T> {
    pub fn get(self) -> T {
        self.with(T::clone)
    }

    pub fn get_untracked(self) -> T {
        self.with_untracked(T::clone)
    }
}

type Derive<T> = Arc<dyn Fn() -> T + Send + Sync>;

/// A value that is worked out each time it is asked for: what components take.
pub struct Signal<T> {
    derive: leptos_prelude::StoredValue<Held>,
    holds: PhantomData<fn() -> T>,
}

impl<T> Clone for Signal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Signal<T> {}

impl<T: Value> Signal<T> {
    pub fn derive(derive: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let derive: Derive<T> = Arc::new(derive);
        Self { derive: leptos_prelude::StoredValue::new(Held::new(derive)), holds: PhantomData }
    }

    pub fn get(self) -> T {
        // Asked for outside of the look at it: what is worked out may make signals of its own.
        let derive = Arc::clone(self.derive.read_value().of::<Derive<T>>());
        derive()
    }

    pub fn get_untracked(self) -> T {
        leptos_prelude::untrack(|| self.get())
    }

    pub fn with<R>(self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.get())
    }
}

impl<T: Value + Clone> From<RwSignal<T>> for Signal<T> {
    fn from(signal: RwSignal<T>) -> Self {
        Self::derive(move || signal.get())
    }
}

impl<T: Value + Clone + PartialEq> From<Memo<T>> for Signal<T> {
    fn from(memo: Memo<T>) -> Self {
        Self::derive(move || memo.get())
    }
}
