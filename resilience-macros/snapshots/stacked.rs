#[cached(ttl = 3600, max_size = 10_000, key = normalize(query))]
#[timeout(secs = 120)]
#[fallback(ask_small_model, canned_answer)]
#[retry(max = 3, backoff = "exponential")]
#[circuit_breaker(name = "llm")]
#[timeout(secs = 30)]
async fn ask(client: &Client, query: &str) -> Result<Answer, AskError> {
    client.complete("large", query).await
}
