//! What the compiler says about mistakes, word for word, and programs it must say nothing about.
//!
//! After a deliberate change of wording: `TRYBUILD=overwrite cargo test --test ui`, then read the difference.

#[test]
fn ui() {
    let t = trybuild::TestCases::new();
    t.compile_fail("ui-tests/fail/*/*.rs");
    t.pass("ui-tests/pass/*.rs");
}
