use resilience::retry;

#[retry(max = 3)]
fn ask<T: Default>() -> T {
    T::default()
}

fn main() {}
