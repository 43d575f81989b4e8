use resilience::timeout;

#[timeout(secs = 1, ms = 500)]
async fn two_units() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(secs = 1, secs = 2)]
async fn same_key() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("1s", "2s")]
async fn two_strings() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("1s", ms = 500)]
async fn string_and_number() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("1s", map_err = std::convert::identity, map_err = std::convert::identity)]
async fn conversion() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
