use resilience::timeout;

#[timeout("1s", map_err = MyError::from())]
async fn call() -> Result<(), MyError> {
    Ok(())
}

#[timeout("1s", map_err = "MyError")]
async fn string() -> Result<(), MyError> {
    Ok(())
}

struct MyError;

fn main() {}
