//! What the deadline of a caller does to its load is its own: a caller with time left loads again.

use futures_util::future::join_all;
use resilience::policy::{self, CachedPolicy, InvalidPolicy};
use resilience::{Policy, bulkhead, cached, rate_limit, retry, timeout};
use tokio::time::sleep;

use crate::MINUTE;
use crate::common::{
    Answer, Counter, Elapsed, Script, TestError, Watchdog, awaiting, blocking, is_timeout, letter, millis, secs,
};

/// Two callers of one load: the first one has a second, and the other one has a minute. Returns both answers as letters.
macro_rules! hurried_and_patient {
    ($call:ident($($argument:expr),*)) => {{
        #[timeout(secs = 1)]
        async fn hurried(script: &awaiting::Script<'_>) -> Answer {
            $call(script).await
        }
        #[timeout(secs = 60)]
        async fn patient(script: &awaiting::Script<'_>) -> Answer {
            $call(script).await
        }
        let (hurried, patient, more) = tokio::join!(hurried($($argument),*), patient($($argument),*), patient($($argument),*));
        (letter(&hurried), [letter(&patient), letter(&more)])
    }};
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_does_not_fit_the_leader_fails_only_the_leader() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script))]
    #[retry(max = 3, backoff = "constant", base_delay = "600ms", jitter = false)]
    async fn in_one_stack(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 3, backoff = "constant", base_delay = "600ms", jitter = false)]
    async fn retried(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script))]
    async fn in_the_body(script: &awaiting::Script<'_>) -> Answer {
        retried(script).await
    }
    /// A limit of the load's own, and a longer one, change nothing.
    #[cached(skip(script))]
    #[timeout(secs = 30)]
    #[retry(max = 3, backoff = "constant", base_delay = "600ms", jitter = false)]
    async fn with_a_limit(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    macro_rules! each {
        ($($call:ident)*) => {$({
            let clock = awaiting::Clock::start();
            let script = Script::fails(3, &clock);
            let answers = hurried_and_patient!($call(&script));
            assert_eq!(answers, ('F', ['S', 'S']), "{}", stringify!($call));
            assert_eq!((script.calls(), clock.elapsed()), (4, millis(1200)), "{}", stringify!($call));
        })*};
    }
    each!(in_one_stack in_the_body with_a_limit);
}

/// The load's own limits decide for everybody.
#[tokio::test(start_paused = true)]
async fn a_failure_of_the_load_itself_is_shared_although_its_caller_has_a_deadline() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script))]
    #[retry(max = 3, backoff = "constant", base_delay = "100ms", jitter = false)]
    async fn attempts(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script))]
    #[timeout(ms = 500)]
    #[retry(max = 3, backoff = "constant", base_delay = "300ms", jitter = false)]
    async fn own_limit(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script))]
    #[timeout(ms = 500)]
    async fn own_timeout(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        sleep(secs(5)).await;
        answer
    }
    #[cached(skip(script))]
    async fn looks_in_a_limit(script: &awaiting::Script<'_>) -> Answer {
        #[timeout(ms = 500)]
        async fn inner(script: &awaiting::Script<'_>) -> Answer {
            assert!(resilience::remaining() <= Some(millis(500)), "the limit of the load");
            script.run().await
        }
        inner(script).await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(100, &clock);
    assert_eq!((hurried_and_patient!(attempts(&script)), script.calls()), (('F', ['F', 'F']), 4));
    let script = Script::fails(100, &clock);
    assert_eq!((hurried_and_patient!(own_limit(&script)), script.calls()), (('F', ['F', 'F']), 2));
    let script = Script::fails(100, &clock);
    assert_eq!((hurried_and_patient!(own_timeout(&script)), script.calls()), (('T', ['T', 'T']), 1));
    let script = Script::fails(100, &clock);
    assert_eq!((hurried_and_patient!(looks_in_a_limit(&script)), script.calls()), (('F', ['F', 'F']), 1));
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_a_gate_that_does_not_fit_the_leader_fails_only_the_leader() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script))]
    #[rate_limit(name = "callers: rate", max = 1, per = "10s", wait = "20s")]
    async fn limited(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script))]
    #[bulkhead(name = "callers: bulkhead", max = 1, queue = 5, wait = "20s")]
    async fn queued(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[rate_limit(name = "callers: rate", max = 1, per = "10s", wait = "20s")]
    async fn takes_the_turn() -> Answer {
        awaiting::pause().await;
        Ok(0)
    }
    #[bulkhead(name = "callers: bulkhead", max = 1, queue = 5, wait = "20s")]
    async fn takes_the_place() -> Answer {
        sleep(secs(10)).await;
        Ok(0)
    }
    /// Its own patience is at its end before that of the caller.
    #[cached(skip(script))]
    #[rate_limit(name = "callers: impatient", max = 1, per = "10s", wait = "500ms")]
    async fn impatient(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    assert!(takes_the_turn().await.is_ok());
    assert_eq!(hurried_and_patient!(limited(&script)), ('L', ['S', 'S']));
    assert_eq!((script.calls(), clock.elapsed()), (1, secs(10)));
    assert!(impatient(&script).await.is_ok());
    resilience::Cache::named("cached::callers_deadlines::impatient").expect("called").clear();
    assert_eq!(hurried_and_patient!(impatient(&script)), ('L', ['L', 'L']));

    let (clock, place) = (awaiting::Clock::start(), takes_the_place());
    let script = Script::fails(0, &clock);
    let (_place, answers) = tokio::join!(place, async {
        awaiting::pause().await;
        hurried_and_patient!(queued(&script))
    });
    assert_eq!((answers, script.calls(), clock.elapsed()), (('T', ['S', 'S']), 1, secs(10)));
}

/// Whatever else the body does with the time that it sees.
#[tokio::test(start_paused = true)]
async fn a_body_that_looks_at_the_deadline_and_fails_fails_only_the_leader() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script))]
    async fn remaining(script: &awaiting::Script<'_>) -> Answer {
        let left = resilience::remaining();
        let answer = script.run().await;
        if left.is_some_and(|left| left < secs(5)) { Err(TestError::Transient) } else { answer }
    }
    #[cached(skip(script))]
    async fn deadline(script: &awaiting::Script<'_>) -> Answer {
        let at = resilience::deadline();
        let answer = script.run().await;
        let is_soon = at.is_some_and(|at| at < tokio::time::Instant::now() + secs(5));
        if is_soon { Err(TestError::Transient) } else { answer }
    }
    #[cached(skip(script))]
    async fn looks_and_succeeds(script: &awaiting::Script<'_>) -> Answer {
        let _left = resilience::remaining();
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!((hurried_and_patient!(remaining(&script)), script.calls()), (('F', ['S', 'S']), 2));
    let script = Script::fails(0, &clock);
    assert_eq!((hurried_and_patient!(deadline(&script)), script.calls()), (('F', ['S', 'S']), 2));
    let script = Script::fails(0, &clock);
    assert_eq!((hurried_and_patient!(looks_and_succeeds(&script)), script.calls()), (('S', ['S', 'S']), 1));
}

/// Callers with the same deadline, or an earlier one, would fail as the leader has.
#[tokio::test(start_paused = true)]
async fn callers_with_no_more_time_than_the_leader_share_its_failure() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script))]
    #[retry(max = 3, backoff = "constant", base_delay = "600ms", jitter = false)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[timeout(secs = 1)]
    async fn all(script: &awaiting::Script<'_>) -> Result<Vec<Answer>, TestError> {
        Ok(join_all((0..100).map(|_| call(script))).await)
    }
    #[timeout(ms = 900)]
    async fn in_a_greater_hurry(script: &awaiting::Script<'_>) -> Answer {
        call(script).await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(1000, &clock);
    assert_eq!(all(&script).await, Ok(vec![Err(TestError::Transient); 100]));
    assert_eq!(script.calls(), 2, "an outage is not multiplied");
    let script = Script::fails(1000, &clock);
    let (all, other) = tokio::join!(all(&script), in_a_greater_hurry(&script));
    assert_eq!((all, other), (Ok(vec![Err(TestError::Transient); 100]), Err(TestError::Transient)));
    assert_eq!(script.calls(), 2);
}

/// A deadline set inside of an outer load is that load's own, and that of a caller for an inner one.
#[tokio::test(start_paused = true)]
async fn a_deadline_between_two_loads_is_inside_of_one_and_outside_of_the_other() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script))]
    #[retry(max = 3, backoff = "constant", base_delay = "600ms", jitter = false)]
    async fn inner(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script))]
    #[timeout(ms = 900)]
    async fn outer(script: &awaiting::Script<'_>) -> Answer {
        inner(script).await
    }
    async fn alone(script: &awaiting::Script<'_>) -> Answer {
        awaiting::pause().await;
        inner(script).await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(3, &clock);
    let (outer, inner) = tokio::join!(async { hurried_and_patient!(outer(&script)) }, alone(&script));
    assert_eq!(outer, ('F', ['F', 'F']), "the limit inside of the outer load fails it for all");
    assert_eq!((inner, script.calls()), (Ok(4), 4), "and a caller of the inner load takes over");
}

#[tokio::test(start_paused = true)]
async fn a_stale_value_for_the_leader_s_haste_is_for_the_leader_alone() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    #[retry(max = 3, backoff = "constant", base_delay = "600ms", jitter = false)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[timeout(secs = 1)]
    async fn hurried(script: &awaiting::Script<'_>) -> Answer {
        call(script).await
    }

    let clock = awaiting::Clock::start();
    let script = Script::of("SFFS", &clock);
    assert_eq!(call(&script).await, Ok(1));
    sleep(MINUTE).await;
    assert_eq!(tokio::join!(hurried(&script), call(&script)), (Ok(1), Ok(4)));
}

#[tokio::test(start_paused = true)]
async fn a_failure_due_to_the_caller_s_deadline_is_not_kept() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script), negative_ttl = "10m", when = |_| true)]
    #[retry(max = 3, backoff = "constant", base_delay = "600ms", jitter = false)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script), negative_ttl = "10m", when = |_| true, coalesce = false)]
    #[retry(max = 3, backoff = "constant", base_delay = "600ms", jitter = false)]
    async fn alone(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[timeout(secs = 1)]
    async fn hurried(coalesce: bool, script: &awaiting::Script<'_>) -> Answer {
        if coalesce { call(script).await } else { alone(script).await }
    }

    let clock = awaiting::Clock::start();
    let script = Script::of("FFSFFS", &clock);
    assert_eq!((hurried(true, &script).await, call(&script).await), (Err(TestError::Transient), Ok(3)));
    assert_eq!((hurried(false, &script).await, alone(&script).await), (Err(TestError::Transient), Ok(6)));
}

#[tokio::test(start_paused = true)]
async fn a_policy_shares_no_failure_of_its_caller_s_deadline() -> Result<(), InvalidPolicy> {
    let _watchdog = Watchdog::start();
    let door = |name| -> Result<CachedPolicy<u32, u32, TestError>, InvalidPolicy> {
        let retry = policy::retry().max(3).constant().base_delay(millis(600)).no_jitter().build()?;
        Ok(policy::cached(name).share_errors().build()? >> Policy::new() >> retry)
    };
    let (one, clock) = (door("callers: policy")?, awaiting::Clock::start());
    let limit = |time| -> Result<Policy<u32, TestError>, InvalidPolicy> { Ok(Policy::new() >> policy::timeout(time)?) };
    let (second, minute) = (limit(secs(1))?, limit(MINUTE)?);
    let script = Script::fails(3, &clock);
    let ask = || one.call_for(&1, || script.run());
    let (hurried, patient) = tokio::join!(second.call(ask), minute.call(ask));
    assert_eq!((hurried, patient, script.calls()), (Err(TestError::Transient), Ok(4), 4));
    Ok(())
}

/// The first thread has little time, and the second one has more.
fn threads(
    first: impl FnOnce() -> Answer + Send,
    second: impl FnOnce() -> Answer + Send,
    has_begun: &Counter,
) -> [Answer; 2] {
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        while has_begun.get() == 0 {
            std::thread::yield_now();
        }
        let second = scope.spawn(second);
        [first, second].map(|thread| thread.join().expect("no panic"))
    })
}

#[test]
fn a_thread_shares_no_failure_of_its_caller_s_deadline() {
    /// Fails three times, slowly enough for the other thread to arrive.
    fn body(calls: &Counter) -> Answer {
        let call = calls.up();
        std::thread::sleep(millis(30));
        if call <= 3 { Err(TestError::Transient) } else { Ok(call) }
    }
    #[cached(skip(calls))]
    #[retry(max = 3, backoff = "constant", base_delay = "300ms", jitter = false)]
    fn retried(calls: &Counter) -> Answer {
        body(calls)
    }
    #[cached(skip(calls))]
    fn looks(calls: &Counter) -> Answer {
        let left = resilience::remaining();
        let answer = body(calls);
        if left.is_some_and(|left| left < secs(5)) { answer } else { Ok(100) }
    }
    #[cached(skip(calls))]
    fn on_a_thread(calls: &'static Counter) -> Answer {
        #[timeout(secs = 50, mode = "thread")]
        fn inner(calls: &'static Counter) -> Answer {
            let left = resilience::remaining();
            let answer = body(calls);
            if left.is_some_and(|left| left < secs(5)) { answer } else { Ok(100) }
        }
        inner(calls)
    }
    #[timeout(ms = 500, mode = "cooperative")]
    fn hurried(call: impl FnOnce() -> Answer) -> Answer {
        call()
    }
    #[timeout(secs = 60, mode = "cooperative")]
    fn patient(call: impl FnOnce() -> Answer) -> Answer {
        call()
    }

    blocking::ends(|| {
        static CALLS: Counter = Counter::new();
        let calls = Counter::new();
        let answers = threads(|| hurried(|| retried(&calls)), || patient(|| retried(&calls)), &calls);
        assert_eq!((answers, calls.get()), ([Err(TestError::Transient), Ok(4)], 4));
        let calls = Counter::new();
        let answers = threads(|| hurried(|| looks(&calls)), || patient(|| looks(&calls)), &calls);
        assert_eq!((answers, calls.get()), ([Err(TestError::Transient), Ok(100)], 2));
        let answers = threads(|| hurried(|| on_a_thread(&CALLS)), || patient(|| on_a_thread(&CALLS)), &CALLS);
        assert_eq!((answers, CALLS.get()), ([Err(TestError::Transient), Ok(100)], 2));
    });
}

/// On another thread, the limit of the caller fires inside of the load.
#[test]
fn a_limit_of_the_caller_that_fires_on_a_thread_of_the_load_fails_only_the_caller() {
    #[timeout(secs = 50, mode = "thread")]
    fn slow(calls: &'static Counter) -> Answer {
        let call = calls.up();
        std::thread::sleep(if call == 1 { millis(400) } else { millis(1) });
        Ok(call)
    }
    #[cached(skip(calls))]
    fn call(calls: &'static Counter) -> Answer {
        slow(calls)
    }
    #[timeout(ms = 100, mode = "cooperative")]
    fn hurried(calls: &'static Counter) -> Answer {
        call(calls)
    }

    blocking::ends(|| {
        static CALLS: Counter = Counter::new();
        let [hurried, patient] = threads(|| hurried(&CALLS), || call(&CALLS), &CALLS);
        assert!(is_timeout(&hurried));
        assert_eq!((patient, CALLS.get()), (Ok(2), 2));
    });
}
