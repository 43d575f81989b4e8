use resilience::timeout;
use std::time::Duration;

const ZERO: u64 = 0;
const INSTANT: Duration = Duration::ZERO;

#[timeout(INSTANT)]
async fn zero() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(secs = ZERO)]
async fn zero_seconds() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(ms = 5 - 5)]
async fn zero_by_arithmetic() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(ms = ZERO - 1)]
async fn below_zero() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(Duration::from_secs(u64::MAX).saturating_mul(0))]
async fn zero_by_a_call() -> Result<(), resilience::Error> {
    Ok(())
}

struct Client;

impl Client {
    const LIMIT: Duration = Duration::ZERO;

    #[timeout(Client::LIMIT)]
    async fn associated(&self) -> Result<(), resilience::Error> {
        Ok(())
    }
}

fn main() {}
