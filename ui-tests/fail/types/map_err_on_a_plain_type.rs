use resilience::timeout;

fn convert(error: resilience::Error) -> String {
    error.to_string()
}

#[timeout(secs = 30, map_err = convert)]
async fn ask() -> String {
    String::new()
}

fn main() {}
