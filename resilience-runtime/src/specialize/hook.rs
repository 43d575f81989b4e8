//! Tells an `on_retry` that returns a future from one that has run:
//! `(&&HookProbe::of(&returned)).__resilience_hook().run(returned)`.

use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

#[derive(Debug)]
pub struct HookProbe<T>(PhantomData<fn(T)>);

impl<T> HookProbe<T> {
    pub const fn of(_: &T) -> Self {
        Self(PhantomData)
    }
}

pub trait HookIfFuture {
    fn __resilience_hook(&self) -> AsyncHook {
        AsyncHook
    }
}

impl<F: Future> HookIfFuture for &HookProbe<F> {}

pub trait HookOtherwise {
    fn __resilience_hook(&self) -> SyncHook {
        SyncHook
    }
}

impl<T> HookOtherwise for HookProbe<T> {}

#[derive(Debug)]
pub struct AsyncHook;

#[expect(clippy::unused_self, reason = "the type chooses the method")]
impl AsyncHook {
    pub fn run<F: Future>(self, returned: F) -> RunningHook<F> {
        RunningHook(Some(returned))
    }
}

#[derive(Debug)]
pub struct SyncHook;

#[expect(clippy::unused_self, reason = "the type chooses the method")]
impl SyncHook {
    pub fn run<T>(self, _: T) -> RunningHook<NeverFuture<T>> {
        RunningHook(None)
    }
}

#[derive(Debug)]
pub struct RunningHook<F>(Option<F>);

impl<F> RunningHook<F> {
    pub const fn is_over(&self) -> bool {
        self.0.is_none()
    }

    /// If `F` has no value, the compiler knows that nothing after this call runs.
    pub fn into_future(self) -> F {
        match self.0 {
            Some(future) => future,
            None => unreachable!("the expansion asks first"),
        }
    }
}

#[derive(Debug)]
pub enum NeverFuture<T> {
    Never(Infallible, PhantomData<fn() -> T>),
}

impl<T> Future for NeverFuture<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        match *self {
            Self::Never(never, _) => match never {},
        }
    }
}
