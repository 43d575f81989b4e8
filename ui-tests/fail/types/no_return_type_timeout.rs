use resilience::timeout;

#[timeout(secs = 30)]
async fn save() {}

fn main() {}
