//! The attributes with a store.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience::store::SharedStore as _;
use resilience::{Error, cached, rate_limit};
use resilience_redis::Redis;

/// A busy machine is no engine that is away.
const PATIENCE: Duration = Duration::from_secs(20);

static SHARED: Redis = Redis::new("bench").limit(PATIENCE).connect_timeout(PATIENCE);

pub const KEYS: u32 = 1_000;
const NEAR_KEY: u32 = KEYS;

static LOADS: AtomicU32 = AtomicU32::new(0);

pub async fn connect(url: &str) {
    SHARED.connect(url).await.expect("a connection");
}

/// The keys one after the other, so that nothing small keeps them.
pub fn next_key() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed) % KEYS
}

/// One kilobyte.
pub fn value(key: u32) -> Vec<u8> {
    key.to_string().repeat(1_000).into_bytes()[..1_000].to_vec()
}

fn text(key: u32) -> String {
    String::from_utf8(value(key)).expect("digits")
}

macro_rules! limited {
    ($function:ident, $name:literal, $body:ident $(, $argument:ident = $argument_value:literal)*) => {
        #[rate_limit(max = 1_000_000_000, per = "1s", name = $name, store = SHARED $(, $argument = $argument_value)*)]
        async fn $body() -> Result<(), Error> {
            Ok(())
        }

        pub async fn $function() {
            $body().await.expect("it passes");
        }
    };
}

limited!(limited, "one by one", one_by_one);
limited!(limited_by_10, "ten by ten", ten_by_ten, lease = 10);
limited!(limited_by_1_000, "by thousands", by_thousands, lease = 1_000);

pub async fn at_border() -> bool {
    #[rate_limit(max = 100, per = "1s", name = "border", store = SHARED)]
    async fn call() -> Result<(), Error> {
        Ok(())
    }
    call().await.is_ok()
}

pub async fn at_border_with_small_burst() -> bool {
    #[rate_limit(max = 100, per = "1s", burst = 10, name = "small burst", store = SHARED)]
    async fn call() -> Result<(), Error> {
        Ok(())
    }
    call().await.is_ok()
}

/// Near, there is room for one of many keys.
#[cached(ttl = 3600, max_size = 1, name = "far", store = SHARED)]
async fn far(key: u32) -> String {
    LOADS.fetch_add(1, Ordering::Relaxed);
    text(key)
}

#[cached(ttl = 3600, near = "1h", name = "near", store = SHARED)]
async fn near(key: u32) -> String {
    text(key)
}

pub async fn fill() {
    for key in 0..KEYS {
        far(key).await;
    }
    near(NEAR_KEY).await;
    SHARED.flush().await;
}

pub async fn far_hit() {
    let key = next_key();
    assert_eq!(far(key).await.len(), 1_000);
}

pub async fn near_hit() {
    assert_eq!(near(NEAR_KEY).await.len(), 1_000);
}

/// The engine has decided all of it.
pub fn check() {
    assert_eq!(LOADS.load(Ordering::Relaxed), KEYS, "each value is loaded once");
    assert!(SHARED.engine().is_available());
    assert_eq!(SHARED.dropped_updates(), 0);
}
