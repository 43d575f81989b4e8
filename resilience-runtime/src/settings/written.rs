use std::fmt;
use std::marker::PhantomData;

use super::{CodeTraits, LayerSettings, LiveSettings, Overridable, SettingsCell, SettingsSite};
use crate::time::Moment;

impl<C: Copy + PartialEq + fmt::Debug + Send + Sync + 'static> Overridable for C {}

pub const fn in_force<C: Copy>(_section: Option<&str>, written: &C, _code: CodeTraits) -> C {
    *written
}

#[allow(clippy::unused_self, reason = "with the feature `config` it is used")]
impl<C: Overridable> SettingsCell<C> {
    pub const fn new() -> Self {
        Self { written: PhantomData }
    }

    #[inline]
    pub const fn of<'a>(&self, written: &'a C) -> &'a C {
        written
    }
}

#[allow(clippy::unused_self, reason = "with the feature `config` it is used")]
impl<C: Overridable> LayerSettings<C> {
    pub(crate) const NONE: Self = Self { written: PhantomData };

    pub(crate) const fn new(_section: &str, _written: &C, _code: CodeTraits) -> Self {
        Self::NONE
    }

    #[inline]
    pub(crate) const fn of<'a>(&self, written: &'a C) -> &'a C {
        written
    }
}

#[allow(clippy::unused_self, reason = "with the feature `config` it is used")]
impl<C: Overridable> SettingsSite<C> {
    pub const fn new(_section: &'static str, _file: &'static str, _line: u32) -> Self {
        Self { written: PhantomData }
    }

    #[must_use]
    pub const fn with_backoff_function(self) -> Self {
        self
    }

    #[must_use]
    pub const fn on_threads(self) -> Self {
        self
    }

    #[inline]
    pub const fn of(&'static self, _written: &'static C) -> LiveSettings<C> {
        LiveSettings { written: PhantomData }
    }
}

#[allow(clippy::unused_self, reason = "with the feature `config` it is used")]
impl<C: Overridable> LiveSettings<C> {
    #[inline]
    pub const fn or<'a>(&'a self, written: &'a C) -> &'a C {
        written
    }

    pub const fn began(&self) -> Option<Moment> {
        None
    }
}

impl<C: Overridable> fmt::Debug for SettingsSite<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingsSite").finish_non_exhaustive()
    }
}
