use resilience::retry;

struct Request {
    id: u32,
}

fn consume(request: Request) -> u32 {
    request.id
}

#[retry(max = 3, share(request))]
async fn send(request: Request) -> Result<u32, resilience::Error> {
    Ok(consume(request))
}

fn main() {}
