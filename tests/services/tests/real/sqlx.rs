//! Both versions of sqlx, through one text.

mod sqlx_0_8 {
    use sqlx_0_8 as sqlx;
    include!("sqlx/either.rs");
}

mod sqlx_0_9 {
    include!("sqlx/either.rs");
}
