//! Layers with one instance of their state for each key.

use resilience::policy::{self, CachedPolicy, InvalidPolicy, KeyedPolicy};
use resilience::{Error, KeyedBulkheads, KeyedCircuitBreakers, KeyedRateLimiters, Policy, rate_limit};

use super::Invalid;
use crate::common::secs;

type Keyed = KeyedPolicy<String, u32, Error>;

const FAILED: Result<u32, Error> = Err(Error::NoThread { function: "test", running: 0, abandoned: 0 });

fn whole(name: &'static str) -> Result<Keyed, InvalidPolicy> {
    (Policy::named(name)?
        >> policy::timeout(secs(60))?
        >> policy::rate_limit(name).max(2).per(secs(3600)).key::<String>().build()?
        >> policy::bulkhead(name).max(1).key().max_keys(2).build()?
        >> policy::circuit_breaker(name).failure_threshold(1).key().build()?)
    .build()
}

#[tokio::test]
async fn each_key_has_its_own_breaker_bulkhead_and_limit() -> Invalid {
    for is_async in [true, false] {
        let name = if is_async { "keyed: awaited" } else { "keyed: blocking" };
        let policy = whole(name)?;
        let call = async |key: &str, result: Result<u32, Error>| {
            if is_async {
                policy.call_for(key, || async { result.clone() }).await
            } else {
                policy.call_for_blocking(key, || result.clone())
            }
        };
        assert_eq!(call("a", FAILED).await, FAILED);
        assert!(matches!(call("a", Ok(1)).await, Err(Error::CircuitOpen { .. })));
        assert_eq!(call("b", Ok(1)).await, Ok(1));
        assert_eq!([call("d", Ok(1)).await, call("d", Ok(1)).await], [Ok(1), Ok(1)]);
        assert!(matches!(call("d", Ok(1)).await, Err(Error::RateLimited { .. })));
        let inside = policy.call_for_blocking("c", || {
            assert!(matches!(policy.call_for_blocking("c", || Ok(1)), Err(Error::BulkheadFull { .. })));
            Ok(2)
        });
        assert_eq!(inside, Ok(2));
        let breakers = KeyedCircuitBreakers::named(name).expect("called").snapshot();
        assert_eq!((breakers.closed, breakers.open), (3, 1));
        let bulkheads = KeyedBulkheads::named(name).expect("called").snapshot();
        assert_eq!((bulkheads.max_keys, bulkheads.keys), (2, 2));
        assert_eq!(KeyedRateLimiters::named(name).map(KeyedRateLimiters::len), Some(4));
    }
    Ok(())
}

#[test]
fn a_keyed_policy_shares_its_state_with_attributes_that_have_such_a_key() -> Invalid {
    #[rate_limit(name = "keyed: shared", key = client, max = 1, per = "1h")]
    fn ask(client: &str) -> Result<u32, Error> {
        Ok(1)
    }
    let policy: Keyed =
        Policy::new() >> policy::rate_limit("keyed: shared").max(1).per(secs(3600)).key::<String>().build()?;
    assert_eq!(ask("a"), Ok(1));
    assert!(policy.call_for_blocking("a", || Ok(1)).is_err());
    assert_eq!((policy.call_for_blocking("b", || Ok(1)), ask("b").is_err()), (Ok(1), true));
    Ok(())
}

#[test]
fn the_newest_settings_apply_to_all_keys() -> Invalid {
    let limit = |max| -> Result<KeyedPolicy<u32, u32, Error>, InvalidPolicy> {
        Ok(Policy::new() >> policy::rate_limit("keyed: changed").max(max).per(secs(3600)).key::<u32>().build()?)
    };
    let first = limit(1)?;
    assert!(first.call_for_blocking(&1, || Ok(1)).is_ok() && first.call_for_blocking(&1, || Ok(1)).is_err());
    let _newest = limit(2)?;
    assert!(first.call_for_blocking(&1, || Ok(1)).is_ok(), "one call of two is a debt");
    assert!(first.call_for_blocking(&1, || Ok(1)).is_err());
    assert!((0..2).all(|_| first.call_for_blocking(&2, || Ok(1)).is_ok()));
    Ok(())
}

#[test]
fn the_key_of_a_cache_is_that_of_the_layers_below() -> Invalid {
    let policy: CachedPolicy<String, u32, Error> = policy::cached("keyed: cached").build()?
        >> Policy::new()
        >> policy::rate_limit("keyed: cached").max(1).per(secs(3600)).key::<String>().build()?;
    assert_eq!((policy.call_for_blocking("a", || Ok(1)), policy.call_for_blocking("a", || Ok(2))), (Ok(1), Ok(1)));
    assert_eq!(policy.call_for_blocking("b", || Ok(3)), Ok(3));
    Ok(())
}

#[test]
fn keyed_state_is_freed_with_the_last_policy() -> Invalid {
    let is_known = || resilience::snapshot().keyed_rate_limiters.iter().any(|row| row.name == "keyed: freed");
    let policy: Keyed =
        Policy::new() >> policy::rate_limit("keyed: freed".to_owned()).max(1).key::<String>().build()?;
    assert!(policy.call_for_blocking("a", || Ok(1)).is_ok() && is_known());
    drop(policy);
    assert!(!is_known());
    Ok(())
}

#[test]
fn a_keyed_and_an_unkeyed_layer_of_one_name_are_two() -> Invalid {
    let policy: Keyed = Policy::new()
        >> policy::bulkhead("keyed: both").max(2).build()?
        >> policy::bulkhead("keyed: both").max(1).key::<String>().build()?;
    assert_eq!(policy.build()?.call_for_blocking("a", || Ok(1)), Ok(1));
    let twice: Keyed = Policy::new()
        >> policy::bulkhead("keyed: twice").max(2).key::<String>().build()?
        >> policy::bulkhead("keyed: twice").max(2).key::<String>().build()?;
    assert_eq!(twice.build().map(|_| ()).expect_err("one bulkhead twice").problems().len(), 1);
    let none = policy::bulkhead("keyed: none").max(1).key::<String>().max_keys(0).build::<u32, Error>();
    assert_eq!(none.map(|_| ()).expect_err("no key has room").problems().len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_future_of_a_keyed_call_can_be_spawned() -> Invalid {
    let policy: KeyedPolicy<String, &'static str, Box<dyn std::error::Error + Send + Sync>> =
        Policy::new() >> policy::bulkhead("keyed: spawned").max(1).key::<String>().build()?;
    let call = async move { policy.call_for("a", || async { Ok("text") }).await.ok() };
    assert_eq!(tokio::spawn(call).await.expect("no panic"), Some("text"));
    Ok(())
}
