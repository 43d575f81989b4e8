//! A `self` that is passed by value is cloned for each attempt, as any other argument.

use resilience::retry;

struct Request {
    body: String,
}

impl Request {
    #[retry(max = 3)]
    fn send(self) -> Result<Self, resilience::Error> {
        Ok(self)
    }

    #[retry(max = 3)]
    async fn send_later(self) -> Result<String, resilience::Error> {
        let Self { body } = self;
        Ok(body)
    }

    #[retry(max = 3)]
    fn send_boxed(self: Box<Self>) -> Result<String, resilience::Error> {
        Ok(consume(self))
    }
}

fn consume(request: Box<Request>) -> String {
    request.body
}

fn main() {}
