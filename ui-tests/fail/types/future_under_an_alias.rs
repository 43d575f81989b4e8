use resilience::retry;
use std::future::Future;
use std::pin::Pin;

type Answer<'a> = Pin<Box<dyn Future<Output = Result<u8, resilience::Error>> + Send + 'a>>;

#[retry(max = 3)]
fn ask(query: &str) -> Answer<'_> {
    Box::pin(async move { Ok(query.len() as u8) })
}

fn main() {}
