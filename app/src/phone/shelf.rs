//! Things by their id.

use std::{fmt, marker::PhantomData, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::MapAccess, de::Visitor};
use uuid::Uuid;

/// Things in the order of their ids; an object in JSON. Clones share what stands on it.
///
/// Each kind of `BTreeMap` would be a hundredth of what a phone loads; here all share their searching.
#[derive(Clone, Debug, PartialEq)]
pub struct Shelf<T> {
    /// In ascending order.
    ids: Vec<Uuid>,
    things: Vec<Arc<T>>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { ids: Vec::new(), things: Vec::new() }
    }
}

impl<T> Shelf<T> {
    pub fn get(&self, id: Uuid) -> Option<&T> {
        let at = self.ids.binary_search(&id).ok()?;
        self.things.get(at).map(|it| &**it)
    }

    /// Puts a thing in the place of what stands under its id.
    pub fn put(&mut self, id: Uuid, thing: T) {
        let thing = Arc::new(thing);
        match self.ids.binary_search(&id) {
            Ok(at) => self.things[at] = thing,
            Err(at) => {
                self.ids.insert(at, id);
                self.things.insert(at, thing);
            }
        }
    }

    pub fn take_out(&mut self, id: Uuid) {
        if let Ok(at) = self.ids.binary_search(&id) {
            self.ids.remove(at);
            self.things.remove(at);
        }
    }

    /// In the order of their ids.
    pub fn things(&self) -> impl Iterator<Item = &T> {
        self.things.iter().map(|it| &**it)
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

impl<T: Serialize> Serialize for Shelf<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.ids.iter().zip(self.things()))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Shelf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object(PhantomData))
    }
}

struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = Shelf<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("things by their ids")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Shelf<T>, A::Error> {
        let mut shelf = Shelf::default();
        while let Some((id, thing)) = fields.next_entry()? {
            shelf.put(id, thing);
        }
        Ok(shelf)
    }
}
