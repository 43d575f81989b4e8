#[bulkhead(max = 4, queue = 9, wait = "1s", name = "db")]
async fn load(id: u32) -> Result<String, DbError> {
    query(id).await
}
