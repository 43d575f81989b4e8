//! The customers. A seed determines when they arrive, regardless of the state of the shop.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus as Dice;
use rand::{RngExt, SeedableRng};
use reqwest::{Client, RequestBuilder, StatusCode};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::{Builder, Uuid};

use crate::service::domain::{Line, NewOrder, Placed};
use crate::service::handlers::DEGRADED;

const PER_SECOND: f64 = 30.0;
/// The longest time that a customer waits for a page.
const PATIENCE: Duration = Duration::from_secs(6);
/// The longest time for which a customer keeps pressing the button until there is an order.
const STUBBORNNESS: Duration = Duration::from_secs(12);

#[derive(Debug, Clone)]
pub enum Want {
    Products,
    Order(NewOrder),
    Advice(i32),
}

pub struct Customer {
    at: Duration,
    want: Want,
    dice: Dice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Fresh,
    Degraded,
    Failed,
}

pub struct Outcome {
    /// From the start of the run.
    pub at: Duration,
    pub latency: Duration,
    pub answer: Answer,
    /// The basket that the customer ordered, or tried to.
    pub basket: Option<Uuid>,
    /// The answer of the shop about the order.
    pub placed: Option<Placed>,
}

/// Draws the arrivals. Two runs with one seed have the same customers.
pub fn plan(seed: u64, length: Duration) -> Vec<Customer> {
    let mut dice = Dice::seed_from_u64(seed);
    let mut customers = Vec::new();
    let mut at = Duration::ZERO;
    loop {
        // The gaps of a Poisson process.
        let gap = -(1.0 - dice.random::<f64>()).ln() / PER_SECOND;
        at += Duration::from_secs_f64(gap);
        if at >= length {
            return customers;
        }
        let want = want(&mut dice);
        customers.push(Customer { at, want, dice: Dice::seed_from_u64(dice.random()) });
    }
}

fn want(dice: &mut Dice) -> Want {
    let customer = dice.random_range(1..=200);
    match dice.random_range(0..10) {
        0..4 => Want::Products,
        4..7 => {
            let lines = (0..dice.random_range(1..=2)).map(|_| Line { product: product(dice), quantity: 1 }).collect();
            Want::Order(NewOrder { customer, basket: Builder::from_random_bytes(dice.random()).into_uuid(), lines })
        }
        _ => Want::Advice(customer),
    }
}

/// One product is in a fifth of all orders, so that transactions meet. The last product is soon sold out.
fn product(dice: &mut Dice) -> i32 {
    if dice.random_bool(0.2) { 3 } else { dice.random_range(1..=12) }
}

/// Requests each page once, to open connections.
pub async fn warm_up(shop: SocketAddr) -> Result<(), Box<dyn Error>> {
    let client = client()?;
    for path in ["products", "customers/1/advice"] {
        client.get(format!("http://{shop}/{path}")).send().await?;
    }
    let lines = vec![Line { product: 1, quantity: 1 }];
    let order = NewOrder { customer: 1, basket: Uuid::from_u128(1), lines };
    request(&client, shop, &Want::Order(order)).send().await?;
    Ok(())
}

/// Sends all customers, and waits until the last one has left.
pub async fn send(customers: Vec<Customer>, shop: SocketAddr, start: Instant) -> Result<Vec<Outcome>, Box<dyn Error>> {
    let client = client()?;
    let mut visits = JoinSet::new();
    for customer in customers {
        let client = client.clone();
        visits.spawn(async move {
            sleep_until(start + customer.at).await;
            visit(&client, shop, customer, start).await
        });
    }
    Ok(visits.join_all().await)
}

fn client() -> reqwest::Result<Client> {
    Client::builder().no_proxy().timeout(PATIENCE).build()
}

async fn visit(client: &Client, shop: SocketAddr, customer: Customer, start: Instant) -> Outcome {
    let Customer { at, want, mut dice } = customer;
    let basket = match &want {
        Want::Order(order) => Some(order.basket),
        Want::Products | Want::Advice(_) => None,
    };
    let until = Instant::now() + if basket.is_some() { STUBBORNNESS } else { Duration::ZERO };
    let page = loop {
        let page = read(request(client, shop, &want)).await;
        if page.answer != Answer::Failed || Instant::now() > until {
            break page;
        }
        let asked = page.retry_after.unwrap_or_default();
        sleep(asked + Duration::from_millis(dice.random_range(300..1_000))).await;
    };
    // Counted from the arrival, because a customer also waits for a late start.
    let latency = start.elapsed().saturating_sub(at);
    Outcome { at, latency, answer: page.answer, basket, placed: page.placed }
}

fn request(client: &Client, shop: SocketAddr, want: &Want) -> RequestBuilder {
    match want {
        Want::Products => client.get(format!("http://{shop}/products")),
        Want::Advice(customer) => client.get(format!("http://{shop}/customers/{customer}/advice")),
        // The page makes a key with the basket, so that every press of the button sends the same.
        Want::Order(order) => {
            let request = client.post(format!("http://{shop}/orders")).json(order);
            request.header("idempotency-key", order.basket.to_string())
        }
    }
}

struct Page {
    answer: Answer,
    placed: Option<Placed>,
    retry_after: Option<Duration>,
}

impl Default for Page {
    fn default() -> Self {
        Self { answer: Answer::Failed, placed: None, retry_after: None }
    }
}

async fn read(request: RequestBuilder) -> Page {
    let Ok(response) = request.send().await else { return Page::default() };
    let retry_after = resilience::retry_after(response.headers());
    let degraded = response.headers().contains_key(DEGRADED);
    // Sold out is an answer.
    let is_answer = response.status().is_success() || response.status() == StatusCode::CONFLICT;
    let Ok(body) = response.bytes().await else { return Page::default() };
    let answer = match (is_answer, degraded) {
        (false, _) => Answer::Failed,
        (true, false) => Answer::Fresh,
        (true, true) => Answer::Degraded,
    };
    Page { answer, placed: serde_json::from_slice(&body).ok(), retry_after }
}
