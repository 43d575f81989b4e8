use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::sync::lock;

/// Never frees an instance: names come from attributes, so the source bounds their number.
#[derive(Debug)]
pub struct Registry<T: 'static>(Mutex<BTreeMap<String, &'static T>>);

impl<T> Registry<T> {
    pub const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    pub fn get(&self, name: &str) -> Option<&'static T> {
        lock(&self.0).get(name).copied()
    }

    pub fn get_or_insert(&self, name: &str, make: impl FnOnce() -> T) -> &'static T {
        let mut all = lock(&self.0);
        if let Some(known) = all.get(name) {
            return known;
        }
        let new: &'static T = Box::leak(Box::new(make()));
        all.insert(name.to_owned(), new);
        new
    }

    /// A taken name becomes `name#2`, `name#3` ..: methods of two types in one module have one
    /// path, and only an explicit name shares state.
    pub fn insert_distinct(&self, name: &'static str, make: impl FnOnce(String) -> T) -> &'static T {
        let mut all = lock(&self.0);
        let mut free = name.to_owned();
        let mut count = 1_u64;
        while all.contains_key(&free) {
            count += 1;
            free = format!("{name}#{count}");
        }
        let new: &'static T = Box::leak(Box::new(make(free.clone())));
        all.insert(free, new);
        new
    }

    pub fn all(&self) -> Vec<&'static T> {
        lock(&self.0).values().copied().collect()
    }

    #[cfg(feature = "cached")]
    pub fn named(&self) -> Vec<(String, &'static T)> {
        lock(&self.0).iter().map(|(name, instance)| (name.clone(), *instance)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explicit_name_is_shared_and_a_default_name_is_not() {
        let registry = Registry::new();
        let first = registry.get_or_insert("a", || 1);
        assert!(std::ptr::eq(first, registry.get_or_insert("a", || 2)));
        assert_eq!(registry.insert_distinct("a", |name| name.len()), &3);
        assert_eq!(registry.get("a#2"), Some(&3));
        assert_eq!(registry.get("b"), None);
    }
}
