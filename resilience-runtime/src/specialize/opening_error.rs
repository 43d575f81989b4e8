//! Tells a function whose error is that of its stream's items from one with another error:
//! `OpeningErrorProbe::<O, F, I>::NEW.__resilience_place(opening)`.
//!
//! With one error type, a failure before the first item is the error of the function. Otherwise it is
//! the first item.

use std::marker::PhantomData;

use crate::stream::{OpenedStream, StreamItem, StreamOpening};

/// `O` is the error of the function, and `F` that of the items `I`.
#[derive(Debug)]
pub struct OpeningErrorProbe<O, F, I>(PhantomData<fn(O, F, I)>);

impl<O, F, I: StreamItem<Failure = F>> OpeningErrorProbe<O, F, I> {
    pub const NEW: Self = Self(PhantomData);
}

impl<E, I: StreamItem<Failure = E>> OpeningErrorProbe<E, E, I> {
    #[allow(clippy::missing_errors_doc, clippy::unused_self, reason = "the type chooses the method")]
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

impl<O, F, I: StreamItem> OpeningErrorOtherwise<O, I> for OpeningErrorProbe<O, F, I> {}
