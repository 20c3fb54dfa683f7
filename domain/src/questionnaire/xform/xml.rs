//! Elements of XML, and how they are written.

use std::fmt;

/// An element with its attributes in the order they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    inner: Vec<Inner>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Inner {
    Element(Element),
    Text(String),
}

impl Element {
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), attributes: Vec::new(), inner: Vec::new() }
    }

    /// With an attribute, in place of one of that name.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self.attributes.iter_mut().find(|(it, _)| it == name) {
            Some((_, it)) => *it = value,
            None => self.attributes.push((name.to_owned(), value)),
        }
    }

    pub fn says(&self, name: &str) -> bool {
        self.attributes.iter().any(|(it, _)| it == name)
    }

    /// The value of an attribute; nothing where it is not.
    pub fn value(&self, name: &str) -> &str {
        self.attributes.iter().find(|(it, _)| it == name).map_or("", |(_, it)| it)
    }

    pub fn n_attributes(&self) -> usize {
        self.attributes.len()
    }

    pub fn push(&mut self, element: Self) {
        self.inner.push(Inner::Element(element));
    }

    pub fn containing(mut self, elements: impl IntoIterator<Item = Self>) -> Self {
        self.inner.extend(elements.into_iter().map(Inner::Element));
        self
    }

    pub fn saying(mut self, inner: impl IntoIterator<Item = Inner>) -> Self {
        self.inner.extend(inner);
        self
    }

    fn write(&self, indent: usize, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "<{}", self.name)?;
        for (name, value) in &self.attributes {
            write!(out, " {name}=\"{}\"", escape(value))?;
        }
        if self.inner.is_empty() {
            return out.write_str("/>");
        }
        out.write_str(">")?;
        // Blanks within what is said would be said, too.
        let apart = self.inner.iter().all(|it| matches!(it, Inner::Element(_)));
        for it in &self.inner {
            if apart {
                write!(out, "\n{:1$}", "", indent + 2)?;
            }
            match it {
                Inner::Element(element) => element.write(indent + 2, out)?,
                Inner::Text(text) => out.write_str(&escape(text))?,
            }
        }
        if apart {
            write!(out, "\n{:1$}", "", indent)?;
        }
        write!(out, "</{}>", self.name)
    }
}

impl fmt::Display for Element {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(0, out)
    }
}

/// A text as it may stand in XML 1.0 (2.2, 2.4); characters that must not be there are left out.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // An attribute would make blanks of them, and a reader of text of \r another line.
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            it => escaped.push(it),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_xml_is_escaped() {
        let text = Inner::Text("a < b & \"c\"\u{0}\n".to_owned());
        let element = Element::new("a").with("b", "<\n>").with("b", "\"&\"").saying([text]);
        assert_eq!(element.to_string(), "<a b=\"&quot;&amp;&quot;\">a &lt; b &amp; &quot;c&quot;&#10;</a>");
    }

    #[test]
    fn elements_stand_on_lines_and_what_is_said_does_not() {
        let said = Element::new("c").saying([Inner::Text("x".to_owned()), Inner::Element(Element::new("d"))]);
        let element = Element::new("a").containing([Element::new("b"), said]);
        assert_eq!(element.to_string(), "<a>\n  <b/>\n  <c>x<d/></c>\n</a>");
    }
}
