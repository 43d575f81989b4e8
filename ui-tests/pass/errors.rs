#![deny(warnings)]

//! Every usual way to write a return type.

use resilience::{circuit_breaker, fallback, retry, timeout};
use std::error::Error;
use std::io;
use std::time::Duration;

#[retry(max = 2)]
#[timeout(secs = 30)]
pub async fn dynamic() -> Result<u8, Box<dyn Error + Send + Sync>> {
    Ok(1)
}

#[retry(max = 2)]
#[circuit_breaker]
#[timeout(secs = 30)]
pub async fn any() -> anyhow::Result<u8> {
    Ok(1)
}

fn to_io(error: resilience::Error) -> io::Error {
    io::Error::other(error)
}

// No `From` is needed where nothing can fail on its own, or where it is said how.
#[retry(max = 2, when = |error| error.kind() == io::ErrorKind::TimedOut)]
#[timeout("1m30s", map_err = to_io)]
#[circuit_breaker(name = "io", allow(late_timeout), map_err = |error| io::Error::other(error), ignore = |error| error.kind() == io::ErrorKind::NotFound)]
pub async fn through_an_alias() -> io::Result<u8> {
    Ok(1)
}

const LIMIT: Duration = Duration::from_secs(5);

#[timeout(LIMIT)]
pub async fn absent() -> Option<u8> {
    Some(1)
}

#[fallback(|error| Err(format!("{error}, even so")))]
#[retry(max = 2, backoff = "none")]
pub fn plain_string() -> Result<u8, String> {
    Ok(1)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    assert_eq!((dynamic().await?, any().await?, through_an_alias().await?), (1, 1, 1));
    assert_eq!((absent().await, plain_string()), (Some(1), Ok(1)));
    Ok(())
}
