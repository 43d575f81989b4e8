use resilience::cached;

struct Client;

#[cached(ttl = 60)]
async fn ask(client: &Client, query: &str) -> Option<usize> {
    let Client = client;
    Some(query.len())
}

fn main() {}
