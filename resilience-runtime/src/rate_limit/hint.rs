//! What calls say about a limit: how much they cost, and for how long the server asks to wait.

use std::time::Duration;

use super::RateLimiter;
use super::permit::RateLimitPermit;
use super::refundable::RefundablePermit;
use super::settling::SettlingPermit;
use crate::classify::{Category, Classified};
use crate::context::facts::identity::Identity;
use crate::context::facts::{Known, undisturbed};
use crate::outcome::Outcome;
use crate::registry::FunctionRef;

/// A number of units that a call costs.
#[diagnostic::on_unimplemented(
    message = "`cost` is an unsigned integer, and this is `{Self}`",
    label = "the number of units that a call takes from the limit",
    note = "convert it, as in `cost = u64::try_from(n).unwrap_or(0)`; a plain number needs its type where it is not alone: \
            `if is_large {{ 10_u64 }} else {{ 1 }}`"
)]
pub trait Units {
    #[doc(hidden)]
    fn units(self) -> u64;
}

macro_rules! units {
    ($($integer:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl Units for $integer {
            #[inline]
            fn units(self) -> u64 {
                u64::try_from(self).unwrap_or(u64::MAX)
            }
        }
    )*};
}

units!(u8, u16, u32, u64, usize, u128);

#[diagnostic::do_not_recommend]
impl<U: Units + Copy> Units for &U {
    #[inline]
    fn units(self) -> u64 {
        (*self).units()
    }
}

/// The result of `settle`: `u64`, the units that a value or an item took, or `Option<u64>`, the units
/// that the call has taken so far, where a value or an item may not tell.
///
/// The numbers of several items add up, the latest total replaces what is known. A call about which
/// nothing is known keeps its cost.
#[diagnostic::on_unimplemented(
    message = "`settle` returns `u64` or `Option<u64>`, and this is `{Self}`",
    label = "the units that were taken",
    note = "convert it: `u64::from(n)`, `u64::try_from(n).unwrap_or(0)`, or `n.map(u64::from)` for an `Option`"
)]
pub trait UnitsTaken {
    #[doc(hidden)]
    fn add_to(self, known: Option<u64>) -> Option<u64>;
}

#[diagnostic::do_not_recommend]
impl UnitsTaken for u64 {
    #[inline]
    fn add_to(self, known: Option<u64>) -> Option<u64> {
        Some(known.unwrap_or(0).saturating_add(self))
    }
}

#[diagnostic::do_not_recommend]
impl UnitsTaken for Option<u64> {
    #[inline]
    fn add_to(self, known: Option<u64>) -> Option<u64> {
        self.or(known)
    }
}

/// Calls a closure for `settle`.
pub fn call_settle<V, U>(value: &V, settle: impl FnOnce(&V) -> U) -> U {
    settle(value)
}

/// A permit of a rate limit, whose server may say when it admits calls again.
pub trait LearningPermit {
    #[doc(hidden)]
    fn limiter(&self) -> &RateLimiter;
}

impl LearningPermit for RateLimitPermit<'_> {
    fn limiter(&self) -> &RateLimiter {
        self.limiter()
    }
}

impl LearningPermit for RefundablePermit<'_, '_> {
    fn limiter(&self) -> &RateLimiter {
        SettlingPermit::limiter(self)
    }
}

/// Holds all calls of the limit back if the outcome asks for it: by `hint`, or by an error that is
/// classified as rate limited. A rejection by a gate of ours says nothing about the server.
#[inline]
pub fn learn_hint<R: Outcome>(
    permit: &impl LearningPermit,
    outcome: &R,
    identity: impl Identity<R::Failure>,
    classify: impl FnOnce(&R::Failure) -> Classified,
    hint: impl FnOnce() -> Option<Duration>,
    function: FunctionRef,
) {
    let failure = outcome.failure();
    if failure.is_some_and(|failure| Known::of(failure, identity).is_rejection()) {
        return;
    }
    let hint = undisturbed(|| hint().or_else(|| asks_to_wait(classify(failure?))));
    if let Some(hint) = hint {
        permit.limiter().hold_back_for(Some(function), hint);
    }
}

fn asks_to_wait(classified: Classified) -> Option<Duration> {
    classified.retry_after.filter(|_| classified.category == Some(Category::RateLimit))
}
