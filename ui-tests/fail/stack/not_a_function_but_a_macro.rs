use resilience::{retry, timeout};

#[retry]
macro_rules! ask {
    () => {};
}

#[retry]
unsafe extern "C" {}

fn main() {
    ask!();

    #[timeout(secs = 1)]
    struct Local;

    let _ = Local;
}
