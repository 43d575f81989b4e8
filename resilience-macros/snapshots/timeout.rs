#[timeout(secs = 30)]
async fn ask(client: &Client, query: String) -> Result<Answer, AskError> {
    client.ask(query).await
}
