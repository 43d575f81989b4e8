use std::borrow::Cow;

use resilience::cached;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Query<'a>(&'a str);

#[cached(ttl = 60)]
fn by_value(query: Query<'_>) -> Option<usize> {
    Some(query.0.len())
}

#[cached(ttl = 60)]
async fn in_an_option(id: u32, tag: Option<&str>) -> Option<usize> {
    Some(tag?.len() + id as usize)
}

#[cached(ttl = 60)]
fn several<'a>(tags: &[&'a str], Query(text): Query<'a>) -> Option<usize> {
    Some(tags.len() + text.len())
}

#[cached(ttl = 60, skip(tag))]
fn left_out(tag: Cow<'_, str>, text: &str) -> Option<usize> {
    Some(tag.len() + text.len())
}

#[cached(ttl = 60, key = tag.to_string())]
fn owned(tag: Cow<'_, str>) -> Option<usize> {
    Some(tag.len())
}

#[cached(ttl = 60)]
fn twice(text: &&str) -> Option<usize> {
    Some(text.len())
}

#[cached(ttl = 60)]
fn only_spoken_of(scale: fn(&str) -> usize, text: &'static &str) -> Option<usize> {
    Some(scale(text))
}

fn main() {}
