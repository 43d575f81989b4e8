use resilience::fallback;

struct Request {
    id: u32,
}

async fn canned(_: Request) -> Result<u32, resilience::Error> {
    Ok(0)
}

#[fallback(canned)]
async fn send(request: Request) -> Result<u32, resilience::Error> {
    Ok(request.id)
}

fn main() {}
