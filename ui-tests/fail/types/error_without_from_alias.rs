use resilience::timeout;

#[timeout(secs = 30)]
async fn connect() -> std::fmt::Result {
    Ok(())
}

fn main() {}
