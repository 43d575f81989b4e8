//! Code that compiles and is rarely meant.

use proc_macro2::Span;

use super::Position;
use crate::parse::Const;

pub(crate) struct Lint<A> {
    pub(crate) name: &'static str,
    pub(crate) find: fn(&A, &Position<'_>) -> Finding,
}

pub(crate) enum Finding {
    Nothing,
    /// A constant decides, and a macro cannot read it.
    Unknown,
    Found(Span, String),
}

impl Finding {
    /// `None` means that a constant decides.
    pub(super) fn when(is_found: Option<bool>, reason: impl FnOnce() -> (Span, String)) -> Self {
        match is_found {
            Some(true) => {
                let (at, reason) = reason();
                Self::Found(at, reason)
            }
            Some(false) => Self::Nothing,
            None => Self::Unknown,
        }
    }
}

pub(super) fn exceeds<T: PartialOrd>(value: Option<&Const<T>>, most: &T) -> Option<bool> {
    value.map_or(Some(false), |value| value.literal.as_ref().map(|literal| literal > most))
}
