use resilience::fallback;

#[fallback(value = Ok(0))]
fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
