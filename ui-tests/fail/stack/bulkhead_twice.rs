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

#[bulkhead(max = 40)]
#[bulkhead(max = 4, key = tenant)]
#[bulkhead(max = 2, key = tenant)]
async fn same_key(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

#[bulkhead(max = 4, name = "db", key = tenant)]
#[bulkhead(max = 2, name = "db", key = tenant.len())]
async fn same_name_with_keys(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

fn main() {}
