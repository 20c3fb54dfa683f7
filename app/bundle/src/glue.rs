//! wasm-bindgen's JavaScript without what nothing calls: it is written before the wasm is pruned, and for every way of loading it.

use anyhow::ensure;

/// What JavaScript could call in streams out of Rust; `build` takes it out of the wasm.
const STREAMS: &str = "IntoUnderlying";

/// Takes out the functions that are not among `imports`, the names by which the wasm calls, the classes of streams, loading at
/// once, and whatever only these needed.
///
/// # Errors
///
/// When wasm-bindgen writes in another way than it did.
pub fn only_called(js: &str, imports: &[String]) -> anyhow::Result<String> {
    let js = without_imports(js, imports);
    let mut items = items(&js);
    let n = items.len();
    items.retain(|it| !is_for_others(it));
    // What only the ones taken out named is named by nothing now.
    while let Some(at) = items.iter().position(|it| is_unnamed(it, &items)) {
        items.remove(at);
    }
    let kept = items.concat();
    ensure!(
        items.len() < n && !kept.contains("initSync"),
        "nothing was taken out of wasm-bindgen's JavaScript"
    );
    ensure!(!kept.contains(STREAMS), "the streams are written in another way than they were");
    Ok(kept)
}

/// Without the functions in the table of imports that the wasm does not import.
fn without_imports(js: &str, imports: &[String]) -> String {
    let (mut kept, mut within) = (String::with_capacity(js.len()), false);
    for line in js.lines() {
        let name = line.strip_prefix("        ").and_then(|it| it.split_once(": function("));
        if let Some((name, _)) = name.filter(|(name, _)| !name.starts_with(' ')) {
            within = !imports.iter().any(|it| it == name);
        }
        if !within {
            kept.push_str(line);
            kept.push('\n');
        }
        within &= line != "        },";
    }
    kept
}

/// Declarations and what else stands at the outermost level, each with the lines that belong to it.
fn items(js: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in js.lines() {
        let begins = line.starts_with(|it: char| !it.is_whitespace() && !"})]".contains(it));
        match items.last_mut().filter(|_| !begins) {
            Some(item) => item.push_str(&format!("{line}\n")),
            None => items.push(format!("{line}\n")),
        }
    }
    items
}

/// What is there for importers of the whole, of which there are none: the classes of streams, and loading at once.
fn is_for_others(item: &str) -> bool {
    let streams = ["export class ", "if (Symbol.dispose) "];
    item.starts_with("export { initSync")
        || streams.iter().any(|it| item.strip_prefix(it).is_some_and(|it| it.starts_with(STREAMS)))
}

/// Whether a function or constant is named by no other item.
fn is_unnamed(item: &str, items: &[String]) -> bool {
    let declared = ["function ", "async function ", "const "].iter().find_map(|it| item.strip_prefix(it));
    let name =
        declared.and_then(|it| it.split(|it: char| !it.is_alphanumeric() && it != '_' && it != '$').next());
    // The page loads the wasm by this one.
    let name = name.filter(|it| *it != "__wbg_init");
    name.is_some_and(|name| {
        items.iter().all(|other| std::ptr::eq(other.as_str(), item) || !other.contains(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const JS: &str = "\
export class IntoUnderlyingSink {
    free() {
        wasm.gone();
    }
}
if (Symbol.dispose) IntoUnderlyingSink.prototype[Symbol.dispose] = IntoUnderlyingSink.prototype.free;
export function derive(a) {
    return named(a);
}
function __wbg_get_imports() {
    const import0 = {
        $1: function(arg0) {
            return debugString(arg0);
        },
        $2: function(arg0) {
            return arg0;
        },
    };
}
function debugString(it) {
    return deeper(it);
}
function deeper(it) {
    return `${it}`;
}
function named(it) {
    return it;
}
const IntoUnderlyingSinkFinalization = (typeof FinalizationRegistry === 'undefined')
    ? {}
    : new FinalizationRegistry(ptr => wasm.free(ptr));
function initSync(module) {
    return __wbg_get_imports();
}
async function __wbg_init(it) {
    return __wbg_get_imports();
}
export { initSync, __wbg_init as default };
";

    #[test]
    fn what_is_called_stays_and_nothing_else() {
        let kept = only_called(JS, &["$2".to_owned()]).unwrap();
        for gone in ["$1", "debugString", "deeper", "Underlying", "initSync", "Symbol.dispose"] {
            assert!(!kept.contains(gone), "{gone}: {kept}");
        }
        for stays in ["export function derive", "function named", "$2: function", "async function __wbg_init"]
        {
            assert!(kept.contains(stays), "{stays}: {kept}");
        }
        assert_eq!(kept.matches('{').count(), kept.matches('}').count());
        let another = "let it = IntoUnderlyingSink;\nconst gone = 1;\n";
        assert!(only_called(another, &[]).is_err(), "another tool than the one that is known");
    }
}
