use resilience::{cached, circuit_breaker, fallback, retry, timeout};

#[retry(max = 2)]
struct Client;

#[timeout(secs = 30)]
impl Client {
    fn ask(&self) -> u8 {
        1
    }
}

#[circuit_breaker]
const LIMIT: u8 = 3;

#[cached]
static TABLE: [u8; 2] = [1, 2];

#[fallback(canned)]
mod inner {}

#[retry]
trait Ask {
    fn ask(&self) -> u8;
}

#[timeout(secs = 30)]
enum Answer {
    Yes,
}

#[retry]
type Alias = Client;

#[cached]
use std::time::Duration;

#[retry]
pub(crate) union Bits {
    int: u32,
    float: f32,
}

#[retry]
#[timeout(secs = 30)]
pub struct WithTwo;

// Everything is still there: no error but ours.
impl Ask for Client {
    fn ask(&self) -> u8 {
        let _ = (LIMIT, TABLE, Answer::Yes, Duration::ZERO, WithTwo, Bits { int: 0 });
        Alias::ask(self)
    }
}

fn main() {}
