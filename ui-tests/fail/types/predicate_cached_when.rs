use resilience::cached;

fn is_worth_it(value: u8) -> bool {
    value > 0
}

#[cached(ttl = 60, when = is_worth_it)]
fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
