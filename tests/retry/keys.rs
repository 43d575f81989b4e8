//! What the body can ask: the number of its attempt, and the key of its call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use resilience::{
    IdempotencyKey, Policy, attempt, bulkhead, cached, circuit_breaker, fallback, idempotency_key, policy, retry,
    timeout,
};

use crate::common::{Answer, TestError, millis};

type Seen = (u32, IdempotencyKey);

/// What the bodies of a scenario have asked.
#[derive(Default)]
struct Log(Mutex<Vec<Seen>>);

impl Log {
    /// Asks, and fails the first calls.
    fn ask(&self, failures: usize) -> Answer {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push((attempt(), idempotency_key()));
        if seen.len() <= failures { Err(TestError::Transient) } else { Ok(0) }
    }

    fn attempts(&self) -> Vec<u32> {
        self.take().into_iter().map(|(attempt, _)| attempt).collect()
    }

    fn take(&self) -> Vec<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keys(&self) -> usize {
        let mut keys: Vec<_> = self.take().into_iter().map(|(_, key)| key).collect();
        keys.sort();
        keys.dedup();
        keys.len()
    }
}

fn assert_outside() {
    assert_eq!(attempt(), 1);
    assert_ne!(idempotency_key(), idempotency_key(), "each is a call of its own");
}

#[sync_and_async::test]
async fn all_attempts_of_a_call_see_their_number_and_one_key() {
    #[retry(max = 3, base_delay = "1s")]
    async fn ask(log: &Log) -> Answer {
        assert_eq!(idempotency_key(), idempotency_key());
        pause().await;
        log.ask(2)
    }

    let log = Log::default();
    assert_eq!(ask(&log).await, Ok(0));
    assert_eq!((log.attempts(), log.keys()), (vec![1, 2, 3], 1));
    assert_outside();
    assert_eq!(ask(&log).await, Ok(0));
    assert_eq!((log.attempts(), log.keys()), (vec![1, 2, 3, 1], 2));
}

#[sync_and_async::test]
async fn an_attempt_that_does_not_ask_does_not_change_the_key_of_those_that_do() {
    #[retry(max = 4, backoff = "none")]
    async fn ask(log: &Log) -> Answer {
        if attempt() % 2 == 1 { Err(TestError::Transient) } else { log.ask(1) }
    }

    let log = Log::default();
    assert_eq!(ask(&log).await, Ok(0));
    assert_eq!((log.attempts(), log.keys()), (vec![2, 4], 1));
}

#[sync_and_async::test]
async fn every_layer_of_a_stack_shows_the_attempt_to_the_body_and_to_what_it_calls() {
    struct Client(Log);

    impl Client {
        #[fallback(self.other, when = TestError::is_permanent)]
        #[retry(max = 2, base_delay = "1s")]
        #[circuit_breaker(name = "keys::stack", failure_threshold = 9)]
        #[bulkhead(max = 1)]
        async fn ask(&self) -> Answer {
            helper(&self.0).await
        }

        async fn other(&self) -> Answer {
            Ok(9)
        }
    }

    #[bulkhead(max = 1)]
    async fn helper(log: &Log) -> Answer {
        pause().await;
        log.ask(2)
    }

    let client = Client(Log::default());
    assert_eq!(client.ask().await, Ok(0));
    assert_eq!((client.0.attempts(), client.0.keys()), (vec![1, 2, 3], 1));
    assert_outside();
}

#[sync_and_async::test]
async fn a_nested_retry_counts_its_own_attempts_and_each_of_its_calls_has_a_key() {
    #[retry(max = 1, backoff = "none", nested = true)]
    async fn outer(log: &Log, own: &Log) -> Answer {
        let before = (attempt(), idempotency_key());
        let out = inner(log).await;
        assert_eq!((attempt(), idempotency_key()), before, "the inner call is over");
        own.ask(0)?;
        out
    }

    #[retry(max = 1, backoff = "none")]
    async fn inner(log: &Log) -> Answer {
        log.ask(3)
    }

    let (log, own) = (Log::default(), Log::default());
    assert_eq!(outer(&log, &own).await, Ok(0));
    assert_eq!((log.attempts(), log.keys()), (vec![1, 2, 1, 2], 2));
    assert_eq!((own.attempts(), own.keys()), (vec![1, 2], 1));
}

#[sync_and_async::test]
async fn two_retries_on_one_function_are_one_call() {
    #[retry(max = 1, base_delay = "1s", nested = true)]
    #[retry(max = 1, base_delay = "1ms")]
    async fn ask(log: &Log) -> Answer {
        pause().await;
        log.ask(3)
    }

    let log = Log::default();
    assert_eq!(ask(&log).await, Ok(0));
    assert_eq!((log.attempts(), log.keys()), (vec![1, 2, 1, 2], 1));
}

#[sync_and_async::test]
async fn two_calls_in_a_loop_have_two_keys() {
    #[retry(max = 1, backoff = "none")]
    async fn import(log: &Log) -> Answer {
        for _ in 0..3 {
            insert(log).await?;
        }
        Ok(0)
    }

    #[retry(max = 1, backoff = "none")]
    async fn insert(log: &Log) -> Answer {
        log.ask(0)
    }

    let log = Log::default();
    assert_eq!(import(&log).await, Ok(0));
    assert_eq!(log.keys(), 3);
}

#[sync_and_async::test]
async fn a_load_of_a_cache_belongs_to_the_call_that_leads_it() {
    #[retry(max = 2, backoff = "none")]
    #[cached(name = "keys::load", key = id)]
    async fn load(id: u32, log: &Log) -> Answer {
        let _ = id;
        log.ask(1)
    }

    let log = Log::default();
    assert_eq!((load(1, &log).await, load(1, &log).await), (Ok(0), Ok(0)));
    assert_eq!((log.attempts(), log.keys()), (vec![1, 2], 1));
    assert_outside();
}

#[test]
fn a_panic_leaves_nothing_behind() {
    #[retry(max = 2, backoff = "none")]
    fn ask(log: &Log) -> Answer {
        log.ask(1)?;
        panic!("in attempt {}", attempt())
    }

    let log = Log::default();
    assert!(catch_unwind(AssertUnwindSafe(|| ask(&log))).is_err());
    assert_outside();
}

#[tokio::test]
async fn a_panic_of_a_future_leaves_nothing_behind() {
    #[retry(max = 2, backoff = "none")]
    async fn ask(log: &Log) -> Answer {
        tokio::task::yield_now().await;
        log.ask(1)?;
        panic!("in attempt {}", attempt())
    }

    let log = Log::default();
    assert!(AssertUnwindSafe(ask(&log)).catch_unwind().await.is_err());
    assert_outside();
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_in_one_task_do_not_see_each_other() {
    #[retry(max = 3, base_delay = "10ms")]
    async fn ask(log: &Log, wait: Duration) -> Answer {
        let before = (attempt(), idempotency_key());
        tokio::time::sleep(wait).await;
        assert_eq!((attempt(), idempotency_key()), before);
        log.ask(2)
    }

    let logs = [Log::default(), Log::default(), Log::default()];
    let calls = logs.iter().zip(1..).map(|(log, wait)| ask(log, millis(wait)));
    let watch = async {
        for _ in 0..50 {
            assert_outside();
            tokio::time::sleep(millis(1)).await;
        }
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(calls), watch);
    assert_eq!(answers, [Ok(0), Ok(0), Ok(0)]);
    let keys: Vec<_> = logs.iter().map(|log| (log.attempts(), log.keys(), log.take()[0].1)).collect();
    assert!(keys.iter().all(|(attempts, keys, _)| (*attempts == [1, 2, 3]) && *keys == 1));
    assert!(keys[0].2 != keys[1].2 && keys[1].2 != keys[2].2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_or_times_out_leaves_nothing_behind() {
    #[timeout(ms = 50)]
    #[retry(max = 2, backoff = "none")]
    async fn ask(log: &Log) -> Answer {
        log.ask(1)?;
        assert_eq!(attempt(), 2);
        std::future::pending().await
    }

    let log = Log::default();
    assert!(ask(&log).await.is_err_and(|error| error.is_timeout()));
    assert_outside();
    let call = tokio::time::timeout(millis(5), ask(&Log::default())).await;
    assert!(call.is_err());
    assert_outside();
}

#[tokio::test]
async fn a_spawned_task_is_outside() {
    #[retry(max = 1, backoff = "none")]
    async fn ask(log: &Log) -> Answer {
        log.ask(1)?;
        let own = (attempt(), idempotency_key());
        let there = tokio::spawn(async { (attempt(), idempotency_key()) }).await;
        assert!(own.0 == 2 && there.is_ok_and(|there| there.0 == 1 && there.1 != own.1));
        Ok(0)
    }

    assert_eq!(ask(&Log::default()).await, Ok(0));
}

/// The thread may ask long after the caller has left.
#[test]
fn a_thread_of_a_timeout_keeps_the_attempt_and_the_key() {
    static LOG: Log = Log(Mutex::new(Vec::new()));

    #[retry(max = 2, backoff = "none")]
    #[timeout(ms = 50, mode = "thread", max_abandoned = 9)]
    fn ask() -> Answer {
        let first = LOG.take().is_empty();
        let out = LOG.ask(2);
        if first {
            std::thread::sleep(millis(200));
        }
        out
    }

    assert_eq!(ask(), Ok(0));
    assert_eq!((LOG.attempts(), LOG.keys()), (vec![1, 2, 3], 1));
    assert_outside();
}

#[tokio::test(start_paused = true)]
async fn a_policy_shows_attempts_and_keys_alike() -> Result<(), policy::InvalidPolicy> {
    let ask: Policy<u32, TestError> = Policy::named("ask")?
        >> policy::retry().max(1).base_delay(millis(10)).nested(true).build()?
        >> policy::circuit_breaker("keys::policy").failure_threshold(9).build()?
        >> policy::retry().max(1).no_delay().build()?
        >> policy::timeout(millis(100))?;

    let log = Log::default();
    let out = ask.call(|| async {
        tokio::task::yield_now().await;
        log.ask(3)
    });
    assert_eq!(out.await, Ok(0));
    assert_eq!((log.attempts(), log.keys()), (vec![1, 2, 1, 2], 1));
    assert_outside();

    let log = Log::default();
    assert_eq!(ask.call_blocking(|| log.ask(3)), Ok(0));
    assert_eq!((log.attempts(), log.keys()), (vec![1, 2, 1, 2], 1));
    assert_outside();
    Ok(())
}

#[test]
fn a_key_is_a_uuid_and_its_steps_have_keys_of_their_own() {
    #[retry(max = 1, backoff = "none")]
    fn pay(steps: &mut Vec<IdempotencyKey>) -> Answer {
        let key = idempotency_key();
        steps.extend([key.derive("charge"), key.derive("ship")]);
        if attempt() == 1 { Err(TestError::Transient) } else { Ok(0) }
    }

    let mut steps = Vec::new();
    assert_eq!(pay(&mut steps), Ok(0));
    assert!(steps[0] != steps[1] && steps[..2] == steps[2..]);
    let text = serde_json::to_string(&steps[0]).unwrap_or_default();
    assert_eq!(text, format!("\"{}\"", steps[0]));
    let digits: Vec<usize> = steps[0].to_string().split('-').map(str::len).collect();
    assert_eq!(digits, [8, 4, 4, 4, 12]);
}
