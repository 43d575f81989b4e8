use std::time::Duration;

use super::{HOUR, MOMENT, Pair, key};
use crate::store::{OpenSignal, Probe, SharedState, StateKey, Update};

async fn signal(pair: &Pair, key: StateKey<'_>) -> OpenSignal {
    super::answer(pair.second.signal(&key)).await
}

async fn probe(pair: &Pair, key: StateKey<'_>, generation: u64, token: u128) -> bool {
    probe_for(pair, key, generation, token, MOMENT).await
}

async fn probe_for(pair: &Pair, key: StateKey<'_>, generation: u64, token: u128, time: Duration) -> bool {
    super::answer(pair.second.probe(&Probe { key, generation, max: 1, token, time })).await
}

fn open(key: StateKey<'_>, token: u128, time: Duration, quorum: u32) -> Update {
    Update::Open { key: key.into(), token, time, quorum }
}

fn close(key: StateKey<'_>, generation: u64) -> Update {
    Update::Close { key: key.into(), generation }
}

pub async fn check(pair: &Pair) {
    openings(pair).await;
    quorum(pair).await;
    probes(pair).await;
}

async fn openings(pair: &Pair) {
    let name = pair.name("open");
    let breaker = key(SharedState::Breaker, &name);
    assert_eq!(signal(pair, breaker).await, OpenSignal::default(), "nobody has opened it");
    pair.update([open(breaker, 1, HOUR, 1)]).await;
    let first = signal(pair, breaker).await;
    assert!(first.generation > 0 && first.left > HOUR / 2 && first.left <= HOUR, "it is open for all: {first:?}");
    assert_eq!(first.generation % 2, 1, "an opening is odd: {first:?}");
    pair.update([open(breaker, 2, MOMENT, 1)]).await;
    let longer = signal(pair, breaker).await;
    assert!(longer.left > HOUR / 2, "a shorter opening ends no longer one: {longer:?}");
    pair.update([close(breaker, first.generation - 1), close(breaker, 0)]).await;
    assert!(signal(pair, breaker).await.left > HOUR / 2, "an earlier generation closes nothing");
    pair.update([close(breaker, signal(pair, breaker).await.generation)]).await;
    let closed = signal(pair, breaker).await;
    assert_eq!(closed.left, Duration::ZERO, "it is closed for all");
    assert_eq!(longer.generation % 2, 1, "so is the next one: {longer:?}");
    assert!(closed.generation > longer.generation, "a closing is a generation of its own");
    assert_eq!(closed.generation % 2, 0, "a closing is even: {closed:?}");
    pair.update([open(breaker, 1, HOUR, 1)]).await;
    assert!(signal(pair, breaker).await.generation > closed.generation, "so is the next opening");
    let other = StateKey { hash: None, ..breaker };
    assert_eq!(signal(pair, other).await, OpenSignal::default(), "another breaker has a signal of its own");
}

async fn quorum(pair: &Pair) {
    let name = pair.name("quorum");
    let breaker = key(SharedState::Breaker, &name);
    pair.update([open(breaker, 1, HOUR, 3), open(breaker, 1, HOUR, 3), open(breaker, 2, MOMENT, 3)]).await;
    assert_eq!(signal(pair, breaker).await.left, Duration::ZERO, "two of three processes");
    tokio::time::sleep(2 * MOMENT).await;
    pair.update([open(breaker, 3, HOUR, 3)]).await;
    assert_eq!(signal(pair, breaker).await.left, Duration::ZERO, "an opening that has ended counts no more");
    pair.update([open(breaker, 2, HOUR, 3)]).await;
    let opened = signal(pair, breaker).await;
    assert!(opened.left > HOUR / 2, "three of three: {opened:?}");
    pair.update([close(breaker, opened.generation), open(breaker, 1, HOUR, 3)]).await;
    assert_eq!(signal(pair, breaker).await.left, Duration::ZERO, "a closing forgets who has opened");
}

async fn probes(pair: &Pair) {
    let name = pair.name("probe");
    let breaker = key(SharedState::Breaker, &name);
    assert!(!probe(pair, breaker, 0, 1).await, "nobody has opened it");
    pair.update([open(breaker, 1, 2 * MOMENT, 1)]).await;
    let OpenSignal { generation, .. } = signal(pair, breaker).await;
    assert!(!probe(pair, breaker, generation, 1).await, "it is still open");
    tokio::time::sleep(3 * MOMENT).await;
    assert!(!probe(pair, breaker, generation + 1, 1).await, "another generation");
    assert!(probe(pair, breaker, generation, 1).await, "the first who asks");
    assert!(!probe(pair, breaker, generation, 2).await, "there is one probe");
    assert!(probe(pair, breaker, generation, 1).await, "who probes may go on");
    tokio::time::sleep(2 * MOMENT).await;
    assert!(probe(pair, breaker, generation, 2).await, "a probe that has taken too long is replaced");
    pair.update([close(breaker, generation)]).await;
    assert!(!probe(pair, breaker, generation, 2).await, "it has recovered");
    for (token, other) in [(1, 2), (2, 1)] {
        pair.update([open(breaker, token, MOMENT, 1)]).await;
        tokio::time::sleep(2 * MOMENT).await;
        let OpenSignal { generation, .. } = signal(pair, breaker).await;
        assert!(probe_for(pair, breaker, generation, token, HOUR).await, "a failed probe holds up no later one");
        assert!(!probe(pair, breaker, generation, other).await, "there is one probe");
    }
}
