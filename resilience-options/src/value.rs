//! The types of the values, by the names that the tables use.

/// A whole number of calls or keys.
pub type Count = u32;
/// A number of entries.
pub type Size = usize;
/// A whole number that may be large.
pub type Weight = u64;
/// A number with a fraction.
pub type Number = f64;
/// A duration.
pub type Duration = std::time::Duration;
/// `true` or `false`.
pub type Flag = bool;
/// The number of calls in a window. A window of time is a [`Duration`].
pub type Window = u32;
/// The words that are accepted.
pub type Choice = &'static str;
/// A flag that changes the generated code.
pub type Switch = bool;
/// A name, which only a macro can read.
pub type Name = ();
/// A function, which only a macro can read.
pub type Function = ();
/// An expression, which only a macro can read.
pub type Expression = ();
/// Parameters, which only a macro can read.
pub type Parameters = ();
/// An expression without a key, which only a macro can read.
pub type Positional = ();
/// A duration without a key.
pub type Limit = Duration;
/// A word that is no option.
pub type Decoy = ();
