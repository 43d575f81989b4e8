use resilience::retry;

fn is_transient(_: &resilience::Error) -> bool {
    true
}

#[retry(when = is_transient())]
async fn call() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(when = "is_transient")]
async fn string() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(when = true)]
async fn flag() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(when_ok = 3)]
async fn number() -> Result<u8, resilience::Error> {
    Ok(3)
}

#[retry(on_retry = println!("again"))]
async fn macro_call() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(retry_after = "5s")]
async fn fixed_hint() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(when)]
async fn no_value() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {
    let _ = is_transient;
}
