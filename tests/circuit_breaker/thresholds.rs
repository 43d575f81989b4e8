//! Failures in a row open the breaker.

use resilience::{Error, circuit_breaker};

use crate::FAILED;
use crate::common::{Answer, millis};

/// BUG-A13.
#[sync_and_async::test]
async fn opens_after_exactly_the_threshold_of_consecutive_failures() {
    macro_rules! seen {
        ($($threshold:literal)*) => {
            [$({
                #[circuit_breaker(failure_threshold = $threshold)]
                async fn call(script: &Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::fails(99, &clock);
                let letters = letters!(7, call(&script).await);
                assert_eq!(script.calls(), $threshold, "no body runs behind an open breaker");
                letters
            }),*]
        };
    }
    assert_eq!(seen!(1 2 3 4 5), ["FOOOOOO", "FFOOOOO", "FFFOOOO", "FFFFOOO", "FFFFFOO"]);
}

#[sync_and_async::test]
async fn by_default_five_failures_open_it_for_a_minute_and_two_successes_close_it() {
    #[circuit_breaker]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFFFF SSS FFFFF", &clock);
    assert_eq!(letters!(6, call(&script).await), "FFFFFO");
    clock.sleep(millis(59_999)).await;
    assert_eq!(letters!(1, call(&script).await), "O");
    clock.sleep(millis(1)).await;
    assert_eq!(letters!(3, call(&script).await), "SSS", "half-open, then closed");
    assert_eq!(letters!(6, call(&script).await), "FFFFFO", "counted from nothing");
}

#[sync_and_async::test]
async fn a_success_resets_the_count_of_failures() {
    #[circuit_breaker(failure_threshold = 3)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFSFFSFFFF", &clock);
    assert_eq!(letters!(10, call(&script).await), "FFSFFSFFFO");
}

#[sync_and_async::test]
async fn none_counts_as_a_failure_and_a_rejection_returns_none() {
    #[circuit_breaker(failure_threshold = 2)]
    async fn call(script: &Script<'_>) -> Option<u32> {
        script.run().await.ok()
    }

    let clock = Clock::start();
    let script = Script::of("FFSS", &clock);
    assert_eq!([call(&script).await, call(&script).await, call(&script).await], [None; 3]);
    assert_eq!(script.calls(), 2);
}

#[sync_and_async::test]
async fn map_err_replaces_the_from_conversion() {
    fn describe(error: Error) -> String {
        error.to_string()
    }
    #[circuit_breaker(failure_threshold = 1, recovery = "7s", map_err = describe)]
    async fn path() -> Result<u32, String> {
        pause().await;
        Err("own".to_owned())
    }
    #[circuit_breaker(failure_threshold = 1, map_err = |error| error.code())]
    async fn closure() -> Result<u32, &'static str> {
        pause().await;
        Err("own")
    }

    let _clock = Clock::start();
    assert_eq!(path().await, Err("own".to_owned()), "the error of the body as it is");
    let rejection = path().await.expect_err("open");
    assert!(rejection.starts_with("circuit breaker `") && rejection.ends_with("next probe in 7s"), "{rejection}");
    assert_eq!([closure().await, closure().await], [Err("own"), Err("circuit_open")]);
}

/// BUG-A25.
#[tokio::test(start_paused = true)]
async fn every_form_of_function_counts_alike() {
    struct Service;

    #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
    fn synchronous(answer: Answer) -> Answer {
        answer
    }
    #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
    async fn asynchronous(answer: Answer) -> Answer {
        answer
    }
    #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
    fn returned(answer: Answer) -> impl Future<Output = Answer> {
        std::future::ready(answer)
    }
    impl Service {
        #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
        fn method(&self, answer: Answer) -> Answer {
            let _ = self;
            answer
        }
        #[circuit_breaker(failure_threshold = 2, recovery = "10s")]
        async fn asynchronous(self, answer: Answer) -> Answer {
            answer
        }
    }

    for (answers, expected) in [("SFSF", "SFSF"), ("SFFS", "SFFO")] {
        let mut seen = [const { String::new() }; 5];
        for letter in answers.chars() {
            let answer = || if letter == 'F' { FAILED } else { Ok(7) };
            let all = [
                synchronous(answer()),
                asynchronous(answer()).await,
                returned(answer()).await,
                Service.method(answer()),
                Service.asynchronous(answer()).await,
            ];
            for (seen, answer) in seen.iter_mut().zip(&all) {
                seen.push(crate::common::letter(answer));
            }
        }
        assert_eq!(seen, [expected; 5]);
    }
}
