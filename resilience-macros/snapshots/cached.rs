#[cached(ttl = 3600, max_size = 10_000, key = (normalize(query), client.id))]
async fn ask(client: &Client, query: String) -> Result<Answer, AskError> {
    client.ask(query).await
}
