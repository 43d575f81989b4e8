//! What a runner makes of a function is not what its author wrote.

use resilience::timeout;

#[tokio::main(flavor = "current_thread")]
#[timeout(secs = 30)]
async fn main() -> Result<(), resilience::Error> {
    Ok(())
}
