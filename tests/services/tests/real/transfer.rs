use resilience::{Classify, retry};
use sqlx::PgPool;

#[derive(Debug, thiserror::Error, Classify)]
pub enum TransferError {
    #[error("the account has too little money")]
    #[classify(permanent)]
    TooLittle,
    #[error(transparent)]
    #[classify(transparent)] // by SQLSTATE
    Database(#[from] sqlx::Error),
}

/// The server has rolled the transaction back, so nothing of it has happened.
fn rolled_back(error: &TransferError) -> bool {
    let TransferError::Database(error) = error else { return false };
    let code = error.as_database_error().and_then(|error| error.code());
    // Serialization failure, deadlock.
    code.is_some_and(|code| matches!(&*code, "40001" | "40P01"))
}

#[retry(max = 10, base_delay = "10ms", max_delay = "1s", when = rolled_back)]
pub async fn transfer(pool: &PgPool, from: i32, to: i32, cents: i64) -> Result<(), TransferError> {
    let mut transaction = pool.begin().await?;
    sqlx::query("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE").execute(&mut *transaction).await?;
    let balance = sqlx::query_scalar("SELECT cents FROM account WHERE id = $1").bind(from);
    let balance: i64 = balance.fetch_one(&mut *transaction).await?;
    if balance < cents {
        return Err(TransferError::TooLittle);
    }
    for (account, change) in [(from, -cents), (to, cents)] {
        sqlx::query("UPDATE account SET cents = cents + $2 WHERE id = $1")
            .bind(account)
            .bind(change)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}
