use std::sync::Mutex;

use async_trait::async_trait;
use resilience::{retry, timeout};

#[async_trait]
trait Call {
    async fn held(&self, lock: &Mutex<u8>) -> Option<u8>;
    async fn free(&self, lock: &Mutex<u8>) -> Option<u8>;
}

struct Client;

#[async_trait]
impl Call for Client {
    #[retry]
    #[timeout(secs = 1)]
    async fn held(&self, lock: &Mutex<u8>) -> Option<u8> {
        let guard = lock.lock().ok()?;
        tokio::task::yield_now().await;
        Some(*guard)
    }

    #[retry]
    #[timeout(secs = 1)]
    async fn free(&self, lock: &Mutex<u8>) -> Option<u8> {
        tokio::task::yield_now().await;
        lock.lock().ok().map(|guard| *guard)
    }
}

#[retry]
#[timeout(secs = 1)]
async fn native(lock: &'static Mutex<u8>) -> Option<u8> {
    let guard = lock.lock().ok()?;
    tokio::task::yield_now().await;
    Some(*guard)
}

fn spawn(_: impl Future + Send) {}

fn spawns(lock: &'static Mutex<u8>) {
    spawn(native(lock));
}

fn main() {}
