use std::fmt;
use std::marker::PhantomData;

pub trait Overridable {}

impl<C> Overridable for C {}

pub const fn in_force<C: Copy>(_section: Option<&str>, written: &C, _is_prepared: bool) -> C {
    *written
}

pub struct SettingsCell<C>(PhantomData<fn() -> C>);

impl<C> SettingsCell<C> {
    pub const fn new() -> Self {
        Self(PhantomData)
    }

    #[inline]
    #[allow(clippy::unused_self, reason = "with the feature `config` it is used")]
    pub const fn of<'a>(&self, written: &'a C) -> &'a C {
        written
    }
}

#[derive(Debug, Clone)]
pub struct LayerSettings<C>(PhantomData<fn() -> C>);

impl<C> LayerSettings<C> {
    pub const NONE: Self = Self(PhantomData);

    pub const fn new(_section: &str, _written: &C, _has_backoff_function: bool) -> Self {
        Self(PhantomData)
    }

    #[inline]
    #[allow(clippy::unused_self, reason = "with the feature `config` it is used")]
    pub const fn of<'a>(&self, written: &'a C) -> &'a C {
        written
    }
}

pub struct SettingsSite<C>(SettingsCell<C>);

impl<C> SettingsSite<C> {
    pub const fn new(_section: &'static str, _file: &'static str, _line: u32) -> Self {
        Self(SettingsCell::new())
    }

    #[must_use]
    pub const fn with_backoff_function(self) -> Self {
        self
    }

    #[inline]
    pub const fn of(&'static self, written: &'static C) -> &'static C {
        self.0.of(written)
    }
}

impl<C> fmt::Debug for SettingsSite<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingsSite").finish_non_exhaustive()
    }
}
