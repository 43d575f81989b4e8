use resilience::timeout;

#[timeout(sec = 30)]
async fn typo() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(seconds = 30)]
async fn long_form() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(limit = "30s")]
async fn other_word() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("30s", mapp_err = std::convert::identity)]
async fn beside_the_limit() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("30s", when = std::convert::identity)]
async fn of_another_attribute() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
