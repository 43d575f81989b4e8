//! Both versions of reqwest, through one text.

mod reqwest_0_12 {
    use reqwest_0_12 as reqwest;
    include!("requests/either.rs");
}

mod reqwest_0_13 {
    use reqwest_0_13 as reqwest;
    include!("requests/either.rs");
}
