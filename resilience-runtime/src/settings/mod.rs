//! Settings that replace what attributes and policies say, while the program runs.
//!
//! Without the feature `config` nothing can be overridden, and this is a name for what is written.

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

#[cfg(feature = "config")]
pub(crate) use layer::LayerSettings;
#[cfg(feature = "config")]
pub use live::{Effective, SettingsCell, SettingsSite};
#[cfg(feature = "config")]
pub(crate) use merge::{MergeProblem, Merged, Overridable, in_force, merge};
#[cfg(feature = "config")]
pub(crate) use overrides::{OverrideSet, OverrideSource, SectionName, SettingOverride, current, folded, replace};
#[cfg(feature = "config")]
pub(crate) use targets::{Target, WrittenValue, apply_to_all, apply_until_stable, register, report, targets};
#[cfg(not(feature = "config"))]
pub(crate) use written::{LayerSettings, in_force};
#[cfg(not(feature = "config"))]
pub use written::{Overridable, SettingsCell, SettingsSite};
