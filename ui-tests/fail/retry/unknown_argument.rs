use resilience::retry;

#[retry(max_retires = 3)]
async fn typo() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(delay = "1s")]
async fn part_of_a_name() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max_attempts = 3, initial_delay = "1s")]
async fn words_of_other_libraries() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = 2, Backoff = "linear")]
async fn capital() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = 2, colour = "red")]
async fn nonsense() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = 2, failure_threshold = 5)]
async fn of_another_attribute() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(skip(client))]
async fn list_of_another_attribute(client: String) -> Result<String, resilience::Error> {
    Ok(client)
}

#[retry(retires = 3, backof = "linear", jiter = false)]
async fn three_at_once() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
