use std::time::Duration;

use super::{HOUR, MOMENT, Pair, key};
use crate::store::{Charge, Charged, SharedState, SharedWindow, StateKey, Update};

const PATIENT: Duration = Duration::from_secs(7_200);

/// Two units an hour, four at once.
fn slow(key: StateKey<'_>) -> SharedWindow<'_> {
    SharedWindow { key, max: 2, per: HOUR, burst: 4 }
}

async fn charge(pair: &Pair, windows: &[SharedWindow<'_>], units: u64, patience: Duration, lease: u64) -> Charged {
    let charge = Charge { windows, units, patience, lease };
    super::answer(pair.first.charge(&charge)).await
}

async fn now(pair: &Pair, window: SharedWindow<'_>, units: u64) -> Charged {
    charge(pair, &[window], units, Duration::ZERO, 0).await
}

const fn passed(units: u64) -> Charged {
    Charged::Passed { units, wait: Duration::ZERO }
}

/// A wait that began a moment ago.
fn assert_rejected(charged: Charged, wait: Duration, row: &str) {
    let Charged::Rejected { wait: found } = charged else { panic!("{row}: {charged:?}") };
    assert!(found <= wait && found > wait.saturating_sub(Duration::from_secs(60)), "{row}: {found:?} and not {wait:?}");
}

pub async fn check(pair: &Pair) {
    burst_and_rate(pair).await;
    all_or_nothing(pair).await;
    in_advance(pair).await;
    settlements(pair).await;
    holds(pair).await;
    refill(pair).await;
}

async fn burst_and_rate(pair: &Pair) {
    let name = pair.name("burst");
    let window = slow(key(SharedState::RateLimit, &name));
    assert_eq!(now(pair, window, 3).await, passed(3), "a burst passes");
    let windows = [window];
    let charge_one = Charge { windows: &windows, units: 1, patience: Duration::ZERO, lease: 0 };
    assert_eq!(super::answer(pair.second.charge(&charge_one)).await, passed(1), "for all processes together");
    assert_rejected(now(pair, window, 1).await, HOUR / 2, "then the rate");
    assert_rejected(now(pair, window, 2).await, HOUR, "two units wait twice as long");
    assert_eq!(now(pair, window, 0).await, passed(0), "no units always pass");
    assert_eq!(now(pair, window, 5).await, Charged::Rejected { wait: Duration::MAX }, "more than the burst never pass");
    let waits = charge(pair, &windows, 1, PATIENT, 0).await;
    let Charged::Passed { units: 1, wait } = waits else { panic!("a turn is taken at once: {waits:?}") };
    assert!(wait <= HOUR / 2 && wait > HOUR / 3, "{wait:?}");
    assert_rejected(now(pair, window, 1).await, HOUR, "after the turn that is taken");
    let variant = SharedWindow { key: StateKey { variant: "other", ..window.key }, ..window };
    let unkeyed = SharedWindow { key: StateKey { hash: None, ..window.key }, ..window };
    for other in [variant, unkeyed] {
        assert_eq!(now(pair, other, 4).await, passed(4), "a window of another key: {other:?}");
    }
    pair.update([Update::ResetWindow { key: window.key.into() }]).await;
    assert_eq!(now(pair, window, 4).await, passed(4), "a reset forgets what has passed");
}

async fn all_or_nothing(pair: &Pair) {
    let name = pair.name("pair");
    let narrow = slow(key(SharedState::RateLimit, &name));
    let wide = SharedWindow { key: StateKey { variant: "wide", ..narrow.key }, burst: 9, ..narrow };
    assert_eq!(charge(pair, &[wide, narrow], 4, Duration::ZERO, 0).await, passed(4), "both admit");
    assert_rejected(charge(pair, &[wide, narrow], 1, Duration::ZERO, 0).await, HOUR / 2, "one rejects");
    assert_eq!(now(pair, wide, 5).await, passed(5), "nothing is taken of the other");
    assert_rejected(now(pair, wide, 1).await, HOUR / 2, "and not more");
    assert_eq!(charge(pair, &[], 1, Duration::ZERO, 0).await, passed(1), "no window always admits");
}

async fn in_advance(pair: &Pair) {
    let name = pair.name("advance");
    let window = slow(key(SharedState::RateLimit, &name));
    assert_eq!(charge(pair, &[window], 1, Duration::ZERO, 3).await, passed(3), "as many as are asked for");
    assert_eq!(charge(pair, &[window], 0, Duration::ZERO, 9).await, passed(1), "as many as there are");
    assert_eq!(charge(pair, &[window], 0, Duration::ZERO, 9).await, passed(0), "none are left");
    assert_rejected(charge(pair, &[window], 1, Duration::ZERO, 9).await, HOUR / 2, "not even one");
}

async fn settlements(pair: &Pair) {
    let name = pair.name("settle");
    let window = slow(key(SharedState::RateLimit, &name));
    let settle = |units| Update::Settle { window: window.into(), units };
    assert_eq!(now(pair, window, 4).await, passed(4));
    pair.update([settle(-3)]).await;
    assert_eq!(now(pair, window, 3).await, passed(3), "what is given back passes again");
    pair.update([settle(-100)]).await;
    assert_eq!(now(pair, window, 4).await, passed(4), "never more than the burst");
    assert_rejected(now(pair, window, 1).await, HOUR / 2, "never more than the burst");
    pair.update([settle(2), settle(1)]).await;
    assert_rejected(now(pair, window, 1).await, HOUR * 2, "a debt delays the next");
    pair.update([Update::ResetWindow { key: window.key.into() }, settle(4)]).await;
    assert_rejected(now(pair, window, 1).await, HOUR / 2, "units that nobody asked for count too");
}

async fn holds(pair: &Pair) {
    let name = pair.name("hold");
    let window = slow(key(SharedState::RateLimit, &name));
    let hold = |time| Update::Hold { window: window.into(), time };
    pair.update([hold(HOUR), hold(MOMENT)]).await;
    assert_rejected(now(pair, window, 1).await, HOUR, "a shorter hold changes nothing");
    assert_rejected(now(pair, window, 0).await, HOUR, "a hold lets nothing pass");
    assert_rejected(charge(pair, &[window], 0, Duration::ZERO, 3).await, HOUR, "nor in advance");
    pair.update([Update::ResetWindow { key: window.key.into() }]).await;
    assert_eq!(now(pair, window, 1).await, passed(1), "a reset ends a hold");
    pair.update([Update::ResetWindow { key: window.key.into() }, hold(MOMENT)]).await;
    tokio::time::sleep(2 * MOMENT).await;
    assert_eq!(now(pair, window, 1).await, passed(1), "after a hold, one unit");
    assert_rejected(now(pair, window, 1).await, HOUR / 2, "and then the rate");
    pair.update([Update::ResetWindow { key: window.key.into() }]).await;
    assert_eq!(now(pair, window, 4).await, passed(4));
    let settle = |units| Update::Settle { window: window.into(), units };
    pair.update([hold(HOUR), settle(-4)]).await;
    assert_rejected(now(pair, window, 1).await, HOUR, "units that come back end no hold");
    pair.update([settle(1)]).await;
    assert_rejected(now(pair, window, 0).await, HOUR, "nor do units that are taken in addition");
}

async fn refill(pair: &Pair) {
    let name = pair.name("refill");
    let window = SharedWindow { key: key(SharedState::RateLimit, &name), max: 1, per: MOMENT, burst: 2 };
    assert_eq!(now(pair, window, 2).await, passed(2));
    tokio::time::sleep(4 * MOMENT).await;
    assert_eq!(now(pair, window, 2).await, passed(2), "an idle window is full again");
}
