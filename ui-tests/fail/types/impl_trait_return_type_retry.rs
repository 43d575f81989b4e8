use resilience::retry;

#[retry(max = 3)]
fn numbers() -> impl Iterator<Item = u8> {
    0..3
}

fn main() {}
