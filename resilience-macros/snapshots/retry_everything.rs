#[retry(
    attempts = TRIES,
    backoff = |state| state.previous_delay * 2,
    max_delay = "10s",
    max_elapsed = LIMIT,
    when = |error| error.is_busy(),
    when_ok = is_empty,
    retry_after = self.hint,
    on_retry = log,
    share(query)
)]
async fn ask(&mut self, query: Query, (a, mut b): (u32, u32)) -> Option<Answer> {
    b += a;
    self.client.ask(&query, b).await
}
