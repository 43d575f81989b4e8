use resilience::timeout;

struct AskError;

fn convert(error: resilience::Error) -> String {
    error.to_string()
}

#[timeout(secs = 30, map_err = convert)]
async fn ask() -> Result<u8, AskError> {
    Err(AskError)
}

fn main() {}
