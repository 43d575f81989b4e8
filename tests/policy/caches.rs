//! The cache of a policy belongs to those that hold it, and follows the newest policy of its name.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use resilience::policy::{self, CacheBuilder, CachedPolicy, InvalidPolicy};
use resilience::testing::{ManualClock, RecordedEvent, record_blocking};
use resilience::{Cache, Error, Policy, cached};

use super::{Invalid, is_alone, resident};
use crate::common::secs;

type Numbers = CachedPolicy<u32, u32, Error>;

const FAILED: Result<u32, Error> = Err(Error::NoThread { function: "test", running: 0, abandoned: 0 });

fn numbers(builder: CacheBuilder<u32, u32, Error>) -> Result<Numbers, InvalidPolicy> {
    Ok(builder.build()? >> Policy::new())
}

fn named(name: &str) -> CacheBuilder<u32, u32, Error> {
    policy::cached(name.to_owned())
}

/// Fails if the value is not known.
fn find(policy: &Numbers, key: u32) -> Result<u32, Error> {
    policy.call_for_blocking(&key, || FAILED)
}

fn load(policy: &Numbers, key: u32) {
    assert_eq!(policy.call_for_blocking(&key, || Ok(key)), Ok(key));
}

fn has_row(name: &str) -> bool {
    let has_row = resilience::snapshot().caches.iter().any(|row| row.name == name);
    assert_eq!(has_row, Cache::named(name).is_some());
    has_row
}

#[test]
fn the_values_of_a_cache_are_dropped_with_its_last_holder() -> Invalid {
    type Held = CachedPolicy<u32, Arc<()>, Error>;
    let value = Arc::new(());
    let make = || -> Result<Held, InvalidPolicy> {
        Ok(policy::cached("held values".to_owned()).ttl(secs(9)).build()? >> Policy::new())
    };
    let weighed = || -> Result<Held, InvalidPolicy> {
        Ok(policy::cached("held values").max_weight(9, |_, _| 1).build()? >> Policy::new())
    };
    let fill = |policy: &Held| policy.call_for_blocking(&1, || Ok(Arc::clone(&value))).is_ok();
    let policy = make()?;
    assert!(!has_row("held values"), "before the first call");
    assert!(fill(&policy) && has_row("held values"));
    let (clone, same, weighed) = (policy.clone(), make()?, weighed()?);
    assert!(fill(&weighed));
    assert_eq!(Arc::strong_count(&value), 3);
    drop((policy, clone));
    assert!(has_row("held values"), "the other policy holds it before its own first call");
    let handle = Cache::named("held values").expect("called");
    assert_eq!(handle.len(), 2);
    drop(same);
    assert_eq!(Arc::strong_count(&value), 3, "policies with this name keep what the name has");
    drop(weighed);
    assert_eq!((Arc::strong_count(&value), handle.len(), handle.stats().hits), (1, 0, 0), "a handle keeps nothing");
    assert!(!has_row("held values") && handle.keys::<u32>() == Ok(Vec::new()));
    assert_eq!((handle.invalidate(&1_u32), handle.peek::<u32, u32>(&1)), (Ok(false), Ok(None)));
    assert_eq!(
        handle.insert(&1_u32, 1_u32).map_err(|error| error.to_string()),
        Err("no policy with this cache is left".to_owned())
    );
    let again = make()?;
    assert!(fill(&again), "afresh");
    assert_eq!((handle.len(), handle.peek::<u32, u32>(&1).is_err()), (1, true));
    assert_eq!(handle.invalidate(&1_u32), Ok(true));
    Ok(())
}

#[test]
fn many_caches_with_names_of_their_own_leave_no_memory_and_no_rows() -> Invalid {
    if !is_alone("caches::many_caches_with_names_of_their_own_leave_no_memory_and_no_rows") {
        return Ok(());
    }
    let call = |number: u32| -> Invalid {
        load(&numbers(named(&format!("cache number {number:06}")).max_size(10))?, number);
        Ok(())
    };
    (0..1_000).try_for_each(call)?;
    let before = resident();
    (1_000..30_000).try_for_each(call)?;
    let more = resident().zip(before).map_or(0, |(after, before)| after.saturating_sub(before));
    assert!(more < 4_000_000, "{more} bytes more");
    assert!(!resilience::snapshot().caches.iter().any(|row| row.name.starts_with("cache number")));
    Ok(())
}

#[test]
fn the_settings_of_the_newest_policy_apply_and_the_entries_stay() -> Invalid {
    let clock = ManualClock::install();
    let older = numbers(named("reconfigured").ttl(secs(10)))?;
    load(&older, 1);
    let (newer, events) = record_blocking(|| numbers(named("reconfigured").ttl(secs(60)).stale_if_error(secs(100))));
    let newer = newer?;
    assert_eq!(events.names(), Vec::<&str>::new(), "two policies that disagree are no conflict");
    load(&older, 2);
    clock.advance(secs(9));
    assert_eq!([find(&older, 1), find(&newer, 1)], [Ok(1), Ok(1)], "the entry stays");
    clock.advance(secs(2));
    assert_eq!(find(&newer, 1), Ok(1), "the new window of stale values, also for what was stored before");
    assert_eq!([find(&older, 2), find(&newer, 2)], [Ok(2), Ok(2)], "stored with the new `ttl`");
    let endless = numbers(named("reconfigured"))?;
    load(&older, 3);
    clock.advance(secs(1_000_000));
    assert_eq!([find(&older, 3), find(&endless, 3)], [Ok(3), Ok(3)]);
    assert_eq!(find(&older, 2), FAILED);
    Ok(())
}

#[test]
fn the_newest_policy_says_for_how_long_entries_may_be_idle() -> Invalid {
    let clock = ManualClock::install();
    let idle = |time| numbers(named("idle in policies").time_to_idle(time));
    let older = idle(secs(5))?;
    load(&older, 1);
    let _newer = idle(secs(60))?;
    assert_eq!(find(&older, 1), Ok(1), "a read begins the new time");
    clock.advance(secs(50));
    assert_eq!(find(&older, 1), Ok(1));
    let _newest = idle(secs(5))?;
    assert_eq!(find(&older, 1), Ok(1));
    clock.advance(secs(6));
    assert_eq!(find(&older, 1), FAILED);
    Ok(())
}

#[test]
fn a_smaller_cache_evicts_its_entries_and_a_larger_one_keeps_them() -> Invalid {
    let cached = |size| numbers(named("resized").max_size(size));
    let policy = cached(100)?;
    (0..100).for_each(|key| load(&policy, key));
    let entries = || Cache::named("resized").map(Cache::len);
    assert_eq!(entries(), Some(100));
    let _smaller = cached(7)?;
    assert_eq!(entries(), Some(7));
    (0..100).for_each(|key| load(&policy, key));
    assert_eq!(entries(), Some(7));
    let _larger = cached(50)?;
    assert_eq!(entries(), Some(7));
    (100..150).for_each(|key| load(&policy, key));
    assert_eq!(entries(), Some(50));
    for (from, to) in [(20_000, 100), (100, 20_000)] {
        let name = format!("resized from {from}");
        let policy = numbers(named(&name).max_size(from))?;
        (0..20_000).for_each(|key| load(&policy, key));
        let _resized = numbers(named(&name).max_size(to))?;
        (0..20_000).for_each(|key| load(&policy, key));
        let len = Cache::named(&name).expect("called").len();
        assert!(len <= to && len * 10 > to * 8, "{len} of {to}");
    }
    Ok(())
}

#[test]
fn a_cache_bounded_by_weight_follows_the_newest_weight() -> Invalid {
    let weighed = |weight| numbers(named("reweighed").max_weight(weight, |key, _| u64::from(*key)));
    let policy = weighed(100)?;
    load(&policy, 90);
    assert_eq!(find(&policy, 90), Ok(90));
    let _lighter = weighed(50)?;
    assert_eq!(find(&policy, 90), FAILED, "evicted");
    load(&policy, 90);
    assert_eq!(find(&policy, 90), FAILED, "too heavy now");
    let _heavier = weighed(200)?;
    load(&policy, 90);
    assert_eq!(find(&policy, 90), Ok(90));
    Ok(())
}

/// A value may ask the cache that evicts it, and another thread may have to.
#[test]
fn a_value_that_is_evicted_by_a_smaller_size_is_dropped_without_a_lock() -> Invalid {
    #[derive(Clone)]
    struct Asks(Option<Arc<AtomicUsize>>);
    type Asking = CachedPolicy<u32, Asks, Error>;
    impl Drop for Asks {
        fn drop(&mut self) {
            let Some(dropped) = self.0.take() else { return };
            dropped.fetch_add(1, Ordering::SeqCst);
            let ask = || Cache::named("asked while it evicts").map(Cache::len);
            std::thread::spawn(ask).join().expect("no panic");
        }
    }
    let sized = |size| -> Result<Asking, InvalidPolicy> {
        Ok(policy::cached("asked while it evicts").max_size(size).build()? >> Policy::new())
    };
    let (policy, dropped) = (sized(3)?, Arc::new(AtomicUsize::new(0)));
    for key in 0..3 {
        let value = Asks(Some(Arc::clone(&dropped)));
        assert!(policy.call_for_blocking(&key, || Ok(value.clone())).is_ok());
    }
    let before = dropped.load(Ordering::SeqCst);
    let _smaller = sized(1)?;
    assert_eq!(dropped.load(Ordering::SeqCst) - before, 2);
    Ok(())
}

#[test]
fn the_newest_policy_of_a_cache_applies_whoever_is_called_first() -> Invalid {
    let (older, newer) = (numbers(named("aged").max_size(2))?, numbers(named("aged").max_size(5))?);
    (0..9).for_each(|key| load(&newer, key));
    (0..9).for_each(|key| load(&older, key));
    let len = || Cache::named("aged").map(Cache::len);
    assert_eq!(len(), Some(5), "an older policy that is called later changes nothing");
    let _newest = numbers(named("aged").max_size(3))?;
    assert_eq!(len(), Some(3), "before its first call");
    Ok(())
}

#[test]
fn policies_of_other_types_keep_settings_of_their_own() -> Invalid {
    let small = numbers(named("by type").max_size(1))?;
    let texts: CachedPolicy<String, u32, Error> = policy::cached("by type").max_size(9).build()? >> Policy::new();
    for key in 0..5 {
        load(&small, key);
        assert_eq!(texts.call_for_blocking(&*key.to_string(), || Ok(key)), Ok(key));
    }
    assert_eq!(Cache::named("by type").map(Cache::len), Some(1 + 5));
    Ok(())
}

/// Both orders: each has a store of its own, and the event has both values and both places.
#[test]
fn an_attribute_and_a_policy_that_disagree_about_a_cache_are_a_conflict() -> Invalid {
    #[cached(name = "attribute's cache", max_size = 1)]
    fn first(key: u32) -> Option<u32> {
        Some(key)
    }
    #[cached(name = "policy's cache", max_size = 1)]
    fn second(key: u32) -> Option<u32> {
        Some(key)
    }
    #[cached(name = "one size", max_size = 7)]
    fn agrees() -> Option<u32> {
        Some(1)
    }
    let here = |event: &RecordedEvent, key: &str| event[key].to_string().starts_with(file!());

    assert_eq!((first(1), first(2)), (Some(1), Some(2)));
    let (policy, events) = record_blocking(|| -> Result<Numbers, InvalidPolicy> {
        let policy = numbers(named("attribute's cache").max_size(2))?;
        assert_eq!([1, 2, 1].map(|key| find(&policy, key)), [FAILED; 3], "a store of its own");
        load(&policy, 1);
        Ok(policy)
    });
    let conflicts = events.of("cache.conflict");
    assert_eq!(conflicts.len(), 1, "{events:?}");
    assert!(here(conflicts[0], "first") && here(conflicts[0], "second"), "{conflicts:?}");
    let settings = (&conflicts[0]["first_settings"], &conflicts[0]["second_settings"], &conflicts[0]["applies"]);
    assert_eq!(settings, (&"capacity = Entries(1)".into(), &"capacity = Entries(2)".into(), &"second".into()));
    drop(policy);
    assert_eq!(Cache::named("attribute's cache").map(Cache::len), Some(2));

    let policy = numbers(named("policy's cache").max_size(2))?;
    load(&policy, 1);
    let (_answer, events) = record_blocking(|| (second(1), second(2)));
    assert_eq!(events.of("cache.conflict").len(), 1, "{events:?}");

    let (_answers, events) =
        record_blocking(|| (agrees(), numbers(named("one size").max_size(7)).map(|policy| load(&policy, 1))));
    assert!(events.of("cache.conflict").is_empty(), "{events:?}");
    Ok(())
}

/// The event is read, so the function is called once, and only for an error that a value replaces.
#[test]
fn log_errors_with_writes_the_error_that_an_expired_value_replaces() -> Invalid {
    let clock = ManualClock::install();
    let shown = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&shown);
    let policy: CachedPolicy<u32, u32, (u16, &str)> = policy::cached("logged with")
        .ttl(secs(1))
        .stale_if_error(secs(60))
        .log_errors_with(move |(code, secret): &(u16, &str)| {
            counted.fetch_add(1, Ordering::SeqCst);
            assert!(!secret.is_empty());
            format!("status {code}")
        })
        .build()?
        >> Policy::new();
    let failed = || policy.call_for_blocking(&1, || Err((503, "secret")));
    assert_eq!(failed(), Err((503, "secret")));
    assert_eq!(policy.call_for_blocking(&1, || Ok(7)), Ok(7));
    clock.advance(Duration::from_secs(2));
    let (answer, events) = record_blocking(failed);
    assert_eq!((answer, shown.load(Ordering::SeqCst)), (Ok(7), 1));
    assert_eq!(events.of("cache.stale")[0]["error"], "status 503");
    Ok(())
}
