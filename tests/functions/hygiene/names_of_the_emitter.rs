//! Names that generated code uses.

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
    __SETTINGS __keys __values __clock __cost __end __function __held __limits __opening __settings __stream __ttl __units __known
    __BREAKER __BULKHEAD __CACHE __CALLS __CONFIG __LIMITER __THREADS __admitted __again __answer __answered __apply __arg __arg0 __argument __argument0 __argument1 __around __body_runs __breaker __bulkhead __call __call_state __classifier __config __failure_type __identity __until
    __deadline __delay __done __expired __failure __flow __found __gate __hint __hit __hook __incomplete __inside __keep __kept __key __kind __last __later __layer __next __pause __reject __mapped __number __returned __told __leading
    __limit __limiter __load __lookup __not_from_resilience_then_write_its_full_path __out __part __part0 __part1 __permit __private
    __rejection __result __receiver __retry __rule __runs_inside __scope __self __share __site __slot_ __slot___key __slot_query __slot_self __source __state __this __value __verdict __wait __weight
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

/// BUG-H1.
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

/// Every `__name` in the sources of the macro crate.
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

/// Items and methods cannot be hygienic, so they have a unique prefix.
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

/// BUG-H1.
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
