use resilience::Classify;

#[derive(Classify)]
enum Types {
    #[classify(rate_limit, retry_after = seconds)]
    Seconds { seconds: u64 },
    #[classify(rate_limit)]
    Marked(#[classify(retry_after)] Option<f64>),
    #[classify(transparent)]
    Boxed(Box<dyn std::error::Error + Send + Sync>),
    #[classify(transparent)]
    Text(String),
}

fn main() {}
