use resilience::timeout;

#[timeout(secs = 30)]
async fn ask() -> Result<String, String> {
    Err("busy".to_owned())
}

fn main() {}
