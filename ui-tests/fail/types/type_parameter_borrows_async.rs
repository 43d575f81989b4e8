use resilience::cached;

// Twice, word for word: what the `.await` of a function that waits is made into has a place of its own, which the
// compiler does not take for the one it prints.
#[cached(ttl = 60)]
async fn ask<T: From<u32> + Clone + Send + Sync>(id: u32) -> Option<T> {
    Some(T::from(id))
}

fn main() {}
