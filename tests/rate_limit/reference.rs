//! Random calls on virtual time, a simulation that shares no code with ours, and a table of buckets.

use std::cell::Cell;

use futures_util::future::join_all;
use resilience::testing::ManualClock;
use resilience::{Policy, RateLimiter, policy};
use tokio::time::{Instant, sleep_until, timeout};

use crate::common::{Random, TestError, letter, millis};
use crate::hint;

#[derive(Debug, Clone, Copy)]
struct Call {
    arrives: u64,
    /// The caller hangs up so long after its arrival.
    leaves: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    /// A call for each of these.
    interval: u64,
    burst: usize,
    wait: u64,
}

/// When the body ran, and how the call ended: `S`uccess, `L`imited, `D`ropped.
type Seen = (Option<u64>, char);

fn random_calls(random: &mut Random) -> (Limits, Vec<Call>) {
    let burst = 1 + usize::try_from(random.below(4)).unwrap();
    let limits = Limits { interval: 1000 + random.below(3000), burst, wait: 1 + random.below(30_000) };
    let call = |random: &mut Random| Call {
        arrives: random.below(120_000),
        leaves: (random.below(3) == 0).then(|| 1 + random.below(15_000)),
    };
    (limits, (0..50).map(|_| call(random)).collect())
}

#[derive(Clone, Copy, PartialEq)]
enum Turn {
    Passed,
    Waits,
    Left,
}

/// A call may pass when of all calls before it, the one `burst + n` places ahead was told its time `n + 1`
/// intervals ago. `None` if two events fall on one moment, where either order is right.
fn simulate(Limits { interval, burst, wait }: Limits, calls: &[Call]) -> Option<Vec<Seen>> {
    let mut seen: Vec<Seen> = vec![(None, '?'); calls.len()];
    // In the order in which they were told.
    let mut turns = Vec::<(u64, Turn, usize)>::new();
    let mut last = None;
    loop {
        let away = |call: &usize| !turns.iter().any(|turn| turn.2 == *call) && seen[*call].1 == '?';
        let arrivals = (0..calls.len()).filter(away).map(|call| (calls[call].arrives, call));
        let waiting = turns.iter().filter(|turn| turn.1 == Turn::Waits);
        let ends = waiting.filter_map(|(due, _, call)| {
            let left = calls[*call].leaves.map(|after| calls[*call].arrives + after);
            [Some(*due), left].into_iter().flatten().map(|when| (when, *call)).min()
        });
        let all: Vec<(u64, usize)> = arrivals.chain(ends).collect();
        let Some(&(now, call)) = all.iter().min() else { return Some(seen) };
        if all.iter().filter(|other| other.0 == now).count() > 1 || last == Some(now) {
            return None;
        }
        last = Some(now);
        if let Some(turn) = turns.iter_mut().find(|turn| turn.2 == call) {
            if calls[call].leaves == Some(turn.0 - calls[call].arrives) {
                return None;
            }
            (turn.1, seen[call]) =
                if turn.0 == now { (Turn::Passed, (Some(now), 'S')) } else { (Turn::Left, (None, 'D')) };
        } else {
            let told = turns.iter().rev().skip(burst - 1).zip(1..);
            let due = told.map(|(turn, intervals)| turn.0 + intervals * interval).max().unwrap_or(0).max(now);
            if due > now + wait {
                seen[call] = (None, 'L');
            } else if due == now {
                (seen[call], ()) = ((Some(now), 'S'), turns.push((now, Turn::Passed, call)));
            } else {
                turns.push((due, Turn::Waits, call));
            }
        }
        // A turn that was left counts only for those behind it who still wait.
        let last_waiting = turns.iter().rposition(|turn| turn.1 == Turn::Waits);
        let mut index = 0;
        turns.retain(|turn| {
            index += 1;
            turn.1 != Turn::Left || last_waiting.is_some_and(|last| index - 1 < last)
        });
    }
}

async fn observe(door: &Policy<u32, TestError>, Call { arrives, leaves }: Call, start: Instant) -> Seen {
    let ran = Cell::new(None);
    sleep_until(start + millis(arrives)).await;
    let call = door.call(|| async {
        ran.set(Some(u64::try_from(start.elapsed().as_millis()).unwrap()));
        Ok(7)
    });
    let how = match leaves {
        None => Some(call.await),
        Some(after) => timeout(millis(after), call).await.ok(),
    };
    (ran.get(), how.as_ref().map_or('D', letter))
}

#[tokio::test(start_paused = true)]
async fn random_calls_are_served_as_in_a_simulation() {
    let (mut compared, mut kinds) = (0, String::new());
    for seed in 0..200 {
        let (limits, calls) = random_calls(&mut Random::new(seed));
        let Some(expected) = simulate(limits, &calls) else { continue };
        let name = format!("simulated {seed}");
        let layer = policy::rate_limit(name.clone())
            .max(1)
            .per(millis(limits.interval))
            .burst(u32::try_from(limits.burst).unwrap())
            .wait(millis(limits.wait));
        let door: Policy<u32, TestError> = Policy::new() >> layer.build().unwrap();
        let start = Instant::now();
        let seen = join_all(calls.iter().map(|call| observe(&door, *call, start))).await;
        assert_eq!(seen, expected, "seed {seed}: {limits:?} {calls:?}");
        assert_eq!(RateLimiter::named(&name).unwrap().snapshot().waiting, 0);
        kinds.extend(seen.iter().map(|seen| seen.1));
        compared += 1;
    }
    let count = |kind| kinds.matches(kind).count();
    assert!(compared > 100 && count('S') > 1000 && count('L') > 200 && count('D') > 200, "{compared} {}", kinds.len());
}

/// What the token buckets of other libraries are tested for: a bucket is full at first, holds no more than its size,
/// and gets one token in each interval, however long a call has been rejected in between.
#[test]
fn a_bucket_fills_one_token_at_a_time_up_to_its_size() {
    const PASS: u64 = 0;
    // The size of the bucket, the interval in ms, and calls: the time before each, and for how long it is rejected.
    type Row = (u32, u64, &'static [(u64, u64)]);
    let rows: [Row; 9] = [
        (1, 1000, &[(0, PASS), (0, 1000), (0, 1000)]),
        (1, 1000, &[(0, PASS), (999, 1), (1, PASS), (0, 1000)]),
        (1, 1000, &[(0, PASS), (400, 600), (400, 200), (200, PASS)]),
        (1, 1000, &[(0, PASS), (60_000, PASS), (0, 1000)]),
        (1, 1000, &[(60_000, PASS), (0, 1000)]),
        (3, 1000, &[(0, PASS), (0, PASS), (0, PASS), (0, 1000), (1000, PASS), (0, 1000)]),
        (3, 1000, &[(0, PASS), (0, PASS), (0, PASS), (2000, PASS), (0, PASS), (0, 1000)]),
        (3, 1000, &[(0, PASS), (0, PASS), (0, PASS), (60_000, PASS), (0, PASS), (0, PASS), (0, 1000)]),
        (
            2,
            200,
            &[
                (0, PASS),
                (100, PASS),
                (50, 50),
                (50, PASS),
                (0, 200),
                (199, 1),
                (1, PASS),
                (400, PASS),
                (0, PASS),
                (0, 200),
            ],
        ),
    ];
    let clock = ManualClock::install();
    for (number, (size, interval, calls)) in rows.iter().enumerate() {
        let layer = policy::rate_limit(format!("bucket {number}")).max(1).per(millis(*interval)).burst(*size);
        let door: Policy<u32, TestError> = Policy::new() >> layer.build().unwrap();
        for (call, (before, rejected_for)) in calls.iter().enumerate() {
            clock.advance(millis(*before));
            let answer = door.call_blocking(|| Ok(7));
            let expected = Some(millis(*rejected_for)).filter(|wait| !wait.is_zero());
            assert_eq!(hint(&answer), expected, "row {number}, call {call}");
        }
    }
}
