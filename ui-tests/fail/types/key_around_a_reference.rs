use resilience::{bulkhead, cached, circuit_breaker};

#[cached(ttl = 60, key = (Some(&query), 3))]
fn in_a_some(query: String) -> Option<usize> {
    Some(query.len())
}

#[circuit_breaker(key = [tenant, other])]
async fn in_an_array(tenant: u32, other: u32) -> Option<u32> {
    tenant.checked_add(other)
}

#[bulkhead(max = 1, key = (id, (&tenant, 1)))]
async fn in_a_tuple(id: u32, tenant: &str) -> Option<usize> {
    tenant.len().checked_add(id as usize)
}

fn main() {}
