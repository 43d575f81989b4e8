//! The name of the settings of a stack.

use resilience::{Error, bulkhead, retry, timeout};

#[retry(max = 2, config = "all")]
fn of_all() -> Result<u32, Error> {
    Ok(1)
}

#[retry(max = 2, config = "")]
fn empty() -> Result<u32, Error> {
    Ok(1)
}

#[retry(max = 2, config = LLM)]
fn a_constant() -> Result<u32, Error> {
    Ok(1)
}

#[timeout(secs = 30, config = "llm")]
#[retry(max = 2)]
#[timeout(secs = 10)]
async fn two_of_a_kind() -> Result<u32, Error> {
    Ok(1)
}

#[timeout(secs = 30, config = "llm")]
#[bulkhead(max = 2)]
#[timeout(secs = 10, config = "llm-inner")]
async fn two_of_a_kind_with_names() -> Result<u32, Error> {
    Ok(1)
}

fn main() {}
