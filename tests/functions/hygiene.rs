//! An expansion has the same meaning everywhere: whatever names surround it, and however the attribute came
//! into scope.

mod expectations;
mod in_scope;
mod names_of_the_emitter;
mod strict;

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use tokio::task::yield_now;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("down")]
    Down,
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

/// A counter of calls that all fail.
const DOWN: u32 = u32::MAX;

/// Fails twice, then answers with the number of the call.
fn third(calls: &AtomicU32) -> Result<u32, Fault> {
    if calls.load(SeqCst) == DOWN {
        return Err(Fault::Down);
    }
    let call = calls.fetch_add(1, SeqCst) + 1;
    if call > 2 { Ok(call) } else { Err(Fault::Down) }
}

const fn send<T: Send>(future: T) -> T {
    future
}

/// Names that attributes, crates and the prelude use.
mod ordinary_names {
    use super::*;
    use resilience::{cached, circuit_breaker, fallback, retry, timeout};

    #[cached(key = (key, cache.len(), result))]
    #[timeout(secs = 10)]
    #[fallback(fallback)]
    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    #[timeout(secs = 1)]
    #[allow(clippy::too_many_arguments, reason = "many names")]
    async fn retry(
        attempt: &AtomicU32,
        result: u32,
        key: u8,
        cache: String,
        value: Vec<u8>,
        error: &str,
        std: u32,
        core: u32,
        tokio: &AtomicU32,
        resilience: u32,
    ) -> Result<u32, Fault> {
        let tokio = tokio.fetch_add(1, SeqCst) + 1;
        let out = third(attempt)?;
        yield_now().await;
        let [future, deadline, permit] = [1_u32, 2, 3];
        let lengths = cache.len() + value.len() + error.len() + usize::from(key);
        Ok(out
            + result
            + std
            + core
            + tokio
            + resilience
            + future
            + deadline
            + permit
            + u32::try_from(lengths).unwrap())
    }

    #[allow(clippy::too_many_arguments, reason = "many names")]
    fn fallback(
        _: &AtomicU32,
        result: u32,
        _: u8,
        cache: String,
        _: Vec<u8>,
        _: &str,
        std: u32,
        _: u32,
        tokio: &AtomicU32,
        resilience: u32,
    ) -> Result<u32, Fault> {
        tokio.fetch_add(100, SeqCst);
        if cache.into_bytes().is_empty() { Err(Fault::Down) } else { Ok(result + std + resilience) }
    }

    #[circuit_breaker]
    fn timeout(timeout: Option<u32>) -> Option<u32> {
        timeout
    }

    #[retry(max = 2, backoff = "none")]
    fn circuit_breaker(retry: &AtomicU32) -> Result<u32, Fault> {
        third(retry)
    }

    /// BUG-H1, BUG-H10.
    #[tokio::test(start_paused = true)]
    async fn arguments_and_functions_may_have_the_names_of_attributes_and_crates() {
        let (calls, tokio) = (AtomicU32::new(0), AtomicU32::new(0));
        let answer = send(retry(&calls, 1, 2, "c".into(), vec![3], "e", 4, 5, &tokio, 6)).await;
        assert_eq!((answer, tokio.load(SeqCst)), (Ok(33), 3));
        assert_eq!(circuit_breaker(&AtomicU32::new(0)), Ok(3));
        assert_eq!((timeout(Some(1)), timeout(None)), (Some(1), None));
    }

    #[retry(max = 2, backoff = "none")]
    async fn generic<Result, Option>(
        calls: &AtomicU32,
        result: &Result,
        option: Option,
    ) -> ::std::result::Result<(u32, Option), Fault>
    where
        Result: PartialEq + Sync,
        Option: Clone + Send + Sync,
    {
        yield_now().await;
        assert!(PartialEq::eq(result, result));
        Ok((third(calls)?, option))
    }

    /// BUG-H10, BUG-H24.
    #[tokio::test]
    async fn generics_may_have_the_names_of_prelude_types() {
        assert_eq!(send(generic(&AtomicU32::new(0), &1, "x")).await, Ok((3, "x")));
    }
}

/// A module that shadows every name of the prelude.
mod shadowed {
    #![allow(dead_code, non_camel_case_types, unused_macros, reason = "only their names matter")]

    use ::core::option::Option as Maybe;
    use ::core::primitive::{bool as Truth, u32 as Number};
    use ::core::result::Result as Outcome;
    use ::core::sync::atomic::AtomicU32 as Count;
    use ::resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};

    use super::{Fault, third};

    struct Result;
    struct Option;
    struct Ok;
    struct Err;
    struct Some;
    struct None;
    struct Box;
    struct Vec;
    struct String;
    struct Duration;
    struct Error;
    struct u8;
    struct u16;
    struct u32;
    struct u64;
    struct u128;
    struct usize;
    struct i32;
    struct i64;
    struct f64;
    struct bool;
    struct char;
    struct str;
    trait Clone {}
    trait Send {}
    trait Sync {}
    trait Drop {}
    trait From {}
    trait Into {}
    trait Future {}
    trait Iterator {}
    trait Fn {}
    trait FnMut {}
    trait FnOnce {}
    trait ToOwned {}
    trait Default {}
    mod std {}
    mod core {}
    mod alloc {}
    mod tokio {}
    mod tracing {}
    mod resilience {}
    mod resilience_runtime {}
    macro_rules! nothing {
        ($($name:ident)*) => {
            $(
                macro_rules! $name {
                    () => {};
                }
            )*
        };
    }
    nothing!(assert concat debug_assert env file format include_str line matches module_path panic stringify todo
        unimplemented unreachable vec write);

    const fn drop() {}
    const fn take() {}
    const fn main() {}
    const fn spare(_: &Count, number: Number) -> Outcome<Number, Fault> {
        if number > 100 { Outcome::Ok(number) } else { Outcome::Err(Fault::Down) }
    }
    fn is_down(fault: &Fault) -> Truth {
        *fault == Fault::Down
    }
    const fn at_once(_: &::resilience::RetryState<'_, Fault>) -> ::core::time::Duration {
        ::core::time::Duration::ZERO
    }

    #[cached(ttl = 60, max_size = 5, key = number, stale_if_error = "1m", log_errors = true)]
    #[timeout("1m")]
    #[fallback(spare, |fault| if number > 50 { Outcome::Ok(number) } else { Outcome::Err(fault) }, value = 7, log_errors = true)]
    #[retry(max = 2, backoff = "constant", base_delay_ms = 1, when = is_down, jitter = 0.1, max_elapsed = "30s", log_errors = true)]
    #[rate_limit(max = 1000, wait = "1s")]
    #[bulkhead(max = 100, queue = 9, wait = "1s")]
    #[circuit_breaker(recovery_secs = 3, failure_threshold = 100, when = is_down, ignore = |fault| !is_down(fault), log_errors = true)]
    #[timeout(secs = 3)]
    pub async fn later(calls: &Count, mut number: Number) -> Outcome<Number, Fault> {
        number += third(calls)?;
        Outcome::Ok(number)
    }

    #[cached(key = number)]
    #[timeout(secs = 60, mode = "cooperative")]
    #[fallback(spare, |fault| if number > 50 { Outcome::Ok(number) } else { Outcome::Err(fault) }, value = 7)]
    #[retry(max = 2, backoff = at_once, on_retry = |_| {}, when_ok = |_| false, retry_after = |_| Maybe::None)]
    #[rate_limit(max = 1000, wait = "1s")]
    #[bulkhead(max = 100, queue = 9, wait = "1s")]
    #[circuit_breaker(failure_threshold = 100)]
    pub fn now(calls: &Count, mut number: Number) -> Outcome<Number, Fault> {
        number += third(calls)?;
        Outcome::Ok(number)
    }

    #[retry(max = 2, backoff = "none")]
    pub fn boxed(
        calls: &Count,
    ) -> ::std::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = Maybe<Number>> + '_>> {
        ::std::boxed::Box::pin(async move { third(calls).ok() })
    }
}

/// BUG-H10.
#[tokio::test(start_paused = true)]
async fn a_module_may_shadow_the_prelude_and_the_names_of_crates() {
    assert_eq!(shadowed::later(&AtomicU32::new(0), 1).await, Ok(4));
    assert_eq!(shadowed::now(&AtomicU32::new(0), 1), Ok(4));
    assert_eq!(shadowed::boxed(&AtomicU32::new(0)).await, Some(3));
}

/// A module without a prelude.
#[no_implicit_prelude]
mod without_a_prelude {
    use ::core::option::Option;
    use ::core::result::Result;
    use ::core::sync::atomic::AtomicU32;
    use ::resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};
    use ::std::boxed::Box;
    use ::std::string::String;

    use super::{Fault, third};

    const fn spare(_: &AtomicU32, number: u32) -> Result<u32, Fault> {
        if number > 100 { Result::Ok(number) } else { Result::Err(Fault::Down) }
    }

    #[cached(ttl = 60, max_size = 5, key = number)]
    #[timeout("1m")]
    #[fallback(spare, |fault| if number > 50 { Result::Ok(number) } else { Result::Err(fault) }, value = 7)]
    #[retry(max = 2, backoff = "constant", base_delay_ms = 1, when = |fault| *fault == Fault::Down, jitter = "equal")]
    #[rate_limit(max = 1000, wait = "1s")]
    #[bulkhead(max = 100, queue = 9, wait = "1s")]
    #[circuit_breaker(recovery_secs = 3, failure_threshold = 100, ignore = |fault| *fault != Fault::Down)]
    #[timeout(secs = 3)]
    pub async fn later(calls: &AtomicU32, mut number: u32) -> Result<u32, Fault> {
        number += third(calls)?;
        Result::Ok(number)
    }

    #[cached(key = number)]
    #[timeout(secs = 60, mode = "cooperative")]
    #[fallback(spare, |fault| if number > 50 { Result::Ok(number) } else { Result::Err(fault) }, value = 7)]
    #[retry(max = 2, backoff = "none", on_retry = |_| {}, when_ok = |_| false, retry_after = |_| Option::None)]
    #[rate_limit(max = 1000, wait = "1s")]
    #[bulkhead(max = 100, queue = 9, wait = "1s")]
    #[circuit_breaker(failure_threshold = 100)]
    pub fn now(calls: &AtomicU32, mut number: u32) -> Result<u32, Fault> {
        number += third(calls)?;
        Result::Ok(number)
    }

    #[retry(max = 2, backoff = "none")]
    pub fn boxed<'a>(
        calls: &'a AtomicU32,
        text: &'a str,
    ) -> ::std::pin::Pin<Box<dyn ::core::future::Future<Output = Option<String>> + ::core::marker::Send + 'a>> {
        Box::pin(async move { Result::ok(third(calls)).map(|_| <str as ::std::borrow::ToOwned>::to_owned(text)) })
    }
}

/// BUG-H10.
#[tokio::test(start_paused = true)]
async fn a_module_may_have_no_prelude() {
    assert_eq!(send(without_a_prelude::later(&AtomicU32::new(0), 1)).await, Ok(4));
    assert_eq!(without_a_prelude::now(&AtomicU32::new(0), 1), Ok(4));
    assert_eq!(send(without_a_prelude::boxed(&AtomicU32::new(0), "x")).await, Some("x".into()));
}

/// A trait that gives every type methods with the names that the runtime uses.
mod extension_traits {
    use super::*;
    use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};

    macro_rules! extension {
        ($($method:ident)*) => {
            #[allow(dead_code, reason = "only the names matter")]
            trait Extension {
                $(
                    fn $method(&self) -> Wrong {
                        Wrong
                    }
                )*
            }
        };
    }
    struct Wrong;
    extension!(again admit after ask asked asks attempt breaker checked classified clone_key config counted counts
        degraded done expression failed failure find flight future get hint is_degraded is_last join
        join_blocking key kind lead load name next of own part pause poll record rejection reject rejected result share
        site start state store take timeout to_owned unwrap_or_else value);
    impl<T: ?Sized> Extension for T {}

    const fn spare(_: &AtomicU32, number: u32) -> Result<u32, Fault> {
        if number > 100 { Ok(number) } else { Err(Fault::Down) }
    }

    #[cached(ttl = 60, key = (number, number + 1))]
    #[timeout("1m")]
    #[fallback(spare, |fault| if number > 50 { Ok(number) } else { Err(fault) }, value = 7)]
    #[retry(max = 2, backoff = "none", when = |fault| *fault == Fault::Down, on_retry = |_| {}, when_ok = |_| false)]
    #[rate_limit(max = 1000, wait = "1s")]
    #[bulkhead(max = 100, queue = 9, wait = "1s")]
    #[circuit_breaker(failure_threshold = 100, ignore = |fault| *fault != Fault::Down)]
    #[timeout(secs = 3)]
    async fn later(calls: &AtomicU32, number: u32) -> Result<u32, Fault> {
        yield_now().await;
        let Wrong = number.kind();
        Ok(number + third(calls)?)
    }

    #[cached]
    #[fallback(spare_number)]
    #[retry(max = 2, backoff = "none")]
    #[rate_limit(max = 1000, wait = "1s")]
    #[bulkhead(max = 100, queue = 9, wait = "1s")]
    #[circuit_breaker(failure_threshold = 100)]
    fn now(number: u32) -> Option<u32> {
        let Wrong = number.share();
        number.checked_sub(5)
    }

    const fn spare_number(number: u32) -> Option<u32> {
        number.checked_add(100)
    }

    /// BUG-H10.
    #[tokio::test(start_paused = true)]
    async fn methods_of_a_blanket_trait_do_not_shadow_those_of_the_runtime() {
        assert_eq!(send(later(&AtomicU32::new(0), 1)).await, Ok(4));
        assert_eq!((now(6), now(1)), (Some(1), Some(101)));
    }
}

/// BUG-H12, BUG-H14, BUG-H27.
#[tokio::test(start_paused = true)]
async fn an_expansion_triggers_no_lint_the_plain_function_does_not() {
    assert_eq!(send(strict::later(&AtomicU32::new(0), 1)).await, Ok(4));
    assert_eq!(strict::now(&AtomicU32::new(0), &mut Vec::new()), Some(3));
    assert_eq!(strict::kept((1, 2)), 3);
    let mut service = strict::Service { id: 1 };
    assert_eq!(send(service.ask(&AtomicU32::new(0), "t")).await.unwrap(), "t31");
    assert_eq!(send(service.bump(&AtomicU32::new(0), &mut Vec::new())).await, Ok(4));
}

#[tokio::test]
async fn an_expansion_gives_no_new_warning_and_leaves_no_expectation_unfulfilled() {
    use expectations::{
        Ask, Service, inside, kept, on_a_thread, retried, retried_later, unused, unused_later, unused_parameters,
        unused_parameters_later, wrapped,
    };

    let drops = std::sync::Arc::default();
    assert_eq!(retried("text".into(), &drops), Ok(4));
    assert_eq!(send(retried_later("text".into(), std::sync::Arc::default())).await, Ok(4));
    assert_eq!((unused(String::new(), 1), unused_later(String::new(), 1).await), (Some(1), Some(1)));
    assert_eq!(unused_parameters(String::new(), (1, 2)), Some(1));
    assert_eq!(send(unused_parameters_later(String::new(), (1, 2))).await, Some(1));
    assert_eq!((inside(String::new()), wrapped(1), kept(&1), on_a_thread("t".into())), (Some(1), Some(1), 1, Ok(1)));
    let mut service = Service { id: 1 };
    assert_eq!((service.ask("t".into()), send(service.ask_later("t".into())).await), (Some(1), Ok(1)));
    assert_eq!((service.clone().consumed(), send(service.clone().consumed_later()).await), (Some(1), Some(2)));
    assert_eq!(send(service.changed_later()).await, Some(2));
    assert_eq!((service.answer(String::new()), service.answer_by_default(String::new())), (Some(1), Some(1)));
    assert_eq!(send(service.answer_later(String::new())).await, Some(1));
}
