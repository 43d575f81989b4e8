use resilience::retry;

const MAX: usize = 3;

#[retry(max = MAX)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
