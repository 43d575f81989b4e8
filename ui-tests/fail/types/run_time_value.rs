use resilience::retry;

#[retry(max = tries)]
async fn ask(tries: u32) -> Result<u32, resilience::Error> {
    Ok(tries)
}

fn main() {}
