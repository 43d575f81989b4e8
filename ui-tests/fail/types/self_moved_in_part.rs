//! A `self` that is not `Clone` is lent to every attempt, so none of them can take a part of it.

use std::sync::Arc;

use resilience::{cached, fallback, retry};

type Answer = Result<String, resilience::Error>;

struct Request {
    body: String,
}

impl Request {
    #[retry]
    fn moved(self) -> Answer {
        Ok(self.body)
    }

    #[retry]
    async fn moved_later(self) -> Answer {
        let body = self.body;
        Ok(body)
    }

    #[retry]
    fn behind_a_box(self: Box<Self>) -> Answer {
        Ok(self.body)
    }

    #[retry]
    fn out_of_a_box(self: Box<Self>) -> Result<Self, resilience::Error> {
        Ok(*self)
    }

    #[retry]
    fn converted(self) -> Answer {
        Ok(self.into_body())
    }

    fn into_body(self) -> String {
        self.body
    }

    #[fallback(self.spare)]
    #[retry]
    fn before_a_fallback(self) -> Answer {
        Ok(self.body)
    }

    fn spare(&self) -> Answer {
        Ok(String::new())
    }

    #[cached(key = self.body.clone())]
    #[retry]
    async fn cached(self: Box<Self>) -> Answer {
        Ok(self.body)
    }

    #[retry]
    fn cloned(self: Arc<Self>) -> Result<Arc<Self>, resilience::Error> {
        Ok(self)
    }
}

struct Generic<T>(T);

impl<T> Generic<T> {
    #[retry]
    fn moved(self) -> Result<T, resilience::Error> {
        Ok(self.0)
    }
}

trait Deliver: Sized {
    fn deliver(self) -> Answer;

    #[retry]
    fn or_else(self) -> Result<Self, resilience::Error> {
        Ok(self)
    }
}

impl Deliver for Request {
    #[retry]
    fn deliver(self) -> Answer {
        Ok(self.body)
    }
}

fn main() {}
