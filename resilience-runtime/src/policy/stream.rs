//! Calls whose operation returns a stream.
//!
//! The layers are those of a call, which lasts as long as the stream. The innermost future hands out
//! each item through a slot, and continues when the item has been taken. At the end of the stream, the
//! call is dropped, and the layers settle their permits as a success.

use std::fmt;
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;

use super::call::{CallShared, result_of};
use super::error_traits::{Chain, ClassifiedError, ErrorTraits, FromError, FromErrorPointer, Unknown};
use super::keyed::{CallKey, Held};
use super::{ClassifyFn, InnerCall, Layer, LayerKind, Policy, UnclassifiedPolicy};
use crate::bulkhead::Bulkhead;
use crate::circuit_breaker::CircuitBreaker;
use crate::instance::{KeyedSite, NamedInstance};
use crate::metrics::{CallGuard, CallMetrics};
use crate::rate_limit::RateLimiter;
use crate::time::{self, Moment};

/// The progress of a stream, which the layers of its call share.
#[derive(Debug, Default)]
pub(super) struct StreamProgress {
    items: AtomicU64,
    is_taken: AtomicBool,
    has_ended: AtomicBool,
    began: OnceLock<Moment>,
    /// The units that items took, by the number of layers inside the rate limit that counts them.
    units: Mutex<Vec<(usize, u64)>>,
}

impl StreamProgress {
    pub fn items(&self) -> u64 {
        self.items.load(Ordering::Acquire)
    }

    pub fn has_begun(&self) -> bool {
        self.items() > 0
    }

    pub fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    /// The time of the first item.
    pub fn began(&self) -> Option<Moment> {
        self.began.get().copied()
    }

    pub fn reported_units(&self, inside: usize) -> Option<u64> {
        let units = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        units.iter().find_map(|(limit, units)| (*limit == inside).then_some(*units))
    }

    fn report_units(&self, inside: usize, reported: u64) {
        let mut units = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        match units.iter_mut().find(|(limit, _)| *limit == inside) {
            Some((_, known)) => *known = reported,
            None => units.push((inside, reported)),
        }
    }

    /// Waits until the consumer polls for another item, which wakes the call.
    pub async fn taken(&self) {
        poll_fn(|_| if self.is_taken.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

#[derive(Debug)]
struct StreamSlot<T> {
    progress: StreamProgress,
    item: Mutex<Option<T>>,
}

impl<T> StreamSlot<T> {
    const fn new() -> Self {
        let progress = StreamProgress {
            items: AtomicU64::new(0),
            is_taken: AtomicBool::new(true),
            has_ended: AtomicBool::new(false),
            began: OnceLock::new(),
            units: Mutex::new(Vec::new()),
        };
        Self { progress, item: Mutex::new(None) }
    }

    fn put<E>(&self, item: T, layers: &[Arc<Layer<T, E>>]) {
        self.progress.began.get_or_init(time::now);
        for (inside, layer) in layers.iter().rev().enumerate() {
            if let LayerKind::RateLimit(limit) = &layer.0 {
                if let Some(units) = limit.add_units(&item, self.progress.reported_units(inside)) {
                    self.progress.report_units(inside, units);
                }
            }
        }
        *self.item.lock().unwrap_or_else(PoisonError::into_inner) = Some(item);
        self.progress.is_taken.store(false, Ordering::Release);
        self.progress.items.fetch_add(1, Ordering::AcqRel);
    }

    fn take(&self) -> Option<T> {
        let item = self.item.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.progress.is_taken.store(true, Ordering::Release);
        item
    }
}

/// Hands out the items of a stream, and completes only with its failure.
async fn forward<T, E, S>(
    slot: Arc<StreamSlot<T>>,
    layers: &[Arc<Layer<T, E>>],
    opening: impl Future<Output = Result<S, E>>,
) -> Result<T, E>
where
    S: Stream<Item = Result<T, E>>,
{
    let mut stream = pin!(opening.await?);
    while let Some(item) = poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        slot.put(item?, layers);
        slot.progress.taken().await;
    }
    slot.progress.has_ended.store(true, Ordering::Release);
    pending().await
}

/// The key of a policy without one.
enum NoKey {}

impl CallKey for NoKey {
    #[cfg(feature = "store")]
    fn owned(&self) -> Box<dyn std::any::Any> {
        Box::new(())
    }
    fn breaker<'s>(
        &self,
        _: &'s KeyedSite<CircuitBreaker>,
        _: &<CircuitBreaker as NamedInstance>::Config,
    ) -> Held<'s, CircuitBreaker> {
        match *self {}
    }

    fn bulkhead<'s>(&self, _: &'s KeyedSite<Bulkhead>, _: &<Bulkhead as NamedInstance>::Config) -> Held<'s, Bulkhead> {
        match *self {}
    }

    fn limiter<'s>(
        &self,
        _: &'s KeyedSite<RateLimiter>,
        _: &<RateLimiter as NamedInstance>::Config,
    ) -> Held<'s, RateLimiter> {
        match *self {}
    }
}

/// The stream of a call through a policy.
struct PolicyStream<T, E, F> {
    slot: Arc<StreamSlot<T>>,
    /// `None` when the call is over.
    call: Option<Pin<Box<F>>>,
    calls: CallMetrics,
    guard: Option<CallGuard>,
    classify: ClassifyFn<E>,
    /// A failure that came together with an item.
    failure: Option<E>,
}

impl<T, E, F> Unpin for PolicyStream<T, E, F> {}

impl<T, E, F> PolicyStream<T, E, F> {
    fn end(&mut self, failure: Option<&E>) {
        self.call = None;
        if let Some(guard) = self.guard.take() {
            guard.ended(|| result_of(failure, self.classify));
        }
    }
}

impl<T, E, F: Future<Output = Result<T, E>>> Stream for PolicyStream<T, E, F> {
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(call) = &mut this.call else { return Poll::Ready(this.failure.take().map(Err)) };
        if this.guard.is_none() {
            this.guard = Some(this.calls.begin());
        }
        let polled = call.as_mut().poll(cx);
        let item = this.slot.take();
        match (polled, item) {
            (Poll::Pending, Some(item)) => Poll::Ready(Some(Ok(item))),
            (Poll::Pending, None) if this.slot.progress.has_ended() => {
                this.end(None);
                Poll::Ready(None)
            }
            (Poll::Pending, None) => Poll::Pending,
            (Poll::Ready(Err(failure)), Some(item)) => {
                this.end(Some(&failure));
                this.failure = Some(failure);
                Poll::Ready(Some(Ok(item)))
            }
            (Poll::Ready(out), _) => {
                this.end(out.as_ref().err());
                Poll::Ready(Some(out))
            }
        }
    }
}

impl<T, E, F> fmt::Debug for PolicyStream<T, E, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyStream").field("is_over", &self.call.is_none()).finish_non_exhaustive()
    }
}

macro_rules! implement_calls {
    ($chain:ident, $traits:ident, [$($bound:tt)*]) => {
        impl<T, E, M> $chain<UnclassifiedPolicy<T, E, M>>
        where
            $($bound)*
        {
            #[allow(missing_docs, reason = "documented where the errors are classified")]
            pub fn call_stream<F, Fut, S>(&self, operation: F) -> impl Stream<Item = Result<T, E>> + use<T, E, M, F, Fut, S>
            where
                F: FnMut() -> Fut,
                Fut: Future<Output = Result<S, E>>,
                S: Stream<Item = Result<T, E>>,
            {
                self.stream(ErrorTraits::$traits, None::<NoKey>, operation)
            }
        }
    };
}

along_the_chain!(implement_calls);

impl<T, E, M> UnclassifiedPolicy<T, E, M> {
    pub(super) fn stream<K, F, Fut, S>(
        &self,
        errors: ErrorTraits<E>,
        key: Option<K>,
        mut operation: F,
    ) -> impl Stream<Item = Result<T, E>> + use<T, E, M, K, F, Fut, S>
    where
        K: CallKey,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<S, E>>,
        S: Stream<Item = Result<T, E>>,
    {
        let (layers, calls, name, cost) = (self.layers.clone(), self.calls.clone(), Arc::clone(&self.name), self.cost);
        let slot = Arc::new(StreamSlot::new());
        let items = Arc::clone(&slot);
        let call = async move {
            // The name of the policy lives as long as the events of its calls.
            let _name = name;
            let key = key.as_ref().map(|key| -> &dyn CallKey { key });
            InnerCall {
                layers: &layers,
                call: &CallShared::new(&errors, key, cost, Some(&items.progress)),
                operation: &mut || forward(Arc::clone(&items), &layers, operation()),
            }
            .begin()
            .await
        };
        PolicyStream { slot, call: Some(Box::pin(call)), calls, guard: None, classify: errors.classify, failure: None }
    }
}

impl<T, E: ClassifiedError, M> Policy<T, E, M> {
    /// Calls an operation that opens a stream, through all layers. The layers act on its items as the
    /// attributes do on a function that returns a stream.
    ///
    /// A retry and a fallback act until the first item has come; an item of a fallback is the only
    /// one of its stream. Breakers, bulkheads and the `settle` of rate limits end when the stream
    /// ends, fails or is dropped. [`timeout`](super::timeout) limits the whole stream,
    /// [`stream_timeout`](super::stream_timeout) the time until the first item and between two
    /// items as well. `when_ok` of the layers asks about no item.
    ///
    /// The stream is lazy: its first poll opens it. It keeps what it needs of the policy, and is `Send`
    /// if the operation and its streams and items are. The error of the operation is an item, too.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), resilience::policy::InvalidPolicy> {
    /// use futures_util::stream::{self, StreamExt};
    /// use resilience::{Error, Policy, policy};
    /// use std::time::Duration;
    ///
    /// let ask: Policy<u32, Error> = Policy::named("ask")?
    ///     >> policy::retry().max(1).no_delay().build()?
    ///     >> policy::stream_timeout().first(Duration::from_secs(60)).idle(Duration::from_secs(20)).build()?;
    ///
    /// let stalls = || async { Ok(stream::iter([Ok(1), Ok(2)]).chain(stream::pending())) };
    /// let items: Vec<Result<u32, Error>> = ask.call_stream(stalls).collect().await;
    /// let idle = Duration::from_secs(20);
    /// assert_eq!(items, [Ok(1), Ok(2), Err(Error::Timeout { limit: idle, elapsed: idle })]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The stream ends with its first error: that of the operation or of its stream, unchanged, or the
    /// `E` that a layer creates from a [`resilience::Error`](crate::Error).
    ///
    /// # Cancellation
    ///
    /// Dropping the stream drops that of the operation. To a breaker the call is abandoned.
    pub fn call_stream<F, Fut, S>(&self, operation: F) -> impl Stream<Item = Result<T, E>> + use<T, E, M, F, Fut, S>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<S, E>>,
        S: Stream<Item = Result<T, E>>,
    {
        self.stream(ErrorTraits::CLASSIFIED_ERROR, None::<NoKey>, operation)
    }
}
