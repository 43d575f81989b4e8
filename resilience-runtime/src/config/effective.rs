use std::fmt;

use super::names;
use crate::settings::{OverrideSet, OverrideSource, SettingOverride, Target, TracedValue, current, targets};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingOrigin {
    /// The attribute or the policy at this place in the source.
    Written {
        /// The place, such as `src/api.rs:12`.
        place: String,
    },
    /// A file of settings.
    File {
        /// The line and column, such as `settings.toml:3:7`.
        place: String,
    },
    /// A variable of the environment.
    Environment {
        /// Its name.
        variable: String,
    },
    /// [`set`](crate::config::set).
    Program,
}

/// A value in force, with its origin. It displays as `llm.retry.max = 5 (settings.toml:3:7)`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EffectiveSetting {
    /// The name of the attribute or policy.
    pub name: String,
    /// The attribute, such as `circuit_breaker`.
    pub attribute: &'static str,
    /// The option, such as `failure_threshold`.
    pub option: &'static str,
    /// The value, or `None` for an option that is not set.
    pub value: Option<String>,
    /// Where it comes from.
    pub origin: SettingOrigin,
}

/// Lists every value that can be overridden, with its origin, sorted by name.
///
/// A name appears once a function or policy with it has been called.
///
/// ```
/// # #[cfg(feature = "config")] {
/// use resilience::{bulkhead, config};
///
/// #[bulkhead(name = "docs-orders", max = 3)]
/// fn order() -> Option<u32> {
///     Some(1)
/// }
///
/// order();
/// config::set("docs-orders.bulkhead.max", 5)?;
/// let lines: Vec<String> = config::effective().iter().map(ToString::to_string).collect();
/// assert!(lines.contains(&"docs-orders.bulkhead.max = 5 (program)".to_owned()), "{lines:?}");
/// # config::clear();
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn effective() -> Vec<EffectiveSetting> {
    names::report_new();
    let (set, none) = (current(), OverrideSet::default());
    let mut all: Vec<EffectiveSetting> = Vec::new();
    for target in targets() {
        // Settings that are invalid for this attribute do not apply to it.
        let set = if target.check(&set).is_ok() { &*set } else { &none };
        all.extend(values_of(&*target, set));
    }
    all.sort_by(|one, other| (&one.name, one.attribute).cmp(&(&other.name, other.attribute)));
    all.dedup();
    all
}

fn values_of(target: &dyn Target, set: &OverrideSet) -> Vec<EffectiveSetting> {
    let effective = |TracedValue { option, value, by }| {
        let written = || SettingOrigin::Written { place: target.location().to_string() };
        let origin = by.as_ref().map_or_else(written, origin);
        let value = value.map(|value| value.to_string());
        EffectiveSetting { name: target.section(), attribute: target.attribute(), option, value, origin }
    };
    target.values(set).into_iter().map(effective).collect()
}

fn origin(one: &SettingOverride) -> SettingOrigin {
    match one.source {
        OverrideSource::File => SettingOrigin::File { place: one.place.clone() },
        OverrideSource::Environment => SettingOrigin::Environment { variable: one.place.clone() },
        OverrideSource::Program => SettingOrigin::Program,
    }
}

impl fmt::Display for SettingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written { place } | Self::File { place } => f.write_str(place),
            Self::Environment { variable } => f.write_str(variable),
            Self::Program => f.write_str("program"),
        }
    }
}

impl fmt::Display for EffectiveSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, attribute, option, value, origin } = self;
        let value = value.as_deref().unwrap_or("not set");
        write!(f, "{name}.{attribute}.{option} = {value} ({origin})")
    }
}
