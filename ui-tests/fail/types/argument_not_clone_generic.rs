use resilience::retry;

#[retry(max = 3)]
async fn send<B: AsRef<[u8]>>(body: B) -> Result<usize, resilience::Error> {
    Ok(body.as_ref().len())
}

fn main() {}
