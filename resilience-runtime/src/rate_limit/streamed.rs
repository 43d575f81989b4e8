//! Calls that last as long as their stream: its items tell what it takes, and its failure for how long
//! the server asks to wait.

use std::fmt;
use std::ops::Deref;

use super::RateLimiter;
use super::hint::LearningPermit;
use super::permit::RateLimitPermit;
use super::refundable::RefundablePermit;
use super::settling::{NextRequest, SettlingPermit};
#[cfg(feature = "store")]
use super::shared::{SharedCall, SharedPermit};
use super::state::Refundable;
use crate::context::facts::identity::Identity;
use crate::context::facts::undisturbed;
use crate::gate::HeldByStream;

/// A call whose stream has opened. Without an end it is abandoned, and pays as one that has failed.
pub struct StreamedCall<L: Deref<Target = RateLimiter>, F> {
    limiter: L,
    call: DetachedCall,
    taken: Option<u64>,
    add_units: F,
}

/// A call apart from its limit.
#[derive(Debug)]
pub struct DetachedCall {
    next: NextRequest,
    call: Unsettled,
}

/// The part of a call that is not settled yet.
#[derive(Debug)]
enum Unsettled {
    Nothing,
    Own(Refundable),
    #[cfg(feature = "store")]
    Shared(SharedCall),
}

/// A permit whose call goes on as a stream.
pub trait StreamedPermit<'a> {
    fn limiter(&self) -> &'a RateLimiter;
    fn detach(self) -> DetachedCall;
}

impl<'a> StreamedPermit<'a> for RateLimitPermit<'a> {
    fn limiter(&self) -> &'a RateLimiter {
        Self::limiter(self)
    }

    fn detach(self) -> DetachedCall {
        DetachedCall { next: NextRequest::of_process(self.cost()), call: Unsettled::Nothing }
    }
}

impl<'a> StreamedPermit<'a> for RefundablePermit<'a, '_> {
    fn limiter(&self) -> &'a RateLimiter {
        SettlingPermit::limiter(self)
    }

    /// If a gate below has rejected the call, and a fallback has opened the stream, it is refunded.
    fn detach(mut self) -> DetachedCall {
        let next = self.next_request();
        DetachedCall { next, call: self.take_call().map_or(Unsettled::Nothing, Unsettled::Own) }
    }
}

#[cfg(feature = "store")]
impl<'a> StreamedPermit<'a> for SharedPermit<'a, '_> {
    fn limiter(&self) -> &'a RateLimiter {
        SettlingPermit::limiter(self)
    }

    fn detach(mut self) -> DetachedCall {
        let next = self.next_request();
        DetachedCall { next, call: self.take_call().map_or(Unsettled::Nothing, Unsettled::Shared) }
    }
}

/// Ends the borrow of a limit with a key, which the stream keeps in memory itself.
pub fn detach_call<'a>(permit: impl StreamedPermit<'a>) -> DetachedCall {
    permit.detach()
}

impl<'a, F> StreamedCall<&'a RateLimiter, F> {
    pub fn of(permit: impl StreamedPermit<'a>, add_units: F) -> Self {
        Self::new(permit.limiter(), permit.detach(), add_units)
    }
}

impl<L: Deref<Target = RateLimiter>, F> StreamedCall<L, F> {
    /// `add_units` adds what an item took to what is known.
    pub fn new(limiter: L, call: DetachedCall, add_units: F) -> Self {
        Self { limiter, call, taken: None, add_units }
    }

    pub fn end<E>(mut self, end: &Result<(), E>, identity: impl Identity<E>) {
        match end {
            Ok(()) => self.settle(self.taken),
            Err(failure) => {
                self.settle_unfinished();
                self.call.next.tell_closed(&self.limiter, failure, identity);
            }
        }
    }

    fn settle_unfinished(&mut self) {
        self.settle(self.call.next.more_than_cost(self.taken));
    }

    fn settle(&mut self, taken: Option<u64>) {
        match std::mem::replace(&mut self.call.call, Unsettled::Nothing) {
            Unsettled::Nothing => {}
            Unsettled::Own(call) => self.limiter.end_call(call, taken),
            #[cfg(feature = "store")]
            Unsettled::Shared(call) => call.end(&self.limiter, taken.unwrap_or(self.call.next.cost)),
        }
    }
}

impl<L, F, V> HeldByStream<V> for StreamedCall<L, F>
where
    L: Deref<Target = RateLimiter>,
    F: FnMut(&V, Option<u64>) -> Option<u64>,
{
    fn observe(&mut self, item: &V) {
        self.taken = undisturbed(|| (self.add_units)(item, self.taken));
    }
}

impl<L: Deref<Target = RateLimiter>, F> LearningPermit for StreamedCall<L, F> {
    fn limiter(&self) -> &RateLimiter {
        &self.limiter
    }
}

impl<L: Deref<Target = RateLimiter>, F> Drop for StreamedCall<L, F> {
    fn drop(&mut self) {
        self.settle_unfinished();
    }
}

impl<L: Deref<Target = RateLimiter>, F> fmt::Debug for StreamedCall<L, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamedCall").field("call", &self.call).field("taken", &self.taken).finish_non_exhaustive()
    }
}
