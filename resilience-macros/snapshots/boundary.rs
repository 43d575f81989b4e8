#[retry(max = 3)]
#[tracing::instrument]
#[timeout(secs = 30)]
async fn ask(client: &Client) -> Result<Answer, AskError> {
    client.ask().await
}
