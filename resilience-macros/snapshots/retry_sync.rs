#[retry(max = 3, base_delay = "100ms", when = is_transient)]
fn ask(client: &mut Client, query: &str) -> Result<Answer, AskError> {
    client.ask(query)
}
