//! Settings of a running program: from a file, from the environment, and from the program itself.
//!
//! The arguments of an attribute or a policy are defaults. Those with a stable name can be overridden
//! without compiling again: attributes and policies with a `name`, and all attributes of a stack with
//! `config = "name"`.
//!
//! ```
//! # #[cfg(feature = "config")] {
//! use resilience::{config, retry};
//!
//! #[retry(max = 1, backoff = "none", config = "docs-llm")]
//! fn ask(calls: &mut u32) -> Result<(), &'static str> {
//!     *calls += 1;
//!     Err("down")
//! }
//!
//! config::load_toml(
//!     r#"
//!     [docs-llm.retry]
//!     max = 4
//!     "#,
//! )?;
//! let mut calls = 0;
//! assert!(ask(&mut calls).is_err());
//! assert_eq!(calls, 5);
//! # config::clear();
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which setting applies
//!
//! 1. A setting for a name (`[llm.retry]`) takes precedence over one for all names (`[all.retry]`).
//!    A setting for all names applies where it has an effect; a setting for a name that has no
//!    effect is a mistake.
//! 2. Among settings for one name, the program ([`set`]) takes precedence over the environment
//!    ([`load_env`]), and the environment over the file ([`load`], [`load_toml`]).
//! 3. Without a setting, the arguments of the attribute or the policy apply.
//!
//! `enabled = false` switches an attribute off. A fallback cannot be switched off.
//!
//! # All or nothing
//!
//! Each function checks its settings together with all others, by the rules of the attributes and with
//! their messages. If there are mistakes, it returns all of them, and nothing changes. Calls in
//! progress keep the settings with which they began.
//!
//! State is kept: a bulkhead that shrinks lets its running calls finish, a rate limit still counts the
//! calls that have passed, and a cache keeps its entries. If the size of a breaker's window changes,
//! the window starts empty, which the event `breaker.window_restarted` reports. A new recovery time
//! also applies to a breaker that is open, and counts from its opening.
//!
//! # Names
//!
//! A name becomes known when a function or policy with that name is first called. Settings for an
//! unknown name wait for it. The event `config.unknown_name` reports it once: as a warning if the name
//! is most likely a misspelling of a known one, otherwise at DEBUG. The library looks for such names
//! when settings change, when a name becomes known, and when the program takes a
//! [`snapshot`](crate::snapshot()) or calls [`effective`]. [`check`] declares that all names are known
//! by now; from then on, an unknown name is an error.

#![cfg(feature = "config")]

mod attributes;
mod draft;
mod effective;
mod environment;
mod error;
mod file;
mod names;
mod reload;

use std::ffi::OsStr;
use std::time::Duration;

use resilience_options::Written;

use crate::emit::emit;
use crate::event::Event;
use crate::settings::{
    MergeProblem, OverrideSet, OverrideSource, SectionName, SettingOverride, apply_to_all, current, on_registration,
    replace, targets,
};
use attributes::AttributeTable;
use draft::SettingsDraft;
use error::ConfigProblem as Problem;

pub use effective::{EffectiveSetting, SettingOrigin, effective};
pub use error::{ConfigError, ConfigProblem};
pub use names::check;
pub(crate) use names::report_new;
#[cfg(feature = "dashboard")]
pub(crate) use reload::reload_changes;
#[cfg(all(unix, feature = "config-signal"))]
pub use reload::reload_on_hangup;
pub use reload::{load, reload, watch};

/// The value of a setting, for [`set`]: a number, a `bool`, a text or a [`Duration`].
#[derive(Debug, Clone, PartialEq)]
pub struct SettingValue(Written);

macro_rules! setting_values {
    ($($ty:ty: $value:ident => $written:expr;)*) => {$(
        impl From<$ty> for SettingValue {
            fn from($value: $ty) -> Self {
                Self($written)
            }
        }
    )*};
}

setting_values! {
    i32: number => Written::Integer(number.into());
    i64: number => Written::Integer(number.into());
    u32: number => Written::Integer(number.into());
    u64: number => Written::Integer(number.into());
    usize: number => i128::try_from(number).map_or(Written::Other("a number that is too large"), Written::Integer);
    f64: number => Written::Float(number);
    bool: flag => Written::Boolean(flag);
    &str: text => Written::Text(text.to_owned());
    String: text => Written::Text(text);
    Duration: time => Written::Time(time);
}

/// Loads settings in TOML. They replace those of the last file.
///
/// A table is `[name.attribute]`, and its keys are the arguments of the attribute. A name with dots or
/// colons is quoted, as in `["my.name".retry]`. `[all.retry]` is for every name.
///
/// ```
/// # #[cfg(feature = "config")] {
/// resilience::config::load_toml(
///     r#"
///     [docs-search.circuit_breaker]
///     window = "30s"
///     failure_rate = 0.5
///
///     [docs-search.timeout]
///     limit = "5s"
///
///     [docs-search.cached]
///     enabled = false
///     "#,
/// )?;
/// # resilience::config::clear();
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Returns every mistake with its line and column. Nothing has changed in that case.
pub fn load_toml(text: &str) -> Result<(), ConfigError> {
    load_text("settings", text)
}

fn load_text(name: &str, text: &str) -> Result<(), ConfigError> {
    load_changes(name, text).map(|_| ())
}

/// Returns how many settings have another value now.
fn load_changes(name: &str, text: &str) -> Result<usize, ConfigError> {
    let draft = file::read(name, text);
    put_source(OverrideSource::File, draft)
}

/// Loads settings from variables of the environment, such as `RESILIENCE_LLM_RETRY_MAX=5`. They replace
/// those of the last call.
///
/// A variable is `RESILIENCE_`, the name, the attribute and the option, in capitals. Every character of
/// a name that is neither a letter nor a digit becomes `_`. Other variables are ignored.
///
/// ```
/// # #[cfg(feature = "config")] {
/// // `vars` would panic if the variable of another program is not Unicode.
/// // resilience::config::load_env(std::env::vars_os())?;
/// resilience::config::load_env([("RESILIENCE_DOCS_LLM_RETRY_MAX", "5"), ("HOME", "/root")])?;
/// # resilience::config::clear();
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Returns every mistake, such as a variable with the prefix that names no setting, or one that could
/// mean two names in use. Nothing has changed in that case.
pub fn load_env<K, V>(variables: impl IntoIterator<Item = (K, V)>) -> Result<(), ConfigError>
where
    K: AsRef<OsStr>,
    V: AsRef<OsStr>,
{
    put_source(OverrideSource::Environment, environment::read(variables)).map(|_| ())
}

/// Sets one setting, which takes precedence over files and the environment: `set("llm.retry.max", 5)`.
///
/// ```
/// # #[cfg(feature = "config")] {
/// use resilience::config;
/// use std::time::Duration;
///
/// config::set("docs-llm.timeout.limit", Duration::from_secs(20))?;
/// config::set("docs-llm.retry.enabled", false)?;
/// config::set("all.bulkhead.wait", "2s")?;
/// config::unset("docs-llm.retry.enabled");
/// # config::clear();
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Returns the mistake in the key or the value. Nothing has changed in that case.
pub fn set(key: &str, value: impl Into<SettingValue>) -> Result<(), ConfigError> {
    let mut draft = SettingsDraft::new(OverrideSource::Program);
    let SettingValue(value) = value.into();
    match divide(key) {
        Ok((section, table, option)) => {
            draft.setting(&section, table, &format!("{key}:"), option, [String::new(), String::new()], &value);
        }
        Err(problem) => draft.problem("", format!("{key}:"), problem),
    }
    let option = draft.overrides.first().cloned();
    change(OverrideSource::Program, draft.problems, |before| {
        let mut all = before.to_vec();
        if let Some(new) = &option {
            all.retain(|one| !(one.source == OverrideSource::Program && replaces(new, one)));
            all.extend(option.clone());
        }
        all
    })
    .map(|_| ())
}

/// Removes a setting of [`set`]. Returns whether there was one.
///
/// Usually the remaining settings are valid, because a setting is accepted only if it can be removed
/// again. The setting stays if a file has changed meanwhile in such a way that they are not.
pub fn unset(key: &str) -> bool {
    let Ok((section, table, word)) = divide(key) else { return false };
    let Ok(option) = table.option(word) else { return false };
    let is_it = |one: &SettingOverride| {
        one.source == OverrideSource::Program
            && one.section == section
            && one.attribute == table.name
            && one.option == option.name()
    };
    let is_set = current().all.iter().any(is_it);
    is_set
        && change(OverrideSource::Program, Vec::new(), |before| {
            before.iter().filter(|one| !is_it(one)).cloned().collect()
        })
        .is_ok()
}

/// Removes all settings, so that the arguments of attributes and policies apply. [`reload`] then has no
/// file to load.
pub fn clear() {
    reload::forget();
    names::forget();
    let _always_valid = change(OverrideSource::Program, Vec::new(), |_| Vec::new());
}

/// Returns whether a new setting replaces an earlier one: both are of the same option, or of options that exclude
/// each other.
fn replaces(new: &SettingOverride, before: &SettingOverride) -> bool {
    let is_counterpart = || {
        (&new.section, new.attribute) == (&before.section, before.attribute)
            && AttributeTable::are_alternatives(new.attribute, new.option, before.option)
    };
    is_same_setting(new, before) || is_counterpart()
}

fn is_same_setting(one: &SettingOverride, other: &SettingOverride) -> bool {
    (&one.section, one.attribute, one.option) == (&other.section, other.attribute, other.option)
}

/// Divides `name.attribute.option`. A name may contain dots.
fn divide(key: &str) -> Result<(SectionName, &'static AttributeTable, &str), String> {
    let mut parts = key.rsplitn(3, '.');
    let (Some(option), Some(attribute), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("a setting is `name.attribute.option`, such as `llm.retry.max`".to_owned());
    };
    if name.trim().is_empty() {
        return Err("the name is empty; a setting is `name.attribute.option`, such as `llm.retry.max`".to_owned());
    }
    let section = if name == file::ALL { SectionName::All } else { SectionName::Named(name.to_owned()) };
    Ok((section, AttributeTable::named(attribute)?, option))
}

fn put_source(source: OverrideSource, draft: SettingsDraft) -> Result<usize, ConfigError> {
    let SettingsDraft { overrides, problems, .. } = draft;
    change(source, problems, |before| {
        let others = before.iter().filter(|one| one.source != source);
        others.chain(&overrides).cloned().collect()
    })
}

/// Checks settings, and applies all of them or none.
fn change(
    source: OverrideSource,
    problems: Vec<ConfigProblem>,
    make: impl Fn(&[SettingOverride]) -> Vec<SettingOverride>,
) -> Result<usize, ConfigError> {
    ConfigError::unless_empty(problems)?;
    let (settings, changes) = loop {
        let before = current();
        let mut all = make(&before.all);
        // The order of the sources is no change, for example if a file is loaded again after the environment.
        all.sort_by_key(|one| one.source);
        if all == before.all {
            return Ok(0);
        }
        let set = OverrideSet { generation: before.generation + 1, all };
        let mut problems = problems_of(&set);
        if names::are_all_known() {
            problems.extend(names::unknown(&set, |one| one.source == source));
        }
        ConfigError::unless_empty(problems)?;
        let settings = u32::try_from(set.all.len()).unwrap_or(u32::MAX);
        let changes = count_changes(&before.all, &set.all);
        if replace(&before, set.all) {
            break (settings, changes);
        }
    };
    if changes > 0 {
        on_registration(names::compare_with);
        apply_to_all();
        emit(&Event::SettingsApplied { settings });
        names::report_unused(&current());
    }
    Ok(changes)
}

/// Counts the settings that were added, removed or given another value.
fn count_changes(before: &[SettingOverride], now: &[SettingOverride]) -> usize {
    let is_in = |all: &[SettingOverride], one: &SettingOverride| {
        all.iter().any(|other| other.source == one.source && is_same_setting(other, one) && other.value == one.value)
    };
    let has = |all: &[SettingOverride], one: &SettingOverride| {
        all.iter().any(|other| other.source == one.source && is_same_setting(other, one))
    };
    let gone = before.iter().filter(|one| !has(now, one)).count();
    gone + now.iter().filter(|one| !is_in(before, one)).count()
}

fn problems_of(set: &OverrideSet) -> Vec<ConfigProblem> {
    let mut problems = names::ambiguous(set);
    let targets = targets();
    for target in &targets {
        if let Err(problem) = target.check(set) {
            let (section, attribute) = (target.section(), target.attribute());
            problems.push(problem_in(&section, attribute, &format!(" at {}", target.location()), problem));
        }
    }
    for one in &set.all {
        let SectionName::Named(section) = &one.section else { continue };
        let is_used = targets.iter().any(|target| target.attribute() == one.attribute && target.section() == *section);
        let Some(table) = AttributeTable::all().iter().find(|table| table.name == one.attribute && !is_used) else {
            continue;
        };
        if let Err(problem) = invalid_together(set, section, table) {
            problems.push(problem_in(section, table.name, "", problem));
        }
    }
    problems
}

/// Finds settings for a name that is not in use that are valid one by one, and invalid together.
fn invalid_together(set: &OverrideSet, section: &str, table: &AttributeTable) -> Result<(), MergeProblem> {
    let checked = (table.check_together)(set, section);
    let is_valid_alone = |one: &&SettingOverride| {
        let alone = OverrideSet { generation: set.generation, all: vec![(*one).clone()] };
        (table.check_together)(&alone, section).is_ok()
    };
    if checked.is_err() && set.of(section, table.name).iter().all(is_valid_alone) { checked } else { Ok(()) }
}

fn problem_in(section: &str, attribute: &str, at: &str, problem: MergeProblem) -> ConfigProblem {
    let place = problem.setting.map_or_else(String::new, |(place, _)| place);
    Problem::new(place, format!("[{section}.{attribute}]{at}:"), problem.message)
}
