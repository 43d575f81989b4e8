//! Tells a function whose error is that of its stream's items from one with another error:
//! `OpeningErrorProbe::<O, I>::NEW.__resilience_place(opening)`.
//!
//! With one error type, a failure before the first item is the error of the function. Otherwise it is
//! the first item.

use std::marker::PhantomData;

use crate::stream::{OpenedStream, StreamItem, StreamOpening};

#[derive(Debug)]
pub struct OpeningErrorProbe<O, I, E>(PhantomData<fn(O, I, E)>);

impl<O, I: StreamItem<Failure = E>, E> OpeningErrorProbe<O, I, E> {
    pub const NEW: Self = Self(PhantomData);
}

impl<I: StreamItem<Failure = E>, E> OpeningErrorProbe<E, I, E> {
    #[allow(clippy::missing_errors_doc, reason = "it gives back what it is given")]
    pub fn __resilience_place<S>(self, opening: StreamOpening<S, I>) -> Result<OpenedStream<S, I>, E> {
        opening
    }
}

pub trait OpeningErrorOtherwise<O, I: StreamItem> {
    #[allow(clippy::missing_errors_doc, reason = "it returns none")]
    fn __resilience_place<S>(&self, opening: StreamOpening<S, I>) -> Result<OpenedStream<S, I>, O> {
        Ok(OpenedStream::of(opening))
    }
}

impl<O, I: StreamItem, E> OpeningErrorOtherwise<O, I> for OpeningErrorProbe<O, I, E> {}
