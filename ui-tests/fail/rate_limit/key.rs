use resilience::rate_limit;

const NONE: u32 = 0;

#[rate_limit(max = 4, max_keys = 10)]
async fn bound_without_a_key(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

#[rate_limit(max = 4, key = "tenant")]
async fn key_in_quotes(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

#[rate_limit(max = 4, key = tenant, max_keys = 0)]
async fn no_room(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

#[rate_limit(max = 4, keys = tenant)]
async fn typo(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

#[rate_limit(max = 4, key(tenant))]
async fn as_a_list(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

#[rate_limit(max = 4, key = tenant, max_keys = NONE)]
async fn no_room_by_a_constant(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

fn main() {}
