use resilience::cached;

#[cached(ttl = 60, key = (product, discount * 2.0))]
async fn price(product: u32, discount: f64) -> Option<f64> {
    Some(f64::from(product) * discount)
}

fn main() {}
