//! What an expansion awaits: the body, a pause, a fallback, another caller's flight. A *leaf*.
//!
//! Layers are control flow of one coroutine, so what a layer has in force around its code (a deadline, the mark of a flight)
//! cannot be a future around that code. It is a [`Section`], a local value, in force on the thread from where it is made to
//! where it is dropped, except while the coroutine waits: and a coroutine waits in a leaf only. So the future around a leaf
//! takes up the sections at each poll, and lays them down when it is not ready.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::context::exhausted;

/// What is in force around several leaves.
///
/// It is made in force. Dropped, it is so no longer, whether by the end of its layer, a `break` out of it or a panic; a call
/// that is dropped while it waits has laid it down before.
pub trait Section {
    /// What a leaf of type `T` ends with: `T` itself, or a `Result` where the section may end it.
    type Ends<T>;

    fn ended<T>(out: T) -> Self::Ends<T>;

    /// At each poll; without effect when in force already. What is around it comes first.
    fn resume(&mut self);

    /// The leaf is not ready: whether its time is over. Still in force afterwards.
    fn expired<T>(&mut self, cx: &mut Context<'_>) -> Poll<Self::Ends<T>>;

    /// The leaf is not ready, and there is time.
    fn suspend(&mut self);
}

/// Outside of everything.
impl Section for () {
    type Ends<T> = T;

    #[inline]
    fn ended<T>(out: T) -> T {
        out
    }

    #[inline]
    fn resume(&mut self) {}

    #[inline]
    fn expired<T>(&mut self, _: &mut Context<'_>) -> Poll<T> {
        Poll::Pending
    }

    #[inline]
    fn suspend(&mut self) {}
}

impl<S: Section> Section for &mut S {
    type Ends<T> = S::Ends<T>;

    #[inline]
    fn ended<T>(out: T) -> S::Ends<T> {
        S::ended(out)
    }

    #[inline]
    fn resume(&mut self) {
        S::resume(self);
    }

    #[inline]
    fn expired<T>(&mut self, cx: &mut Context<'_>) -> Poll<S::Ends<T>> {
        S::expired(self, cx)
    }

    #[inline]
    fn suspend(&mut self) {
        S::suspend(self);
    }
}

pin_project! {
    /// A leaf inside of sections.
    #[derive(Debug)]
    pub struct Leaf<F, S> {
        #[pin]
        body: F,
        section: S,
    }
}

/// A leaf in the innermost of its sections.
#[inline]
pub fn within<F: Future, S: Section>(section: S, body: F) -> Leaf<F, S> {
    Leaf { body, section }
}

impl<F: Future, S: Section> Future for Leaf<F, S> {
    type Output = S::Ends<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.section.resume();
        if let Poll::Ready(out) = this.body.poll(cx) {
            return Poll::Ready(S::ended(out));
        }
        if let Poll::Ready(out) = this.section.expired(cx) {
            return Poll::Ready(out);
        }
        this.section.suspend();
        Poll::Pending
    }
}

pin_project! {
    /// A leaf of an attempt of a retry: when it is ready, the mark on this thread is its own.
    #[derive(Debug)]
    pub struct Attempt<F, S> {
        #[pin]
        leaf: Leaf<F, S>,
        gave_up: bool,
    }
}

/// The same in an attempt, which may have left its mark before.
#[inline]
pub fn attempt<F: Future, S: Section>(section: S, body: F) -> Attempt<F, S> {
    Attempt { leaf: within(section, body), gave_up: exhausted::gave_up() }
}

impl<F: Future, S: Section> Future for Attempt<F, S> {
    type Output = S::Ends<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let around = exhausted::enter(*this.gave_up);
        let poll = this.leaf.poll(cx);
        if poll.is_pending() {
            *this.gave_up = exhausted::leave(around);
        }
        poll
    }
}
