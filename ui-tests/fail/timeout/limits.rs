use resilience::timeout;

#[timeout(30)]
async fn no_unit() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(1.5)]
async fn fraction_without_unit() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(30 * 60)]
async fn product_without_unit() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(30 secs)]
async fn unit_as_a_word() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("30")]
async fn string_without_unit() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("5 parsecs")]
async fn unknown_unit() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("")]
async fn empty() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(30s)]
async fn without_quotes() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(secs = "30")]
async fn string_for_a_number() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(ms = "1m")]
async fn string_with_a_unit_for_a_number() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(secs = true)]
async fn flag() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(secs = -1)]
async fn negative() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(-1.5)]
async fn negative_fraction() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(secs = 99999999999999999999)]
async fn too_large() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("18446744073709551615s 1m")]
async fn too_long() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(secs = 1e3)]
async fn exponent() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout("1h1h")]
async fn one_unit_twice() -> Result<(), resilience::Error> {
    Ok(())
}

#[timeout(secs)]
async fn key_alone() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
