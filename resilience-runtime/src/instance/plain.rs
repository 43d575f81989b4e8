//! Without the feature `config`, what attributes and policies say is in force.

use std::sync::Arc;

use super::named::NamedInstance;
use super::site::{RegistryEntry, RegistrySite};
use crate::registry::Entry;

impl<R: RegistryEntry> RegistrySite<R> {
    #[allow(clippy::unused_self, reason = "with the feature `config` it is used")]
    pub(super) fn in_force(&self, written: &<R::Of as NamedInstance>::Config) -> <R::Of as NamedInstance>::Config {
        *written
    }

    #[allow(clippy::unused_self, reason = "with the feature `config` it is used")]
    pub(super) fn register(&self, _: &Arc<Entry<R>>) {}

    #[allow(clippy::unused_self, reason = "with the feature `config` it is used")]
    pub(super) fn apply(&self, entry: &Entry<R>) {
        loop {
            let current = entry.origins().current();
            entry.origins().put_in_force(current.config, |config| entry.reconfigure(config));
            if entry.origins().current().by == current.by {
                return;
            }
        }
    }
}
