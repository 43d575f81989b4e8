use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use super::merge::{MergeProblem, Merged, PassedOver, TracedValue, merge, passed_over, traced};
use super::overrides::OverrideSet;
use super::targets::{Target, apply_until_stable, register};
use super::{CodeTraits, LiveSettings, Overridable, SettingsCell, SettingsSite};
use crate::event::SourceLocation;
use crate::sync::lock;
use crate::time::Moment;

/// The settings of one call: the written ones, or those that were loaded in their place.
#[derive(Debug, Clone)]
pub enum Effective<'a, C: Overridable> {
    Written(&'a C),
    Overridden(Arc<C::Live>),
}

impl<C: Overridable> Deref for Effective<'_, C> {
    type Target = C;

    #[inline]
    fn deref(&self) -> &C {
        match self {
            Self::Written(config) => config,
            Self::Overridden(live) => (**live).borrow(),
        }
    }
}

#[derive(Debug)]
pub(super) struct HeldSettings<C: Overridable> {
    live: &'static C::Live,
    /// [`Moment::FAR`] if no setting needs it. An `Option` would make this three words.
    began: Moment,
}

impl<C: Overridable> LiveSettings<C> {
    #[inline]
    pub fn or<'a>(&'a self, written: &'a C) -> &'a C {
        self.overridden().map_or(written, Borrow::borrow)
    }

    #[inline]
    pub fn overridden(&self) -> Option<&'static C::Live> {
        self.held.as_ref().map(|held| held.live)
    }

    pub fn began(&self) -> Option<Moment> {
        self.held.as_ref().map(|held| held.began).filter(|began| *began != Moment::FAR)
    }
}

/// The settings that were loaded, if they differ from the written ones.
pub(super) struct Newest<C: Overridable> {
    is_overridden: AtomicBool,
    live: Mutex<Option<Arc<C::Live>>>,
}

impl<C: Overridable> SettingsCell<C> {
    pub const fn new() -> Self {
        Self { newest: Newest { is_overridden: AtomicBool::new(false), live: Mutex::new(None) } }
    }

    #[inline]
    pub fn of<'a>(&self, written: &'a C) -> Effective<'a, C> {
        if self.is_overridden() { self.newest(written) } else { Effective::Written(written) }
    }

    #[inline]
    pub fn is_overridden(&self) -> bool {
        self.newest.is_overridden.load(Ordering::Relaxed)
    }

    #[cold]
    #[inline(never)]
    fn newest<'a>(&self, written: &'a C) -> Effective<'a, C> {
        lock(&self.newest.live).clone().map_or(Effective::Written(written), Effective::Overridden)
    }

    /// Calls that have begun keep their settings.
    pub fn put(&self, written: &C, config: C) {
        let before = {
            let mut newest = lock(&self.newest.live);
            let is_same = newest.as_ref().map_or(*written == config, |newest| *(**newest).borrow() == config);
            if is_same {
                return;
            }
            let live = (config != *written).then(|| Arc::new(C::Live::from(config)));
            self.newest.is_overridden.store(live.is_some(), Ordering::Relaxed);
            std::mem::replace(&mut *newest, live)
        };
        drop(before);
    }
}

impl<C: Overridable> fmt::Debug for SettingsCell<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingsCell").field("newest", &self.newest.live).finish_non_exhaustive()
    }
}

/// The instantiations of a generic function share the site, and their written settings may differ.
pub(super) struct SiteForms<C: Overridable> {
    section: &'static str,
    location: SourceLocation,
    code: CodeTraits,
    state: AtomicU8,
    all: Mutex<Vec<SiteForm<C>>>,
}

struct SiteForm<C: Overridable> {
    written: &'static C,
    live: Option<&'static C::Live>,
    /// Settings that have been in force. They are never freed, so calls can borrow them without a reference count.
    /// Equal settings are stored once.
    kept: Vec<&'static C::Live>,
}

impl<C: Overridable> SiteForm<C> {
    fn put(&mut self, config: C) {
        if config == *self.written {
            self.live = None;
            return;
        }
        let kept = self.kept.iter().find(|live| *(***live).borrow() == config).copied();
        self.live = kept.or_else(|| {
            let live: &C::Live = Box::leak(Box::new(C::Live::from(config)));
            self.kept.push(live);
            Some(live)
        });
    }
}

const NEW: u8 = 0;
const WRITTEN: u8 = 1;
const OVERRIDDEN: u8 = 2;

impl<C: Overridable> SettingsSite<C> {
    pub const fn new(section: &'static str, file: &'static str, line: u32) -> Self {
        let forms = SiteForms {
            section,
            location: SourceLocation { file, line },
            code: CodeTraits::PREPARED,
            state: AtomicU8::new(NEW),
            all: Mutex::new(Vec::new()),
        };
        Self { forms }
    }

    /// A function of the user's computes the delays, and no setting changes them.
    #[must_use]
    pub const fn with_backoff_function(mut self) -> Self {
        self.forms.code.computes_delays = true;
        self
    }

    /// Bodies run on threads of their own (`mode = "thread"`).
    #[must_use]
    pub const fn on_threads(mut self) -> Self {
        self.forms.code.has_threads = true;
        self
    }

    #[inline]
    pub fn of(&'static self, written: &'static C) -> LiveSettings<C> {
        let is_written = self.forms.state.load(Ordering::Relaxed) == WRITTEN;
        LiveSettings { held: if is_written { None } else { self.find(written) } }
    }

    #[cold]
    #[inline(never)]
    fn find(&'static self, written: &'static C) -> Option<HeldSettings<C>> {
        let live = self.newest(written)?;
        let began = live.borrow().begin().unwrap_or(Moment::FAR);
        Some(HeldSettings { live, began })
    }

    fn newest(&'static self, written: &'static C) -> Option<&'static C::Live> {
        let (is_first, is_new) = {
            let mut forms = lock(&self.forms.all);
            if let Some(form) = forms.iter().find(|form| std::ptr::eq(form.written, written)) {
                if form.live.is_some() {
                    return form.live;
                }
                (false, false)
            } else {
                forms.push(SiteForm { written, live: None, kept: Vec::new() });
                (forms.len() == 1, true)
            }
        };
        if is_first {
            register(Arc::new(self));
        } else if is_new {
            let _reported_by_the_first = apply_until_stable(|set| self.apply(set));
        }
        let forms = lock(&self.forms.all);
        forms.iter().find(|form| std::ptr::eq(form.written, written))?.live
    }

    fn merged(&self, set: &OverrideSet, written: &C) -> Result<Merged<C>, MergeProblem> {
        merge(set, self.forms.section, written, self.forms.code)
    }

    fn apply(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        let mut forms = lock(&self.forms.all);
        let is_overridden = !set.of(self.forms.section, C::ATTRIBUTE).is_empty();
        let mut result = Ok(());
        for form in &mut *forms {
            let merged = self.merged(set, form.written);
            let config = merged.as_ref().map_or(*form.written, |merged| merged.in_force());
            form.put(config);
            result = result.and(merged.map(|_| ()));
        }
        self.forms.state.store(if is_overridden { OVERRIDDEN } else { WRITTEN }, Ordering::Relaxed);
        result
    }
}

impl<C: Overridable> Target for &'static SettingsSite<C> {
    fn attribute(&self) -> &'static str {
        C::ATTRIBUTE
    }
    fn section(&self) -> String {
        self.forms.section.to_owned()
    }
    fn location(&self) -> SourceLocation {
        self.forms.location
    }
    fn is_alive(&self) -> bool {
        true
    }
    fn values(&self, set: &OverrideSet) -> Vec<TracedValue> {
        let first = lock(&self.forms.all).first().map(|form| form.written);
        first.map_or_else(Vec::new, |written| traced(set, self.forms.section, written, self.forms.code))
    }
    /// A setting counts as ignored only if every instantiation ignores it.
    fn passed_over(&self, set: &OverrideSet) -> Vec<PassedOver> {
        let forms = lock(&self.forms.all);
        let mut of_each = forms.iter().map(|form| passed_over(set, self.forms.section, form.written, self.forms.code));
        let first = of_each.next().unwrap_or_default();
        of_each.fold(first, |all, form| all.into_iter().filter(|one| form.contains(one)).collect())
    }
    fn check(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        lock(&self.forms.all).iter().try_for_each(|form| self.merged(set, form.written).map(|_| ()))
    }
    fn apply(&self, set: &OverrideSet) -> Result<(), MergeProblem> {
        SettingsSite::apply(self, set)
    }
}

impl<C: Overridable> fmt::Debug for SettingsSite<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingsSite").field("section", &self.forms.section).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::registry::FunctionRef;
    use crate::timeout::TimeoutConfig;

    #[test]
    fn settings_that_come_back_are_those_that_were_kept() {
        static WRITTEN: TimeoutConfig = TimeoutConfig::new(FunctionRef::UNNAMED, Duration::from_secs(1));
        let mut form = SiteForm { written: &WRITTEN, live: None, kept: Vec::new() };
        let loaded = |secs| TimeoutConfig::new(FunctionRef::UNNAMED, Duration::from_secs(secs));
        for secs in [2, 3, 2, 1, 3] {
            form.put(loaded(secs));
            let live = form.live.map_or(WRITTEN, |live| *live.borrow());
            assert!(live == loaded(secs) && form.live.is_some() == (secs != 1), "{secs} s");
        }
        assert_eq!(form.kept.len(), 2);
    }
}
