#[fallback(small_model, |error| canned(error, &query), value = Answer::empty(), when = is_transient)]
async fn ask(client: &Client, query: String) -> Result<Answer, AskError> {
    client.ask(query).await
}
