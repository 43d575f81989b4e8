use resilience::circuit_breaker;

#[circuit_breaker(window = 100)]
async fn window_without_a_rate() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(failure_rate = 0.5)]
async fn rate_without_a_window() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(min_calls = 10)]
async fn minimum_without_a_window() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 0.5, min_calls = 200)]
async fn minimum_above_the_window() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 0.5, failure_threshold = 5)]
async fn two_ways_to_open() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(slow_call = "1s")]
async fn slow_without_a_rate() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(slow_rate = 0.5)]
async fn slow_rate_without_a_limit() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 0, failure_rate = 0.5)]
async fn empty_window() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = "0s", failure_rate = 0.5)]
async fn window_of_no_time() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 50)]
async fn rate_in_percent() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 0.0)]
async fn rate_of_zero() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(min_calls = 10, slow_call = "1s", slow_rate = 0.5)]
async fn one_mistake_of_three_arguments() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window_secs = 0, failure_rate = 0.5)]
async fn window_of_no_seconds() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = -5, failure_rate = 0.5)]
async fn negative_window() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100_001, failure_rate = 0.5)]
async fn window_too_large() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 30s, failure_rate = 0.5)]
async fn window_without_quotes() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = "100", failure_rate = 0.5)]
async fn window_with_quotes() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 0.5, failure_rate = 0.5)]
async fn fraction_of_a_call() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, window_secs = 30, failure_rate = 0.5)]
async fn two_windows() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 100.5)]
async fn rate_above_all_percent() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = -0.5)]
async fn negative_rate() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = "50%")]
async fn rate_as_a_string() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 0.5, min_calls = 0)]
async fn minimum_of_zero() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 0.5, slow_call = "0s", slow_rate = 0.5)]
async fn every_call_is_slow() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 0.5, slow_call = 2, slow_rate = 0.5)]
async fn slow_without_a_unit() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 0.5, slow_call = "2s", slow_rate = 0)]
async fn slow_rate_of_zero() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 0.5, slow_call = "2s")]
async fn slow_without_a_rate_in_a_window() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 0.5, slow_rate = 0.5)]
async fn slow_rate_without_a_limit_in_a_window() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, min_call = 10, failurerate = 0.5)]
async fn typos() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
