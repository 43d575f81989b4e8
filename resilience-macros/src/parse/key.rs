//! The table of an attribute's arguments.

use std::str::FromStr;
use std::time::Duration;

use super::duration::parse;

/// An argument: all that its parser and its error messages know of it.
///
/// The `keys!` macro writes these tables, together with the table that the attribute's documentation shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// Other spellings. A duration also has one in seconds and one in milliseconds.
    pub(crate) aliases: &'static [&'static str],
    pub(crate) kind: ValueKind,
    /// As the documentation states it: a value, or what applies in place of one.
    pub(crate) default: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Count,
    Number,
    Duration,
    Flag,
    Name,
    Function,
    /// `key(a, b)`: parameters by name.
    Parameters,
    /// Whatever its attribute makes of it.
    Other,
    /// A value without a key.
    Positional,
    /// Not an argument: a likely guess with an error of its own.
    Decoy,
}

impl Key {
    /// The default of the argument `name`, as the documentation states it.
    pub(crate) fn default_of(keys: &'static [Self], name: &str) -> &'static str {
        keys.iter().find(|key| key.name == name).map_or("", |key| key.default)
    }

    pub(crate) fn default_duration(keys: &'static [Self], name: &str) -> Duration {
        parse(Self::default_of(keys, name)).unwrap_or_default()
    }

    pub(crate) fn default_number<T: FromStr + Default>(keys: &'static [Self], name: &str) -> T {
        Self::default_of(keys, name).parse().unwrap_or_default()
    }

    pub(crate) fn is(&self, word: &str) -> bool {
        self.spellings().any(|spelling| spelling == word)
    }

    /// All spellings, its name first.
    pub(crate) fn spellings(&self) -> impl Iterator<Item = String> {
        let units = if self.kind == ValueKind::Duration { &["_secs", "_ms"][..] } else { &[] };
        let is_word = self.kind != ValueKind::Positional;
        std::iter::once(self.name)
            .chain(self.aliases.iter().copied())
            .map(str::to_owned)
            .chain(units.iter().map(|unit| format!("{}{unit}", self.name)))
            .filter(move |_| is_word)
    }

    pub(crate) fn is_listed(&self) -> bool {
        !matches!(self.kind, ValueKind::Positional | ValueKind::Decoy)
    }
}
