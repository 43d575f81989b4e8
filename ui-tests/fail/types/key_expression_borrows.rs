use std::borrow::Cow;

use resilience::{bulkhead, cached, circuit_breaker};

#[cached(ttl = 60, key = query.split(' ').next())]
fn ask(query: &str) -> Option<usize> {
    Some(query.len())
}

#[cached(ttl = 60, key = (id, Cow::Borrowed(query)))]
async fn second_of_two(id: u32, query: &str) -> Option<usize> {
    Some(query.len() + id as usize)
}

#[circuit_breaker(key = Some(tenant))]
fn guarded(tenant: &str) -> Option<usize> {
    Some(tenant.len())
}

#[bulkhead(max = 1, key = [tenant])]
async fn limited(tenant: &str) -> Option<usize> {
    Some(tenant.len())
}

#[cached(ttl = 60, key = (names.len(), names.first()))]
fn out_of_a_value(names: Vec<String>) -> Option<usize> {
    Some(names.len())
}

fn main() {}
