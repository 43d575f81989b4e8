use resilience::{retry, timeout};

struct Client;

impl Client {
    #[retry(max = 0)]
    #[timeout(secs = 30)]
    pub async fn ask(&self, query: &str) -> Result<usize, resilience::Error> {
        Ok(query.len())
    }
}

#[retry(maximum = 3)]
#[must_use]
fn helper<T: Clone>(value: &T) -> Option<T>
where
    T: Default,
{
    Some(value.clone())
}

// The callers see the function as it was written: no error but the two above.
async fn caller(client: &Client) -> usize {
    helper(&1).unwrap_or_default() + client.ask("x").await.unwrap_or_default()
}

fn main() {
    let _ = caller(&Client);
}
