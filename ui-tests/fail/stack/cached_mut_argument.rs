use resilience::cached;

struct Client {
    calls: u32,
}

impl Client {
    #[cached]
    async fn method(&mut self, query: &str) -> Option<usize> {
        self.calls += 1;
        Some(query.len())
    }
}

#[cached]
fn one(query: &str, log: &mut Vec<String>) -> Option<usize> {
    log.push(query.to_owned());
    Some(query.len())
}

#[cached]
fn two(log: &mut Vec<String>, other: &mut u8) -> Option<usize> {
    *other += 1;
    Some(log.len())
}

fn main() {}
