//! What passes where one window ends and the next begins.

use std::future::Future;
use std::time::{Duration, Instant};

/// Of each limit here, in units a second.
pub const MAX: u32 = 100;

const BEFORE: Duration = Duration::from_millis(900);
/// Around the end of the window that the first call has begun.
pub const TIME: Duration = Duration::from_millis(200);

/// One call, a pause, and then as many as pass.
pub async fn admitted<F: Future<Output = bool>>(call: impl Fn() -> F) -> u32 {
    let started = Instant::now();
    assert!(call().await, "the first call passes");
    tokio::time::sleep(BEFORE).await;
    let mut admitted = 0;
    while started.elapsed() < BEFORE + TIME {
        admitted += u32::from(call().await);
    }
    admitted
}
