use resilience::timeout;
use std::future::Ready;

#[timeout(secs = 30)]
fn ask() -> Ready<Result<u8, resilience::Error>> {
    std::future::ready(Ok(1))
}

fn main() {}
