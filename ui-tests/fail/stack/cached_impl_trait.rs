use resilience::cached;

#[cached]
fn numbers(count: u8) -> impl Iterator<Item = u8> {
    0..count
}

#[cached]
fn inside(count: u8) -> Option<impl Iterator<Item = u8>> {
    Some(0..count)
}

fn main() {}
