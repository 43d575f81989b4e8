//! Products, baskets and orders.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, sqlx::FromRow)]
pub struct Product {
    pub id: i32,
    pub name: String,
    pub cents: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOrder {
    pub customer: i32,
    /// The shopping basket that becomes an order.
    pub basket: Uuid,
    pub lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub product: i32,
    pub quantity: i32,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Placed {
    pub order: i64,
    /// True if the order already existed when it was sent again.
    pub repeated: bool,
}

/// Products that a customer may like.
#[derive(Debug, Clone, Serialize)]
pub struct Advice {
    pub products: Vec<i32>,
    pub source: Source,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Model,
    Bestsellers,
    Favourites,
}
