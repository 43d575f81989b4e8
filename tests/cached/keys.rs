//! What is part of the key of an entry.

use std::hash::{Hash, Hasher};

use resilience::cached;

use crate::common::Counter;

/// BUG-E22.
#[sync_and_async::test]
async fn every_argument_is_part_of_the_key() {
    #[cached]
    async fn call(name: &str, number: u32, flag: bool, list: Vec<u8>, perhaps: Option<char>) -> String {
        pause().await;
        format!("{name} {number} {flag} {list:?} {perhaps:?} {}", CALLS.up())
    }

    static CALLS: Counter = Counter::new();
    let first = call("a", 1, true, vec![1], None).await;
    assert_eq!(call(&String::from("a"), 1, true, vec![1], None).await, first);
    assert_eq!(CALLS.get(), 1);
    call("b", 1, true, vec![1], None).await;
    call("a", 2, true, vec![1], None).await;
    call("a", 1, false, vec![1], None).await;
    call("a", 1, true, vec![1, 0], None).await;
    call("a", 1, true, vec![1], Some('x')).await;
    assert_eq!(CALLS.get(), 6, "each differs in one argument");
}

#[sync_and_async::test]
async fn the_order_of_arguments_matters() {
    #[cached]
    async fn call(first: u32, second: u32) -> u32 {
        pause().await;
        first * 10 + second
    }

    assert_eq!([call(1, 2).await, call(2, 1).await, call(1, 2).await], [12, 21, 12]);
}

/// BUG-E21.
#[sync_and_async::test]
async fn arguments_are_never_joined_into_one_key() {
    #[cached]
    async fn call(first: &str, second: &str) -> String {
        pause().await;
        format!("<{first}|{second}>")
    }

    for (first, second) in
        [("a:b", "c"), ("a", "b:c"), ("", "a:bc"), ("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc")]
    {
        assert_eq!(call(first, second).await, format!("<{first}|{second}>"));
    }
}

#[sync_and_async::test]
async fn a_function_without_arguments_has_one_entry() {
    #[cached]
    async fn call() -> u32 {
        pause().await;
        CALLS.up()
    }

    static CALLS: Counter = Counter::new();
    assert_eq!([call().await, call().await], [1, 1]);
}

#[sync_and_async::test]
async fn skipped_arguments_are_not_part_of_the_key() {
    struct NotHash(u32);

    #[cached(skip(context, hint))]
    async fn call(context: &NotHash, question: &str, hint: f64) -> String {
        pause().await;
        format!("{question} {} {hint}", context.0)
    }

    assert_eq!(call(&NotHash(1), "a", 0.5).await, "a 1 0.5");
    assert_eq!(call(&NotHash(2), "a", 0.7).await, "a 1 0.5");
    assert_eq!(call(&NotHash(2), "b", 0.7).await, "b 2 0.7");
}

#[sync_and_async::test]
async fn an_argument_outside_the_key_need_not_be_clone() {
    struct Unique(u32);

    #[cached(skip(unique))]
    async fn skipped(unique: Unique, question: u32) -> u32 {
        pause().await;
        unique.0 + question
    }
    #[cached(key = question)]
    async fn not_named(unique: Unique, question: u32) -> u32 {
        pause().await;
        unique.0 + question
    }

    assert_eq!([skipped(Unique(10), 1).await, skipped(Unique(20), 1).await], [11; 2]);
    assert_eq!([not_named(Unique(10), 1).await, not_named(Unique(20), 1).await], [11; 2]);
}

#[sync_and_async::test]
async fn a_key_may_be_any_expression_over_the_arguments() {
    fn normalize(text: &str) -> String {
        text.trim().to_lowercase()
    }
    #[cached(key = normalize(query))]
    async fn borrowed(query: &str) -> String {
        pause().await;
        query.to_owned()
    }
    #[cached(key = normalize(query))]
    async fn by_value(query: String) -> String {
        pause().await;
        query
    }
    #[cached(key = (tenant, query.len(), query))]
    async fn several(tenant: u32, query: String, noise: u32) -> (u32, String, u32) {
        pause().await;
        (tenant, query, noise)
    }

    assert_eq!([borrowed(" Hi ").await, borrowed("hI").await, borrowed("ho").await], [" Hi ", " Hi ", "ho"]);
    assert_eq!([by_value(" Hi ".to_owned()).await, by_value("hI".to_owned()).await], [" Hi ", " Hi "]);
    assert_eq!(several(1, "a".to_owned(), 1).await, (1, "a".to_owned(), 1));
    assert_eq!(several(1, "a".to_owned(), 2).await, (1, "a".to_owned(), 1));
    assert_eq!(several(2, "a".to_owned(), 3).await, (2, "a".to_owned(), 3));
    assert_eq!(several(1, "b".to_owned(), 4).await, (1, "b".to_owned(), 4));
}

/// BUG-E22.
#[sync_and_async::test]
async fn a_method_chooses_which_part_of_self_is_the_key() {
    struct Client {
        id: u32,
        calls: Counter,
    }

    impl Client {
        const fn new(id: u32) -> Self {
            Self { id, calls: Counter::new() }
        }

        #[cached(key = (self.id, query))]
        async fn named(&self, query: &str) -> String {
            pause().await;
            format!("{} {query} {}", self.id, self.calls.up())
        }

        #[cached(skip(self))]
        async fn skipped(&self, query: &str) -> String {
            pause().await;
            format!("{} {query} {}", self.id, self.calls.up())
        }
    }

    let [one, two] = [1, 2].map(Client::new);
    assert_eq!([one.named("a").await, two.named("a").await, one.named("a").await], ["1 a 1", "2 a 1", "1 a 1"]);
    assert_eq!(one.named("b").await, "1 b 2");
    assert_eq!([one.skipped("a").await, two.skipped("a").await, two.skipped("b").await], ["1 a 3", "1 a 3", "2 b 2"]);
}

#[sync_and_async::test]
async fn each_function_has_its_own_entries() {
    struct Left;
    struct Right;

    impl Left {
        #[cached(skip(self))]
        async fn call(&self, number: u32) -> u32 {
            pause().await;
            number + 1
        }
    }
    impl Right {
        #[cached(skip(self))]
        async fn call(&self, number: u32) -> u32 {
            pause().await;
            number + 2
        }
    }
    #[cached]
    async fn call(number: u32) -> u32 {
        pause().await;
        number
    }
    #[cached(name = "cached::each")]
    async fn named(number: u32) -> u32 {
        pause().await;
        number + 3
    }
    #[cached(name = "cached::each")]
    async fn same_name(number: u32) -> u32 {
        pause().await;
        number + 4
    }

    for _ in 0..2 {
        let answers = [call(1).await, Left.call(1).await, Right.call(1).await, named(1).await, same_name(1).await];
        assert_eq!(answers, [1, 2, 3, 4, 5]);
    }
}

/// BUG-E20.
#[sync_and_async::test]
async fn keys_are_compared_and_not_only_hashed() {
    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Colliding(u32);

    impl Hash for Colliding {
        fn hash<H: Hasher>(&self, state: &mut H) {
            state.write_u8(0);
        }
    }
    #[cached(max_size = 50, skip(calls))]
    async fn call(key: &Colliding, calls: &Counter) -> u32 {
        pause().await;
        calls.up();
        key.0
    }

    let calls = Counter::new();
    for _ in 0..3 {
        for number in 0..40 {
            assert_eq!(call(&Colliding(number), &calls).await, number);
        }
    }
    assert_eq!(calls.get(), 40, "and they are kept");
}

/// BUG-E23.
#[sync_and_async::test]
async fn a_generic_function_is_cached_per_concrete_type() {
    #[cached]
    async fn show<T: std::fmt::Debug + Clone + Eq + Hash + Send + Sync + 'static>(value: T) -> String {
        pause().await;
        format!("{value:?} of {}", std::any::type_name::<T>())
    }
    #[cached]
    async fn make<T: From<u8> + Clone + Send + Sync + 'static>(number: u8) -> T {
        pause().await;
        T::from(number)
    }

    for _ in 0..2 {
        assert_eq!(show(1_u8).await, "1 of u8");
        assert_eq!(show(1_i8).await, "1 of i8");
        assert_eq!((make::<u16>(7).await, make::<u32>(7).await), (7, 7));
        assert_eq!(make::<char>(b'x').await, 'x');
    }
}

/// BUG-E23: The names of types are not unique: two local ones in one function, or one type in two versions of a crate.
#[sync_and_async::test]
async fn types_with_equal_names_are_kept_apart() {
    trait Numbered {
        const NUMBER: u32;
    }
    #[cached]
    async fn number<T: Numbered>(id: u8) -> u32 {
        pause().await;
        T::NUMBER + u32::from(id)
    }
    macro_rules! numbers_of_a_local_type {
        ($number:literal) => {{
            struct Local<'a>(std::marker::PhantomData<&'a u8>);

            impl Numbered for Local<'_> {
                const NUMBER: u32 = $number;
            }
            (std::any::type_name::<Local<'_>>(), number::<Local<'_>>(0).await, number::<Local<'_>>(0).await)
        }};
    }

    let (one, two) = (numbers_of_a_local_type!(1), numbers_of_a_local_type!(2));
    assert_eq!(one, (two.0, 1, 1));
    assert_eq!((two.1, two.2), (2, 2));
}

/// BUG-E23.
#[sync_and_async::test]
async fn a_generic_function_is_cached_per_concrete_type_wherever_the_type_appears() {
    struct Repository<T>(std::marker::PhantomData<T>);

    impl<T> Repository<T> {
        #[cached(skip(self))]
        async fn method(&self) -> usize {
            pause().await;
            size_of::<T>()
        }

        #[cached]
        async fn function(number: usize) -> usize {
            pause().await;
            size_of::<T>() + number
        }
    }
    trait Named {
        const NAME: &'static str;

        #[allow(async_fn_in_trait, reason = "not public")]
        #[cached]
        async fn name() -> String {
            pause().await;
            Self::NAME.to_owned()
        }
    }
    impl Named for u8 {
        const NAME: &'static str = "u8";
    }
    impl Named for &str {
        const NAME: &'static str = "&str";
    }
    #[cached]
    async fn type_parameter<T>(number: usize) -> usize {
        pause().await;
        size_of::<T>() + number
    }
    #[cached]
    async fn const_parameter<const N: usize>() -> usize {
        pause().await;
        N
    }

    for _ in 0..2 {
        assert_eq!([type_parameter::<u8>(1).await, type_parameter::<u16>(1).await], [2, 3]);
        assert_eq!([const_parameter::<1>().await, const_parameter::<2>().await], [1, 2]);
        let of = std::marker::PhantomData;
        assert_eq!(
            [Repository::<u8>(of).method().await, Repository::<u32>(std::marker::PhantomData).method().await],
            [1, 4]
        );
        assert_eq!([Repository::<u8>::function(1).await, Repository::<u32>::function(1).await], [2, 5]);
        assert_eq!([u8::name().await, <&str>::name().await], ["u8", "&str"]);
    }
}
