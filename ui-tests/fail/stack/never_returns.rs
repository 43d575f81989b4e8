use resilience::{retry, timeout};

#[retry(max = 2)]
fn forever() -> ! {
    loop {}
}

#[timeout(secs = 1)]
async fn forever_async() -> ! {
    loop {}
}

fn main() {}
