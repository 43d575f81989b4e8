//! Random scripts through stacks of attributes and through policies: the same answers, times, events
//! and counts, awaited and on a thread. A layer with nothing to do changes nothing.

use resilience::policy;
use resilience::{Policy, bulkhead, circuit_breaker, fallback, rate_limit, retry};

use crate::common::{Answer, TestError, millis, secs};
use crate::{Body, Invalid, canned};

/// Pseudorandom numbers with a fixed seed (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// Up to twenty calls, of which most fail.
    fn script(&mut self) -> String {
        let words = (0..=self.below(20)).map(|_| {
            let letter = ["S", "S", "F", "F", "F", "P", "R"][usize::try_from(self.below(7)).expect("small")];
            format!("{}{letter}", ["", "", "1", "3"][usize::try_from(self.below(4)).expect("small")])
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// Each script goes through five doors, an hour apart, so that no limit remembers the door before.
macro_rules! agree {
    ($name:literal, { $($attributes:tt)* } { $($policy:tt)* }) => {{
        $($attributes)*
        async fn ask(_: u32, body: &Body) -> Answer {
            body.run().await
        }
        let attributed = ask;
        let blocking = {
            $($attributes)*
            fn ask(_: u32, body: &Body) -> Answer {
                body.run_blocking()
            }
            ask
        };
        let door: Policy<u32, TestError> = $($policy)*;
        let idle: Policy<u32, TestError> = door.clone()
            >> policy::bulkhead(concat!($name, ": idle")).max(99).build()?
            >> policy::rate_limit(concat!($name, ": idle")).max(1_000_000).build()?
            >> policy::circuit_breaker(concat!($name, ": idle")).failure_threshold(u32::MAX).build()?;
        let (mut numbers, mut hours) = (Numbers(0x9e37_79b9_7f4a_7c15), 0);
        for round in 0..40 {
            let (script, pause) = (numbers.script(), numbers.below(4));
            let keys: Vec<u32> = (0..=numbers.below(6)).map(|_| 1).collect();
            let mut hour = || { hours += 2; hours };
            let expected = crate::asynchronously($name, hour(), &script, &keys, pause, attributed);
            let through = async |_: u32, body: &Body| door.call(|| body.run()).await;
            let called = crate::asynchronously($name, hour(), &script, &keys, pause, through);
            assert_eq!(called, expected, "round {round}: {script}");
            let through = async |_: u32, body: &Body| idle.call(|| body.run()).await;
            let with_idle = crate::asynchronously($name, hour(), &script, &keys, pause, through);
            assert_eq!(with_idle.line(), expected.line(), "round {round}: {script}");
            let sync = crate::blocking($name, hour(), &script, &keys, pause, blocking);
            assert_eq!(sync.line(), expected.line(), "round {round}: {script}");
            let through = |_: u32, body: &Body| door.call_blocking(|| body.run_blocking());
            let called = crate::blocking($name, hour(), &script, &keys, pause, through);
            assert_eq!(called, sync, "round {round}: {script}");
        }
        Ok(())
    }};
}

#[test]
fn retries_with_hints() -> Invalid {
    agree!("random: retry", {
        #[retry(max = 3, base_delay = "1s", jitter = false)]
    } {
        Policy::named("ask")? >> policy::retry().max(3).base_delay(secs(1)).no_jitter().build()?
    })
}

#[test]
fn a_fallback_above_retries_of_a_breaker() -> Invalid {
    agree!("random: breaker", {
        #[fallback(|error| canned(error))]
        #[retry(max = 2, base_delay = "2s", backoff = "linear", jitter = false)]
        #[circuit_breaker(name = "random: breaker", failure_threshold = 3, recovery = "5s", success_threshold = 1)]
    } {
        Policy::named("ask")?
            >> policy::fallback(canned)
            >> policy::retry().max(2).base_delay(secs(2)).linear().no_jitter().build()?
            >> policy::circuit_breaker("random: breaker")
                .failure_threshold(3)
                .recovery(secs(5))
                .success_threshold(1)
                .build()?
    })
}

#[test]
fn a_breaker_by_rate_above_retries() -> Invalid {
    agree!("random: window", {
        #[circuit_breaker(name = "random: window", window = 4, failure_rate = 0.5, slow_call = "2s", slow_rate = 0.9, recovery = "3s")]
        #[retry(max = 1, base_delay = "500ms", backoff = "constant", jitter = false, when = |_| true)]
    } {
        Policy::named("ask")?
            >> policy::circuit_breaker("random: window")
                .window(4)
                .failure_rate(0.5)
                .slow_call(secs(2))
                .slow_rate(0.9)
                .recovery(secs(3))
                .build()?
            >> policy::retry().max(1).base_delay(millis(500)).constant().no_jitter().when(|_| true).build()?
    })
}

#[test]
fn limits_below_retries() -> Invalid {
    agree!("random: limits", {
        #[retry(max = 3, base_delay = "2s", jitter = false)]
        #[rate_limit(name = "random: limits", max = 2, per = "5s", wait = "1s")]
        #[bulkhead(name = "random: limits", max = 1)]
    } {
        Policy::named("ask")?
            >> policy::retry().max(3).base_delay(secs(2)).no_jitter().build()?
            >> policy::rate_limit("random: limits").max(2).per(secs(5)).wait(secs(1)).build()?
            >> policy::bulkhead("random: limits").max(1).build()?
    })
}
