#![deny(warnings)]
#![deny(clippy::all, clippy::pedantic)]
//! A sample of the matrix of functions, arguments, results, attributes and bodies: each annotated function against its plain
//! twin. `.ci/matrix` generates and runs all of it.

#[path = "matrix/generate.rs"]
#[allow(dead_code, reason = "a program of its own, which writes the rest as well")]
mod generate;

#[path = "matrix/sample.rs"]
#[rustfmt::skip]
#[allow(clippy::wildcard_imports, reason = "not every case needs everything")]
#[allow(deprecated, reason = "attributes in every order, hazards among them")]
mod sample;

#[path = "matrix/support.rs"]
mod support;

#[test]
fn the_sample_is_what_the_generator_writes() {
    let written = include_str!("matrix/sample.rs");
    let generated = generate::sample_file();
    for (number, (written, generated)) in written.lines().zip(generated.lines()).enumerate() {
        assert_eq!(written, generated, "line {} of tests/matrix/sample.rs", number + 1);
    }
    assert_eq!(written.len(), generated.len(), "bytes of tests/matrix/sample.rs");
}

#[test]
fn the_whole_matrix_has_two_thousand_functions() {
    assert!(generate::cases().len() >= 2000);
}
