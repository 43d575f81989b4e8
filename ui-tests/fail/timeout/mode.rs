use resilience::timeout;

#[timeout("1s", mode = "cooperativ")]
fn typo() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("1s", mode = "abort")]
fn unknown() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("1s", mode = cooperative)]
fn without_quotes() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("1s", mode = true)]
fn flag() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("1s", mode = "cooperative")]
async fn on_an_async_fn() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("1s", cooperative)]
fn bare_word() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
