#[resilience::stack(max = 3)]
#[resilience::retry]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[resilience::stack]
struct Client;

fn main() {}
