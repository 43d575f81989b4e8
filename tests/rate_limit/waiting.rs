//! Calls that wait for their turn.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;
use resilience::{rate_limit, timeout};
use tokio::time::{Instant, sleep};

use crate::common::{Answer, Elapsed, TestError, awaiting, blocking, letter, millis, secs};
use crate::{hint, snapshot};

#[sync_and_async::test]
async fn a_call_waits_if_its_turn_is_in_time_and_is_rejected_immediately_otherwise() {
    #[rate_limit(max = 10, burst = 1, wait = "100ms")]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }
    #[rate_limit(max = 10, burst = 1, wait = "99ms")]
    async fn impatient() -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!((letters!(5, call().await), clock.elapsed()), ("SSSSS".into(), millis(400)));
    assert_eq!(letters!(1, impatient().await), "S");
    assert_eq!(hint(&impatient().await), Some(millis(100)), "the time after which a call passes");
    assert_eq!(clock.elapsed(), millis(400));
}

#[sync_and_async::test]
async fn wait_accepts_text_a_constant_or_a_number_with_a_unit() {
    const WAIT: Duration = Duration::from_secs(3);

    macro_rules! waits {
        ($($key:ident = $value:expr, per $per:literal);*) => {$({
            #[rate_limit(max = 1, per = $per, $key = $value)]
            async fn call() -> Answer {
                pause().await;
                Ok(7)
            }
            let _clock = Clock::start();
            assert_eq!(letters!(2, call().await), "SS", "{} {}", stringify!($key), $per);
        })*};
    }
    waits!(wait = "2s", per "2s"; wait = WAIT, per "3s"; wait_secs = 4, per "4s"; wait_ms = 250, per "250ms");
}

#[tokio::test(start_paused = true)]
async fn waiters_are_served_in_order_of_arrival_at_the_rate() {
    #[rate_limit(max = 4, burst = 2, wait = "1s", name = "order")]
    async fn call(begin: Instant) -> Result<Duration, TestError> {
        Ok(begin.elapsed())
    }

    let begin = Instant::now();
    let answers = join_all((0..9).map(|_| call(begin))).await;
    let times: Vec<_> = answers.iter().map(|answer| answer.as_ref().ok().map(Duration::as_millis)).collect();
    assert_eq!(times, [Some(0), Some(0), Some(250), Some(500), Some(750), Some(1000), None, None, None]);
    assert_eq!(answers[8].as_ref().err().and_then(TestError::retry_after), Some(millis(1250)));
    let after = snapshot("order");
    assert_eq!((after.waiting, after.rejected), (0, 3));
}

/// BUG-B11: Many waiting calls pass at the rate, and later calls wait behind them.
#[tokio::test(start_paused = true)]
async fn many_waiters_keep_to_the_rate() {
    #[rate_limit(max = 100, burst = 5, wait = "1h")]
    async fn call(begin: Instant, passed: &Mutex<Vec<Duration>>) -> Answer {
        passed.lock().unwrap().push(begin.elapsed());
        Ok(7)
    }

    let (begin, passed) = (Instant::now(), Mutex::default());
    let late = async {
        sleep(millis(333)).await;
        join_all((0..100).map(|_| call(begin, &passed))).await
    };
    let (first, second) = tokio::join!(join_all((0..200).map(|_| call(begin, &passed))), late);
    assert!(first.iter().chain(&second).all(|answer| *answer == Ok(7)));
    let passed = passed.into_inner().unwrap();
    let expected: Vec<Duration> = (0..300_u64).map(|call| millis(call.saturating_sub(4) * 10)).collect();
    assert_eq!(passed, expected);
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_deadline_is_not_started() {
    const LONG: Duration = Duration::from_secs(60);

    #[timeout(secs = 2)]
    #[rate_limit(max = 1, wait = LONG)]
    async fn call() -> Answer {
        Ok(7)
    }
    #[rate_limit(max = 1, wait = LONG)]
    async fn inner() -> Answer {
        Ok(7)
    }
    #[timeout(secs = 2)]
    async fn outer() -> Answer {
        inner().await
    }

    let clock = awaiting::Clock::start();
    let letters: String = join_all((0..4).map(|_| call())).await.iter().map(letter).collect();
    assert_eq!((&*letters, clock.elapsed()), ("SSLL", secs(1)), "at its end there is no time left for the body");
    let letters: String = join_all((0..4).map(|_| outer())).await.iter().map(letter).collect();
    assert_eq!((&*letters, clock.elapsed()), ("SSLL", secs(2)));
}

#[test]
fn a_wait_beyond_a_cooperative_deadline_is_not_started() {
    const LONG: Duration = Duration::from_secs(60);

    #[timeout(secs = 2, mode = "cooperative")]
    #[rate_limit(max = 1, per = "3s", wait = LONG)]
    fn call() -> Answer {
        Ok(7)
    }

    let clock = blocking::Clock::start();
    assert_eq!((letters!(2, call()), clock.elapsed()), ("SL".into(), secs(0)));
    clock.sleep(millis(1001));
    assert_eq!((letters!(1, call()), clock.elapsed()), ("S".into(), secs(3)));
}
