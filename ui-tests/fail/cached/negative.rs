use resilience::cached;

#[cached(ttl = 60, negative_ttl = "5s")]
async fn which_errors() -> Option<u8> {
    None
}

#[cached(ttl = 60, negative_ttl = 5, when = Option::is_none)]
async fn without_a_unit() -> Option<u8> {
    None
}

#[cached(ttl = 60, negative_ttl = "0s", when = Option::is_none)]
async fn of_zero() -> Option<u8> {
    None
}

#[cached(ttl = 60, negativ_ttl = "5s")]
async fn misspelt() -> Option<u8> {
    None
}

fn main() {}
