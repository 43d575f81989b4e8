use resilience::retry;

#[retry(max = 2)]
const fn parse(text: &str) -> Result<usize, resilience::Error> {
    Ok(text.len())
}

fn main() {}
