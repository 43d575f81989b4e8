use resilience::cached;

#[derive(Debug)]
struct Down;

#[cached(clone_error = |_| String::new())]
async fn another_type() -> Result<u8, Down> {
    Err(Down)
}

#[derive(Debug)]
struct OnOneThread(std::rc::Rc<str>);

#[cached(clone_error = |error| OnOneThread(error.0.clone()))]
fn cannot_be_sent() -> Result<u8, OnOneThread> {
    Ok(1)
}

#[cached(clone_error = |error| OnOneThread(error.0.clone()))]
async fn cannot_be_sent_later() -> Result<u8, OnOneThread> {
    Ok(1)
}

fn main() {}
