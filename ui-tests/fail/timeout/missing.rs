use resilience::{retry, timeout};

#[timeout]
async fn bare() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout()]
async fn empty_list() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry]
#[timeout]
async fn below_another() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(map_err = std::convert::identity)]
async fn only_options() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
