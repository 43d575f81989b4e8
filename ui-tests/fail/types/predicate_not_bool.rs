use resilience::retry;

fn kind(_: &resilience::Error) -> u8 {
    0
}

#[retry(when = kind)]
fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
