//! A rate limit above other gates: a call that they reject costs it nothing.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::testing::ManualClock;
use resilience::{
    Error, Policy, RateLimiter, bulkhead, cached, circuit_breaker, fallback, policy, rate_limit, retry, timeout,
};

use crate::common::{Answer, Counter, Elapsed, TestError, awaiting, letter, millis, poll_at_most, secs};
use crate::{FAILED, hint, snapshot};

#[sync_and_async::test]
async fn what_the_lower_limit_rejects_costs_the_upper_one_nothing() {
    #[rate_limit(max = 10, per = "1000h")]
    #[rate_limit(max = 2, per = "1m")]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!(letters!(10, call().await), "SSLLLLLLLL");
    for _ in 0..4 {
        clock.sleep(secs(60)).await;
        assert_eq!(letters!(3, call().await), "SSL");
    }
    clock.sleep(secs(60)).await;
    assert!(hint(&call().await).is_some_and(|wait| wait > secs(3600)), "ten of ten");
}

#[tokio::test(start_paused = true)]
async fn ten_concurrent_calls_of_which_two_pass_use_two_of_the_day() {
    #[rate_limit(max = 10, per = "24h", name = "day")]
    #[rate_limit(max = 2, per = "1m")]
    async fn call() -> Answer {
        awaiting::pause().await;
        Ok(7)
    }

    let answers = join_all((0..10).map(|_| call())).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 2);
    assert_eq!(snapshot("day").available, 8);
}

#[sync_and_async::test]
async fn of_three_limits_only_the_one_that_rejects_keeps_what_it_has() {
    #[rate_limit(max = 9, per = "1000h")]
    #[rate_limit(max = 6, per = "100h")]
    #[rate_limit(max = 3, per = "1h")]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!(letters!(20, call().await), "SSSLLLLLLLLLLLLLLLLL");
    clock.sleep(secs(3600)).await;
    assert_eq!(letters!(20, call().await), "SSSLLLLLLLLLLLLLLLLL", "six of six, and six of nine");
    clock.sleep(secs(100 * 3600)).await;
    assert_eq!(letters!(4, call().await), "SSSL", "nine of nine");
    clock.sleep(secs(3600)).await;
    assert!(hint(&call().await).is_some_and(|wait| wait > secs(3600)));
}

#[sync_and_async::test]
async fn each_gate_below_gives_the_token_back_whatever_stands_between() {
    #[rate_limit(max = 2, per = "1000h")]
    #[circuit_breaker(failure_threshold = 1, recovery = "1h")]
    async fn above_a_breaker(up: bool) -> Answer {
        pause().await;
        if up { Ok(7) } else { FAILED }
    }
    #[rate_limit(max = 2, per = "1000h")]
    #[fallback(value = 99)]
    #[retry(max = 2, backoff = "none")]
    #[rate_limit(max = 1, per = "1h")]
    async fn above_other_layers() -> Answer {
        pause().await;
        Ok(7)
    }
    #[rate_limit(max = 2, per = "1000h", key = tenant)]
    #[rate_limit(max = 1, per = "1h", key = tenant)]
    async fn with_keys(tenant: u32) -> Answer {
        pause().await;
        Ok(tenant)
    }

    let clock = Clock::start();
    assert_eq!(letters!(1, above_a_breaker(false).await), "F");
    assert_eq!(letters!(9, above_a_breaker(true).await), "OOOOOOOOO");
    clock.sleep(secs(3600)).await;
    assert_eq!(letters!(2, above_a_breaker(true).await), "SL", "two calls have run");

    assert_eq!([above_other_layers().await, above_other_layers().await], [Ok(7), Ok(99)]);
    assert_eq!([above_other_layers().await, above_other_layers().await], [Ok(99), Ok(99)]);
    clock.sleep(secs(3600)).await;
    assert_eq!(above_other_layers().await, Ok(7));
    clock.sleep(secs(3600)).await;
    assert_eq!(letters!(1, above_other_layers().await), "L");

    assert_eq!((letters!(3, with_keys(1).await), letters!(3, with_keys(2).await)), ("SLL".into(), "SLL".into()));
    clock.sleep(secs(3600)).await;
    assert_eq!((letters!(3, with_keys(1).await), letters!(3, with_keys(2).await)), ("SLL".into(), "SLL".into()));
}

#[sync_and_async::test]
async fn a_call_that_has_run_keeps_its_token() {
    #[rate_limit(max = 3, per = "1000h")]
    #[retry(max = 1, backoff = "none", when_ok = |_| true)]
    #[rate_limit(max = 1, per = "1h")]
    async fn rejected_after_it_has_run(calls: &Counter) -> Answer {
        pause().await;
        Ok(calls.up())
    }
    #[rate_limit(max = 3, per = "1000h")]
    #[cached(name = "below a limit", key = id)]
    #[rate_limit(max = 9, per = "1h")]
    async fn answered_by_a_cache(id: u32) -> Answer {
        pause().await;
        Ok(id)
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    for _ in 0..3 {
        assert_eq!(letters!(1, rejected_after_it_has_run(&calls).await), "L");
        clock.sleep(secs(3600)).await;
    }
    assert_eq!(calls.get(), 3);
    assert!(hint(&rejected_after_it_has_run(&calls).await).is_some_and(|wait| wait > secs(3600)));
    assert_eq!(letters!(4, answered_by_a_cache(1).await), "SSSL", "a hit is an answer");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_leaves_while_it_waits_below_gives_its_token_back() {
    #[rate_limit(max = 3, per = "24h", name = "above a wait")]
    #[rate_limit(max = 1, per = "1m", wait = "1h")]
    async fn limited() -> Answer {
        awaiting::pause().await;
        Ok(7)
    }
    #[rate_limit(max = 3, per = "24h", name = "above a queue")]
    #[timeout(secs = 5)]
    #[bulkhead(max = 1, queue = 9)]
    async fn queued(ends: bool) -> Answer {
        if ends { Ok(7) } else { pending().await }
    }

    assert_eq!(limited().await, Ok(7));
    assert_eq!(poll_at_most(1, limited()).await, None);
    assert_eq!(snapshot("above a wait").available, 2);
    assert_eq!(limited().await, Ok(7), "after its turn has come");
    assert_eq!(snapshot("above a wait").available, 1);

    let (inside, behind) = tokio::join!(queued(false), queued(true));
    assert_eq!((letter(&inside), letter(&behind)), ('T', 'T'));
    assert_eq!(snapshot("above a queue").available, 2, "one was cut off in the queue");
    assert_eq!(poll_at_most(1, queued(false)).await, None);
    assert_eq!(snapshot("above a queue").available, 1, "it has run");
}

#[tokio::test(start_paused = true)]
async fn a_turn_passes_unused_when_others_behind_it_have_been_told_theirs() {
    #[rate_limit(max = 1, per = "10s", wait = "1h", name = "told")]
    #[rate_limit(max = 1, per = "1000h")]
    async fn call() -> Answer {
        awaiting::pause().await;
        Ok(7)
    }
    #[rate_limit(max = 1, per = "10s", wait = "1h", name = "told")]
    async fn other(clock: &awaiting::Clock) -> Option<Duration> {
        Some(clock.elapsed())
    }

    let clock = awaiting::Clock::start();
    let calls = async { (letter(&call().await), letter(&call().await), clock.elapsed()) };
    let others = async {
        tokio::time::sleep(secs(1)).await;
        let times = tokio::join!(other(&clock), other(&clock));
        (times, snapshot("told").available)
    };
    let (calls, others) = tokio::join!(calls, others);
    assert_eq!(calls, ('S', 'L', secs(10)), "the second one is rejected below when its turn has come");
    assert_eq!(others.0, (Some(secs(20)), Some(secs(30))), "they keep their turns");
    assert_eq!(other(&clock).await, Some(secs(40)));
}

#[test]
fn a_call_without_a_thread_gives_its_token_back() {
    #[rate_limit(max = 3, per = "24h", name = "above threads")]
    #[timeout(ms = 1, mode = "thread", max_abandoned = 1)]
    fn call(hung: Arc<Mutex<()>>) -> Answer {
        drop(hung.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(7)
    }
    #[rate_limit(max = 9, per = "24h", name = "around a thread")]
    #[timeout(secs = 60, mode = "thread")]
    #[rate_limit(max = 1, per = "1h")]
    fn limited_on_the_thread() -> Answer {
        Ok(7)
    }

    let _clock = ManualClock::install();
    let hung = Arc::new(Mutex::new(()));
    let held = hung.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(letters!(4, call(Arc::clone(&hung))), "TFFF");
    assert!(matches!(call(Arc::clone(&hung)), Err(TestError::Resilience(Error::NoThread { .. }))));
    assert_eq!(snapshot("above threads").available, 2);
    drop(held);
    assert_eq!(letters!(4, limited_on_the_thread()), "SLLL");
    assert_eq!(snapshot("around a thread").available, 8);
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_a_policy_are_all_or_nothing() {
    let limit = |name, max, per| policy::rate_limit(name).max(max).per(secs(per)).build::<u32, TestError>().unwrap();
    let door: Policy<u32, TestError> = Policy::named("door").unwrap()
        >> limit("policy day", 10, 86_400)
        >> policy::retry().max(1).no_delay().build().unwrap()
        >> limit("policy hour", 5, 3600)
        >> limit("policy minute", 2, 60);
    let available = |name| RateLimiter::named(name).map(|limiter| limiter.snapshot().available);

    let answers = join_all((0..10).map(|_| door.call(async || Ok(7)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 2);
    assert_eq!((available("policy day"), available("policy hour")), (Some(8), Some(3)));
    assert_eq!(letter(&door.call_blocking(|| Ok(7))), 'L');
    assert_eq!((available("policy day"), available("policy hour")), (Some(8), Some(3)));
    tokio::time::sleep(secs(60)).await;
    assert_eq!(letter(&door.call_blocking(|| FAILED)), 'F', "a call that fails has run");
    assert_eq!(available("policy day"), Some(7));

    let open: Policy<u32, TestError> = Policy::named("open").unwrap()
        >> limit("above a breaker", 10, 86_400)
        >> policy::circuit_breaker("of a policy").failure_threshold(1).build().unwrap();
    assert_eq!(letters!(4, open.call_blocking(|| FAILED)), "FOOO");
    assert_eq!(available("above a breaker"), Some(9));
    assert_eq!(letter(&open.call(async || Ok(7)).await), 'O');
    assert_eq!(available("above a breaker"), Some(9));
}

#[test]
fn a_panic_of_the_body_keeps_the_token_and_one_of_a_key_gives_it_back() {
    #[rate_limit(max = 5, per = "24h", name = "panics")]
    #[rate_limit(max = 5, per = "24h", key = key_of(*panics_at))]
    async fn call(panics_at: u32) -> Answer {
        assert_ne!(panics_at, 2, "told to panic");
        Ok(7)
    }
    fn key_of(panics_at: u32) -> u32 {
        assert_ne!(panics_at, 1, "told to panic");
        panics_at
    }

    let _clock = ManualClock::install();
    let panics =
        |at| std::panic::AssertUnwindSafe(call(at)).catch_unwind().now_or_never().is_some_and(|out| out.is_err());
    assert!(panics(1));
    assert_eq!(snapshot("panics").available, 5);
    assert!(panics(2));
    assert_eq!(snapshot("panics").available, 4);
}

#[tokio::test(start_paused = true)]
async fn waiters_that_have_left_in_any_order_cost_the_next_call_nothing() {
    #[rate_limit(max = 10, per = "1s", wait = "60s", name = "crowd")]
    async fn call() -> Answer {
        Ok(7)
    }

    let clock = awaiting::Clock::start();
    for order in ["first to last", "last to first", "every third, and the rest"] {
        let begin = clock.elapsed();
        let mut calls: Vec<_> = (0..500).map(|_| Some(Box::pin(call()))).collect();
        let mut passed = 0;
        for call in &mut calls {
            passed += u32::from(poll_at_most(1, call.as_mut().expect("not yet dropped")).await.is_some());
        }
        assert_eq!((passed, snapshot("crowd").waiting), (10, 490));
        match order {
            "first to last" => calls.iter_mut().for_each(|call| drop(call.take())),
            "last to first" => calls.iter_mut().rev().for_each(|call| drop(call.take())),
            _ => {
                calls.iter_mut().step_by(3).for_each(|call| drop(call.take()));
                calls.clear();
            }
        }
        assert_eq!((snapshot("crowd").waiting, clock.elapsed()), (0, begin));
        assert_eq!((call().await, clock.elapsed().abs_diff(begin)), (Ok(7), millis(100)), "{order}: the rate alone");
        tokio::time::sleep(secs(2)).await;
    }
}

#[test]
fn waiters_on_threads_do_not_wait_for_those_who_have_left() {
    #[rate_limit(max = 10, per = "1s", wait = "60s", name = "mixed crowd")]
    async fn later() -> Answer {
        Ok(7)
    }
    #[rate_limit(max = 10, per = "1s", wait = "60s", name = "mixed crowd")]
    fn now() -> Answer {
        Ok(7)
    }

    let clock = ManualClock::install();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let mut calls: Vec<_> = (0..100).map(|_| Box::pin(later())).collect();
    assert_eq!(calls.iter_mut().filter_map(FutureExt::now_or_never).count(), 10);
    calls.rotate_left(37);
    drop(calls);
    assert_eq!((now(), clock.elapsed()), (Ok(7), millis(100)));
}
