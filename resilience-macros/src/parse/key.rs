use std::str::FromStr;
use std::time::Duration;

use super::duration::parse;

/// The parser and the error messages read these tables, which the `keys!` macro writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// A duration also has spellings in seconds and in milliseconds.
    pub(crate) aliases: &'static [&'static str],
    pub(crate) kind: ValueKind,
    /// A value, or words about one.
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
    /// The attribute itself parses the value.
    Other,
    /// A value without a key.
    Positional,
    /// A likely guess that is no argument, with an error of its own.
    Decoy,
}

impl Key {
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

    /// The name comes first.
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
