#[timeout("1m30s", mode = "cooperative")]
fn crunch(numbers: &[u64]) -> Result<u64, Error> {
    sum(numbers)
}
