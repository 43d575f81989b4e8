#[::resilience::__private::__apply(0usize timeout{timeout}{secs = 30})]
#[tracing::instrument]
#[::resilience::__private::__apply(1usize retry{}{max = 3})]
async fn ask(client: &Client) -> Result<Answer, AskError> {
    client.ask().await
}
