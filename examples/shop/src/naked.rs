//! The same shop without attributes, keys and outbox, with the default settings of its clients, for comparison.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use sqlx::postgres::PgPool;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::service::connections::Addresses;
use crate::service::domain::{Advice, NewOrder, Placed, Product, Source};
use crate::service::model::{AdviceError, Model};

#[derive(Debug, thiserror::Error)]
enum NakedError {
    #[error("sold out")]
    SoldOut,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Redis(#[from] redis::RedisError),
    #[error(transparent)]
    Advice(#[from] AdviceError),
}

impl IntoResponse for NakedError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::SoldOut => StatusCode::CONFLICT,
            Self::Database(_) | Self::Redis(_) | Self::Advice(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        status.into_response()
    }
}

struct Shop {
    pool: PgPool,
    redis: ConnectionManager,
    model: Model,
}

pub struct Naked {
    pub address: SocketAddr,
    server: JoinHandle<std::io::Result<()>>,
}

impl Naked {
    pub async fn start(addresses: &Addresses) -> Result<Self, Box<dyn Error>> {
        let pool = PgPool::connect_lazy(&addresses.postgres)?;
        let redis = ConnectionManager::new(redis::Client::open(addresses.redis.as_str())?).await?;
        let model = Model { http: reqwest::Client::new(), url: addresses.model.clone() };
        let router = Router::new()
            .route("/products", get(products))
            .route("/orders", post(place_order))
            .route("/customers/{customer}/advice", get(advice))
            .with_state(Arc::new(Shop { pool, redis, model }));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { address, server: tokio::spawn(async move { axum::serve(listener, router).await }) })
    }

    pub fn stop(self) {
        self.server.abort();
    }
}

async fn products(State(shop): State<Arc<Shop>>) -> Result<Json<Vec<Product>>, NakedError> {
    let products = sqlx::query_as("SELECT id, name, cents FROM product ORDER BY id");
    Ok(Json(products.fetch_all(&shop.pool).await?))
}

async fn place_order(State(shop): State<Arc<Shop>>, Json(order): Json<NewOrder>) -> Result<Json<Placed>, NakedError> {
    let mut transaction = shop.pool.begin().await?;
    let query = sqlx::query_scalar("INSERT INTO orders (customer, basket) VALUES ($1, $2) RETURNING id");
    let id: i64 = query.bind(order.customer).bind(order.basket).fetch_one(&mut *transaction).await?;
    for line in &order.lines {
        sqlx::query("INSERT INTO order_line (order_id, product, quantity) VALUES ($1, $2, $3)")
            .bind(id)
            .bind(line.product)
            .bind(line.quantity)
            .execute(&mut *transaction)
            .await?;
        let query = "UPDATE product SET stock = stock - $2 WHERE id = $1 AND stock >= $2";
        let query = sqlx::query(query).bind(line.product).bind(i64::from(line.quantity));
        if query.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Err(NakedError::SoldOut);
        }
    }
    transaction.commit().await?;
    let products: Vec<i32> = order.lines.iter().map(|line| line.product).collect();
    let mut redis = shop.redis.clone();
    redis.hset::<_, _, _, ()>("warehouse", id, format!("{products:?}")).await?;
    redis.lpush::<_, _, ()>(format!("bought:{}", order.customer), &products).await?;
    Ok(Json(Placed { order: id, repeated: false }))
}

async fn advice(State(shop): State<Arc<Shop>>, Path(customer): Path<i32>) -> Result<Json<Advice>, NakedError> {
    let bought: Vec<i32> = shop.redis.clone().lrange(format!("bought:{customer}"), 0, 2).await?;
    Ok(Json(Advice { products: shop.model.complete(&bought).await?, source: Source::Model }))
}
