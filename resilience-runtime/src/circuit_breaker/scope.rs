//! The permit of an asynchronous call, as a scope of its await points.

use std::task::{Context, Poll};

use super::record::HeldPermit;
use super::rejection::RejectedCall;
use super::small_permit::SmallPermit;
use super::{CircuitBreaker, CircuitBreakerConfig, Permit};
use crate::context::{CallScope, in_force};
use crate::gate::Gate;
use crate::instance::Site;
use crate::registry::FunctionRef;
use crate::time::{self, Moment};

/// The [`BreakerScope`] of a site, which is `static`. A type without a lifetime is borrow-checked in less time, in each
/// function with a breaker.
#[derive(Debug)]
pub struct SiteScope<S: CallScope = ()> {
    permit: SmallPermit<'static>,
    outer: S,
}

/// A breaker that an attempt is going to ask.
#[derive(Debug, Clone, Copy)]
pub struct BreakerEntry {
    site: &'static Site<CircuitBreaker>,
    config: &'static CircuitBreakerConfig,
    function: FunctionRef,
}

impl BreakerEntry {
    /// Asks the breaker.
    ///
    /// # Errors
    ///
    /// The rejection.
    #[inline]
    pub(crate) fn enter(self) -> Result<SiteScope, RejectedCall<'static>> {
        self.site.enter_scope(self.config, self.function, ())
    }
}

impl Site<CircuitBreaker> {
    #[inline]
    pub const fn breaker_entry(
        &'static self,
        config: &'static CircuitBreakerConfig,
        function: FunctionRef,
    ) -> BreakerEntry {
        BreakerEntry { site: self, config, function }
    }

    /// Asks the breaker, and keeps the permit inside of the scope `outer`.
    ///
    /// # Errors
    ///
    /// The rejection.
    #[inline]
    pub fn enter_scope<S: CallScope>(
        &'static self,
        config: &CircuitBreakerConfig,
        function: FunctionRef,
        outer: S,
    ) -> Result<SiteScope<S>, RejectedCall<'static>> {
        let permit = self.instance(config).try_enter_as(function)?;
        Ok(SiteScope { permit: SmallPermit::new(permit), outer })
    }
}

impl<S: CallScope> SiteScope<S> {
    /// Ends the scope.
    #[inline]
    pub fn into_permit(self) -> Permit<'static> {
        self.permit.into_permit()
    }
}

/// Takes a probe out of the context while its call waits, so that no other task passes on it.
#[derive(Debug)]
pub struct BreakerScope<'a, S: CallScope = ()> {
    permit: SmallPermit<'a>,
    outer: S,
}

impl<'a, S: CallScope> BreakerScope<'a, S> {
    /// Asks the breaker, and keeps the permit inside of the scope `outer`.
    ///
    /// # Errors
    ///
    /// The rejection.
    #[inline]
    pub fn enter(breaker: &'a CircuitBreaker, function: FunctionRef, outer: S) -> Result<Self, RejectedCall<'a>> {
        Ok(Self::new(breaker.try_enter_as(function)?, outer))
    }

    #[inline]
    fn new(permit: Permit<'a>, outer: S) -> Self {
        Self { permit: SmallPermit::new(permit), outer }
    }

    /// Ends the scope.
    #[inline]
    pub fn into_permit(self) -> Permit<'a> {
        self.permit.into_permit()
    }
}

/// A [`BreakerScope`] with `slow_call`, which knows when a limit above ends the call.
#[derive(Debug)]
pub struct TimedBreakerScope<'a, S: CallScope = ()> {
    permit: Permit<'a>,
    function: FunctionRef,
    until: Moment,
    outer: S,
}

impl<'a, S: CallScope> TimedBreakerScope<'a, S> {
    /// Asks the breaker, and keeps the permit inside of the scope `outer`.
    ///
    /// # Errors
    ///
    /// The rejection.
    #[inline]
    pub fn enter(breaker: &'a CircuitBreaker, function: FunctionRef, outer: S) -> Result<Self, RejectedCall<'a>> {
        Ok(Self::new(breaker.try_enter_as(function)?, function, outer))
    }

    /// Keeps `permit` inside of the scope `outer`. A limit above begins to count.
    pub fn new(permit: Permit<'a>, function: FunctionRef, outer: S) -> Self {
        let until = if permit.is_timed() { in_force().unwrap_or(Moment::FAR) } else { Moment::FAR };
        Self { permit, function, until, outer }
    }

    /// Ends the scope.
    #[inline]
    pub fn into_permit(mut self) -> Permit<'a> {
        self.permit.take()
    }
}

impl<S: CallScope> Drop for TimedBreakerScope<'_, S> {
    #[inline]
    fn drop(&mut self) {
        if self.permit.is_timed() && self.until <= time::now() && !std::thread::panicking() {
            self.permit.take().cut_off(self.function);
        }
    }
}

/// Takes the probe of `permit` out of the context before the scope around it, and puts it back after it.
macro_rules! call_scope {
    ($($scope:ident $(<$lifetime:lifetime>)?;)*) => {$(
        impl<$($lifetime,)? S: CallScope> CallScope for $scope<$($lifetime,)? S> {
            type Ends<T> = S::Ends<T>;

            const IS_LIMITED: bool = S::IS_LIMITED;

            #[inline]
            fn ended<T>(out: T) -> S::Ends<T> {
                S::ended(out)
            }

            #[inline]
            fn resume(&mut self) {
                self.outer.resume();
                self.permit.resume();
            }

            #[inline]
            fn check_limit<T>(&mut self) -> Poll<S::Ends<T>> {
                self.outer.check_limit()
            }

            #[inline]
            fn suspend(&mut self, is_outermost: bool, cx: &mut Context<'_>) {
                self.permit.suspend();
                self.outer.suspend(is_outermost, cx);
            }
        }
    )*};
}

call_scope! {
    SiteScope;
    BreakerScope<'a>;
    TimedBreakerScope<'a>;
}

macro_rules! held_permit {
    ($($scope:ident $(<$lifetime:lifetime>)? of $breaker:lifetime;)*) => {$(
        impl<$($lifetime,)? S: CallScope> HeldPermit<$breaker> for $scope<$($lifetime,)? S> {
            #[inline]
            fn permit(self) -> Permit<$breaker> {
                self.into_permit()
            }

            #[inline]
            fn succeed(self, function: FunctionRef) {
                self.permit.succeed(function);
            }
        }
    )*};
}

held_permit! {
    SiteScope of 'static;
    BreakerScope<'a> of 'a;
}

impl<'a, S: CallScope> HeldPermit<'a> for TimedBreakerScope<'a, S> {
    #[inline]
    fn permit(self) -> Permit<'a> {
        self.into_permit()
    }
}
