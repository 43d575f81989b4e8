#[cached(ttl = 60, stale_if_error = "1h", negative_ttl = "5s", when = is_answer, weigh = size, max_weight = 1_000_000)]
async fn ask(query: &str) -> Result<Answer, AskError> {
    remote(query).await
}
