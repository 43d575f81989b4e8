//! What an attribute would ignore is an error, and what settings can end is none.

use std::time::Duration;

use resilience::config::{load_toml, set};
use resilience::testing::FakeStore;
use resilience::{Bulkhead, bulkhead, cached, rate_limit};

use crate::common::{Answer, secs};
use crate::{alone, lines, value};

#[test]
fn the_ttl_of_a_cache_that_a_function_computes() {
    let _alone = alone();
    #[cached(name = "computed", ttl = |seconds: &u64| Duration::from_secs(*seconds))]
    fn token(id: u64) -> u64 {
        id
    }
    #[cached(name = "for ever")]
    fn kept(id: u64) -> u64 {
        id
    }
    assert_eq!((token(1), kept(1)), (1, 1));
    let wrong = lines(set("computed.cached.ttl", "1m"));
    assert!(
        wrong.len() == 1 && wrong[0].contains("`ttl` of `#[cached]` does nothing where a function computes it"),
        "{wrong:?}"
    );
    assert_eq!(set("computed.cached.ttl_jitter", 0.1), Ok(()));
    let wrong = lines(set("for ever.cached.ttl_jitter", 0.1));
    assert!(wrong.len() == 1 && wrong[0].contains("without a `ttl` nothing expires"), "{wrong:?}");
    assert_eq!(load_toml("[\"for ever\".cached]\nttl = \"1h\"\nttl_jitter = 0.1"), Ok(()));
}

#[tokio::test]
async fn a_lease_above_the_burst_of_a_shared_limit() {
    static STORE: FakeStore = FakeStore::new("leased");
    let _alone = alone();
    #[rate_limit(name = "leased", max = 9, lease = 4, store = STORE)]
    async fn call() -> Answer {
        Ok(1)
    }
    assert_eq!(call().await, Ok(1));
    let wrong = lines(load_toml("[leased.rate_limit]\nmax = 3"));
    assert!(wrong.len() == 1 && wrong[0].contains("`lease` is above `burst`"), "{wrong:?}");
    assert_eq!(load_toml("[leased.rate_limit]\nmax = 3\nlease = 3"), Ok(()));
    assert_eq!(load_toml("[leased.rate_limit]\nmax = 3\nburst = 4"), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_queue_with_a_wait_can_be_ended() {
    let _alone = alone();
    #[bulkhead(name = "ended queue", max = 1, queue = 5, wait = "10s")]
    async fn call() -> Answer {
        tokio::time::sleep(secs(1)).await;
        Ok(1)
    }
    let both = || async { tokio::join!(call(), call()) };
    assert_eq!(both().await, (Ok(1), Ok(1)));
    assert_eq!(lines(set("ended queue.bulkhead.queue", 0)), [""; 0]);
    assert!(both().await.1.is_err_and(|error| error.is_full()));
    assert_eq!(
        (value("ended queue.bulkhead.queue"), value("ended queue.bulkhead.wait")),
        ("0".into(), "not set".into())
    );
    assert_eq!(Bulkhead::named("ended queue").expect("called").snapshot().waiting, 0);
    assert!(resilience::config::unset("ended queue.bulkhead.queue"));
    let wrong = lines(load_toml("[\"ended queue\".bulkhead]\nqueue = 0\nwait = \"1s\""));
    assert!(wrong.iter().any(|line| line.contains("the queue holds no call")), "{wrong:?}");
    assert_eq!(both().await, (Ok(1), Ok(1)));
}

#[sync_and_async::test]
async fn a_number_of_keys_without_a_key() {
    let _alone = alone();
    #[bulkhead(name = "no keys", max = 1)]
    #[rate_limit(name = "no keys", max = 1_000)]
    async fn plain() -> Answer {
        pause().await;
        Ok(1)
    }
    #[bulkhead(name = "with keys", key = id, max = 1)]
    async fn keyed(id: u32) -> Answer {
        pause().await;
        Ok(id)
    }
    assert_eq!((plain().await, keyed(1).await), (Ok(1), Ok(1)));
    for attribute in ["bulkhead", "rate_limit"] {
        let wrong = lines(load_toml(&format!("[\"no keys\".{attribute}]\nmax_keys = 9")));
        assert!(wrong.len() == 1 && wrong[0].contains("does nothing where there is no `key`"), "{wrong:?}");
    }
    assert_eq!(load_toml("[all.bulkhead]\nmax_keys = 9\n[all.rate_limit]\nmax_keys = 9"), Ok(()));
    assert_eq!(value("with keys.bulkhead.max_keys"), "9");
    assert_eq!(load_toml("[\"with keys\".bulkhead]\nmax_keys = 7"), Ok(()));
    assert_eq!(value("with keys.bulkhead.max_keys"), "7");
}
