use resilience::{retry, timeout};

#[timeout(secs = 30)]
#[retry = 3]
async fn sibling() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[timeout = "30s"]
async fn first() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[resilience :: retry = 3]
#[timeout(secs = 30)]
async fn first_by_its_path() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[retry /* = */ (3)]
fn a_comment() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
