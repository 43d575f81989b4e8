use resilience::cached;

#[cached]
fn nothing(query: &str) {
    let _ = query;
}

#[cached]
async fn unit(query: &str) -> () {
    let _ = query;
}

fn main() {}
