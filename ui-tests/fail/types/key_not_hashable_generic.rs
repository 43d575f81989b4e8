use resilience::cached;

#[cached(ttl = 60)]
fn show<T: std::fmt::Display>(value: T) -> String {
    value.to_string()
}

fn main() {}
