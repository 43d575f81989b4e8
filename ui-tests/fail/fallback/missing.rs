use resilience::{fallback, timeout};

fn always(_: &resilience::Error) -> bool {
    true
}

#[fallback]
async fn bare() -> Result<(), resilience::Error> {
    Ok(())
}

#[fallback()]
async fn empty_list() -> Result<(), resilience::Error> {
    Ok(())
}

#[fallback(when = always)]
async fn only_a_condition() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(secs = 1)]
#[fallback]
async fn below_another() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {
    let _ = always;
}
