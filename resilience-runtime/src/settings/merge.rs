use std::borrow::Cow;

use resilience_options::{ENABLED, OptionValue};

use super::overrides::{OverrideSet, SettingOverride, current};
use super::{CodeTraits, Overridable};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeProblem {
    /// The place and the option of the setting, if a single setting is at fault.
    pub setting: Option<(String, &'static str)>,
    pub message: String,
}

#[derive(Debug, Clone, Copy)]
pub struct Merged<C> {
    pub config: C,
    pub is_enabled: bool,
}

impl<C: Overridable> Merged<C> {
    const fn written(config: C) -> Self {
        Self { config, is_enabled: true }
    }

    pub fn in_force(self) -> C {
        if self.is_enabled { self.config } else { self.config.switched_off() }
    }
}

/// The settings that apply to one attribute, and those for all names that it ignores.
struct Applicable<'a, C> {
    merged: Merged<C>,
    applied: Vec<&'a SettingOverride>,
    passed_over: Vec<(&'a SettingOverride, String)>,
}

/// A setting for all names that one attribute ignores.
#[derive(Debug, Clone, PartialEq)]
pub struct PassedOver {
    pub setting: SettingOverride,
    pub reason: String,
}

struct RejectedSetting {
    at: usize,
    message: String,
    /// The attribute would ignore the setting, whatever its value.
    is_without_effect: bool,
}

pub fn merge<C: Overridable>(
    set: &OverrideSet,
    section: &str,
    written: &C,
    code: CodeTraits,
) -> Result<Merged<C>, MergeProblem> {
    applicable(set, section, written, code).map(|applicable| applicable.merged)
}

/// Returns the settings for all names that this attribute ignores.
pub fn passed_over<C: Overridable>(set: &OverrideSet, section: &str, written: &C, code: CodeTraits) -> Vec<PassedOver> {
    let passed_over =
        applicable(set, section, written, code).map_or_else(|_| Vec::new(), |applicable| applicable.passed_over);
    passed_over.into_iter().map(|(one, reason)| PassedOver { setting: one.clone(), reason }).collect()
}

/// A setting for all names applies only where it has an effect. A setting for this name must have an effect.
fn applicable<'a, C: Overridable>(
    set: &'a OverrideSet,
    section: &str,
    written: &C,
    code: CodeTraits,
) -> Result<Applicable<'a, C>, MergeProblem> {
    let (mut applied, mut passed_over) = (set.of(section, C::ATTRIBUTE), Vec::new());
    loop {
        let RejectedSetting { at, message, is_without_effect } = match put_together(&applied, written, code) {
            Ok(merged) => return Ok(Applicable { merged, applied, passed_over }),
            Err(refusal) => refusal,
        };
        let one = applied[at];
        if !is_without_effect || one.section.is_specific() {
            return Err(MergeProblem { setting: Some((one.place.clone(), one.option)), message });
        }
        passed_over.push((applied.remove(at), message));
    }
}

fn put_together<C: Overridable>(
    overrides: &[&SettingOverride],
    written: &C,
    code: CodeTraits,
) -> Result<Merged<C>, RejectedSetting> {
    let mut merged = Merged::written(*written);
    if overrides.is_empty() {
        return Ok(merged);
    }
    let (mut without_effect, mut begin) = (Vec::new(), 0);
    for (at, one) in overrides.iter().enumerate() {
        let exempt = if one.section.is_specific() { None } else { written.is_exempt(one.option) };
        if let Some(reason) = written.ignores(one.option, code).or(exempt) {
            let message = format!("`{}` of `#[{}]` {reason}", one.option, C::ATTRIBUTE);
            return Err(RejectedSetting { at, message, is_without_effect: true });
        }
        merged = with(merged, one).map_err(|message| RejectedSetting { at, message, is_without_effect: false })?;
        // Settings of one source are adjacent.
        if overrides.get(at + 1).is_none_or(|next| next.rank() != one.rank()) {
            without_effect.extend((begin..=at).filter(|at| merged.config.leaves_idle(overrides[*at].option).is_some()));
            begin = at + 1;
        }
    }
    // A setting is in vain only if neither its own source nor the sources after it give it an effect.
    for at in without_effect {
        if let Some(message) = merged.config.leaves_idle(overrides[at].option).map(Cow::into_owned) {
            return Err(RejectedSetting { at, message, is_without_effect: true });
        }
    }
    merged.config = merged.config.validated().map_err(|problem| {
        let last = overrides.len() - 1;
        RejectedSetting { at: last, message: problem.to_owned(), is_without_effect: false }
    })?;
    Ok(merged)
}

fn with<C: Overridable>(merged: Merged<C>, one: &SettingOverride) -> Result<Merged<C>, String> {
    if one.option == ENABLED {
        return Ok(Merged { is_enabled: one.value == OptionValue::Flag(true), ..merged });
    }
    Ok(Merged { config: merged.config.set_option(one.option, &one.value)?, ..merged })
}

#[derive(Debug, Clone)]
pub struct TracedValue {
    pub option: &'static str,
    pub value: Option<OptionValue>,
    /// `None` for a written value.
    pub by: Option<SettingOverride>,
}

/// Returns the values in force. A setting may also change other options than its own. Settings that are invalid
/// here do not apply.
pub fn traced<C: Overridable>(set: &OverrideSet, section: &str, written: &C, code: CodeTraits) -> Vec<TracedValue> {
    let plain = |(option, value)| TracedValue { option, value, by: None };
    let mut values: Vec<TracedValue> = written.values().into_iter().map(plain).collect();
    values.push(plain((ENABLED, Some(OptionValue::Flag(true)))));
    let mut merged = Merged::written(*written);
    let applied = applicable(set, section, written, code).map(|applicable| applicable.applied);
    for one in applied.unwrap_or_default() {
        let Ok(next) = with(merged, one) else { continue };
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

/// Returns the settings in force for a new instance. Its registration reports the settings that are invalid for it.
pub fn in_force<C: Overridable>(section: Option<&str>, written: &C, code: CodeTraits) -> C {
    let merged = section.map(|section| merge(&current(), section, written, code));
    merged.and_then(Result::ok).map_or(*written, Merged::in_force)
}
