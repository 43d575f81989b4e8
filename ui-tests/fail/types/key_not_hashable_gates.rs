use resilience::{bulkhead, rate_limit};

#[bulkhead(max = 4, key = price)]
async fn place(price: f64) -> Result<f64, resilience::Error> {
    Ok(price)
}

#[rate_limit(max = 4, key = price)]
async fn turn(price: f64) -> Result<f64, resilience::Error> {
    Ok(price)
}

fn main() {}
