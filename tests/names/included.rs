use resilience::Bulkhead;

include!("shapes.in");

#[test]
fn included_functions_have_the_module_that_includes_them() {
    assert_eq!((Included.get(), included()), (Some(()), Some(())));
    for name in ["::Included::get", "::included"] {
        assert!(Bulkhead::named(&format!("{}{name}", module_path!())).is_some(), "{name}");
    }
}
