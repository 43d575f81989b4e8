#[rate_limit(max = 10, key = (self.region, tenant), max_keys = KEYS)]
#[bulkhead(max = 4, key = tenant)]
async fn load(&self, tenant: String) -> Result<String, DbError> {
    query(tenant).await
}
