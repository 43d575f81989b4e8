use resilience::{retry, timeout};

// What is wrong in the body is reported there, as without the attributes.
#[retry(max = 3)]
#[timeout(secs = 30)]
async fn ask(query: &str) -> Result<usize, resilience::Error> {
    let length: usize = query;
    Ok(length)
}

fn main() {}
