use std::rc::Rc;

use resilience::timeout;

#[timeout(secs = 1, mode = "thread")]
fn argument(number: Rc<u32>) -> Result<u32, resilience::Error> {
    Ok(*number)
}

fn main() {}
