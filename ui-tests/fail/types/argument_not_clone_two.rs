use resilience::retry;

struct Request;
struct Token;

// Two mistakes, each on its own argument.
#[retry(max = 3)]
fn send(request: Request, token: Token) -> Result<(), resilience::Error> {
    drop((request, token));
    Ok(())
}

fn main() {}
