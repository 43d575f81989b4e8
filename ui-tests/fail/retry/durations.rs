use resilience::retry;

#[retry(base_delay = 5)]
async fn no_unit() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max_delay = 1.5)]
async fn fraction_without_unit() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max_elapsed = "30")]
async fn string_without_unit() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay = "5 parsecs")]
async fn unknown_unit() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay = "")]
async fn empty() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay = "soon")]
async fn no_number() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay = "1.2.3s")]
async fn two_points() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay = "0ms")]
async fn zero() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max_delay_secs = 0)]
async fn zero_seconds() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max_elapsed_ms = 0.0)]
async fn zero_as_a_fraction() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay_ms = -5)]
async fn negative_number() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay = "-5s")]
async fn negative_string() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay_secs = 18446744073709551616)]
async fn too_large() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max_delay = "18446744073709551615h")]
async fn too_long() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay_secs = "5")]
async fn string_where_the_key_has_the_unit() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay_ms = "5s")]
async fn unit_where_the_key_has_one() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay_ms = 5s)]
async fn suffix() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay = 5ms)]
async fn unit_without_quotes() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max_delay = true)]
async fn flag() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max_elapsed = || "5s")]
async fn closure() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
