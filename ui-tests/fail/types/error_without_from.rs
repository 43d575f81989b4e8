use resilience::timeout;

struct AskError;

#[timeout(secs = 30)]
async fn ask() -> Result<String, AskError> {
    Err(AskError)
}

fn main() {}
