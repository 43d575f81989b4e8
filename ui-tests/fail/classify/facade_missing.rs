use resilience::Classify;
use std::time::Duration;

#[derive(Debug, Classify)]
#[classify(crate = nowhere)]
enum A {
    #[classify(rate_limit, retry_after = 0, severity = "warning")]
    One(Duration),
    #[classify(transparent)]
    Two(std::io::Error),
    #[classify(permanent)]
    Three,
}

fn main() {}
