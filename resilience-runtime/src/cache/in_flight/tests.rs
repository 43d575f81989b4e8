use std::future::Future;
use std::task::{Context, Poll, Waker};

use super::super::hashing;
use super::super::pending_load::LoadOutcome;
use super::*;
use crate::context::ContextGuard;
use crate::context::loads::{Lead, LeadsLoad};

type TestLoads = InFlight<&'static str, u32>;

fn new() -> TestLoads {
    InFlight::new(&hashing::random_state())
}

fn join(loads: &TestLoads) -> Joined<'_, &'static str, u32> {
    loads.join("key")
}

fn lead(guard: &LoadGuard<'_, &'static str, u32>) -> Lead {
    Lead::begin(guard.id())
}

fn loaded(value: u32) -> LoadResult<u32> {
    LoadResult { outcome: LoadOutcome::Loaded { value, degraded: false }, deadline: None, fact: None }
}

#[tokio::test]
async fn when_a_leader_is_dropped_a_waiter_becomes_the_leader() {
    let loads = new();
    let Joined::Leader(leader) = join(&loads) else { panic!("the first caller leads") };
    let Joined::Waiter(_, waiter) = join(&loads) else { panic!("the second caller waits") };
    drop(leader);
    assert!(matches!(waiter.end().await, WaitEnd::Leader(_)));
    assert_eq!(loads.len(), 0);
}

#[tokio::test]
async fn all_waiters_receive_the_value_of_the_leader() {
    let loads = new();
    let Joined::Leader(leader) = join(&loads) else { panic!("the first caller leads") };
    let waiters: Vec<_> = (0..3).map(|_| join(&loads)).collect();
    leader.complete(1, || Some(loaded(7)));
    for joined in waiters {
        let Joined::Waiter(_, waiter) = joined else { panic!("the other callers wait") };
        let WaitEnd::Completed(result) = waiter.end().await else { panic!("it has loaded") };
        assert!(matches!(result.outcome, LoadOutcome::Loaded { value: 7, .. }));
    }
    assert_eq!(loads.len(), 0);
}

#[test]
fn loads_of_one_key_end_in_any_order() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let loads = new();
        let mut guards = [(); 3].map(|()| Some(loads.begin_unshared("key")));
        for (ended, index) in order.into_iter().enumerate() {
            guards[index] = None;
            let left = loads.of_hash(loads.hasher.hash_one("key"));
            let expected: Vec<NonZeroU64> = guards.iter().flatten().map(|guard| guard.load.id).collect();
            assert!(left.len() == 2 - ended && left.iter().all(|load| expected.contains(&load.id)));
        }
        assert_eq!(loads.len(), 0);
    }
}

#[test]
fn nobody_waits_for_a_completed_load() {
    let loads = new();
    let Joined::Leader(leader) = join(&loads) else { panic!("the first caller leads") };
    // As a caller sees it that read the list just before the load was removed.
    let seen = Arc::clone(&leader.load);
    leader.complete(1, || unreachable!("there is no waiter"));
    assert!(matches!(seen.join(), LoadTurn::Ended(_)));
    assert!(matches!(join(&loads), Joined::Leader(_)));
}

#[test]
fn a_completed_load_leaves_the_others_of_its_hash() {
    let loads = new();
    let other = loads.begin_unshared("key");
    let Joined::Leader(leader) = join(&loads) else { panic!("nobody can wait for the other load") };
    leader.complete(1, || unreachable!("there is no waiter"));
    let left = loads.of_hash(other.load.hash);
    assert!(left.iter().map(|load| load.id).eq([other.load.id]));
    drop(other);
    assert_eq!(loads.len(), 0);
}

#[test]
fn two_leaders_do_not_wait_for_each_other() {
    let loads = new();
    let (Joined::Leader(one), Joined::Leader(two)) = (loads.join("one"), loads.join("two")) else {
        panic!("both lead")
    };
    let first = {
        let lead = lead(&one);
        let _leading = ContextGuard::enter(LeadsLoad(&lead));
        loads.join("two")
    };
    assert!(matches!(first, Joined::Waiter(..)));
    let lead = lead(&two);
    let _leading = ContextGuard::enter(LeadsLoad(&lead));
    assert!(matches!(loads.join("one"), Joined::Deadlock(_)));
    drop(first);
    assert!(matches!(loads.join("one"), Joined::Waiter(..)), "the first leader no longer waits");
}

#[test]
fn a_leader_does_not_wait_for_its_own_load() {
    let loads = new();
    let Joined::Leader(leader) = join(&loads) else { panic!("the first caller leads") };
    let lead = lead(&leader);
    let _leading = ContextGuard::enter(LeadsLoad(&lead));
    assert!(matches!(join(&loads), Joined::Deadlock(_)));
}

/// The first waiter that looks takes each free place, and the others wait on.
#[tokio::test]
async fn after_a_failure_as_many_waiters_run_as_are_allowed() {
    for max_running in 1..=4_u32 {
        let loads = new();
        let Joined::Leader(leader) = join(&loads) else { panic!("the first caller leads") };
        let mut waiters: Vec<_> = (0..6)
            .map(|_| match join(&loads) {
                Joined::Waiter(_, waiter) => Box::pin(waiter.end()),
                _ => panic!("the others wait"),
            })
            .collect();
        leader.complete(max_running, || None);
        let mut leaders = Vec::new();
        waiters.retain_mut(|waiter| match waiter.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(WaitEnd::Leader(leader)) => {
                leaders.push(leader);
                false
            }
            _ => true,
        });
        assert_eq!(leaders.len(), max_running as usize);
        leaders.remove(0).complete(max_running, || Some(loaded(7)));
        for waiter in waiters {
            assert!(matches!(waiter.await, WaitEnd::Completed(_)), "the first value is for all");
        }
        drop(leaders);
        assert_eq!(loads.len(), 0);
    }
}

#[test]
fn the_last_waiter_that_leaves_ends_the_load() {
    let loads = new();
    let Joined::Leader(leader) = join(&loads) else { panic!("the first caller leads") };
    let waiters = [join(&loads), join(&loads)];
    drop(leader);
    assert_eq!(loads.len(), 1, "a waiter may lead next");
    drop(waiters);
    assert_eq!(loads.len(), 0);
}

#[tokio::test]
async fn waiters_of_a_load_that_is_no_longer_listed_join_again() {
    let loads = new();
    let Joined::Leader(leader) = join(&loads) else { panic!("the first caller leads") };
    let Joined::Waiter(_, waiter) = join(&loads) else { panic!("the second caller waits") };
    loads.detach_all();
    drop(leader);
    assert!(matches!(waiter.end().await, WaitEnd::Abandoned));
}

#[test]
fn a_result_that_panics_hands_over() {
    let loads = new();
    let Joined::Leader(leader) = join(&loads) else { panic!("the first caller leads") };
    let waiter = join(&loads);
    let complete = std::panic::AssertUnwindSafe(|| leader.complete(1, || panic!("the value's `Clone`")));
    assert!(std::panic::catch_unwind(complete).is_err());
    assert!(matches!(join(&loads), Joined::Leader(_)), "nobody runs the body");
    drop(waiter);
}

/// The only load is listed in another way than several.
#[test]
fn a_load_is_joined_detached_and_ended_alike_whether_it_is_alone_or_not() {
    for (before, after) in [(0, 0), (1, 0), (0, 1), (2, 2)] {
        let others = ["a", "b", "c", "d"];
        let loads = new();
        let mut guards: Vec<_> = others[..before].iter().map(|key| loads.begin_unshared(key)).collect();
        let Joined::Leader(leader) = join(&loads) else { panic!("the first caller leads") };
        guards.extend(others[2..2 + after].iter().map(|key| loads.begin_unshared(key)));
        assert_eq!(loads.len(), before + after + 1);
        let Joined::Waiter(_, waiter) = join(&loads) else { panic!("the second caller waits") };
        drop(waiter);
        leader.complete(1, || unreachable!("nobody waits any more"));
        assert_eq!(loads.len(), before + after);

        let Joined::Leader(detached) = join(&loads) else { panic!("the load has ended") };
        loads.detach(&"key");
        assert_eq!((loads.len(), detached.store(|| ())), (before + after, None));
        let Joined::Leader(next) = join(&loads) else { panic!("it is not joined any more") };
        detached.complete(1, || unreachable!("nobody waits"));
        assert_eq!((loads.len(), next.store(|| ())), (before + after + 1, Some(())));
        drop(guards);
        assert_eq!(loads.len(), 1);
        loads.detach_all();
        next.complete(1, || unreachable!("nobody waits"));
        assert_eq!(loads.len(), 0);
        assert!(matches!(join(&loads), Joined::Leader(_)));
    }
}
