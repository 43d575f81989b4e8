use resilience::retry;

struct Request {
    body: String,
}

impl Request {
    #[retry(max = 3)]
    fn send(self) -> Result<String, resilience::Error> {
        Ok(self.body)
    }
}

fn main() {}
