#[timeout(secs = 9)]
#[fallback(value = 1)]
async fn ask() -> Result<u32, AskError> {
    query().await
}
