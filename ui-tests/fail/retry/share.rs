use resilience::retry;

#[retry(share(qury))]
async fn typo(query: String) -> Result<usize, resilience::Error> {
    Ok(query.len())
}

#[retry(share(client))]
async fn no_parameters() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(share(query))]
async fn reference(query: &str) -> Result<usize, resilience::Error> {
    Ok(query.len())
}

#[retry(share(query.text))]
async fn field(query: String) -> Result<usize, resilience::Error> {
    Ok(query.len())
}

#[retry(share("query"))]
async fn string(query: String) -> Result<usize, resilience::Error> {
    Ok(query.len())
}

#[retry(share = query)]
async fn assigned(query: String) -> Result<usize, resilience::Error> {
    Ok(query.len())
}

#[retry(share)]
async fn without_a_list(query: String) -> Result<usize, resilience::Error> {
    Ok(query.len())
}

#[retry(share())]
async fn empty_list(query: String) -> Result<usize, resilience::Error> {
    Ok(query.len())
}

struct Client;

impl Client {
    #[retry(share(self))]
    async fn receiver(&self) -> Result<(), resilience::Error> {
        Ok(())
    }

    #[retry(share(self))]
    fn mutable_receiver(mut self) -> Result<(), resilience::Error> {
        self = Client;
        drop(self);
        Ok(())
    }
}

fn main() {}
