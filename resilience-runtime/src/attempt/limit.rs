//! The limit of an attempt, or none.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::context::facts::Ticket;
use crate::context::{AttemptCell, CallScope, poll_in_attempt};
use crate::error::Error;
use crate::timeout::{AttemptBody, Countdown, TimeoutConfig, poll_limited};

pub trait AttemptLimit {
    /// The state of the limit between two polls.
    type Progress;
    type Rejection;

    const BEGIN: Self::Progress;

    fn poll<F: Future, S: CallScope<Ends<F::Output> = F::Output>>(
        &self,
        body: Pin<&mut F>,
        progress: &mut Self::Progress,
        scope: &mut S,
        attempt: &AttemptCell,
        cx: &mut Context<'_>,
    ) -> Poll<Result<F::Output, Self::Rejection>>;
}

impl AttemptLimit for () {
    type Progress = Ticket;
    type Rejection = Infallible;

    const BEGIN: Ticket = Ticket::NEW;

    #[inline]
    fn poll<F: Future, S: CallScope<Ends<F::Output> = F::Output>>(
        &self,
        body: Pin<&mut F>,
        progress: &mut Ticket,
        scope: &mut S,
        attempt: &AttemptCell,
        cx: &mut Context<'_>,
    ) -> Poll<Result<F::Output, Infallible>> {
        poll_in_attempt(body, scope, progress, attempt, cx).map(Ok)
    }
}

impl AttemptLimit for &'static TimeoutConfig {
    type Progress = Countdown;
    type Rejection = Error;

    const BEGIN: Countdown = Countdown::Fresh;

    #[inline]
    fn poll<F: Future, S: CallScope<Ends<F::Output> = F::Output>>(
        &self,
        body: Pin<&mut F>,
        progress: &mut Countdown,
        scope: &mut S,
        attempt: &AttemptCell,
        cx: &mut Context<'_>,
    ) -> Poll<Result<F::Output, Error>> {
        poll_limited(body, self, progress, scope, &AttemptBody(attempt), cx)
    }
}
