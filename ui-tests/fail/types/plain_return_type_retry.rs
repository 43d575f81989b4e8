use resilience::retry;

#[retry(max = 3)]
async fn ask() -> u32 {
    7
}

fn main() {}
