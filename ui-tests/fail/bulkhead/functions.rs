use resilience::bulkhead;

#[bulkhead(max = 4, map_err = describe())]
async fn a_call() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, map_err = "describe")]
async fn text() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
