use resilience_options::{ENABLED, OptionValue};

use super::Overridable;
use super::overrides::{OverrideSet, SettingOverride, current};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeProblem {
    /// Where the setting was given, and its option, if it is one alone.
    pub setting: Option<(String, &'static str)>,
    pub message: String,
}

#[derive(Debug, Clone, Copy)]
pub struct Merged<C> {
    pub config: C,
    pub is_enabled: bool,
}

impl<C: Overridable> Merged<C> {
    pub fn in_force(self) -> C {
        if self.is_enabled { self.config } else { self.config.switched_off() }
    }
}

pub fn merge<C: Overridable>(
    set: &OverrideSet,
    section: &str,
    written: &C,
    is_prepared: bool,
) -> Result<Merged<C>, MergeProblem> {
    let mut merged = Merged { config: *written, is_enabled: true };
    let overrides = set.of(section, C::ATTRIBUTE);
    if overrides.is_empty() {
        return Ok(merged);
    }
    for one in &overrides {
        merged = with(merged, one, written, is_prepared)
            .map_err(|message| MergeProblem { setting: Some((one.place.clone(), one.option)), message })?;
    }
    merged.config = merged.config.validated().map_err(|problem| {
        let last = overrides.last().map(|one| (one.place.clone(), one.option));
        MergeProblem { setting: last, message: problem.to_owned() }
    })?;
    Ok(merged)
}

fn with<C: Overridable>(
    merged: Merged<C>,
    one: &SettingOverride,
    written: &C,
    is_prepared: bool,
) -> Result<Merged<C>, String> {
    if one.option == ENABLED {
        return Ok(Merged { is_enabled: one.value == OptionValue::Flag(true), ..merged });
    }
    if let Some(reason) = written.ignores(one.option, is_prepared) {
        return Err(format!("`{}` of `#[{}]` {reason}", one.option, C::ATTRIBUTE));
    }
    Ok(Merged { config: merged.config.set_option(one.option, &one.value)?, ..merged })
}

/// A value in force, and the setting that made it so.
#[derive(Debug, Clone)]
pub struct TracedValue {
    pub option: &'static str,
    pub value: Option<OptionValue>,
    /// `None` for what is written.
    pub by: Option<SettingOverride>,
}

/// Returns the values in force. A setting may change more than its own option, and take another one out of
/// force.
pub fn traced<C: Overridable>(set: &OverrideSet, section: &str, written: &C, is_prepared: bool) -> Vec<TracedValue> {
    let plain = |(option, value)| TracedValue { option, value, by: None };
    let mut values: Vec<TracedValue> = written.values().into_iter().map(plain).collect();
    values.push(plain((ENABLED, Some(OptionValue::Flag(true)))));
    let mut merged = Merged { config: *written, is_enabled: true };
    for one in set.of(section, C::ATTRIBUTE) {
        let Ok(next) = with(merged, one, written, is_prepared) else { continue };
        merged = next;
        let now = merged.config.validated().unwrap_or(merged.config).values();
        for (traced, value) in values.iter_mut().zip(now.into_iter().map(|(_, value)| value).chain([None])) {
            if traced.option == one.option {
                (traced.value, traced.by) = (Some(one.value.clone()), Some(one.clone()));
            } else if traced.option != ENABLED && traced.value != value {
                (traced.value, traced.by) = (value, Some(one.clone()));
            }
        }
    }
    values
}

/// Returns the settings in force for a new instance. Settings that it cannot take are reported when
/// it is registered.
pub fn in_force<C: Overridable>(section: Option<&str>, written: &C, is_prepared: bool) -> C {
    let merged = section.map(|section| merge(&current(), section, written, is_prepared));
    merged.and_then(Result::ok).map_or(*written, Merged::in_force)
}

pub fn unless_function<C: Overridable>(
    has_backoff_function: bool,
    set: &OverrideSet,
    section: &str,
) -> Result<(), MergeProblem> {
    let is_of_delays = |one: &&SettingOverride| matches!(one.option, "backoff" | "base_delay" | "factor" | "jitter");
    let overrides = set.of(section, C::ATTRIBUTE);
    let Some(one) = overrides.into_iter().find(is_of_delays).filter(|_| has_backoff_function) else { return Ok(()) };
    let (option, attribute) = (one.option, C::ATTRIBUTE);
    Err(MergeProblem {
        setting: Some((one.place.clone(), option)),
        message: format!(
            "`{option}` of `#[{attribute}]` does nothing here: the delays come from a function, `backoff = ..`"
        ),
    })
}
