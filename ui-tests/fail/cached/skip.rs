use resilience::cached;

struct Client;

impl Client {
    #[cached(ttl = 60, skip(slef))]
    fn ask(&self, id: u32) -> Option<u32> {
        Some(id)
    }

    #[cached(ttl = 60, skip(di))]
    fn ask_again(&self, id: u32) -> Option<u32> {
        Some(id)
    }
}

fn main() {}
