//! An expansion means the same wherever it stands: whatever the names around it are, and however the attribute came
//! into scope.

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

/// Names that generated code uses itself.
mod names_of_the_emitter {
    use super::*;
    use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};
    use std::path::Path;

    macro_rules! function_with_arguments {
        ($($name:ident)*; $(#[$async_meta:meta])* async; $(#[$meta:meta])* sync;) => {
            const NAMES: &[&str] = &[$(stringify!($name)),*];

            $(#[$async_meta])*
            #[allow(clippy::too_many_arguments, non_snake_case, reason = "every name there is")]
            async fn later(calls: &AtomicU32, $($name: String),*) -> Result<String, Fault> {
                third(calls)?;
                yield_now().await;
                Ok([$($name),*].concat())
            }

            $(#[$meta])*
            #[allow(clippy::too_many_arguments, non_snake_case, reason = "every name there is")]
            fn now(calls: &AtomicU32, $($name: String),*) -> Result<String, Fault> {
                third(calls)?;
                Ok([$($name),*].concat())
            }

            #[allow(clippy::too_many_arguments, non_snake_case, reason = "every name there is")]
            fn spare(_: &AtomicU32, $($name: String),*) -> Result<String, Fault> {
                let all = [$($name),*].concat();
                if all == NAMES.concat() { Err(Fault::Down) } else { Ok(all) }
            }

            async fn call_later(calls: &AtomicU32, value: fn(&str) -> String) -> Result<String, Fault> {
                send(later(calls, $(value(stringify!($name))),*)).await
            }

            fn call_now(calls: &AtomicU32, value: fn(&str) -> String) -> Result<String, Fault> {
                now(calls, $(value(stringify!($name))),*)
            }
        };
    }

    function_with_arguments! {
        __BREAKER __BULKHEAD __CACHE __CALLS __CONFIG __LIMITER __THREADS __admitted __again __answer __answered __apply __arg __arg0 __argument __argument0 __argument1 __around __breaker __bulkhead __call __config
        __deadline __delay __done __expired __failure __flow __found __gate __hint __hit __inside __keep __kept __key __kind __last __later __layer __mapped __number __leading
        __limit __limiter __load __lookup __meaning __not_from_resilience_then_write_its_full_path __out __part __part0 __part1 __permit __private
        __rejection __retry __self __share __site __slot_ __slot___key __slot_query __source __state __this __value __wait __weight
        ;
        #[cached(key = (__out.len(), __key, __part0), name = "emitter names", ttl = 60, stale_if_error = "1m", log_errors = true, weigh = |__key, __value| (__key.0 + __value.len()) as u64, max_weight = 100_000)]
        #[timeout(secs = 10)]
        #[fallback(spare, |__failure| if __out.is_empty() { Err(__failure) } else { Ok(__slot_ + &__last) }, log_errors = true)]
        #[retry(
            max = 2,
            backoff = "none",
            log_errors = true,
            when = |__out| *__out == Fault::Down,
            when_ok = |__value| __value == "never",
            on_retry = |__retry| assert!(__retry.attempt < 3),
            retry_after = |__failure| (*__failure != Fault::Down).then_some(std::time::Duration::ZERO)
        )]
        #[rate_limit(max = 100, wait = "1s", key = __limiter.len() + __admitted.len(), map_err = |__rejection| if __rejection.is_retryable() { Fault::Down } else { __rejection.into() })]
        #[circuit_breaker(
            failure_threshold = 100, log_errors = true, ignore = |__rejection| *__rejection != Fault::Down, key = (__breaker, __part1.len(), __permit)
        )]
        #[bulkhead(max = 100, queue = 9, key = (__bulkhead, __part0), map_err = |__inside| if __inside.is_retryable() { Fault::Down } else { __inside.into() })]
        #[timeout(secs = 1)]
        async;
        #[cached(key = (__out.len(), __key, __part0), name = "emitter names, blocking", ttl = 60, stale_if_error = "1m", log_errors = true, weigh = |__key, __value| (__key.0 + __value.len()) as u64, max_weight = 100_000)]
        #[timeout(secs = 10, mode = "cooperative")]
        #[fallback(spare, |__failure| if __out.is_empty() { Err(__failure) } else { Ok(__slot_ + &__last) }, log_errors = true)]
        #[retry(
            max = 2,
            backoff = "none",
            log_errors = true,
            when = |__out| *__out == Fault::Down,
            when_ok = |__value| __value == "never",
            on_retry = |__retry| assert!(__retry.attempt < 3),
            retry_after = |__failure| (*__failure != Fault::Down).then_some(std::time::Duration::ZERO)
        )]
        #[rate_limit(max = 100, wait = "1s", key = __limiter.len() + __admitted.len(), map_err = |__rejection| if __rejection.is_retryable() { Fault::Down } else { __rejection.into() })]
        #[circuit_breaker(
            window = 100, failure_rate = 1, log_errors = true, ignore = |__rejection| *__rejection != Fault::Down, key = (__config, __key.len(), __value)
        )]
        #[bulkhead(max = 100, queue = 9, key = (__bulkhead, __part0), map_err = |__inside| if __inside.is_retryable() { Fault::Down } else { __inside.into() })]
        sync;
    }

    /// H1.
    #[tokio::test(start_paused = true)]
    async fn an_argument_may_have_any_name_the_expansion_uses() {
        let (all, upper) = (NAMES.concat(), |name: &str| name.to_uppercase());
        let calls = AtomicU32::new;
        assert_eq!(call_later(&calls(DOWN), str::to_owned).await.unwrap(), "__slot___last", "the closure answers");
        assert_eq!(call_later(&calls(DOWN), upper).await.unwrap(), all.to_uppercase(), "`spare` answers");
        assert_eq!(call_later(&calls(0), str::to_owned).await.unwrap(), all);
        assert_eq!(call_later(&calls(DOWN), str::to_owned).await.unwrap(), all, "kept");

        assert_eq!(call_now(&calls(DOWN), str::to_owned).unwrap(), "__slot___last", "the closure answers");
        assert_eq!(call_now(&calls(DOWN), upper).unwrap(), all.to_uppercase(), "`spare` answers");
        assert_eq!(call_now(&calls(0), str::to_owned).unwrap(), all);
        assert_eq!(call_now(&calls(DOWN), str::to_owned).unwrap(), all, "kept");
    }

    /// Every `__name` in the sources of the macro crate, whichever file it stands in.
    fn emitted(folder: &Path, names: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                emitted(&path, names);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let words = source.split(|c: char| !c.is_alphanumeric() && c != '_');
            names.extend(words.filter(|word| word.starts_with("__")).map(str::to_owned));
        }
    }

    /// Items and methods cannot be hygienic: theirs carry a prefix that nobody else would use.
    #[test]
    fn limit_names_are_free_but_for_a_prefix_and_the_list_of_the_others_is_complete() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("resilience-macros/src");
        if !sources.exists() {
            return; // a packaged crate comes without the sources of its macros
        }
        let mut names = Vec::new();
        emitted(&sources, &mut names);
        names.retain(|name| !NAMES.contains(&&**name) && !name.to_lowercase().starts_with("__resilience_"));
        names.dedup();
        assert_eq!(names, Vec::<String>::new(), "add them to the list above");
    }

    mod as_items {
        use super::*;

        const __CONFIG: u32 = 2;
        static __CACHE: u32 = 400;
        static __BREAKER: u32 = 5_000;
        static __SITE: u32 = 60_000;

        #[allow(non_snake_case, reason = "as generated code might call it")]
        const fn __retry() -> u32 {
            7
        }

        #[cached(max_size = __CONFIG as usize)]
        #[fallback(value = __CONFIG + __CACHE + __BREAKER + __SITE)]
        #[retry(max = __CONFIG, backoff = "none", when = |()| __CONFIG == 2)]
        #[rate_limit(max = __CONFIG * 50, burst = __CONFIG * 50)]
        #[bulkhead(max = __CONFIG, queue = __CONFIG)]
        #[circuit_breaker(failure_threshold = __CONFIG * 50)]
        pub fn uses_them(fails: bool) -> Option<u32> {
            (!fails).then(|| __CONFIG + __CACHE + __BREAKER + __SITE + __retry())
        }

        #[cached(max_size = __CONFIG as usize)]
        #[timeout(secs = __CONFIG as u64 + 10)]
        #[fallback(value = __CONFIG + __CACHE + __BREAKER + __SITE)]
        #[retry(max = __CONFIG, backoff = "none", when = |()| __CONFIG == 2)]
        #[rate_limit(max = __CONFIG * 50, burst = __CONFIG * 50)]
        #[bulkhead(max = __CONFIG, queue = __CONFIG)]
        #[circuit_breaker(failure_threshold = __CONFIG * 50)]
        #[timeout(secs = __CONFIG as u64)]
        pub async fn uses_them_later(fails: bool) -> Option<u32> {
            yield_now().await;
            (!fails).then(|| __CONFIG + __CACHE + __BREAKER + __SITE + __retry())
        }
    }

    /// H1.
    #[tokio::test(start_paused = true)]
    async fn an_item_may_have_any_name_the_expansion_uses() {
        assert_eq!((as_items::uses_them(false), as_items::uses_them(true)), (Some(65_409), Some(65_402)));
        assert_eq!(send(as_items::uses_them_later(false)).await, Some(65_409));
        assert_eq!(send(as_items::uses_them_later(true)).await, Some(65_402));
    }

    #[fallback(value = 0)]
    #[retry(max = 2, backoff = "none")]
    fn labels(calls: &AtomicU32) -> Result<u32, Fault> {
        let mut rounds = 0;
        '__done: loop {
            'outer: for _ in 0..3 {
                rounds += 1;
                if rounds > 4 {
                    break '__done;
                }
                if rounds == 1 {
                    continue 'outer;
                }
                assert!(rounds > 1);
            }
        }
        Ok(third(calls)? + rounds)
    }

    #[test]
    fn a_label_may_have_the_name_of_one_in_the_expansion() {
        assert_eq!(labels(&AtomicU32::new(0)), Ok(8));
    }
}

/// Names that a reader of the attribute could stumble over.
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

    /// H1, H10.
    #[tokio::test(start_paused = true)]
    async fn arguments_and_functions_may_be_called_like_attributes_and_crates() {
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

    /// H10, H24.
    #[tokio::test]
    async fn generics_may_be_called_like_types_of_the_prelude() {
        assert_eq!(send(generic(&AtomicU32::new(0), &1, "x")).await, Ok((3, "x")));
    }
}

/// A module in which no name of the prelude means what it says.
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

/// H10.
#[tokio::test(start_paused = true)]
async fn a_module_may_shadow_the_prelude_and_the_names_of_crates() {
    assert_eq!(shadowed::later(&AtomicU32::new(0), 1).await, Ok(4));
    assert_eq!(shadowed::now(&AtomicU32::new(0), 1), Ok(4));
    assert_eq!(shadowed::boxed(&AtomicU32::new(0)).await, Some(3));
}

/// The same with no prelude at all.
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

/// H10.
#[tokio::test(start_paused = true)]
async fn a_module_may_have_no_prelude() {
    assert_eq!(send(without_a_prelude::later(&AtomicU32::new(0), 1)).await, Ok(4));
    assert_eq!(without_a_prelude::now(&AtomicU32::new(0), 1), Ok(4));
    assert_eq!(send(without_a_prelude::boxed(&AtomicU32::new(0), "x")).await, Some("x".into()));
}

/// A trait that gives every type methods of the names the runtime uses.
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

    /// H10.
    #[tokio::test(start_paused = true)]
    async fn methods_of_a_blanket_trait_are_not_taken_for_those_of_the_runtime() {
        assert_eq!(send(later(&AtomicU32::new(0), 1)).await, Ok(4));
        assert_eq!((now(6), now(1)), (Some(1), Some(101)));
    }
}

/// The ways in which an attribute gets into scope.
mod in_scope {
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

    /// H10.
    #[tokio::test(start_paused = true)]
    async fn it_does_not_matter_how_an_attribute_is_imported() {
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
}

/// Lints that are off by default.
mod strict {
    #![deny(
        absolute_paths_not_starting_with_crate,
        elided_lifetimes_in_paths,
        explicit_outlives_requirements,
        impl_trait_redundant_captures,
        let_underscore_drop,
        macro_use_extern_crate,
        meta_variable_misuse,
        missing_copy_implementations,
        missing_debug_implementations,
        missing_docs,
        nonstandard_style,
        redundant_imports,
        redundant_lifetimes,
        single_use_lifetimes,
        trivial_casts,
        trivial_numeric_casts,
        unit_bindings,
        unnameable_types,
        unreachable_pub,
        unsafe_code,
        unused,
        unused_import_braces,
        unused_lifetimes,
        unused_qualifications,
        unused_results,
        variant_size_differences
    )]
    #![forbid(unused_must_use)]
    #![deny(clippy::restriction)]
    #![allow(
        clippy::absolute_paths,
        clippy::arbitrary_source_item_ordering,
        clippy::arithmetic_side_effects,
        clippy::field_scoped_visibility_modifiers,
        clippy::blanket_clippy_restriction_lints,
        clippy::implicit_return,
        clippy::missing_docs_in_private_items,
        clippy::missing_inline_in_public_items,
        clippy::pub_with_shorthand,
        clippy::question_mark_used,
        clippy::redundant_pub_crate,
        clippy::single_call_fn,
        clippy::unused_trait_names,
        reason = "the plain function has them too"
    )]

    use core::sync::atomic::AtomicU32;

    use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};
    use tokio::task::yield_now;

    use super::{Fault, third};

    async fn spare(calls: &AtomicU32, number: u32) -> Result<u32, Fault> {
        yield_now().await;
        third(calls).map(|call| call + number)
    }

    fn spare_now(_calls: &AtomicU32, number: &mut Vec<u32>) -> Option<u32> {
        number.pop()
    }

    /// Asynchronous.
    #[cached(ttl = 60, max_size = 5, key = (number, true))]
    #[timeout("1m")]
    #[fallback(spare, |fault| if number > 50 { Ok(number) } else { Err(fault) }, value = 7)]
    #[retry(max = 2, backoff = "constant", base_delay_ms = 1, when = |fault| *fault == Fault::Down, on_retry = |_state| {})]
    #[rate_limit(max = 1000, wait = "1s")]
    #[bulkhead(max = 100, queue = 9, wait = "1s")]
    #[circuit_breaker(recovery_secs = 3, failure_threshold = 100, ignore = |fault| *fault != Fault::Down)]
    #[timeout(secs = 3)]
    pub(super) async fn later(calls: &AtomicU32, mut number: u32) -> Result<u32, Fault> {
        number += third(calls)?;
        yield_now().await;
        Ok(number)
    }

    /// Synchronous.
    #[timeout(secs = 60, mode = "cooperative")]
    #[fallback(spare_now, |()| number.first().copied())]
    #[retry(max = 2, backoff = "none", when_ok = |value| *value == 0)]
    #[rate_limit(max = 1000, wait = "1s")]
    #[bulkhead(max = 100, queue = 9, wait = "1s")]
    #[circuit_breaker(failure_threshold = 100)]
    pub(super) fn now(calls: &AtomicU32, number: &mut Vec<u32>) -> Option<u32> {
        number.push(third(calls).ok()?);
        number.first().copied()
    }

    /// Cached.
    #[cached]
    pub(super) fn kept((left, right): (u32, u32)) -> u32 {
        left + right
    }

    #[derive(Debug)]
    pub(super) struct Service {
        pub(super) id: u32,
    }

    impl Service {
        /// A method.
        #[cached(key = (self.id, text))]
        #[fallback(self.other)]
        #[retry(max = 2, backoff = "none")]
        #[timeout(secs = 3)]
        pub(super) async fn ask(&self, calls: &AtomicU32, text: &'static str) -> Result<String, Fault> {
            yield_now().await;
            third(calls).map(|call| format!("{text}{call}{}", self.id))
        }

        async fn other(&self, calls: &AtomicU32, text: &'static str) -> Result<String, Fault> {
            yield_now().await;
            third(calls).map(|_call| text.to_owned())
        }

        /// An exclusive method.
        #[retry(max = 2, backoff = "none")]
        pub(super) async fn bump(&mut self, calls: &AtomicU32, sink: &mut Vec<u32>) -> Result<u32, Fault> {
            self.id += 1;
            yield_now().await;
            sink.push(third(calls)?);
            Ok(self.id)
        }
    }
}

/// H12, H14, H27.
#[tokio::test(start_paused = true)]
async fn an_expansion_trips_no_lint_that_the_plain_function_would_not() {
    assert_eq!(send(strict::later(&AtomicU32::new(0), 1)).await, Ok(4));
    assert_eq!(strict::now(&AtomicU32::new(0), &mut Vec::new()), Some(3));
    assert_eq!(strict::kept((1, 2)), 3);
    let mut service = strict::Service { id: 1 };
    assert_eq!(send(service.ask(&AtomicU32::new(0), "t")).await.unwrap(), "t31");
    assert_eq!(send(service.bump(&AtomicU32::new(0), &mut Vec::new())).await, Ok(4));
}
