//! Shared instances by name. When the last reference to an instance is dropped, it is freed with its name.

mod handle;
#[allow(missing_docs, reason = "only generated code names it")]
mod name;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use crate::sync::lock;

pub use handle::{Handle, HandleEntry};
#[cfg(feature = "metrics")]
pub use name::names_are_first;
pub use name::{FunctionName, FunctionRef, PolicyNameGuard, StateName, note_new_name};

#[derive(Debug)]
pub struct Registry<T: 'static>(Mutex<Entries<T>>);

#[derive(Debug)]
struct Entries<T: 'static> {
    by_name: BTreeMap<String, Weak<Entry<T>>>,
    /// Instances that a `static` holds, and that are never freed.
    of_functions: Vec<Arc<Entry<T>>>,
}

/// A shared instance. Dropping the last reference frees the name.
#[derive(Debug)]
pub struct Entry<T: 'static> {
    instance: T,
    name: StateName,
    registry: &'static Registry<T>,
    pinned: OnceLock<&'static Arc<Entry<T>>>,
}

impl<T> Deref for Entry<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.instance
    }
}

impl<T> Entry<T> {
    fn new(instance: T, name: StateName, registry: &'static Registry<T>) -> Arc<Self> {
        Arc::new(Self { instance, name, registry, pinned: OnceLock::new() })
    }

    pub fn name(&self) -> &StateName {
        &self.name
    }

    /// For handles that are `Copy`, whose drop cannot be observed.
    pub fn pin(self: Arc<Self>) -> &'static Self {
        self.pinned.get_or_init(|| Box::leak(Box::new(Arc::clone(&self))))
    }
}

impl<T> Drop for Entry<T> {
    fn drop(&mut self) {
        let freed = {
            let mut entries = lock(&self.registry.0);
            let is_own = entries.by_name.get(&*self.name).is_some_and(|known| std::ptr::eq(known.as_ptr(), self));
            // Otherwise a newer instance has the name, or this one never had it.
            if is_own { entries.by_name.remove_entry(&*self.name) } else { None }
        };
        drop(freed);
    }
}

impl<T> Registry<T> {
    pub const fn new() -> Self {
        Self(Mutex::new(Entries { by_name: BTreeMap::new(), of_functions: Vec::new() }))
    }

    pub fn get(&self, name: &str) -> Option<Arc<Entry<T>>> {
        let entries = lock(&self.0);
        // An entry that cannot be upgraded is being dropped; its name is free.
        let shared = entries.by_name.get(name).and_then(Weak::upgrade);
        shared.or_else(|| entries.of_functions.iter().find(|entry| *entry.name == *name).cloned())
    }

    pub fn get_or_insert(&'static self, text: Cow<'static, str>, make: impl FnOnce(StateName) -> T) -> Arc<Entry<T>> {
        let mut entries = lock(&self.0);
        if let Some(known) = entries.by_name.get(&*text).and_then(Weak::upgrade) {
            return known;
        }
        let key = text.clone().into_owned();
        let name = StateName::Text(text);
        let new = Entry::new(make(name.clone()), name, self);
        entries.by_name.insert(key, Arc::downgrade(&new));
        new
    }

    /// Registers an instance of a function, which no other function shares. A second one of the same function gets the
    /// suffix `#2`.
    pub fn insert_for_function(
        &'static self,
        function: &'static dyn FunctionName,
        make: impl FnOnce(StateName) -> T,
    ) -> Arc<Entry<T>> {
        // Without the lock, because finding a name for the first time may emit an event.
        function.hold_state();
        let mut entries = lock(&self.0);
        let mut name = StateName::Function(function);
        let mut number = 1_u32;
        while entries.of_functions.iter().any(|entry| *entry.name == *name) {
            number += 1;
            name = StateName::Text(format!("{}#{number}", function.name()).into());
        }
        let new = Entry::new(make(name.clone()), name, self);
        entries.of_functions.push(Arc::clone(&new));
        new
    }

    pub fn all(&self) -> Vec<Arc<Entry<T>>> {
        let entries = lock(&self.0);
        let shared = entries.by_name.values().filter_map(Weak::upgrade);
        let mut all: Vec<_> = shared.chain(entries.of_functions.iter().cloned()).collect();
        drop(entries);
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn an_instance_that_nobody_holds_is_freed_with_its_name() {
        static REGISTRY: Registry<u32> = Registry::new();
        let first = REGISTRY.get_or_insert("a".into(), |_| 1);
        assert_eq!(**REGISTRY.get_or_insert("a".into(), |_| 2), 1);
        assert_eq!(REGISTRY.all().len(), 1);
        drop(first);
        assert!(REGISTRY.get("a").is_none() && REGISTRY.all().is_empty());
        assert_eq!(**REGISTRY.get_or_insert("a".into(), |_| 2), 2);
    }

    #[test]
    fn each_function_has_an_instance_of_its_own() {
        #[derive(Debug)]
        struct Named(&'static str);
        impl FunctionName for Named {
            fn name(&self) -> &'static str {
                self.0
            }
            fn hold_state(&self) {}
        }
        static REGISTRY: Registry<usize> = Registry::new();
        assert_eq!(**REGISTRY.insert_for_function(&Named("f"), |name| name.len()), 1);
        assert_eq!(**REGISTRY.insert_for_function(&Named("f"), |name| name.len()), 3);
        assert_eq!(REGISTRY.get("f#2").map(|two| **two), Some(3));
    }

    #[test]
    fn a_name_that_is_looked_up_while_its_last_holder_leaves_has_one_instance() {
        static REGISTRY: Registry<u32> = Registry::new();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        let own = REGISTRY.get_or_insert("contended".into(), |_| 1);
                        // Every lookup finds it as long as it is held.
                        let found = REGISTRY.get("contended").expect("held");
                        assert!(Arc::ptr_eq(&own, &found));
                    }
                });
            }
        });
        assert!(REGISTRY.all().is_empty());
    }
}
