use resilience::timeout;

#[timeout(secs = 30)]
async fn ask() -> String {
    String::new()
}

fn main() {}
