use resilience::cached;

struct NotClone;

#[cached(negative_ttl = "5s", when = Result::is_err)]
async fn error() -> Result<u8, NotClone> {
    Ok(1)
}

#[cached(negative_ttl = "5s", when = Result::is_err)]
async fn value() -> Result<NotClone, u8> {
    Err(1)
}

fn main() {}
