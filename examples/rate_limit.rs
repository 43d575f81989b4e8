//! Calls a geocoder that allows ten calls per second: rejected with a hint first, then waiting.
//!
//! ```sh
//! cargo run --example rate_limit
//! ```

use std::time::Instant;

use resilience::{Error, RateLimiter, rate_limit};

#[rate_limit(name = "geocoder", max = 10, per = "1s", burst = 3)]
fn locate(city: &str) -> Result<usize, Error> {
    Ok(city.len())
}

/// For a job without hurry: each call waits for its turn.
#[rate_limit(max = 10, per = "1s", burst = 3, wait = "2s")]
async fn locate_in_turn(city: &str) -> Result<usize, Error> {
    Ok(city.len())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let started = Instant::now();
    let say = |city: &str, answer: Result<usize, Error>| {
        let answer = answer.map_or_else(|error| error.to_string(), |place| format!("found at {place}"));
        println!("{:>6} ms  {city:<8} {answer}", started.elapsed().as_millis());
    };
    for city in ["Oslo", "Rome", "Bern", "Paris", "Vienna"] {
        let mut answer = locate(city);
        if let Err(Error::RateLimited { retry_after, .. }) = &answer {
            let wait = *retry_after;
            say(city, answer);
            std::thread::sleep(wait);
            answer = locate(city);
        }
        say(city, answer);
    }
    if let Some(limiter) = RateLimiter::named("geocoder") {
        println!("           the limiter rejected {} calls", limiter.snapshot().rejected);
    }
    for city in ["Lisbon", "Dublin", "Athens", "Warsaw", "Prague", "Tallinn"] {
        say(city, locate_in_turn(city).await);
    }
}
