#[retry(max = 3)]
#[circuit_breaker(name = "llm")]
#[timeout(secs = 30)]
async fn ask(client: &Client, id: u64) -> Result<Answer, AskError> {
    client.ask(id).await
}
