/// The row of an option, without the type of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The name of the option.
    pub name: &'static str,
    /// Other names that are accepted.
    pub aliases: &'static [&'static str],
    /// The kind of the value.
    pub kind: ValueKind,
    /// The default as it is written, or words about it.
    pub default: &'static str,
}

/// The kind of the value of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// A whole number of calls, entries or keys.
    Count,
    /// A number of entries, as `usize`.
    Size,
    /// A whole number that may be large.
    Weight,
    /// A number with a fraction.
    Number,
    /// A duration. Its key also has spellings in seconds and in milliseconds.
    Duration,
    /// `true` or `false`.
    Flag,
    /// A number of calls, or a duration.
    Window,
    /// One of several words, or another value.
    Choice,
    /// A flag that changes the generated code.
    Switch,
    /// A name for shared state.
    Name,
    /// A path or a closure.
    Function,
    /// An expression over the parameters.
    Expression,
    /// `key(a, b)`: parameters by name.
    Parameters,
    /// An expression without a key.
    Positional,
    /// A duration without a key.
    Limit,
    /// A likely guess that is no option, with an error of its own.
    Decoy,
}

impl ValueKind {
    /// Returns whether a program can override the value at run time. What changes types or code is
    /// fixed when the program is compiled.
    pub const fn is_overridable(self) -> bool {
        matches!(
            self,
            Self::Count
                | Self::Size
                | Self::Weight
                | Self::Number
                | Self::Duration
                | Self::Flag
                | Self::Window
                | Self::Choice
                | Self::Limit
        )
    }

    const fn is_positional(self) -> bool {
        matches!(self, Self::Positional | Self::Limit)
    }

    const fn has_units(self) -> bool {
        matches!(self, Self::Duration | Self::Window)
    }
}

const UNITS: [&str; 2] = ["_secs", "_ms"];

impl Key {
    /// Returns whether a word is one of the spellings of the key.
    pub fn is(&self, word: &str) -> bool {
        if self.kind.is_positional() {
            return false;
        }
        self.name == word
            || self.aliases.contains(&word)
            || self.kind.has_units() && word.strip_prefix(self.name).is_some_and(|unit| UNITS.contains(&unit))
    }

    /// Returns the spellings of the key, first its name.
    pub fn spellings(&self) -> impl Iterator<Item = String> {
        let units = if self.kind.has_units() { &UNITS[..] } else { &[] };
        let is_word = !self.kind.is_positional();
        std::iter::once(self.name)
            .chain(self.aliases.iter().copied())
            .map(str::to_owned)
            .chain(units.iter().map(|unit| format!("{}{unit}", self.name)))
            .filter(move |_| is_word)
    }

    /// Returns whether messages and documentation list the key.
    pub const fn is_listed(&self) -> bool {
        !self.kind.is_positional() && !matches!(self.kind, ValueKind::Decoy)
    }
}
