#[timeout(secs = 30, config = "llm")]
#[retry(max = 3)]
#[bulkhead(max = 4)]
async fn ask(id: u32) -> Result<String, AskError> {
    query(id).await
}
