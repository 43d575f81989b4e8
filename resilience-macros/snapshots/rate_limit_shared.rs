#[rate_limit(
    max = 90_000, per = "1m", name = "llm-tokens", key = tenant, cost = estimate(query), settle = |a| a.tokens, learn = true,
    store = crate::SHARED, lease = 1_000, on_outage = "closed", instances = 4
)]
#[rate_limit(max = 10, name = "requests", store = SHARED)]
async fn ask(tenant: &str, query: &str) -> Result<Answer, AskError> {
    model.ask(tenant, query).await
}
