use resilience::timeout;

#[timeout(secs = 30)]
async fn ask<E: std::error::Error>(error: E) -> Result<String, E> {
    Err(error)
}

fn main() {}
