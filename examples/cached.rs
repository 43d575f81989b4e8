//! Caches a slow lookup that many callers need at the same time.
//!
//! ```sh
//! cargo run --example cached
//! ```

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use resilience::cached;

#[cached(ttl_ms = 500, key = city.to_lowercase(), name = "weather")]
async fn weather(city: &str, started: Instant) -> Option<String> {
    println!("{:>6} ms  asking the weather service about {city}", started.elapsed().as_millis());
    tokio::time::sleep(Duration::from_millis(200)).await;
    (city != "Atlantis").then(|| format!("sunny in {city}"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let started = Instant::now();
    let say = |text: &str| println!("{:>6} ms  {text}", started.elapsed().as_millis());

    say("ten concurrent callers, one request to the service:");
    let answers = join_all((0..10).map(|_| weather("Lisbon", started))).await;
    say(&format!("{} answers: {:?}", answers.len(), answers.first()));

    say(&format!("the same key in other letters: {:?}", weather("LISBON", started).await));

    say("`None` is not stored:");
    for _ in 0..2 {
        say(&format!("{:?}", weather("Atlantis", started).await));
    }

    tokio::time::sleep(Duration::from_millis(200)).await;
    say("the first entry has expired after half a second:");
    say(&format!("{:?}", weather("Lisbon", started).await));
    if let Some(cache) = resilience::Cache::named("weather") {
        say(&format!("{:?}, hit rate {:.2}", cache.stats(), cache.stats().hit_rate()));
    }
}
