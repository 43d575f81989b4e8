//! The settings that override those of attributes and policies.

use std::sync::{Arc, Weak};

use super::named::NamedInstance;
use super::origin::Origins;
use super::site::{RegistryEntry, RegistrySite};
use crate::event::SourceLocation;
use crate::registry::Entry;
use crate::settings::{
    self, CodeTraits, MergeProblem, Overridable, OverrideSet, PassedOver, Target, TracedValue, apply_until_stable,
    merge, passed_over, report, traced,
};

type ConfigOf<R> = <<R as RegistryEntry>::Of as NamedInstance>::Config;

impl<C: Overridable> Origins<C> {
    /// Puts the newest settings in force.
    pub fn apply_newest(&self, section: Option<&str>, code: CodeTraits, apply: impl Fn(&C)) {
        match section {
            Some(section) => {
                let applied = apply_until_stable(|set| self.apply_set(set, section, code, &apply));
                report(section, C::ATTRIBUTE, applied);
            }
            None => self.put_in_force(self.current().config, apply),
        }
    }

    /// Keeps the written settings if the overrides are invalid for it.
    pub fn apply_set(
        &self,
        set: &OverrideSet,
        section: &str,
        code: CodeTraits,
        apply: impl Fn(&C),
    ) -> Result<(), MergeProblem> {
        loop {
            let current = self.current();
            let merged = merge(set, section, &current.config, code);
            let config = merged.as_ref().map_or(current.config, |merged| merged.in_force());
            self.put_in_force(config, &apply);
            // A newer policy may have been built meanwhile.
            if self.current().by == current.by {
                return merged.map(|_| ());
            }
        }
    }

    pub fn check_set(&self, set: &OverrideSet, section: &str, code: CodeTraits) -> Result<(), MergeProblem> {
        merge(set, section, &self.current().config, code).map(|_| ())
    }
}

struct EntryTarget<R: 'static> {
    entry: Weak<Entry<R>>,
    section: String,
    code: CodeTraits,
}

impl<R: RegistryEntry> RegistrySite<R> {
    pub(super) fn register(&self, entry: &Arc<Entry<R>>) {
        if let Some(section) = self.section() {
            let (entry, section) = (Arc::downgrade(entry), section.to_owned());
            settings::register(Arc::new(EntryTarget { entry, section, code: self.code() }));
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
    fn values(&self, set: &OverrideSet) -> Vec<TracedValue> {
        let written = self.entry.upgrade().map(|entry| entry.origins().current().config);
        written.map_or_else(Vec::new, |written| traced(set, &self.section, &written, self.code))
    }
    fn passed_over(&self, set: &OverrideSet) -> Vec<PassedOver> {
        let written = self.entry.upgrade().map(|entry| entry.origins().current().config);
        written.map_or_else(Vec::new, |written| passed_over(set, &self.section, &written, self.code))
    }
    fn check(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        let Some(entry) = self.entry.upgrade() else { return Ok(()) };
        entry.origins().check_set(set, &self.section, self.code)
    }
    fn apply(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        let Some(entry) = self.entry.upgrade() else { return Ok(()) };
        entry.origins().apply_set(set, &self.section, self.code, |config| entry.reconfigure(config))
    }
}
