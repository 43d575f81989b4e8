//! Without the feature `config`, the arguments of attributes and policies are in force.

use std::sync::Arc;

use super::origin::Origins;
use super::site::{RegistryEntry, RegistrySite};
use crate::registry::Entry;
use crate::settings::CodeTraits;

impl<C: Copy + PartialEq> Origins<C> {
    pub fn apply_newest(&self, _section: Option<&str>, _code: CodeTraits, apply: impl Fn(&C)) {
        loop {
            let current = self.current();
            self.put_in_force(current.config, &apply);
            if self.current().by == current.by {
                return;
            }
        }
    }
}

impl<R: RegistryEntry> RegistrySite<R> {
    #[allow(clippy::unused_self, reason = "with the feature `config` it is used")]
    pub(super) const fn register(&self, _: &Arc<Entry<R>>) {}
}
