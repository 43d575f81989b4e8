//! What is wrong with the body of a function that returns its future is said at the body.

use resilience::retry;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

type Answer = Result<u8, resilience::Error>;

#[retry]
fn a_result() -> impl Future<Output = Answer> {
    Answer::Ok(1)
}

#[retry]
fn not_send() -> Pin<Box<dyn Future<Output = Answer> + Send>> {
    let number = Rc::new(1);
    Box::pin(async move { Ok(*number) })
}

fn main() {}
