//! Tells a fallback that returns a future from one that returns its result:
//! `(&&FallbackProbe::of(&output)).__resilience_fallback().output(output)`.

use std::future::{Future, Pending};
use std::marker::PhantomData;

#[derive(Debug)]
pub struct FallbackProbe<T>(PhantomData<fn(T)>);

impl<T> FallbackProbe<T> {
    pub const fn of(_: &T) -> Self {
        Self(PhantomData)
    }
}

pub trait FallbackIfFuture {
    fn __resilience_fallback(&self) -> AsyncFallback {
        AsyncFallback
    }
}

impl<F: Future> FallbackIfFuture for &FallbackProbe<F> {}

pub trait FallbackOtherwise {
    fn __resilience_fallback(&self) -> SyncFallback {
        SyncFallback
    }
}

impl<T> FallbackOtherwise for FallbackProbe<T> {}

#[derive(Debug)]
pub enum FallbackOutput<T, F> {
    Ready(T),
    Pending(F),
}

#[derive(Debug)]
pub struct AsyncFallback;

#[expect(clippy::unused_self, reason = "the type chooses the method")]
impl AsyncFallback {
    /// `T` stays open, so that a wrong result is reported where the future is awaited.
    pub fn output<T, F: Future>(self, future: F) -> FallbackOutput<T, F> {
        FallbackOutput::Pending(future)
    }
}

#[derive(Debug)]
pub struct SyncFallback;

#[expect(clippy::unused_self, reason = "the type chooses the method")]
impl SyncFallback {
    /// `Pending` is `Send`, whether the result is or not.
    pub fn output<T, R>(self, result: T) -> FallbackOutput<T, Pending<R>> {
        FallbackOutput::Ready(result)
    }
}
