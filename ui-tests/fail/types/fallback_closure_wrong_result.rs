use resilience::fallback;

#[fallback(|_| 0)]
fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
