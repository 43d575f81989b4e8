#[fallback(small_model, value = canned())]
#[retry(max = 2)]
#[circuit_breaker(name = "llm")]
#[bulkhead(max = 10, key = user)]
#[timeout(first = "60s", idle = "20s", secs = 600)]
async fn ask(user: u32, query: &Query) -> Result<Pin<Box<dyn Stream<Item = Result<Chunk, AskError>> + Send>>, AskError> {
    client().ask(query).await
}
