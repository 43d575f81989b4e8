use resilience::retry;

#[retry(3)]
async fn number_without_a_key() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry("3")]
async fn string_without_a_key() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(fast)]
async fn bare_word() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max)]
async fn key_without_a_value() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = )]
async fn nothing_after_the_equals_sign() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = , jitter = false)]
async fn nothing_before_the_comma() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = 3 jitter = false)]
async fn no_comma() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = 3,, jitter = false)]
async fn two_commas() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max: 3)]
async fn colon() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max == 3)]
async fn comparison() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max(3))]
async fn parentheses() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry("max" = 3)]
async fn quoted_key() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry("max": 3)]
async fn quoted_key_and_colon() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max => 3)]
async fn arrow() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max 3)]
async fn nothing_between() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = 3; jitter = false)]
async fn semicolon() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
