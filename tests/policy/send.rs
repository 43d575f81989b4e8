//! The future of a call is `Send` whenever the operation, `T` and `E` are, whatever lifetimes or `dyn`
//! they name: it can be spawned, and stand in a handler.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use resilience::policy::{self, AsyncOnly, CachedPolicy};
use resilience::{Error, Policy};

use super::Invalid;
use crate::common::secs;

type Length = Box<dyn Fn(&str) -> usize + Send + Sync>;

type Boxed = Box<dyn StdError + Send + Sync>;

/// A handler as a router takes it.
type Handler<T, E> = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<T, E>> + Send>> + Send + Sync>;

/// Each layer, for errors that can hold ours.
macro_rules! whole {
    ($name:literal) => {
        Policy::new()
            >> policy::fallback(|error| Err(error)).when(|_| true)
            >> policy::timeout(secs(60))?
            >> policy::retry().max(2).no_delay().build()?
            >> policy::rate_limit($name).max(99).build()?
            >> policy::bulkhead($name).max(9).queue(9).build()?
            >> policy::circuit_breaker($name).build()?
    };
}

async fn spawned<T: Send + 'static>(call: impl Future<Output = T> + Send + 'static) -> T {
    tokio::spawn(call).await.expect("it does not panic")
}

#[tokio::test]
async fn a_call_whose_types_hold_a_dyn_or_a_lifetime_can_be_spawned() -> Invalid {
    let boxed: Policy<u32, Boxed> = whole!("send boxed");
    let answer = spawned(async move { boxed.call(|| async { Ok(1) }).await.map_err(|error| error.to_string()) });
    assert_eq!(answer.await, Ok(1));

    let borrowed: Policy<&'static str, &'static str> =
        Policy::new() >> policy::retry().max(1).no_delay().build()? >> policy::fallback(|_| Ok("other")).when(|_| true);
    assert_eq!(spawned(async move { borrowed.call(|| async { Err("down") }).await }).await, Ok("other"));

    let cow: Policy<Cow<'static, str>, Error> = whole!("send cow");
    let answer = spawned(async move { cow.call(|| async { Ok("text".into()) }).await });
    assert_eq!(answer.await, Ok(Cow::Borrowed("text")));

    let stored: Policy<Length, Boxed> = whole!("send closure");
    let call = async move { stored.call(|| async { Ok(Box::new(|text: &str| text.len()) as _) }).await };
    assert_eq!(spawned(call).await.map_or(0, |length| length("four")), 4);

    let awaited: Policy<&'static str, Boxed, AsyncOnly> =
        Policy::new() >> policy::fallback_async(|error: Boxed| async { Err(error) }) >> policy::timeout(secs(1))?;
    assert!(spawned(async move { awaited.call(|| async { Ok("text") }).await }).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn a_call_of_a_cached_policy_can_be_spawned() -> Invalid {
    let boxed: CachedPolicy<String, &'static str, Boxed> =
        policy::cached("send boxed").max_size(9).build()? >> whole!("send cached");
    let call = async move { boxed.call_for("key", || async { Ok("text") }).await.map_err(|error| error.to_string()) };
    assert_eq!(spawned(call).await, Ok("text"));

    let weighed: CachedPolicy<Cow<'static, str>, Cow<'static, str>, &'static str> =
        policy::cached("send weighed").max_weight(99, |_, text: &Cow<'static, str>| text.len() as u64).build()?
            >> Policy::new();
    let key = Cow::Borrowed("key");
    assert_eq!(spawned(async move { weighed.call_for(&key, || async { Err("down") }).await }).await, Err("down"));
    Ok(())
}

#[tokio::test]
async fn a_call_can_stand_in_a_handler() -> Invalid {
    let policy: Arc<Policy<Cow<'static, str>, Boxed>> = Arc::new(whole!("send handler"));
    let handler: Handler<Cow<'static, str>, Boxed> = Arc::new(move || {
        let policy = Arc::clone(&policy);
        Box::pin(async move { policy.call(|| async { Ok("text".into()) }).await })
    });
    assert_eq!(spawned(handler()).await.ok(), Some(Cow::Borrowed("text")));

    let cached: Arc<CachedPolicy<u32, &'static str, Boxed>> =
        Arc::new(policy::cached("send handler").build()? >> Policy::new() >> policy::timeout(secs(1))?);
    let handler: Handler<&'static str, Boxed> = Arc::new(move || {
        let cached = Arc::clone(&cached);
        Box::pin(async move { cached.call_for(&7, || async { Ok("text") }).await })
    });
    assert_eq!(spawned(handler()).await.ok(), Some("text"));
    Ok(())
}

/// Each layer would have room for it.
#[test]
fn no_layer_holds_the_operation() -> Invalid {
    let policy: Policy<u8, Error> = Policy::new() >> policy::retry().build()? >> policy::timeout(secs(1))?;
    let large = async || {
        let kept = [0_u8; 10_000];
        tokio::task::yield_now().await;
        Ok(kept[0])
    };
    assert!(size_of_val(&large()) > 10_000);
    let (with_large, with_small) = (size_of_val(&policy.call(large)), size_of_val(&policy.call(async || Ok(0))));
    assert_eq!(with_large, with_small);
    assert!(with_small <= 100, "{with_small} bytes for a pointer to the call");
    Ok(())
}
