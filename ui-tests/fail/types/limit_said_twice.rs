use std::pin::Pin;

use resilience::{cached, circuit_breaker, retry};

// Word for word: what the compiler makes of an `.await` has a place of its own, which it does not take for the one that it
// prints.
#[cached(ttl = 60)]
async fn ask<T: From<u32> + Clone + Send + Sync>(id: u32) -> Option<T> {
    Some(T::from(id))
}

#[derive(Clone)]
struct Answer;

struct Store<T>(T);

impl<T: std::hash::Hash + Eq + Clone + Send + Sync> Store<T> {
    // At the key and at the result, of which a macro does not see which one is made of `T`.
    #[cached(ttl = 60, key = &self.0)]
    fn get(&self) -> Option<Answer> {
        Some(Answer)
    }
}

trait Shape {}

// For each attribute: where nothing is written, the lifetime of a `dyn` is `'static` in a signature, and found out in a
// body, which are two types.
#[retry]
#[circuit_breaker]
fn shape() -> Pin<Box<dyn Shape>> {
    todo!()
}

fn main() {}
