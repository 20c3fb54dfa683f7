//! Reads the XML of a record.

use domain::questionnaire::submission::{DEPTH_MAX, Element};
use roxmltree::{Document, Node, ParsingOptions};

/// Most nodes of one record, texts among them: a megabyte of XML has no more that say anything.
const NODES_MAX: u32 = 400_000;

/// The root of a document; `None` for what is no XML 1.0 in UTF-8, nests too deep, or has a document type: its entities could
/// unfold without end, or read files.
pub fn read(bytes: &[u8]) -> Option<Element> {
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).ok()?;
    if is_too_deep(text) {
        return None;
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).ok()?;
    Some(element(document.root_element()))
}

/// Whether elements may nest deeper than [`DEPTH_MAX`], seen before anything is built: readers of trees walk down, and what has
/// no bottom would be their end. Counts a `<` of texts in CDATA, too, which makes it no deeper than it says.
fn is_too_deep(text: &str) -> bool {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for piece in text.split('<').skip(1) {
        if piece.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !piece.starts_with(['!', '?'])
            && !piece.split('>').next().unwrap_or_default().ends_with('/')
        {
            depth += 1;
            deepest = deepest.max(depth);
        }
    }
    deepest > DEPTH_MAX
}

fn element(node: Node<'_, '_>) -> Element {
    let text = node.children().filter(Node::is_text).filter_map(|it| it.text()).collect();
    let attributes = node.attributes().map(|it| (it.name().to_owned(), it.value().to_owned()));
    Element {
        name: node.tag_name().name().to_owned(),
        attributes: attributes.collect(),
        text,
        children: node.children().filter(Node::is_element).map(element).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_without_its_prefixes() {
        let xml = "\u{feff}<?xml version='1.0'?><h:data xmlns:h=\"http://x\" id=\"a\">\n<why>a &lt; <![CDATA[<b>]]></why>\
                   <orx:meta xmlns:orx=\"http://openrosa.org/xforms\"><orx:instanceID>uuid:1</orx:instanceID></orx:meta></h:data>";
        let root = read(xml.as_bytes()).unwrap();
        assert_eq!((root.name.as_str(), root.children.len()), ("data", 2));
        assert_eq!(root.attributes, [("id".to_owned(), "a".to_owned())]);
        assert_eq!(root.children[0].text, "a < <b>");
        assert_eq!(root.children[1].children[0].name, "instanceID");
    }

    #[test]
    fn what_unfolds_or_has_no_bottom_is_no_record() {
        let laughs = "<!DOCTYPE d [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><d>&b;</d>";
        let reads = "<!DOCTYPE d [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><d>&a;</d>";
        let deep = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
        for it in [laughs, reads, &deep, "<d>&b;</d>", "", "<d>", "no XML", "<d/><d/>"] {
            assert_eq!(read(it.as_bytes()), None, "{}", &it[..it.len().min(40)]);
        }
        assert_eq!(read(b"<d>\xff</d>"), None);
    }
}
