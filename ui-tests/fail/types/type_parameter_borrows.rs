use std::fmt::Debug;
use std::hash::Hash;

use resilience::{cached, circuit_breaker};

#[cached(ttl = 60)]
fn of_a_key<T: Hash + Eq + Clone + Send + Sync + Debug>(value: T) -> Option<String> {
    Some(format!("{value:?}"))
}

#[cached(ttl = 60)]
fn of_a_value<K, T>(id: u32) -> Option<Vec<T>>
where
    K: From<u32>,
    T: From<K> + Clone + Send + Sync,
{
    Some(vec![T::from(K::from(id))])
}

#[cached(ttl = 60, key = (values.len(), values))]
fn of_an_expression<'a, T: Hash + Eq + Clone + Send + Sync>(values: &'a [T]) -> Option<T> {
    values.first().cloned()
}

#[cached(ttl = 60)]
fn of_an_argument(value: impl Hash + Eq + Clone + Send + Sync + Debug) -> Option<String> {
    Some(format!("{value:?}"))
}

#[circuit_breaker(key = tenant)]
async fn of_a_breaker<T: Hash + Eq + Clone + Send + Sync>(tenant: T) -> Option<T> {
    Some(tenant)
}

struct Store<T>(T);

impl<T: Hash + Eq + Clone + Send + Sync + Debug> Store<T> {
    #[cached(ttl = 60, key = &self.0)]
    fn of_self(&self) -> Option<String> {
        Some(format!("{:?}", self.0))
    }

    #[cached(ttl = 60, skip(self))]
    fn of_the_impl(&self, value: T) -> Option<T> {
        Some(value)
    }
}

fn main() {}
