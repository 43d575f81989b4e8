//! Settings that replace what attributes and policies say, while the program runs.
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
pub(crate) use merge::{MergeProblem, Merged, TracedValue, in_force, merge, traced};
#[cfg(feature = "config")]
pub(crate) use overrides::{OverrideSet, OverrideSource, SectionName, SettingOverride, current, folded, replace};
#[cfg(feature = "config")]
pub(crate) use targets::{Target, WrittenValue, apply_to_all, apply_until_stable, register, report, targets};
#[cfg(not(feature = "config"))]
pub(crate) use written::in_force;

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

    /// Lets every call pass as if the attribute were not there.
    #[cfg(feature = "config")]
    #[must_use]
    fn switched_off(self) -> Self;

    /// When a call begins, if these settings ask for it.
    #[cfg(feature = "config")]
    fn begin(&self) -> Option<Moment> {
        None
    }

    /// The options with their values. `None` for one that is not set.
    #[cfg(feature = "config")]
    fn values(&self) -> Vec<WrittenValue>;

    /// Returns why the code of an attribute with this configuration would ignore an option.
    /// `is_prepared` means that the code was made for every setting.
    #[cfg(feature = "config")]
    fn ignores(&self, _option: &str, _is_prepared: bool) -> Option<&'static str> {
        None
    }
}

/// The settings of something that exists once.
pub struct SettingsCell<C: Overridable> {
    #[cfg(feature = "config")]
    newest: live::Newest<C>,
    #[cfg(not(feature = "config"))]
    written: PhantomData<fn() -> C>,
}

/// The settings of a layer of a policy.
#[derive(Debug, Clone)]
pub(crate) struct LayerSettings<C: Overridable> {
    #[cfg(feature = "config")]
    layer: Option<std::sync::Arc<layer::LayerCell<C>>>,
    #[cfg(not(feature = "config"))]
    written: PhantomData<fn() -> C>,
}

/// The settings of one call of an attribute with `config = ".."`, if others than the written ones were loaded. Generated
/// code says what is written where it is read, so that the compiler knows it until then.
#[derive(Debug)]
pub struct LiveSettings<C: Overridable> {
    #[cfg(feature = "config")]
    held: Option<live::HeldSettings<C>>,
    #[cfg(not(feature = "config"))]
    written: PhantomData<fn() -> C>,
}

/// The settings of one attribute with `config = ".."`, which its calls ask for.
pub struct SettingsSite<C: Overridable> {
    #[cfg(feature = "config")]
    forms: live::SiteForms<C>,
    #[cfg(not(feature = "config"))]
    written: PhantomData<fn() -> C>,
}
