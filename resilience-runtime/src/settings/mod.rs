//! Settings that override the arguments of attributes and policies while the program runs.
//!
//! Without the feature `config` nothing can be overridden, and these types are empty.

#[cfg(feature = "config")]
mod layer;
#[cfg(feature = "config")]
mod live;
#[cfg(feature = "config")]
mod merge;
#[cfg(feature = "config")]
mod overrides;
#[cfg(feature = "config")]
mod targets;
#[cfg(not(feature = "config"))]
mod written;

use std::fmt;
#[cfg(not(feature = "config"))]
use std::marker::PhantomData;

#[cfg(feature = "config")]
use crate::time::Moment;
#[cfg(feature = "config")]
pub use live::Effective;
#[cfg(feature = "config")]
pub(crate) use merge::{MergeProblem, Merged, PassedOver, TracedValue, in_force, merge, passed_over, traced};
#[cfg(feature = "config")]
pub(crate) use overrides::{OverrideSet, OverrideSource, SectionName, SettingOverride, current, folded, replace};
#[cfg(feature = "config")]
pub(crate) use targets::{
    Target, WrittenValue, apply_to_all, apply_until_stable, on_registration, register, report, targets,
};
#[cfg(not(feature = "config"))]
pub(crate) use written::in_force;

#[cfg(feature = "config")]
pub(crate) const NO_KEY: &str = "does nothing where there is no `key`; leave it out";

pub trait Overridable: Copy + PartialEq + fmt::Debug + Send + Sync + 'static {
    #[cfg(feature = "config")]
    const ATTRIBUTE: &'static str;

    /// The form in which a call holds overridden settings.
    #[cfg(feature = "config")]
    type Live: From<Self> + std::borrow::Borrow<Self> + fmt::Debug + Send + Sync;

    #[cfg(feature = "config")]
    fn set_option(self, option: &str, value: &resilience_options::OptionValue) -> Result<Self, String>;

    #[cfg(feature = "config")]
    fn validated(self) -> Result<Self, &'static str>;

    /// Returns a configuration with which every call passes as if the attribute were not there.
    #[cfg(feature = "config")]
    #[must_use]
    fn switched_off(self) -> Self;

    /// Returns the current time, if these settings need the beginning of a call.
    #[cfg(feature = "config")]
    fn begin(&self) -> Option<Moment> {
        None
    }

    /// The options with their values, or `None` for an option that is not set.
    #[cfg(feature = "config")]
    fn values(&self) -> Vec<WrittenValue>;

    /// Returns why the code of an attribute with this configuration would ignore an option.
    #[cfg(feature = "config")]
    fn ignores(&self, _option: &str, _code: CodeTraits) -> Option<&'static str> {
        None
    }

    /// Returns why an option that is set for all names is not meant for this configuration. One for its own name is.
    #[cfg(feature = "config")]
    fn is_exempt(&self, _option: &str) -> Option<&'static str> {
        None
    }

    /// Returns why the other options leave this one without effect.
    #[cfg(feature = "config")]
    fn leaves_idle(&self, _option: &str) -> Option<std::borrow::Cow<'static, str>> {
        None
    }
}

/// The traits of generated code or of a layer that decide which options have an effect there.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "traits that do not depend on each other")]
#[cfg_attr(not(feature = "config"), allow(dead_code, reason = "with the feature `config` it is read"))]
pub struct CodeTraits {
    /// The code reads every option at run time.
    pub is_prepared: bool,
    pub is_keyed: bool,
    /// Bodies run on threads of their own.
    pub has_threads: bool,
    /// A function of the user's computes the delays.
    pub computes_delays: bool,
}

impl CodeTraits {
    /// Every option has an effect.
    pub const ALL: Self = Self { is_prepared: true, is_keyed: true, has_threads: true, computes_delays: false };
    /// A layer, or an attribute with `config`.
    pub const PREPARED: Self = Self { is_keyed: false, has_threads: false, ..Self::ALL };
    /// An attribute without `config`.
    pub const PLAIN: Self = Self { is_prepared: false, ..Self::PREPARED };
}

/// The settings of something that exists once.
pub struct SettingsCell<C: Overridable> {
    #[cfg(feature = "config")]
    newest: live::Newest<C>,
    #[cfg(not(feature = "config"))]
    written: PhantomData<fn() -> C>,
}

#[derive(Debug, Clone)]
pub(crate) struct LayerSettings<C: Overridable> {
    #[cfg(feature = "config")]
    layer: Option<std::sync::Arc<layer::LayerCell<C>>>,
    #[cfg(not(feature = "config"))]
    written: PhantomData<fn() -> C>,
}

/// The settings of one call of an attribute with `config = ".."`, if settings were loaded for it. Generated code passes
/// the written values where they are read, so the compiler can treat them as constants.
#[derive(Debug)]
pub struct LiveSettings<C: Overridable> {
    #[cfg(feature = "config")]
    held: Option<live::HeldSettings<C>>,
    #[cfg(not(feature = "config"))]
    written: PhantomData<fn() -> C>,
}

/// The settings of one attribute with `config = ".."`, which each of its calls reads.
pub struct SettingsSite<C: Overridable> {
    #[cfg(feature = "config")]
    forms: live::SiteForms<C>,
    #[cfg(not(feature = "config"))]
    written: PhantomData<fn() -> C>,
}
