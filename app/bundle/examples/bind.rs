//! x
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let mut b = wasm_bindgen_cli_support::Bindgen::new();
    b.input_path(&a[1]).out_name("bound").web(true).unwrap().typescript(false);
    b.remove_name_section(a.len() < 4).remove_producers_section(true);
    b.generate(&a[2]).unwrap();
}
