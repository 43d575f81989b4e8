//! Calls through the layers of a policy.

use std::convert::identity;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use super::error_traits::{Chain, ErrorTraits, FromError, FromErrorPointer, Unknown};
use super::keyed::CallKey;
use super::stream::StreamProgress;
use super::{ClassifyFn, Layer, LayerKind, UnclassifiedPolicy};
use crate::context::CallState;
use crate::context::facts::{rejected_with, undisturbed};
use crate::error::Error;
use crate::metrics::{CallGuard, CallResult};
use crate::rate_limit::BodyRuns;
use crate::time::Moment;

macro_rules! implement_calls {
    ($chain:ident, $traits:ident, [$($bound:tt)*]) => {
        impl<T, E, M> $chain<UnclassifiedPolicy<T, E, M>>
        where
            $($bound)*
        {
            #[allow(missing_docs, clippy::missing_errors_doc, reason = "documented where the errors are classified")]
            pub async fn call<F, Fut>(&self, operation: F) -> Result<T, E>
            where
                F: FnMut() -> Fut,
                Fut: Future<Output = Result<T, E>>,
            {
                self.run(&ErrorTraits::$traits, operation).await
            }
        }

        impl<T, E> $chain<UnclassifiedPolicy<T, E>>
        where
            $($bound)*
        {
            #[allow(missing_docs, clippy::missing_errors_doc, reason = "documented where the errors are classified")]
            pub fn call_blocking(&self, operation: impl FnMut() -> Result<T, E>) -> Result<T, E> {
                self.run_blocking(&ErrorTraits::$traits, operation)
            }
        }
    };
}

along_the_chain!(implement_calls);

impl<T, E, M> UnclassifiedPolicy<T, E, M> {
    pub(super) async fn run<F, Fut>(&self, errors: &ErrorTraits<E>, mut operation: F) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let call = async {
            let call = PolicyCall::begin(self, errors, None);
            let out = call.through(self, &mut operation).begin().await;
            call.ended(&out);
            out
        };
        Box::pin(call).await
    }
}

impl<T, E> UnclassifiedPolicy<T, E> {
    pub(super) fn run_blocking(
        &self,
        errors: &ErrorTraits<E>,
        mut operation: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        let call = PolicyCall::begin(self, errors, None);
        let operation: &mut Blocking<'_, T, E> = &mut operation;
        let out = call.through(self, operation).call_blocking();
        call.ended(&out);
        out
    }
}

pub(super) type Blocking<'a, T, E> = dyn FnMut() -> Result<T, E> + 'a;

/// Returns how metrics count a call with this result.
pub(super) fn result_of<E>(failure: Option<&E>, classify: ClassifyFn<E>) -> CallResult {
    failure.map_or(CallResult::Ok, |error| CallResult::Failed(undisturbed(|| classify(error)).category))
}

pub(super) type Reject<E> = fn(Error) -> E;

/// A call of a policy that returns no stream.
pub(super) struct PolicyCall<'a, E> {
    guard: CallGuard,
    shared: CallShared<'a, E>,
}

impl<'a, E> PolicyCall<'a, E> {
    #[inline]
    pub fn begin<T, M>(
        policy: &UnclassifiedPolicy<T, E, M>,
        errors: &'a ErrorTraits<E>,
        key: Option<&'a dyn CallKey>,
    ) -> Self {
        Self { guard: policy.calls.begin(), shared: CallShared::new(errors, key, policy.cost, None) }
    }

    /// Returns the call of `operation` through all layers.
    #[inline]
    pub fn through<'c, T, M, F: ?Sized>(
        &'c self,
        policy: &'c UnclassifiedPolicy<T, E, M>,
        operation: &'c mut F,
    ) -> InnerCall<'c, T, E, F> {
        InnerCall { layers: &policy.layers, call: &self.shared, operation }
    }

    #[inline]
    pub fn ended<T>(self, out: &Result<T, E>) {
        self.guard.ended(|| result_of(out.as_ref().err(), self.shared.errors.classify));
    }
}

/// The state of one call that all layers share.
pub(super) struct CallShared<'a, E> {
    pub errors: &'a ErrorTraits<E>,
    pub state: CallState,
    pub runs: BodyRuns,
    pub key: Option<&'a dyn CallKey>,
    /// The cost for rate limits that count units.
    pub cost: Option<u64>,
    /// `None` for a call whose answer is no stream.
    pub stream: Option<&'a StreamProgress>,
}

impl<'a, E> CallShared<'a, E> {
    #[inline]
    pub const fn new(
        errors: &'a ErrorTraits<E>,
        key: Option<&'a dyn CallKey>,
        cost: Option<u64>,
        stream: Option<&'a StreamProgress>,
    ) -> Self {
        Self { errors, state: CallState::new(), runs: BodyRuns::new(), key, cost, stream }
    }
}

/// The layers inside the current one, during one call.
pub(super) struct InnerCall<'a, T, E, F: ?Sized> {
    pub layers: &'a [Arc<Layer<T, E>>],
    pub call: &'a CallShared<'a, E>,
    pub operation: &'a mut F,
}

type LayerAndInner<'a, T, E, F> = (&'a Layer<T, E>, InnerCall<'a, T, E, F>);

impl<T, E, F: ?Sized> InnerCall<'_, T, E, F> {
    pub fn rejected(&self, reject: Reject<E>, rejection: Error, until: Option<Moment>) -> E {
        self.call.state.rejected(&rejection);
        self.call.runs.rejected();
        let error = reject(rejection);
        rejected_with(&error, until, self.call.errors);
        error
    }

    /// Returns the outermost layer and the call of the others.
    fn split_first(&mut self) -> Option<LayerAndInner<'_, T, E, F>> {
        let (layer, layers) = self.layers.split_first()?;
        Some((layer, InnerCall { layers, call: self.call, operation: self.operation }))
    }

    /// Returns whether the stream of this call has begun. Its failures then go to the user, and not to the layers.
    pub fn has_begun(&self) -> bool {
        self.call.stream.is_some_and(StreamProgress::has_begun)
    }

    /// Returns the units that the items of the stream took, for the rate limit with this number of layers inside.
    pub fn reported_units(&self, inside: usize) -> Option<u64> {
        self.call.stream?.reported_units(inside)
    }

    /// A rate limit above other gates takes its token back when they reject the call.
    pub fn is_above_gate(&self) -> bool {
        self.layers.iter().any(|layer| layer.is_gate())
    }
}

/// Awaits the call of a layer. Each future is wrapped alone: one type for all kinds of layers is as large as the largest.
macro_rules! call_layer {
    ($layer:expr, $inner:expr, $wrap:path) => {
        match &$layer.0 {
            LayerKind::Timeout(layer) => $wrap(layer.call($inner)).await,
            LayerKind::Retry(layer) => $wrap(layer.call($inner)).await,
            LayerKind::CircuitBreaker(layer) => $wrap(layer.call_in_scope($inner)).await,
            #[cfg(feature = "store")]
            LayerKind::Bulkhead(layer) => $wrap(layer.call_shared($inner)).await,
            #[cfg(not(feature = "store"))]
            LayerKind::Bulkhead(layer) => $wrap(layer.call($inner)).await,
            LayerKind::RateLimit(layer) => $wrap(layer.call($inner)).await,
            LayerKind::Fallback(layer) => $wrap(layer.call($inner)).await,
        }
    };
}

impl<T, E, F> InnerCall<'_, T, E, F> {
    /// Calls the operation through all layers. The future is as large as the outermost layer and the operation.
    ///
    /// `Fut` is a parameter and not an associated type, because rustc erases the lifetimes of what a future
    /// holds, and could not resolve that type for a `T` or `E` with a lifetime.
    pub async fn begin<Fut>(self) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let mut operation = Operation { start: self.operation, running: pin!(None) };
        let mut whole = InnerCall { layers: self.layers, call: self.call, operation: &mut operation };
        match whole.split_first() {
            Some((layer, mut inner)) => call_layer!(layer, &mut inner, identity),
            None => whole.call_operation().await,
        }
    }
}

/// The operation of a call with the one place for its future, because each layer would have room for it.
pub(super) struct Operation<'a, F, Fut> {
    start: &'a mut F,
    running: Pin<&'a mut Option<Fut>>,
}

/// A future in its place, which is empty again when this is dropped.
struct RunningOperation<'a, Fut>(Pin<&'a mut Option<Fut>>);

impl<Fut: Future> Future for RunningOperation<'_, Fut> {
    type Output = Fut::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Fut::Output> {
        match self.0.as_mut().as_pin_mut() {
            Some(running) => running.poll(cx),
            None => unreachable!("the operation has begun"),
        }
    }
}

impl<Fut> Drop for RunningOperation<'_, Fut> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

impl<T, E, F, Fut> InnerCall<'_, T, E, Operation<'_, F, Fut>>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    /// Boxes the layers, because they are recursive. The boxed type is not erased, so the compiler knows whether it is
    /// `Send`.
    pub async fn call(&mut self) -> Result<T, E> {
        match self.split_first() {
            Some((layer, mut inner)) => call_layer!(layer, &mut inner, Box::pin),
            None => self.call_operation().await,
        }
    }

    fn call_operation(&mut self) -> RunningOperation<'_, Fut> {
        self.call.runs.begin();
        let Operation { start, running } = &mut *self.operation;
        running.set(Some(start()));
        RunningOperation(running.as_mut())
    }
}

impl<T, E> InnerCall<'_, T, E, Blocking<'_, T, E>> {
    pub fn call_blocking(&mut self) -> Result<T, E> {
        match self.split_first() {
            Some((layer, mut inner)) => layer.call_blocking(&mut inner),
            None => {
                self.call.runs.begin();
                (self.operation)()
            }
        }
    }
}

impl<T, E> Layer<T, E> {
    fn call_blocking(&self, inner: &mut InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        match &self.0 {
            LayerKind::Timeout(layer) => layer.call_blocking(inner),
            LayerKind::Retry(layer) => layer.call_blocking(inner),
            LayerKind::CircuitBreaker(layer) => layer.call_blocking(inner),
            LayerKind::Bulkhead(layer) => layer.call_blocking(inner),
            LayerKind::RateLimit(layer) => layer.call_blocking(inner),
            LayerKind::Fallback(layer) => layer.call_blocking(inner),
        }
    }
}
