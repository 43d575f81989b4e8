use std::any::{Any, TypeId};
use std::fmt;
use std::hash::Hash;
use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::keyed_map::{AnyKeyedMap, Evictable, KeyedMap};

/// One map for each type of key: a generic function may be called with several.
pub struct KeyedMaps<T: 'static> {
    max: AtomicUsize,
    first: OnceLock<Box<TypedMap<T>>>,
}

/// A node of a list that only grows, and is read without a lock.
struct TypedMap<T: 'static> {
    key: TypeId,
    typed: Arc<dyn Any + Send + Sync>,
    any: Arc<dyn AnyKeyedMap<T>>,
    next: OnceLock<Box<TypedMap<T>>>,
}

impl<T: Evictable> KeyedMaps<T> {
    /// Allows `max` instances for each type of key.
    pub const fn new(max: usize) -> Self {
        Self { max: AtomicUsize::new(max), first: OnceLock::new() }
    }

    #[inline]
    pub fn of<O>(&self) -> &KeyedMap<O, T>
    where
        O: Hash + Eq + Send + Sync + 'static,
    {
        let mut place = &self.first;
        loop {
            let map = place.get_or_init(|| Box::new(self.typed::<O>()));
            if map.key == TypeId::of::<O>() {
                match map.typed.downcast_ref() {
                    Some(typed) => return typed,
                    None => unreachable!("stored under the id of its type"),
                }
            }
            place = &map.next;
        }
    }

    #[cold]
    fn typed<O>(&self) -> TypedMap<T>
    where
        O: Hash + Eq + Send + Sync + 'static,
    {
        let typed = Arc::new(KeyedMap::<O, T>::new(self.max.load(Ordering::Relaxed)));
        let any: Arc<dyn AnyKeyedMap<T>> = typed.clone();
        TypedMap { key: TypeId::of::<O>(), typed, any, next: OnceLock::new() }
    }

    pub fn all(&self) -> impl Iterator<Item = &dyn AnyKeyedMap<T>> {
        iter::successors(self.first.get(), |map| map.next.get()).map(|map| &*map.any)
    }

    pub fn set_max(&self, max: usize) {
        self.max.store(max, Ordering::Relaxed);
        self.all().for_each(|map| map.set_max(max));
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
    use crate::instance::keyed_map::tests::{FakeInstance, get};

    #[test]
    fn each_type_of_key_has_its_own_map() {
        let maps: KeyedMaps<FakeInstance> = KeyedMaps::new(10);
        let count = || maps.all().map(AnyKeyedMap::len).sum::<usize>();
        let (numbers, texts) = (maps.of(), maps.of());
        assert!(get(numbers, 1).is_some() && get(texts, "one".to_owned()).is_some());
        assert!(std::ptr::eq(numbers, maps.of::<(u32,)>()));
        assert_eq!(count(), 2);
        let mut seen = 0;
        maps.all().for_each(|map| {
            map.for_each(&mut |policy| seen += usize::from(policy.eviction_class() == EvictionClass::Idle));
        });
        assert_eq!(seen, 2);
        maps.all().for_each(AnyKeyedMap::clear);
        assert_eq!(count(), 0);
    }
}
