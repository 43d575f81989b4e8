use resilience::fallback;

async fn canned(_: u8) -> Result<u8, resilience::Error> {
    Ok(0)
}

#[fallback(canned())]
async fn call(a: u8) -> Result<u8, resilience::Error> {
    Ok(a)
}

#[fallback(canned(a))]
async fn call_with_arguments(a: u8) -> Result<u8, resilience::Error> {
    Ok(a)
}

#[fallback(canned(a).await)]
async fn awaited(a: u8) -> Result<u8, resilience::Error> {
    Ok(a)
}

#[fallback(0)]
async fn number(a: u8) -> Result<u8, resilience::Error> {
    Ok(a)
}

#[fallback("canned")]
async fn string(a: u8) -> Result<u8, resilience::Error> {
    Ok(a)
}

#[fallback(Ok(0))]
async fn result(a: u8) -> Result<u8, resilience::Error> {
    Ok(a)
}

#[fallback({ canned })]
async fn block(a: u8) -> Result<u8, resilience::Error> {
    Ok(a)
}

#[fallback(|| Ok(0))]
async fn closure_without_the_error(a: u8) -> Result<u8, resilience::Error> {
    Ok(a)
}

#[fallback(|error, a| Ok(a))]
async fn closure_with_the_arguments(a: u8) -> Result<u8, resilience::Error> {
    Ok(a)
}

#[fallback(None)]
fn no_value(a: Option<u8>) -> Option<u8> {
    a
}

#[fallback(value = canned()?)]
async fn value_that_may_fail() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[fallback(value = if a > 1 { return Ok(a) } else { a })]
async fn value_that_returns(a: u8) -> Result<u8, resilience::Error> {
    Ok(a)
}

#[fallback(canned, canned(), 0)]
async fn two_of_three(a: u8) -> Result<u8, resilience::Error> {
    Ok(a)
}

fn main() {
    let _ = canned;
}
