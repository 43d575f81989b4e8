//! The settings that override those of attributes and policies.

use std::sync::{Arc, Weak};

use super::named::NamedInstance;
use super::origin::Origins;
use super::site::{RegistryEntry, RegistrySite};
use crate::event::SourceLocation;
use crate::registry::Entry;
use crate::settings::{
    self, MergeProblem, Overridable, OverrideSet, SettingOverride, Target, TracedValue, apply_until_stable, merge,
    report, traced,
};

type ConfigOf<R> = <<R as RegistryEntry>::Of as NamedInstance>::Config;

impl<C: Overridable> Origins<C> {
    /// Puts the newest settings in force, by whomever they are.
    pub fn apply_newest(&self, section: Option<&str>, is_prepared: bool, apply: impl Fn(&C)) {
        match section {
            Some(section) => {
                let applied = apply_until_stable(|set| self.apply_set(set, section, is_prepared, &apply));
                report(section, C::ATTRIBUTE, applied);
            }
            None => self.put_in_force(self.current().config, apply),
        }
    }

    /// Goes on with what is written if it cannot take the settings.
    pub fn apply_set(
        &self,
        set: &OverrideSet,
        section: &str,
        is_prepared: bool,
        apply: impl Fn(&C),
    ) -> Result<(), MergeProblem> {
        loop {
            let current = self.current();
            let merged = merge(set, section, &current.config, is_prepared);
            let config = merged.as_ref().map_or(current.config, |merged| merged.in_force());
            self.put_in_force(config, &apply);
            // A newer policy may have come meanwhile.
            if self.current().by == current.by {
                return merged.map(|_| ());
            }
        }
    }

    pub fn check_set(&self, set: &OverrideSet, section: &str, is_prepared: bool) -> Result<(), MergeProblem> {
        merge(set, section, &self.current().config, is_prepared).map(|_| ())
    }
}

struct EntryTarget<R: 'static> {
    entry: Weak<Entry<R>>,
    section: String,
    is_prepared: bool,
}

impl<R: RegistryEntry> RegistrySite<R> {
    pub(super) fn register(&self, entry: &Arc<Entry<R>>) {
        if let Some(section) = self.section() {
            let (entry, section) = (Arc::downgrade(entry), section.to_owned());
            settings::register(Arc::new(EntryTarget { entry, section, is_prepared: self.is_prepared() }));
        }
    }
}

impl<R: RegistryEntry> EntryTarget<R> {
    /// A number of keys for all names is for those that have some.
    fn check_keys(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        let attribute = ConfigOf::<R>::ATTRIBUTE;
        let is_useless = |one: &&SettingOverride| one.option == "max_keys" && one.section.is_specific() && !R::IS_KEYED;
        let Some(one) = set.of(&self.section, attribute).into_iter().find(is_useless) else { return Ok(()) };
        Err(MergeProblem {
            setting: Some((one.place.clone(), one.option)),
            message: format!("`max_keys` of `#[{attribute}]` does nothing where there is no `key`; leave it out"),
        })
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
    fn values(&self, set: &OverrideSet) -> Vec<TracedValue> {
        let written = self.entry.upgrade().map(|entry| entry.origins().current().config);
        written.map_or_else(Vec::new, |written| traced(set, &self.section, &written, self.is_prepared))
    }
    fn check(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        let Some(entry) = self.entry.upgrade() else { return Ok(()) };
        entry.origins().check_set(set, &self.section, self.is_prepared)?;
        self.check_keys(set)
    }
    fn apply(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        let Some(entry) = self.entry.upgrade() else { return Ok(()) };
        entry.origins().apply_set(set, &self.section, self.is_prepared, |config| entry.reconfigure(config))?;
        self.check_keys(set)
    }
}
