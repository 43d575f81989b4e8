use resilience::fallback;

fn canned() -> u8 {
    0
}

#[fallback(canned)]
fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
