use resilience::cached;

#[cached(maxsize = 100)]
async fn typo() -> Option<u8> {
    None
}

#[cached(size = 100)]
async fn part_of_a_name() -> Option<u8> {
    None
}

#[cached(tll = 60)]
async fn swapped() -> Option<u8> {
    None
}

#[cached(share(a))]
async fn of_another_attribute(a: String) -> Option<usize> {
    Some(a.len())
}

#[cached(ttl = 60, colour = "red")]
async fn nonsense() -> Option<u8> {
    None
}

fn main() {}
