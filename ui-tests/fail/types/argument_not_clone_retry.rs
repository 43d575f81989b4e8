use resilience::retry;

struct Request {
    id: u32,
}

#[retry(max = 3)]
async fn send(client: &str, request: Request) -> Result<u32, resilience::Error> {
    Ok(request.id + client.len() as u32)
}

fn main() {}
