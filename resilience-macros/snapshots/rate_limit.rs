#[rate_limit(max = 10, per = "1m", wait = "5s")]
fn load(id: u32) -> Option<String> {
    query(id)
}
