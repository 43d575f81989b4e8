//! Code that compiles and is rarely meant.

use proc_macro2::Span;

use super::{Layer, Position};
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

/// Returns whether only a limit above ends a call that hangs. It drops this layer too.
pub(super) fn is_ended_from_above(position: &Position<'_>) -> Option<bool> {
    let ends = |layer: &Layer| position.ends(layer);
    let is_limited = position.above.iter().any(|layer| ends(layer)) && !position.below.iter().any(ends);
    Some(is_limited).filter(|is_limited| !(*is_limited && position.continues_below))
}
