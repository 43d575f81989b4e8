//! What a stack costs whose settings can be overridden, and are not: the same function without and with `config`.
//! `bash benches/instructions --config` compares the two rows of each pair.

use resilience::{bulkhead, cached, circuit_breaker, rate_limit, retry, timeout};

use super::{Answer, Row, later, sync, target};

macro_rules! pairs {
    ($($(#[$attribute:meta])* $plain:ident, $(#[$with_config:meta])* $configured:ident, $kind:ident, $asyncness:tt;)*) => {
        $(pairs!(@function [$(#[$attribute])*] $plain $asyncness);
        pairs!(@function [$(#[$with_config])*] $configured $asyncness);)*

        pub fn all() -> Vec<Row> {
            vec![$(
                $kind("configured", concat!("resilience, ", stringify!($plain)), $plain),
                $kind("configured", concat!("resilience, ", stringify!($plain), ", config"), $configured),
            )*]
        }
    };
    (@function [$(#[$attribute:meta])*] $name:ident (sync)) => {
        $(#[$attribute])*
        fn $name(x: u64) -> Answer {
            target(x)
        }
    };
    (@function [$(#[$attribute:meta])*] $name:ident (async)) => {
        $(#[$attribute])*
        async fn $name(x: u64) -> Answer {
            target(x)
        }
    };
}

pairs! {
    #[retry(max = 3)] retry_alone,
    #[retry(max = 3, config = "bench retry")] retry_with_config, sync, (sync);

    #[timeout(secs = 30)] timeout_alone,
    #[timeout(secs = 30, config = "bench timeout")] timeout_with_config, later, (async);

    #[circuit_breaker] breaker_alone,
    #[circuit_breaker(config = "bench breaker")] breaker_with_config, sync, (sync);

    #[bulkhead(max = 10)] bulkhead_alone,
    #[bulkhead(max = 10, config = "bench bulkhead")] bulkhead_with_config, sync, (sync);

    #[rate_limit(max = 1_000_000_000, per = "1s")] rate_limit_alone,
    #[rate_limit(max = 1_000_000_000, per = "1s", config = "bench limit")] rate_limit_with_config, sync, (sync);

    #[cached(max_size = 1_000)] cached_alone,
    #[cached(max_size = 1_000, config = "bench cache")] cached_with_config, sync, (sync);

    #[retry(max = 3)] #[circuit_breaker] #[timeout(secs = 30)] stack_alone,
    #[retry(max = 3, config = "bench stack")] #[circuit_breaker] #[timeout(secs = 30)] stack_with_config, later, (async);
}
