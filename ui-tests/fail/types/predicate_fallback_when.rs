use resilience::fallback;

fn canned() -> Result<u8, resilience::Error> {
    Ok(0)
}

fn kind(_: &resilience::Error) -> u8 {
    0
}

#[fallback(canned, when = kind)]
fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
