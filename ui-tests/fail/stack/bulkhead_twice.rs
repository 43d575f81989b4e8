use resilience::{bulkhead, retry};

#[bulkhead(max = 4, name = "db")]
#[bulkhead(max = 2, name = "db")]
async fn same_name() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4)]
#[retry]
#[bulkhead(max = 2)]
async fn no_name() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[bulkhead(max = 4, name = "db")]
#[bulkhead(max = 4, name = "api")]
#[bulkhead(max = 2, name = "db")]
async fn first_and_last() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
