//! The entries of a cache, by their keys.

use resilience::{Cache, EntryError, cached};

use crate::common::{Answer, TestError, secs};

fn named(name: &str) -> Cache {
    Cache::named(name).expect("it has been called")
}

#[tokio::test(start_paused = true)]
async fn expired_entries_are_neither_read_nor_listed() {
    #[cached(name = "handles::expired", ttl = "10s")]
    async fn number(id: u32) -> Answer {
        Ok(id)
    }

    assert_eq!(number(1).await, Ok(1));
    let numbers = named("handles::expired");
    assert_eq!(numbers.insert(&2_u32, 5_u32), Ok(()));
    tokio::time::sleep(secs(9)).await;
    assert_eq!(number(2).await, Ok(5));
    assert_eq!(numbers.keys::<u32>().map(|keys| keys.len()), Ok(2));
    tokio::time::sleep(secs(1)).await;
    assert_eq!((numbers.keys::<u32>(), numbers.peek::<u32, u32>(&2)), (Ok(Vec::new()), Ok(None)));
    assert_eq!(number(2).await, Ok(2));
}

#[test]
fn entries_are_read_inserted_and_listed_by_their_keys() {
    #[cached(name = "handles::price", ttl = "1h")]
    fn price(product: &str, currency: u32) -> Answer {
        if currency == 0 { Err(TestError::Permanent) } else { Ok(currency) }
    }

    assert_eq!(price("tea", 7), Ok(7));
    assert!(price("tea", 0).is_err());
    let prices = named("handles::price");
    let key = |currency: u32| ("tea".to_owned(), currency);
    let before = prices.stats();
    assert_eq!(prices.peek::<_, u32>(&key(7)), Ok(Some(7)));
    assert_eq!(prices.peek::<_, u32>(&key(0)), Ok(None), "an error is not stored");
    assert_eq!(prices.stats(), before, "neither a hit nor a miss");

    assert_eq!(prices.insert(&key(0), 9_u32), Ok(()));
    assert_eq!(prices.insert(&key(7), 8_u32), Ok(()));
    assert_eq!((price("tea", 0), price("tea", 7)), (Ok(9), Ok(8)));
    let mut keys = prices.keys::<(String, u32)>().expect("the type of the keys");
    keys.sort();
    assert_eq!(keys, [key(0), key(7)]);

    prices.clear();
    assert_eq!(prices.keys::<(String, u32)>(), Ok(Vec::new()));
    assert_eq!(prices.peek::<_, u32>(&key(7)), Ok(None));
}

#[test]
fn a_wrong_type_is_an_error_that_names_both() {
    #[cached(name = "handles::wrong")]
    fn length(text: &str) -> Option<usize> {
        Some(text.len())
    }

    assert_eq!(length("tea"), Some(3));
    let lengths = named("handles::wrong");
    assert_eq!(lengths.peek::<str, usize>("tea"), Ok(Some(3)));
    let wrong_key = lengths.peek::<_, usize>(&7_u32);
    assert!(matches!(wrong_key, Err(EntryError::Key(error)) if error.given == "u32"), "{wrong_key:?}");
    let wrong_value = lengths.peek::<str, Option<usize>>("tea").expect_err("the value of the `Some` is stored");
    assert_eq!(wrong_value.to_string(), "the values of this cache are `usize`, not `core::option::Option<usize>`");
    assert!(matches!(lengths.insert("tea", 3_u8), Err(EntryError::Value { expected: "usize", given: "u8", .. })));
    assert!(matches!(lengths.insert(&3_u8, 3_usize), Err(EntryError::Key(_))));
    assert!(lengths.keys::<u8>().is_err_and(|error| error.expected.ends_with("String")));
    assert_eq!(length("tea"), Some(3));
}

#[test]
fn a_cache_that_weighs_its_entries_takes_none_from_a_handle() {
    #[cached(name = "handles::weighed", max_weight = 100, weigh = |_: &String, value: &String| value.len() as u64)]
    fn text(id: &str) -> String {
        id.to_owned()
    }

    text("a");
    let texts = named("handles::weighed");
    assert_eq!(texts.insert("b", "b".to_owned()), Err(EntryError::Weighed));
    assert_eq!(texts.peek::<str, String>("a"), Ok(Some("a".to_owned())));
}
