use resilience::CircuitBreaker;
use std::time::Duration;

static OPENS_AT_ONCE: CircuitBreaker = CircuitBreaker::new("a").failure_threshold(0);
static NEVER_OPEN: CircuitBreaker = CircuitBreaker::new("b").recovery(Duration::ZERO);
static NO_TIME: CircuitBreaker = CircuitBreaker::new("c").max_recovery(Duration::ZERO);
static EMPTY: CircuitBreaker = CircuitBreaker::new("d").window(0);
static NOT_A_RATE: CircuitBreaker = CircuitBreaker::new("e").window(100).failure_rate(f64::NAN);
static NO_WINDOW: CircuitBreaker = CircuitBreaker::new("f").failure_rate(0.5);
static NEVER_FULL: CircuitBreaker = CircuitBreaker::new("g").window(10).min_calls(11);
static NEVER_SLOW: CircuitBreaker = CircuitBreaker::new("h").window(10).slow_rate(0.5);
static TWO_WAYS: CircuitBreaker = CircuitBreaker::new("i").failure_threshold(3).window(10);
static TWO_WAYS_BACKWARDS: CircuitBreaker = CircuitBreaker::new("j").window(10).failure_threshold(5);

fn main() {
    let _ = (&OPENS_AT_ONCE, &NEVER_OPEN, &NO_TIME, &EMPTY, &NOT_A_RATE, &NO_WINDOW, &NEVER_FULL, &NEVER_SLOW);
    let _ = (&TWO_WAYS, &TWO_WAYS_BACKWARDS);
}
