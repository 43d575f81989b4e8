//! Random calls on virtual time, and a simulation of a bulkhead that shares no code with ours.

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

use futures_util::future::join_all;
use resilience::{Bulkhead, Policy, policy};
use tokio::time::{Instant, sleep, sleep_until};

use crate::common::{Random, TestError, letter, millis};

#[derive(Debug, Clone, Copy)]
struct Call {
    arrives: u64,
    holds: u64,
    /// The caller hangs up so long after its arrival.
    leaves: Option<u64>,
}

/// When the body began, and when and how the call ended: `S`uccess, `B`ulkhead full, `D`ropped.
type Seen = (Option<u64>, u64, char);

#[derive(Debug, Clone, Copy)]
struct Limits {
    max: u64,
    queue: u64,
    wait: Option<u64>,
}

fn random_calls(random: &mut Random) -> (Limits, Vec<Call>) {
    let limits = Limits { max: 1 + random.below(4), queue: random.below(6), wait: Some(1 + random.below(20_000)) };
    let limits = Limits { wait: limits.wait.filter(|_| limits.queue > 0 && random.below(3) > 0), ..limits };
    let call = |random: &mut Random| Call {
        arrives: random.below(100_000),
        holds: 1 + random.below(12_000),
        leaves: (random.below(3) == 0).then(|| 1 + random.below(15_000)),
    };
    (limits, (0..40).map(|_| call(random)).collect())
}

/// Goes from event to event. `None` if two fall on one moment, where either order is right.
fn simulate(limits: Limits, calls: &[Call]) -> Option<Vec<Seen>> {
    #[derive(Clone, Copy, PartialEq)]
    enum At {
        Away,
        Queued,
        Inside,
        Gone,
    }
    let mut seen: Vec<Seen> = vec![(None, 0, '?'); calls.len()];
    let (mut at, mut queue) = (vec![At::Away; calls.len()], Vec::<usize>::new());
    let mut now = None;
    while at.iter().any(|at| *at != At::Gone) {
        let next_of = |call: usize| {
            let Call { arrives, holds, leaves } = calls[call];
            let leaves = leaves.map(|after| (arrives + after, 'D'));
            let own = match at[call] {
                At::Away => return Some((arrives, 'A')),
                At::Queued => limits.wait.map(|wait| (arrives + wait, 'B')),
                At::Inside => seen[call].0.map(|begun| (begun + holds, 'S')),
                At::Gone => return None,
            };
            own.into_iter().chain(leaves).min()
        };
        let all: Vec<(u64, char, usize)> =
            (0..calls.len()).filter_map(|call| next_of(call).map(|(when, what)| (when, what, call))).collect();
        let (when, what, call) = *all.iter().min()?;
        if all.iter().filter(|other| other.0 == when).count() > 1 || now == Some(when) {
            return None;
        }
        now = Some(when);
        let inside = at.iter().filter(|at| **at == At::Inside).count() as u64;
        if what == 'A' {
            if inside < limits.max {
                (at[call], seen[call].0) = (At::Inside, Some(when));
            } else if (queue.len() as u64) < limits.queue {
                at[call] = At::Queued;
                queue.push(call);
            } else {
                (at[call], seen[call]) = (At::Gone, (None, when, 'B'));
            }
            continue;
        }
        let was_inside = at[call] == At::Inside;
        queue.retain(|queued| *queued != call);
        (at[call], seen[call].1, seen[call].2) = (At::Gone, when, what);
        if was_inside && !queue.is_empty() {
            let first = queue.remove(0);
            (at[first], seen[first].0) = (At::Inside, Some(when));
        }
    }
    Some(seen)
}

async fn observe(door: &Policy<u32, TestError>, Call { arrives, holds, leaves }: Call, start: Instant) -> Seen {
    let (begun, now) = (Cell::new(None), || u64::try_from(start.elapsed().as_millis()).unwrap());
    sleep_until(start + millis(arrives)).await;
    let call = door.call(|| async {
        begun.set(Some(now()));
        sleep(millis(holds)).await;
        Ok(7)
    });
    let how = match leaves {
        None => Some(call.await),
        Some(after) => within(millis(after), call).await,
    };
    (begun.get(), now(), how.as_ref().map_or('D', letter))
}

/// Drops the future at its time, unless it is ready before.
async fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(time, future).await.ok()
}

#[tokio::test(start_paused = true)]
async fn random_calls_are_served_as_in_a_simulation() {
    let (mut compared, mut kinds) = (0, String::new());
    for seed in 0..150 {
        let (limits, calls) = random_calls(&mut Random::new(seed));
        let Some(expected) = simulate(limits, &calls) else { continue };
        let name = format!("simulated {seed}");
        let narrow = |number: u64| u32::try_from(number).unwrap();
        let mut layer = policy::bulkhead(name.clone()).max(narrow(limits.max)).queue(narrow(limits.queue));
        if let Some(wait) = limits.wait {
            layer = layer.wait(millis(wait));
        }
        let door: Policy<u32, TestError> = Policy::new() >> layer.build().unwrap();
        let start = Instant::now();
        let seen = join_all(calls.iter().map(|call| observe(&door, *call, start))).await;
        assert_eq!(seen, expected, "seed {seed}: {limits:?} {calls:?}");
        let left = Bulkhead::named(&name).unwrap().snapshot();
        assert_eq!((left.in_flight, left.waiting), (0, 0));
        kinds.extend(seen.iter().map(|seen| seen.2));
        compared += 1;
    }
    let count = |kind| kinds.matches(kind).count();
    assert!(compared > 100 && count('S') > 1000 && count('B') > 500 && count('D') > 300, "{compared} {}", kinds.len());
}
