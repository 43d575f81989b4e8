use std::any::{Any, TypeId};
use std::fmt;
use std::hash::Hash;
use std::sync::Mutex;

use super::keyed_map::{AnyKeyedMap, Evictable, KeyedMap};
use crate::sync::lock;

/// One map for each type of key: a generic function may be called with several.
pub struct KeyedMaps<T: 'static> {
    max: usize,
    maps: Mutex<Vec<TypedMap<T>>>,
}

struct TypedMap<T: 'static> {
    key: TypeId,
    typed: &'static (dyn Any + Send + Sync),
    any: &'static dyn AnyKeyedMap<T>,
}

impl<T: Evictable> KeyedMaps<T> {
    /// Allows `max` instances for each type of key.
    pub const fn new(max: usize) -> Self {
        Self { max, maps: Mutex::new(Vec::new()) }
    }

    /// Never freed: there are as many maps as the source has types.
    pub fn of<O>(&self) -> &'static KeyedMap<O, T>
    where
        O: Hash + Eq + Send + Sync + 'static,
    {
        let mut maps = lock(&self.maps);
        let key = TypeId::of::<O>();
        if let Some(known) = maps.iter().find(|map| map.key == key).and_then(|map| map.typed.downcast_ref()) {
            return known;
        }
        let new: &'static KeyedMap<O, T> = Box::leak(Box::new(KeyedMap::new(self.max)));
        maps.push(TypedMap { key, typed: new, any: new });
        new
    }

    pub fn all(&self) -> Vec<&'static dyn AnyKeyedMap<T>> {
        lock(&self.maps).iter().map(|map| map.any).collect()
    }
}

impl<T> fmt::Debug for KeyedMaps<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedMaps").field("max", &self.max).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::keyed_map::EvictionClass;
    use crate::instance::keyed_map::tests::{Policy, get};

    #[test]
    fn each_type_of_key_has_its_own_map() {
        static MAPS: KeyedMaps<Policy> = KeyedMaps::new(10);
        let count = || MAPS.all().iter().map(|map| map.len()).sum::<usize>();
        let (numbers, texts) = (MAPS.of(), MAPS.of());
        assert!(get(numbers, 1).is_some() && get(texts, "one".to_owned()).is_some());
        assert!(std::ptr::eq(numbers, MAPS.of::<(u32,)>()));
        assert_eq!(count(), 2);
        let mut seen = 0;
        MAPS.all().iter().for_each(|map| {
            map.for_each(&mut |policy| seen += usize::from(policy.eviction_class() == EvictionClass::Idle));
        });
        assert_eq!(seen, 2);
        MAPS.all().iter().for_each(|map| map.clear());
        assert_eq!(count(), 0);
    }
}
