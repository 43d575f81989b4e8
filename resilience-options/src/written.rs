//! Values of options in a settings file or in the environment, read by the rules of the tables.

use std::fmt;
use std::time::Duration;

use crate::suggest::{did_you_mean, list};
use crate::{Key, ValueKind, duration};

/// A value as it is written, before the kind of its option is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// A whole number.
    Integer(i128),
    /// A number with a fraction.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A text in quotes.
    Text(String),
    /// A text that may be of any kind, as variables of the environment are.
    Untyped(String),
    /// A duration of the program.
    Time(Duration),
    /// Something that no option takes, in words, such as "an array".
    Other(&'static str),
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionValue {
    /// A number of calls, entries or keys.
    Count(u64),
    /// A number with a fraction.
    Number(f64),
    /// A duration.
    Time(Duration),
    /// `true` or `false`.
    Flag(bool),
    /// One of several words.
    Word(String),
}

impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => fmt::Display::fmt(count, f),
            Self::Number(number) => fmt::Display::fmt(number, f),
            Self::Time(time) => fmt::Debug::fmt(time, f),
            Self::Flag(flag) => fmt::Display::fmt(flag, f),
            Self::Word(word) => f.write_str(word),
        }
    }
}

/// A type of the tables that an [`OptionValue`] may hold.
pub trait FromOption: Sized {
    /// Returns the value, if it has this type and fits.
    fn from_option(value: &OptionValue) -> Option<Self>;
}

macro_rules! from_option {
    ($($ty:ty: $value:pat => $read:expr;)*) => {$(
        impl FromOption for $ty {
            fn from_option(value: &OptionValue) -> Option<Self> {
                if let $value = value { $read } else { None }
            }
        }
    )*};
}

from_option! {
    u32: OptionValue::Count(count) => u32::try_from(*count).ok();
    u64: OptionValue::Count(count) => Some(*count);
    usize: OptionValue::Count(count) => usize::try_from(*count).ok();
    f64: OptionValue::Number(number) => Some(*number);
    Duration: OptionValue::Time(time) => Some(*time);
    bool: OptionValue::Flag(flag) => Some(*flag);
}

/// The unit of a number without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NumberUnit {
    None,
    Seconds,
    Millis,
}

/// An option by one of its spellings, in a table of settings.
#[derive(Debug, Clone, Copy)]
pub struct WrittenKey<'a> {
    attribute: &'static str,
    /// The spelling.
    word: &'a str,
    key: Key,
    unit: NumberUnit,
}

/// The option that switches an attribute off.
pub const ENABLED: &str = "enabled";

const ENABLED_KEY: Key = Key { name: ENABLED, aliases: &[], kind: ValueKind::Flag, default: "true" };

impl<'a> WrittenKey<'a> {
    /// Finds the option that `word` spells.
    ///
    /// # Errors
    ///
    /// That there is none, with the nearest, or that it cannot be overridden, with the reason.
    pub fn find(attribute: &'static str, keys: &[Key], word: &'a str) -> Result<Self, String> {
        if word == ENABLED {
            return Ok(Self { attribute, word, key: ENABLED_KEY, unit: NumberUnit::None });
        }
        let limit = keys.iter().find(|key| key.kind == ValueKind::Limit);
        let unit = match word {
            _ if word.ends_with("_secs") => NumberUnit::Seconds,
            _ if word.ends_with("_ms") => NumberUnit::Millis,
            "secs" => NumberUnit::Seconds,
            "ms" => NumberUnit::Millis,
            _ => NumberUnit::None,
        };
        if let Some(limit) = limit.filter(|limit| word == limit.name || matches!(word, "secs" | "ms")) {
            return Ok(Self { attribute, word, key: *limit, unit });
        }
        let known = keys.iter().find(|key| key.is(word) && key.kind != ValueKind::Decoy);
        let Some(key) = known else { return Err(unknown(attribute, keys, word)) };
        match why_fixed(key) {
            None => Ok(Self { attribute, word, key: *key, unit }),
            Some(reason) => Err(format!("`{word}` of `#[{attribute}]` {reason}; change the attribute")),
        }
    }

    /// Returns the name of the option.
    pub const fn name(&self) -> &'static str {
        self.key.name
    }

    /// Reads a value by the kind of the option. Whether it is in range is for its rule to say.
    ///
    /// # Errors
    ///
    /// What is wrong with the value, and what to write.
    pub fn read(&self, value: &Written) -> Result<OptionValue, String> {
        match self.key.kind {
            ValueKind::Count | ValueKind::Size => self.count(value, u64::from(u32::MAX)),
            ValueKind::Weight => self.count(value, i64::MAX.unsigned_abs()),
            ValueKind::Flag => self.flag(value),
            ValueKind::Number if self.key.name == "jitter" => self.any(value),
            ValueKind::Number => self.number(value).map(OptionValue::Number),
            ValueKind::Choice => self.word(value),
            ValueKind::Window if self.unit == NumberUnit::None => match value {
                Written::Integer(_) => self.count(value, u64::from(u32::MAX)),
                Written::Untyped(text) if digits(text).parse::<i128>().is_ok() => {
                    self.count(value, u64::from(u32::MAX))
                }
                Written::Text(_) | Written::Untyped(_) | Written::Time(_) => self.time(value),
                _ => Err(self.problem("takes a number of calls or a duration: `window = 100`, `window = \"30s\"`")),
            },
            _ => self.time(value),
        }
    }

    fn problem(&self, problem: impl fmt::Display) -> String {
        let Self { attribute, word, .. } = self;
        if *word == "limit" {
            format!("the limit of `#[{attribute}]` {problem}")
        } else {
            format!("`{word}` of `#[{attribute}]` {problem}")
        }
    }

    fn count(&self, value: &Written, largest: u64) -> Result<OptionValue, String> {
        let parsed = match value {
            Written::Integer(number) => Some(*number),
            Written::Untyped(text) => digits(text).parse().ok(),
            _ => None,
        };
        let Some(number) = parsed else {
            let (word, kind) = (self.word, kind_of(value));
            return Err(self.problem(format_args!("takes a whole number, not {kind}: `{word} = 3`")));
        };
        if number < 0 {
            return Err(self.problem("is a count and cannot be negative"));
        }
        match u64::try_from(number) {
            Ok(count) if count <= largest => Ok(OptionValue::Count(count)),
            _ => Err(self.problem(format_args!("is too large; the largest number is {largest}"))),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a number with a fraction has no more digits")]
    fn number(&self, value: &Written) -> Result<f64, String> {
        let number = match value {
            Written::Integer(number) => Some(*number as f64),
            Written::Float(number) => Some(*number),
            Written::Untyped(text) => digits(text).parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| {
            let (word, kind) = (self.word, kind_of(value));
            self.problem(format_args!("takes a number, not {kind}: `{word} = 0.5`"))
        })
    }

    fn no_number(&self, value: &Written) -> String {
        let (word, kind) = (self.word, kind_of(value));
        self.problem(format_args!("takes a number, not {kind}: `{word} = 30`"))
    }

    fn flag(&self, value: &Written) -> Result<OptionValue, String> {
        match value {
            Written::Boolean(flag) => Ok(OptionValue::Flag(*flag)),
            Written::Untyped(text) if text == "true" => Ok(OptionValue::Flag(true)),
            Written::Untyped(text) if text == "false" => Ok(OptionValue::Flag(false)),
            _ => Err(self.problem("is either `true` or `false`")),
        }
    }

    fn word(&self, value: &Written) -> Result<OptionValue, String> {
        match value {
            Written::Text(word) | Written::Untyped(word) => Ok(OptionValue::Word(word.clone())),
            _ => Err(self.problem(format_args!("takes a name in quotes, not {}", kind_of(value)))),
        }
    }

    /// A flag, a number or a word.
    fn any(&self, value: &Written) -> Result<OptionValue, String> {
        match value {
            Written::Integer(_) | Written::Float(_) => self.number(value).map(OptionValue::Number),
            Written::Untyped(text) if digits(text).parse::<f64>().is_ok() => {
                self.number(value).map(OptionValue::Number)
            }
            Written::Boolean(_) => self.flag(value),
            Written::Untyped(text) if matches!(&**text, "true" | "false") => self.flag(value),
            Written::Text(_) | Written::Untyped(_) => self.word(value),
            _ => Err(self.problem(format_args!("takes `true`, `false`, a name or a number, not {}", kind_of(value)))),
        }
    }

    fn time(&self, value: &Written) -> Result<OptionValue, String> {
        let per_unit = match self.unit {
            NumberUnit::None => return self.time_with_unit(value),
            NumberUnit::Seconds => 1_000_000_000,
            NumberUnit::Millis => 1_000_000,
        };
        let digits = match value {
            Written::Integer(number) => number.to_string(),
            Written::Float(number) if number.is_finite() => number.to_string(),
            Written::Untyped(text) => match digits(text).parse::<f64>() {
                // As digits alone: `1e3` has an exponent.
                Ok(number) if number.is_finite() && text.contains(['e', 'E']) => number.to_string(),
                Ok(number) if number.is_finite() => digits(text),
                _ => return Err(self.no_number(value)),
            },
            _ => return Err(self.no_number(value)),
        };
        if digits.starts_with('-') {
            return Err(self.problem("cannot be negative"));
        }
        match duration::scaled(digits.trim_start_matches('+'), per_unit) {
            Some(time) => Ok(OptionValue::Time(time)),
            None => Err(self.problem("is too long")),
        }
    }

    fn time_with_unit(&self, value: &Written) -> Result<OptionValue, String> {
        match value {
            Written::Time(time) => Ok(OptionValue::Time(*time)),
            Written::Untyped(text) if text == "0" => Ok(OptionValue::Time(Duration::ZERO)),
            Written::Text(text) | Written::Untyped(text) => {
                duration::parse(text).map(OptionValue::Time).map_err(|reason| {
                    self.problem(format_args!(
                        "cannot be read: {reason}; write \"250ms\", \"30s\", \"1m30s\" or \"2h\""
                    ))
                })
            }
            Written::Integer(number) if *number < 0 => Err(self.problem("cannot be negative")),
            Written::Float(number) if *number < 0.0 => Err(self.problem("cannot be negative")),
            Written::Integer(0) => Ok(OptionValue::Time(Duration::ZERO)),
            Written::Integer(_) | Written::Float(_) => {
                let in_secs = if self.key.kind == ValueKind::Limit {
                    "secs".to_owned()
                } else {
                    format!("{}_secs", self.key.name)
                };
                let (word, number) = (self.key.name, if let Written::Integer(number) = value { *number } else { 30 });
                Err(self.problem(format_args!("has no unit: write `{word} = \"{number}s\"` or `{in_secs} = {number}`")))
            }
            _ => Err(self.problem(format_args!("takes a duration, not {}: \"30s\"", kind_of(value)))),
        }
    }
}

/// Returns the digits of a number, as TOML reads them: `1_000` is a thousand.
fn digits(text: &str) -> String {
    text.replace('_', "")
}

fn kind_of(value: &Written) -> String {
    match value {
        Written::Float(number) if !number.is_finite() => format!("`{number}`").to_lowercase(),
        Written::Integer(_) => "a whole number".to_owned(),
        Written::Float(_) => "a number with a fraction".to_owned(),
        Written::Boolean(_) => "a boolean".to_owned(),
        Written::Text(_) => "a string".to_owned(),
        Written::Untyped(text) => format!("\"{text}\""),
        Written::Time(_) => "a duration".to_owned(),
        Written::Other(kind) => (*kind).to_owned(),
    }
}

fn unknown(attribute: &str, keys: &[Key], word: &str) -> String {
    let spellings: Vec<String> = spellings(keys).collect();
    let hint = did_you_mean(word, spellings.iter().map(String::as_str), '`').unwrap_or_else(|| {
        let takes = keys.iter().filter(|key| why_fixed(key).is_none() && key.kind != ValueKind::Decoy);
        format!("; its settings are {}", list(takes.map(|key| key.name).chain([ENABLED])))
    });
    format!("`#[{attribute}]` has no argument `{word}`{hint}")
}

/// Returns the spellings of all options that can be overridden.
pub fn spellings(keys: &[Key]) -> impl Iterator<Item = String> {
    let plain = keys.iter().filter(|key| why_fixed(key).is_none());
    let words = plain.flat_map(|key| {
        let limit = if key.kind == ValueKind::Limit { &["limit", "secs", "ms"][..] } else { &[] };
        key.spellings().chain(limit.iter().map(|word| (*word).to_owned())).collect::<Vec<_>>()
    });
    let mut seen = Vec::new();
    words.chain([ENABLED.to_owned()]).filter(move |word| {
        let is_new = !seen.contains(word);
        if is_new {
            seen.push(word.clone());
        }
        is_new
    })
}

/// Returns why an option is fixed when the program is compiled, and `None` for one that can be
/// overridden.
pub fn why_fixed(key: &Key) -> Option<&'static str> {
    match key.kind {
        ValueKind::Decoy => Some("is no option"),
        ValueKind::Name => Some("names the state, and settings are found by the name"),
        ValueKind::Switch => Some("changes the generated code, which is fixed when the program is compiled"),
        _ if key.name == "version" => Some("says which shared values are those of this program, and belongs to it"),
        _ if key.name == "mode" => Some("changes the generated code, which is fixed when the program is compiled"),
        _ if key.kind.is_overridable() => None,
        _ => Some("is code, which is fixed when the program is compiled"),
    }
}
