use resilience::retry;

#[retry(max = 3)]
fn save() {}

fn main() {}
