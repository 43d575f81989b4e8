use resilience::cached;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Query<'a>(&'a str);

// A lifetime that is not written is the compiler's to find.
#[cached(ttl = 60)]
fn ask(query: Query) -> Option<usize> {
    Some(query.0.len())
}

fn main() {}
