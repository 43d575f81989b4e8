use resilience::retry;

struct Request;

#[retry(max = 3)]
async fn send((id, request): (u32, Request)) -> Result<u32, resilience::Error> {
    drop(request);
    Ok(id)
}

fn main() {}
