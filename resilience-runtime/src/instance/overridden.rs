//! The settings that override those of attributes and policies.

use std::sync::{Arc, Weak};

use super::named::NamedInstance;
use super::origin::Configurer;
use super::site::{RegistryEntry, RegistrySite};
use crate::event::SourceLocation;
use crate::registry::Entry;
use crate::settings::{
    self, MergeProblem, Merged, Overridable, OverrideSet, Target, WrittenValue, apply_until_stable, merge,
};

type ConfigOf<R> = <<R as RegistryEntry>::Of as NamedInstance>::Config;

/// The attributes and policies of one name.
struct EntryTarget<R: 'static> {
    entry: Weak<Entry<R>>,
    section: String,
    /// The code of the attribute was made for every setting.
    is_prepared: bool,
}

impl<R: RegistryEntry> RegistrySite<R> {
    fn is_prepared(&self) -> bool {
        self.section.is_some() || self.by != Configurer::Attribute
    }

    pub(super) fn in_force(&self, written: &ConfigOf<R>) -> ConfigOf<R> {
        settings::in_force(self.section(), written, self.is_prepared())
    }

    pub(super) fn register(&self, entry: &Arc<Entry<R>>) {
        if let Some(target) = self.target(entry) {
            settings::register(Arc::new(target));
        }
    }

    /// Puts the newest settings in force, by whomever they are.
    pub(super) fn apply(&self, entry: &Arc<Entry<R>>) {
        match self.target(entry) {
            Some(target) => settings::report(&target, apply_until_stable(|set| target.apply_to(entry, set))),
            None => entry.origins().put_in_force(entry.origins().current().config, |config| entry.reconfigure(config)),
        }
    }

    fn target(&self, entry: &Arc<Entry<R>>) -> Option<EntryTarget<R>> {
        let section = self.section()?.to_owned();
        Some(EntryTarget { entry: Arc::downgrade(entry), section, is_prepared: self.is_prepared() })
    }
}

impl<R: RegistryEntry> EntryTarget<R> {
    fn merged(&self, entry: &Entry<R>, set: &OverrideSet) -> Result<Merged<ConfigOf<R>>, MergeProblem> {
        merge(set, &self.section, &entry.origins().current().config, self.is_prepared)
    }

    fn apply_to(&self, entry: &Entry<R>, set: &OverrideSet) -> Result<(), MergeProblem> {
        loop {
            let current = entry.origins().current();
            let merged = merge(set, &self.section, &current.config, self.is_prepared);
            let config = merged.as_ref().map_or(current.config, |merged| merged.in_force());
            entry.origins().put_in_force(config, |config| entry.reconfigure(config));
            // A newer policy may have come meanwhile.
            if entry.origins().current().by == current.by {
                return merged.map(|_| ());
            }
        }
    }
}

impl<R: RegistryEntry> Target for EntryTarget<R> {
    fn attribute(&self) -> &'static str {
        ConfigOf::<R>::ATTRIBUTE
    }
    fn section(&self) -> String {
        self.section.clone()
    }
    fn location(&self) -> SourceLocation {
        self.entry.upgrade().map_or(SourceLocation::UNKNOWN, |entry| entry.origins().current().location)
    }
    fn is_alive(&self) -> bool {
        self.entry.strong_count() > 0
    }
    fn written(&self) -> Vec<WrittenValue> {
        self.entry.upgrade().map_or_else(Vec::new, |entry| entry.origins().current().config.values())
    }
    fn check(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        self.entry.upgrade().map_or(Ok(()), |entry| self.merged(&entry, set).map(|_| ()))
    }
    fn apply(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        self.entry.upgrade().map_or(Ok(()), |entry| self.apply_to(&entry, set))
    }
}
