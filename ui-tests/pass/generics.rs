#![deny(warnings)]

use resilience::{cached, circuit_breaker, fallback, retry, timeout};
use std::fmt::Display;
use std::hash::Hash;

#[retry(max = N)]
#[timeout(secs = 30)]
pub async fn const_generic<const N: u32>(text: &str) -> Result<usize, resilience::Error> {
    Ok(text.len())
}

#[retry(max = 2)]
#[circuit_breaker(name = "generic")]
pub async fn generic<T, E>(value: T) -> Result<T, E>
where
    T: Clone + Display,
    E: From<resilience::Error>,
{
    Ok(value)
}

#[cached(ttl = 60)]
pub fn keyed<K: Hash + Eq + Clone + Display + Send + Sync + 'static>(key: K) -> String {
    key.to_string()
}

fn shortest<'a>(left: &'a str, _: &str) -> Option<&'a str> {
    Some(left)
}

#[fallback(shortest)]
#[retry(max = 2)]
#[must_use]
pub fn longest<'a>(left: &'a str, right: &str) -> Option<&'a str> {
    (left.len() > right.len()).then_some(left)
}

#[retry(max = 2)]
pub fn impl_argument(values: impl Iterator<Item = u8> + Clone) -> Option<usize> {
    Some(values.count())
}

#[timeout(secs = 30)]
pub async fn impl_result(to: u8) -> Option<impl Iterator<Item = u8>> {
    Some(0..to)
}

#[retry(max = 2, share(shared))]
pub fn patterns((left, right): (u8, u8), mut text: String, shared: String, _: u8) -> Option<usize> {
    text.push_str(&shared);
    Some(text.len() + usize::from(left + right))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(const_generic::<2>("four").await, Ok(4));
    assert_eq!(generic::<_, resilience::Error>(1).await, Ok(1));
    assert_eq!((keyed(1), keyed("one")), ("1".to_owned(), "one".to_owned()));
    assert_eq!(longest("a", "bc"), Some("a"));
    assert_eq!(impl_argument(0..3), Some(3));
    assert_eq!(impl_result(3).await.map(Iterator::count), Some(3));
    assert_eq!(patterns((1, 2), "a".to_owned(), "b".to_owned(), 0), Some(5));
}
