#[cached(ttl = 3600, store = crate::SHARED, name = "answers", version = 3, near = "30s", max_weight = 1_000_000, weigh = size)]
async fn ask(query: &str) -> Result<Answer, AskError> {
    remote(query).await
}
