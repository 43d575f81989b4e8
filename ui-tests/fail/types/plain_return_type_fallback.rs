use resilience::fallback;

fn canned() -> u32 {
    0
}

#[fallback(canned)]
fn ask() -> u32 {
    7
}

fn main() {}
