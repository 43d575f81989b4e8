use std::sync::Arc;

use resilience::{retry, timeout};

type Answer = Result<u32, resilience::Error>;

#[timeout(secs = 1, mode = "thread")]
fn borrowed(text: &str, number: u32) -> Answer {
    Ok(number + text.len() as u32)
}

struct Client;

impl Client {
    #[timeout(secs = 1, mode = "thread")]
    fn shared(&self) -> Answer {
        Ok(1)
    }

    #[timeout(secs = 1, mode = "thread")]
    fn exclusive(&mut self, names: Vec<&'static str>) -> Answer {
        Ok(names.len() as u32)
    }

    #[retry(share(self))]
    #[timeout(secs = 1, mode = "thread")]
    fn repeated(self: Arc<Self>) -> Answer {
        Ok(1)
    }
}

#[retry(share(list))]
#[timeout(secs = 1, mode = "thread")]
fn lent(list: Vec<u32>) -> Answer {
    Ok(list.len() as u32)
}

#[timeout(secs = 1, mode = "thread", max_abandoned = 0)]
fn none_left_behind() -> Answer {
    Ok(1)
}

const NONE: u32 = 0;

#[timeout(secs = 1, mode = "thread", max_abandoned = NONE)]
fn none_by_constant() -> Answer {
    Ok(1)
}

#[timeout(secs = 1, mode = "cooperative", max_abandoned = 4)]
fn nothing_is_left_behind() -> Answer {
    Ok(1)
}

#[timeout(secs = 1, max_abandoned = 4)]
async fn nothing_is_left_behind_either() -> Answer {
    Ok(1)
}

#[timeout(secs = 1, mode = "thread")]
async fn needs_no_thread() -> Answer {
    Ok(1)
}

#[timeout(secs = 1, mode = "threads")]
fn almost() -> Answer {
    Ok(1)
}

fn main() {}
