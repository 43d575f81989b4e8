use std::time::Duration;

use crate::Key;

/// An option with the type of its value, its default and its rule.
#[derive(Debug, Clone, Copy)]
pub struct Setting<T> {
    /// The row without the type.
    pub key: Key,
    /// The default and the rule.
    pub rule: Rule<T>,
    /// The range in words, such as "must be at least 1".
    pub must: &'static str,
}

/// The part of an option that a configuration in a `const` needs. It is small because the compiler
/// evaluates it in each crate with an attribute.
#[derive(Debug, Clone, Copy)]
pub struct Rule<T> {
    /// The default, if it is a value.
    pub default: Option<T>,
    /// The values that are valid.
    pub range: Range<T>,
    /// What is wrong with a value out of range, and what to write.
    pub problem: &'static str,
}

/// The valid values of an option.
#[derive(Debug, Clone, Copy)]
pub enum Range<T> {
    /// Every value.
    Any,
    /// This value and every larger one.
    AtLeast(T),
    /// From the first value to the second, both included.
    Between(T, T),
    /// Above the first value, and at most the second.
    Above(T, T),
}

impl<T: Copy> Rule<T> {
    /// Returns the default of an option that has one.
    ///
    /// # Panics
    ///
    /// If the default is no value; in a `const` that is a compile error.
    pub const fn default_value(&self) -> T {
        match self.default {
            Some(value) => value,
            None => panic!("this option has no default"),
        }
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Rule<$number> {
            /// Checks a value.
            ///
            /// # Errors
            ///
            /// What is wrong with it, and what to write.
            pub const fn check(&self, value: $number) -> Result<(), &'static str> {
                let is_valid = match self.range {
                    Range::Any => true,
                    Range::AtLeast(least) => value >= least,
                    Range::Between(least, most) => least <= value && value <= most,
                    Range::Above(floor, most) => floor < value && value <= most,
                };
                if is_valid { Ok(()) } else { Err(self.problem) }
            }
        }
    )*};
}

numbers!(u32, u64, usize, f64);

impl Rule<Duration> {
    /// Checks a value.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what to write.
    pub const fn check(&self, value: Duration) -> Result<(), &'static str> {
        let value = value.as_nanos();
        let is_valid = match self.range {
            Range::Any => true,
            Range::AtLeast(least) => value >= least.as_nanos(),
            Range::Between(least, most) => least.as_nanos() <= value && value <= most.as_nanos(),
            Range::Above(floor, most) => floor.as_nanos() < value && value <= most.as_nanos(),
        };
        if is_valid { Ok(()) } else { Err(self.problem) }
    }
}

impl Rule<bool> {
    /// Accepts both values.
    ///
    /// # Errors
    ///
    /// None.
    pub const fn check(&self, _: bool) -> Result<(), &'static str> {
        Ok(())
    }
}
