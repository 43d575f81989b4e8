use resilience::retry;

#[retry(max = 3)]
async fn ask() -> u32 {
    7
}

#[retry(max = 3)]
fn borrow<'a>(text: &'a str, _: &u8) -> &'a str {
    text
}

fn main() {}
