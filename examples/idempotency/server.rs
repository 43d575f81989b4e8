//! A server that carries out each request at once, and loses the answers to the first two.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::pending;

use resilience::IdempotencyKey;

#[derive(Default)]
pub struct Server {
    requests: Cell<u32>,
    orders: Cell<u32>,
    /// The number of the order that was placed with each key.
    answers: RefCell<HashMap<IdempotencyKey, u32>>,
}

impl Server {
    pub async fn post(&self, order: &str, key: Option<IdempotencyKey>, attempt: u32) -> u32 {
        self.requests.set(self.requests.get() + 1);
        let shown = key.map_or_else(|| "none".to_owned(), |key| key.to_string());
        println!("  attempt {attempt}: {order}, key {shown}");
        let number = match key {
            None => self.place(),
            Some(key) => *self.answers.borrow_mut().entry(key).or_insert_with(|| self.place()),
        };
        if self.requests.get() <= 2 {
            pending::<()>().await;
        }
        number
    }

    fn place(&self) -> u32 {
        self.orders.set(self.orders.get() + 1);
        self.orders.get()
    }

    pub fn orders(&self) -> u32 {
        self.orders.get()
    }

    pub fn keys(&self) -> usize {
        self.answers.borrow().len()
    }
}
