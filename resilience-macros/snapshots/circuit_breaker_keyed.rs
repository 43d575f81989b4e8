#[circuit_breaker(window = CALLS, failure_rate = 0.5, min_calls = 10, slow_call = "2s", slow_rate = 0.8, key = (self.region, tenant))]
fn ask(&self, tenant: String, question: &str) -> Option<Answer> {
    self.client.ask(tenant, question)
}
