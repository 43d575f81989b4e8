use resilience::cached;
use std::rc::Rc;

#[cached(ttl = 60)]
fn ask(query: &str) -> Option<Rc<str>> {
    Some(query.into())
}

fn main() {}
