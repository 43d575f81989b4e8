#![deny(clippy::all, clippy::pedantic, clippy::nursery, clippy::absolute_paths, unused_results)]
//! The topmost attribute expands the ones below it; their imports still count as used. Each module here imports its
//! attributes for a single use, so a missing one is an `unused import`.

use tokio::task::yield_now;

type Answer = Result<u32, resilience::Error>;

mod every_attribute_below_every_other {
    use super::*;

    macro_rules! below {
        ($($module:ident: $top:ident, $below:ident, #[$first:meta] #[$second:meta];)*) => {
            $(
                mod $module {
                    use super::*;
                    use resilience::{$top, $below};

                    #[$first]
                    #[$second]
                    pub async fn call(number: u32) -> Answer {
                        yield_now().await;
                        Ok(number)
                    }
                }
            )*

            #[tokio::test(start_paused = true)]
            async fn an_attribute_taken_by_the_one_above_counts_as_used() {
                $(assert_eq!($module::call(1).await, Ok(1), stringify!($module));)*
            }
        };
    }

    below! {
        retry_timeout: retry, timeout, #[retry] #[timeout(secs = 1)];
        retry_breaker: retry, circuit_breaker, #[retry] #[circuit_breaker];
        retry_cached: retry, cached, #[retry] #[cached];
        timeout_retry: timeout, retry, #[timeout(secs = 90)] #[retry];
        timeout_breaker: timeout, circuit_breaker, #[timeout(secs = 1)] #[circuit_breaker(allow(late_timeout))];
        timeout_cached: timeout, cached, #[timeout(secs = 1)] #[cached];
        timeout_fallback: timeout, fallback, #[timeout(secs = 1)] #[fallback(value = 2, allow(late_fallback))];
        breaker_retry: circuit_breaker, retry, #[circuit_breaker] #[retry];
        breaker_timeout: circuit_breaker, timeout, #[circuit_breaker] #[timeout(secs = 1)];
        breaker_cached: circuit_breaker, cached, #[circuit_breaker] #[cached];
        cached_retry: cached, retry, #[cached] #[retry];
        cached_timeout: cached, timeout, #[cached] #[timeout(secs = 1)];
        cached_breaker: cached, circuit_breaker, #[cached] #[circuit_breaker];
        cached_fallback: cached, fallback, #[cached] #[fallback(value = 2)];
        fallback_retry: fallback, retry, #[fallback(value = 2)] #[retry];
        fallback_timeout: fallback, timeout, #[fallback(value = 2)] #[timeout(secs = 1)];
        fallback_breaker: fallback, circuit_breaker, #[fallback(value = 2)] #[circuit_breaker];
        fallback_cached: fallback, cached, #[fallback(value = 2)] #[cached];
        bulkhead_rate_limit: bulkhead, rate_limit, #[bulkhead(max = 9)] #[rate_limit(max = 99)];
        rate_limit_bulkhead: rate_limit, bulkhead, #[rate_limit(max = 99)] #[bulkhead(max = 9)];
        bulkhead_timeout: bulkhead, timeout, #[bulkhead(max = 9)] #[timeout(secs = 1)];
        retry_bulkhead: retry, bulkhead, #[retry] #[bulkhead(max = 9)];
        cached_rate_limit: cached, rate_limit, #[cached] #[rate_limit(max = 99)];
        rate_limit_fallback: rate_limit, fallback, #[rate_limit(max = 99)] #[fallback(value = 2)];
        stack_retry: stack, retry, #[stack] #[retry];
    }
}

mod whole_stack {
    use super::*;
    use resilience::{cached, circuit_breaker, fallback, retry, timeout};

    #[cached]
    #[timeout(secs = 60)]
    #[fallback(value = 2, allow(late_fallback))]
    #[retry]
    #[circuit_breaker(allow(late_timeout))]
    pub async fn call(number: u32) -> Answer {
        yield_now().await;
        Ok(number)
    }
}

mod synchronous {
    use super::*;
    use resilience::{circuit_breaker, fallback, retry, timeout};

    #[fallback(value = 2)]
    #[timeout(secs = 60, mode = "cooperative")]
    #[retry]
    #[circuit_breaker]
    pub fn call(number: u32) -> Answer {
        resilience::checkpoint()?;
        Ok(number)
    }
}

mod renamed {
    use super::*;
    use resilience::{retry as again, timeout as within};

    #[again]
    #[within(secs = 1)]
    pub async fn call(number: u32) -> Answer {
        yield_now().await;
        Ok(number)
    }
}

mod one_of_two_renamed {
    use super::*;
    use resilience::{circuit_breaker, retry as again, timeout};

    #[timeout(secs = 60)]
    #[again]
    #[circuit_breaker(allow(late_timeout))]
    pub async fn call(number: u32) -> Answer {
        yield_now().await;
        Ok(number)
    }
}

mod with_the_crate_imported {
    use super::*;
    use resilience::{self as safe, timeout};

    #[safe::retry]
    #[timeout(secs = 1)]
    pub async fn call(number: u32) -> Answer {
        yield_now().await;
        Ok(number)
    }
}

mod around_a_foreign_attribute {
    use super::*;
    use resilience::{circuit_breaker, fallback, retry, timeout};
    use tracing::instrument;

    #[fallback(value = 2)]
    #[retry]
    #[instrument]
    #[circuit_breaker]
    #[timeout(secs = 1)]
    pub async fn call(number: u32) -> Answer {
        yield_now().await;
        Ok(number)
    }
}

mod below_a_foreign_attribute {
    use super::*;
    use resilience::{retry, stack, timeout};
    use tracing::instrument;

    #[instrument]
    #[retry]
    #[timeout(secs = 1)]
    pub async fn call(number: u32) -> Answer {
        yield_now().await;
        stacked(number).await
    }

    #[stack]
    #[instrument]
    #[resilience::retry]
    async fn stacked(number: u32) -> Answer {
        yield_now().await;
        Ok(number)
    }
}

mod conditional {
    use super::*;
    use resilience::{circuit_breaker, retry, timeout};

    #[cfg_attr(all(), retry)]
    #[cfg_attr(all(), timeout(secs = 1), circuit_breaker(allow(late_timeout)))]
    pub async fn call(number: u32) -> Answer {
        yield_now().await;
        Ok(number)
    }
}

mod in_a_trait {
    use super::*;
    use resilience::{retry, timeout};

    pub trait Call {
        #[allow(async_fn_in_trait, reason = "the default body is what is tested")]
        #[retry]
        #[timeout(secs = 1)]
        async fn call(&self, number: u32) -> Answer {
            yield_now().await;
            Ok(number)
        }
    }

    pub struct Caller;
    impl Call for Caller {}
}

mod in_an_async_trait {
    use super::*;
    use resilience::{circuit_breaker, retry, timeout};

    #[async_trait::async_trait]
    pub trait Call {
        async fn call(&self, number: u32) -> Answer;

        #[retry]
        #[timeout(secs = 1)]
        async fn default_body(&self, number: u32) -> Answer
        where
            Self: Sync,
        {
            self.call(number).await
        }
    }

    pub struct Caller;
    #[async_trait::async_trait]
    impl Call for Caller {
        #[timeout(secs = 1)]
        #[circuit_breaker(allow(late_timeout))]
        async fn call(&self, number: u32) -> Answer {
            yield_now().await;
            Ok(number)
        }
    }
}

mod in_a_function {
    use super::*;

    pub async fn call(number: u32) -> Answer {
        use resilience::{retry, timeout};

        #[retry]
        #[timeout(secs = 1)]
        async fn inner(number: u32) -> Answer {
            yield_now().await;
            Ok(number)
        }
        inner(number).await
    }
}

mod in_a_macro {
    use super::*;

    macro_rules! function {
        ($(#[$meta:meta])* $name:ident) => {
            use resilience::circuit_breaker;

            $(#[$meta])*
            #[circuit_breaker(allow(late_timeout))]
            pub async fn $name(number: u32) -> Answer {
                yield_now().await;
                Ok(number)
            }
        };
    }

    use resilience::{retry, timeout};
    function!(
        #[retry]
        #[timeout(secs = 1)]
        call
    );
}

/// BUG-H12.
#[tokio::test(start_paused = true)]
async fn every_attribute_counts_as_used_in_any_order() {
    use in_a_trait::Call as _;
    use in_an_async_trait::Call as _;

    assert_eq!(whole_stack::call(1).await, Ok(1));
    assert_eq!(synchronous::call(1), Ok(1));
    assert_eq!(renamed::call(1).await, Ok(1));
    assert_eq!(one_of_two_renamed::call(1).await, Ok(1));
    assert_eq!(with_the_crate_imported::call(1).await, Ok(1));
    assert_eq!(around_a_foreign_attribute::call(1).await, Ok(1));
    assert_eq!(below_a_foreign_attribute::call(1).await, Ok(1));
    assert_eq!(conditional::call(1).await, Ok(1));
    assert_eq!(in_a_trait::Caller.call(1).await, Ok(1));
    assert_eq!(in_an_async_trait::Caller.default_body(1).await, Ok(1));
    assert_eq!(in_a_function::call(1).await, Ok(1));
    assert_eq!(in_a_macro::call(1).await, Ok(1));
}
