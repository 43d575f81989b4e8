use std::time::Duration;

use super::{HOUR, MOMENT, Pair, key};
use crate::store::{LeaseRequest, Leased, SharedState, StateKey, Update};

async fn lease(pair: &Pair, key: StateKey<'_>, token: u128, time: Duration) -> Leased {
    super::answer(pair.second.lease(&LeaseRequest { key, max: 2, token, time })).await
}

pub async fn check(pair: &Pair) {
    let name = pair.name("places");
    let places = key(SharedState::Bulkhead, &name);
    assert_eq!(lease(pair, places, 1, HOUR).await, Leased::Held, "the first place");
    assert_eq!(lease(pair, places, u128::MAX, MOMENT).await, Leased::Held, "the second place");
    let full = lease(pair, places, 3, HOUR).await;
    let Leased::Full { next } = full else { panic!("there are two places: {full:?}") };
    assert!(next <= MOMENT, "the first end of a place: {next:?}");
    assert_eq!(lease(pair, places, 1, HOUR).await, Leased::Held, "a holder renews its place");
    tokio::time::sleep(2 * MOMENT).await;
    assert_eq!(lease(pair, places, 3, HOUR).await, Leased::Held, "a place that is not renewed is free");
    let full = lease(pair, places, u128::MAX, HOUR).await;
    let Leased::Full { next } = full else { panic!("its holder has lost it: {full:?}") };
    assert!(next <= HOUR && next > HOUR / 2, "{next:?}");
    let leave = |token| Update::Leave { key: places.into(), token };
    pair.update([leave(99), leave(1), leave(1)]).await;
    assert_eq!(lease(pair, places, 4, HOUR).await, Leased::Held, "a place that was left is free");
    assert!(matches!(lease(pair, places, 5, HOUR).await, Leased::Full { .. }), "and only that one");
    pair.update([leave(3), Update::Keep { key: places.into(), token: 4, time: 10 * MOMENT }]).await;
    assert_eq!(lease(pair, places, 4, 10 * MOMENT).await, Leased::Held);
    assert_eq!(lease(pair, places, 6, HOUR).await, Leased::Held);
    tokio::time::sleep(12 * MOMENT).await;
    assert!(matches!(lease(pair, places, 7, HOUR).await, Leased::Full { .. }), "a place that is kept is renewed");
    pair.update([leave(4)]).await;
    assert_eq!(lease(pair, places, 7, HOUR).await, Leased::Held, "until it is left");
    let other = StateKey { hash: None, ..places };
    assert_eq!(lease(pair, other, 5, HOUR).await, Leased::Held, "another bulkhead has places of its own");
}
