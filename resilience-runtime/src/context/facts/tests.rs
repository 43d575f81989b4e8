use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::identity::{ErrorIdentity, NoIdentity};
use super::*;
use crate::context::in_attempt;

fn failure() -> Error {
    Error::Timeout { limit: Duration::from_secs(1), elapsed: Duration::from_secs(1) }
}

fn is_exhausted() -> bool {
    Known::of(&failure(), ErrorIdentity).exhausted
}

/// Fails at its second poll, and ends at its third.
async fn exhausts_in_between() {
    let mut polls = 0;
    poll_fn(|_| {
        polls += 1;
        if polls == 2 {
            exhausted(&failure(), ErrorIdentity);
        }
        if polls == 3 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[test]
fn an_attempt_knows_only_what_happened_inside_of_it() {
    let mut cx = Context::from_waker(Waker::noop());
    let mut one = pin!(in_attempt((), exhausts_in_between()));
    let mut other = pin!(in_attempt((), poll_fn(|_| Poll::Ready(()))));
    begin();
    assert!(one.as_mut().poll(&mut cx).is_pending());
    assert!(one.as_mut().poll(&mut cx).is_pending());
    assert!(!is_exhausted(), "outside of the attempt nothing is known");
    assert!(other.as_mut().poll(&mut cx).is_ready());
    assert!(!is_exhausted());
    assert!(one.as_mut().poll(&mut cx).is_ready());
    assert!(is_exhausted());
}

#[test]
fn one_failure_collects_what_several_layers_know() {
    begin();
    let (one, other) = (0_u64, 1_u64);
    counted(&failure(), &one, ErrorIdentity);
    closed(&failure(), Moment::from_nanos(7), ErrorIdentity);
    exhausted(&failure(), ErrorIdentity);
    let known = Known::of(&failure(), ErrorIdentity);
    assert!(known.exhausted && known.is_counted_by(&one) && !known.is_counted_by(&other));
    assert_eq!((known.closed, known.is_rejection()), (Some(Moment::from_nanos(7)), false));
    exhausted(&Error::BulkheadFull { name: "x".into() }, ErrorIdentity);
    assert!(!is_exhausted(), "another failure has one of its own");
}

#[test]
fn a_rejection_without_an_identity_is_known_until_another_layer_begins() {
    begin();
    rejected_with(&(), Some(Moment::FAR), NoIdentity);
    assert!(Known::of(&(), NoIdentity).is_rejection());
    end_freshness();
    assert!(!Known::of(&(), NoIdentity).is_rejection());
    exhausted(&"down", NoIdentity);
    assert!(!Known::of(&"down", NoIdentity).exhausted, "text is no identity");
}

#[test]
fn the_end_of_a_rejection_is_not_that_of_another() {
    let open = |secs| Error::CircuitOpen {
        name: "x".into(),
        state: crate::error::BreakerState::Open,
        retry_after: Some(Duration::from_secs(secs)),
    };
    let end = Moment::from_nanos(7);
    rejection_ends(Duration::from_secs(1), end);
    assert_eq!(rejected_until(&open(1)), Some(end));
    assert!(rejected_until(&open(1)) > Some(end), "forgotten");
    rejection_ends(Duration::from_secs(1), end);
    assert!(rejected_until(&open(2)) > Some(end), "of another");
}
