#[fallback(small_model, value = canned())]
#[retry(max = 2)]
#[circuit_breaker(name = "llm")]
#[bulkhead(max = 10, key = user)]
#[timeout(first = "60s", idle = "20s", secs = 600)]
async fn ask(user: u32, query: &Query) -> Result<BoxStream<'static, Result<Chunk, AskError>>, AskError> {
    client().ask(query).await
}

#[retry]
#[timeout(idle = "20s", map_err = Error::late)]
fn read(file: File) -> impl Stream<Item = io::Result<Line>> + Send {
    lines(file)
}
