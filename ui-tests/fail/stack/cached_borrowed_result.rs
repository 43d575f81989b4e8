use resilience::cached;
use std::borrow::Cow;

#[cached]
fn reference(query: &str) -> &str {
    query
}

#[cached]
fn inside(query: &str) -> Option<Cow<'_, str>> {
    Some(query.into())
}

#[cached]
fn named<'a>(query: &'a str) -> Result<&'a str, resilience::Error> {
    Ok(query)
}

fn main() {}
