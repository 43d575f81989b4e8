use resilience::circuit_breaker;

#[circuit_breaker(failure_treshold = 5)]
async fn typo() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(threshold = 5)]
async fn part_of_a_name() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery_seconds = 60)]
async fn long_form() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(max = 3)]
async fn of_another_attribute() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(name = "llm", colour = "red")]
async fn nonsense() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
