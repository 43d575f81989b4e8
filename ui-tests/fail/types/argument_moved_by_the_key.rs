use resilience::cached;

fn consume(query: String) -> String {
    query
}

#[cached(ttl = 60, key = consume(query))]
async fn ask(query: String) -> Option<usize> {
    Some(query.len())
}

fn main() {}
