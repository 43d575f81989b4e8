use resilience::cached;

const TTL: u64 = 3600;

#[cached(ttl = TTL)]
async fn ask() -> Option<u8> {
    Some(1)
}

fn main() {}
