#[circuit_breaker(name = "llm", failure_threshold = 3, recovery = RECOVERY, ignore = is_cancelled, map_err = AskError::Library)]
async fn ask(client: &Client, query: String) -> Result<Answer, AskError> {
    client.ask(query).await
}
