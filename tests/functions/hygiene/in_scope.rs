//! The ways to bring an attribute into scope.

use super::*;

mod by_path {
    use super::*;

    #[::resilience::fallback(value = 0)]
    #[resilience::retry(max = 2, backoff = "none")]
    #[resilience::circuit_breaker(failure_threshold = 100)]
    #[::resilience::timeout(secs = 1)]
    pub async fn call(calls: &AtomicU32) -> Result<u32, Fault> {
        yield_now().await;
        third(calls)
    }
}

mod by_glob {
    use super::*;
    use resilience::*;

    #[fallback(value = 0)]
    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 1)]
    pub async fn call(calls: &AtomicU32) -> Result<u32, Fault> {
        yield_now().await;
        assert!(remaining().is_some());
        third(calls)
    }
}

mod renamed {
    use super::*;
    use resilience::{fallback as or_else, retry as again, timeout as within};

    #[or_else(value = 0)]
    #[again(max = 2, backoff = "none")]
    #[within(secs = 1)]
    pub async fn call(calls: &AtomicU32) -> Result<u32, Fault> {
        yield_now().await;
        third(calls)
    }
}

mod renamed_crate {
    use super::*;
    use resilience as safe;

    #[safe::fallback(value = 0)]
    #[safe::retry(max = 2, backoff = "none")]
    #[safe::timeout(secs = 1)]
    pub async fn call(calls: &AtomicU32) -> Result<u32, Fault> {
        yield_now().await;
        third(calls)
    }
}

mod reexported {
    use super::*;

    pub mod infra {
        pub(in super::super) mod deep {
            pub use resilience as safe;
            pub use resilience::{circuit_breaker, fallback, retry, timeout};
        }
    }

    use infra::deep::{circuit_breaker, fallback, retry, timeout};

    #[fallback(value = 0, crate = self::infra::deep::safe)]
    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 1)]
    pub async fn call(calls: &AtomicU32) -> Result<u32, Fault> {
        yield_now().await;
        third(calls)
    }

    mod inner {
        use super::*;

        #[retry(crate = super::infra::deep::safe, max = 2, backoff = "none")]
        #[tracing::instrument(skip_all)]
        #[timeout(crate = crate::hygiene::in_scope::reexported::infra::deep::safe, secs = 1)]
        pub async fn call(calls: &AtomicU32) -> Result<u32, Fault> {
            yield_now().await;
            third(calls)
        }
    }

    #[super::reexported::infra::deep::retry(crate = infra::deep::safe, max = 2, backoff = "none")]
    pub async fn through_another(calls: &AtomicU32) -> Result<u32, Fault> {
        let calls_of_the_other = AtomicU32::new(0);
        inner::call(&calls_of_the_other).await?;
        third(calls)
    }
}

mod inside_of_a_function {
    use super::*;

    pub async fn call(calls: &AtomicU32) -> Result<u32, Fault> {
        use resilience::{retry, timeout};

        #[retry(max = 2, backoff = "none")]
        #[timeout(secs = 1)]
        async fn inner(calls: &AtomicU32) -> Result<u32, Fault> {
            yield_now().await;
            third(calls)
        }

        {
            use resilience::{fallback as or_else, retry as again};

            #[or_else(value = 0)]
            #[again(max = 2, backoff = "none")]
            fn deeper(calls: &AtomicU32) -> Result<u32, Fault> {
                third(calls)
            }

            assert_eq!(deeper(&AtomicU32::new(0))?, 3);
        }

        inner(calls).await
    }
}

mod inside_of_a_macro {
    use super::*;

    macro_rules! imported_here {
        ($name:ident) => {
            mod $name {
                use crate::hygiene::{Fault, third};
                use resilience::{fallback, retry as again};

                #[fallback(value = 0)]
                #[again(max = 2, backoff = "none")]
                #[resilience::timeout(secs = 1)]
                pub async fn call(calls: &super::AtomicU32) -> Result<u32, Fault> {
                    super::yield_now().await;
                    third(calls)
                }
            }
        };
    }

    imported_here!(made);
    pub use made::call;

    macro_rules! attribute {
        ($($attribute:ident)::+ ($($arguments:tt)*), $name:ident) => {
            #[$($attribute)::+ ($($arguments)*)]
            #[resilience::timeout(secs = 1)]
            pub async fn $name(calls: &AtomicU32) -> Result<u32, Fault> {
                yield_now().await;
                third(calls)
            }
        };
    }

    use resilience::retry as again;
    attribute!(again(max = 2, backoff = "none"), by_name);
    attribute!(resilience::retry(max = 2, backoff = "none"), by_path);
}

/// BUG-H10.
#[tokio::test(start_paused = true)]
async fn an_attribute_may_be_imported_in_any_way() {
    let calls = || AtomicU32::new(0);
    assert_eq!(send(by_path::call(&calls())).await, Ok(3), "by path");
    assert_eq!(send(by_glob::call(&calls())).await, Ok(3), "by glob");
    assert_eq!(send(renamed::call(&calls())).await, Ok(3), "renamed");
    assert_eq!(send(renamed_crate::call(&calls())).await, Ok(3), "with a renamed crate");
    assert_eq!(send(reexported::call(&calls())).await, Ok(3), "re-exported");
    assert_eq!(send(reexported::through_another(&calls())).await, Ok(3), "re-exported, by path");
    assert_eq!(send(inside_of_a_function::call(&calls())).await, Ok(3), "in a function");
    assert_eq!(send(inside_of_a_macro::call(&calls())).await, Ok(3), "in a macro");
    assert_eq!(send(inside_of_a_macro::by_name(&calls())).await, Ok(3), "given to a macro");
    assert_eq!(send(inside_of_a_macro::by_path(&calls())).await, Ok(3), "given to a macro by path");
}
