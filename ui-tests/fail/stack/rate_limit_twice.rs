use resilience::rate_limit;

#[rate_limit(max = 4, name = "api")]
#[rate_limit(max = 100, per = "1h", name = "api")]
async fn same_name() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
