//! The compiler rejects any attribute there, and we say no more than what is wrong with ours.

use resilience::retry;

fn main() {
    let closure = #[retry]
    || Some(1);
    let _ = closure();
}
