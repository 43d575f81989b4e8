#[retry(max = 0, jiter = false)]
#[timeout]
async fn ask(client: &Client) -> Result<Answer, AskError> {
    client.
}
