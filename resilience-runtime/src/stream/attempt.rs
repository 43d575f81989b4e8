use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::context::{AttemptCell, AttemptScope, CallAttempt};

/// The user's stream. It stays part of the attempt that opened it.
#[derive(Debug)]
pub struct AttemptStream<S> {
    stream: Pin<Box<S>>,
    attempt: Option<AttemptCell>,
}

impl<S> AttemptStream<S> {
    pub fn new(stream: S) -> Self {
        let attempt = CallAttempt::current();
        let attempt = (attempt != CallAttempt::OUTSIDE).then(|| {
            let cell = AttemptCell::new();
            // The idempotency key stays the same, even if the call asks for it only later.
            cell.set(CallAttempt::current_with_call());
            cell
        });
        Self { stream: Box::pin(stream), attempt }
    }
}

impl<S: Stream> Stream for AttemptStream<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let Self { stream, attempt } = &mut *self;
        let _attempt = attempt.as_ref().map(AttemptScope::enter);
        stream.as_mut().poll_next(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}
