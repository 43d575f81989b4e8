use resilience::CircuitBreaker;
use std::time::Duration;

static OPENS_AT_ONCE: CircuitBreaker = CircuitBreaker::new("a").failure_threshold(0);
static NEVER_OPEN: CircuitBreaker = CircuitBreaker::new("b").recovery(Duration::ZERO);

fn main() {
    let _ = (&OPENS_AT_ONCE, &NEVER_OPEN);
}
