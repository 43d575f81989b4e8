use resilience::cached;

#[cached(ttl = 60, key = quary)]
async fn ask(query: &str) -> Option<usize> {
    Some(query.len())
}

fn main() {}
