//! Answers and tables as trees that expressions walk.

use std::{collections::BTreeMap, sync::Arc};

/// Tables by name: lists of choices, attached CSV files. Each is a root with items with columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    places: BTreeMap<String, u32>,
    /// Shared, for the tables of a record are those of its questionnaire and some more.
    documents: Vec<Arc<Document>>,
}

impl Tables {
    /// Adds a table, in place of one of the same name.
    pub fn add(&mut self, name: impl Into<String>, document: Document) {
        let next = u32::try_from(self.documents.len()).expect("a form has few tables");
        let place = *self.places.entry(name.into()).or_insert(next);
        let document = Arc::new(document);
        if place == next {
            self.documents.push(document);
        } else {
            self.documents[place as usize] = document;
        }
    }

    /// The root of a table.
    pub fn root(&self, name: &str) -> Option<NodeRef> {
        self.places.get(name).map(|it| NodeRef { document: it + 1, node: ROOT })
    }

    pub fn get(&self, name: &str) -> Option<&Document> {
        self.places.get(name).map(|it| &*self.documents[*it as usize])
    }

    pub(super) fn at(&self, document: u32) -> &Document {
        &self.documents[document as usize - 1]
    }
}

/// One node of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeRef {
    /// 0 is the answers; n is the table of place n - 1.
    pub document: u32,
    /// Place in the document; 0 is its root, above the first element.
    pub node: u32,
}

/// A tree of named nodes, each with a text or with children.
///
/// Invariant: the children of a node are in the order of the places of their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Names, by their places; two nodes of one name at different places of a questionnaire have two.
    names: Arc<[String]>,
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    /// Place in `names`; the root has [`NO_NAME`].
    name: u32,
    parent: u32,
    children: Vec<u32>,
    text: String,
    /// Whether it is asked; what is not is not there to expressions.
    relevant: bool,
}

const NO_NAME: u32 = u32::MAX;
const ROOT: u32 = 0;

impl Default for Document {
    fn default() -> Self {
        Self::new(Vec::new().into())
    }
}

impl Document {
    /// A document with nothing in it. Names are by place; see [`Document::add`].
    pub fn new(names: Arc<[String]>) -> Self {
        let root =
            Node { name: NO_NAME, parent: ROOT, children: Vec::new(), text: String::new(), relevant: true };
        // A record has at least one node of most names.
        let mut nodes = Vec::with_capacity(names.len() + 1);
        nodes.push(root);
        Self { names, nodes }
    }

    /// The node above the first element.
    pub fn root(&self) -> u32 {
        ROOT
    }

    /// Adds a node behind the children of its parent that have its name or an earlier one; `name` is a place in the list
    /// of names.
    pub fn add(&mut self, parent: u32, name: u32) -> u32 {
        let node = u32::try_from(self.nodes.len()).expect("a document has less than four billion nodes");
        self.nodes.push(Node { name, parent, children: Vec::new(), text: String::new(), relevant: true });
        let children = &self.nodes[parent as usize].children;
        // Records are mostly made from front to back.
        let place = match children.last() {
            Some(last) if self.nodes[*last as usize].name > name => {
                children.partition_point(|it| self.nodes[*it as usize].name <= name)
            }
            _ => children.len(),
        };
        self.nodes[parent as usize].children.insert(place, node);
        node
    }

    /// Takes a node from its parent; answers which of the children it was. Places of other nodes stay.
    pub fn remove(&mut self, node: u32) -> usize {
        let parent = self.nodes[node as usize].parent as usize;
        let children = &mut self.nodes[parent].children;
        let place = children.iter().position(|it| *it == node).unwrap_or(children.len());
        children.retain(|it| *it != node);
        place
    }

    /// Undoes [`Document::remove`], as far as its place is still among those of its name.
    pub fn put_back(&mut self, node: u32, place: usize) {
        let Node { name, parent, .. } = self.nodes[node as usize];
        let children = &self.nodes[parent as usize].children;
        let first = children.partition_point(|it| self.nodes[*it as usize].name < name);
        let behind = children.partition_point(|it| self.nodes[*it as usize].name <= name);
        let place = place.clamp(first, behind);
        self.nodes[parent as usize].children.insert(place, node);
    }

    /// What a node without children says.
    pub fn text(&self, node: u32) -> &str {
        &self.nodes[node as usize].text
    }

    pub fn set_text(&mut self, node: u32, text: impl Into<String>) {
        self.nodes[node as usize].text = text.into();
    }

    pub fn is_relevant(&self, node: u32) -> bool {
        self.nodes[node as usize].relevant
    }

    pub fn set_relevant(&mut self, node: u32, relevant: bool) {
        self.nodes[node as usize].relevant = relevant;
    }

    /// The place of a node's name; the root has none.
    pub fn name_place(&self, node: u32) -> Option<u32> {
        Some(self.nodes[node as usize].name).filter(|it| *it != NO_NAME)
    }

    /// A node's name; the root has none.
    pub fn name(&self, node: u32) -> Option<&str> {
        self.name_place(node).map(|it| self.names[it as usize].as_str())
    }

    /// The node above; the root is above itself.
    pub fn parent(&self, node: u32) -> u32 {
        self.nodes[node as usize].parent
    }

    /// All children in order, asked or not.
    pub fn children(&self, node: u32) -> &[u32] {
        &self.nodes[node as usize].children
    }

    /// The children whose names are at this place, asked or not.
    pub fn children_at(&self, node: u32, name: u32) -> &[u32] {
        let children = self.children(node);
        let from = children.partition_point(|it| self.nodes[*it as usize].name < name);
        let same = |it: &u32| self.nodes[*it as usize].name == name;
        // Most names are there once.
        let n_same = match &children[from..] {
            [one, other, ..] if same(one) && !same(other) => 1,
            rest => rest.partition_point(same),
        };
        &children[from..from + n_same]
    }

    /// Which of the nodes of its name it is within its parent, from 1, asked or not.
    pub fn position(&self, node: u32) -> usize {
        let name = self.name(node);
        let siblings = self.children(self.parent(node));
        siblings.iter().take_while(|it| **it != node).filter(|it| self.name(**it) == name).count() + 1
    }

    /// What a node says: its text, or that of all that is below it.
    pub fn whole_text(&self, node: u32) -> std::borrow::Cow<'_, str> {
        if self.children(node).is_empty() {
            return self.text(node).into();
        }
        let mut text = String::new();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            text.push_str(self.text(node));
            open.extend(self.children(node).iter().rev().filter(|it| self.is_relevant(**it)));
        }
        text.into()
    }

    /// How many nodes there are, the root and removed ones among them.
    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }
}

/// Makes a table: `root` with an `item` for each row.
#[derive(Debug)]
pub struct DocumentBuilder {
    document: Document,
    root: u32,
    n_columns: u32,
}

impl DocumentBuilder {
    /// A table with these columns.
    pub fn new(columns: &[String]) -> Self {
        let names: Vec<String> =
            ["root".to_owned(), "item".to_owned()].into_iter().chain(columns.iter().cloned()).collect();
        let n_columns = u32::try_from(columns.len()).expect("a table has few columns");
        let mut document = Document::new(names.into());
        let root = document.add(ROOT, 0);
        Self { document, root, n_columns }
    }

    /// Adds a row; cells beyond the columns are left out.
    pub fn row<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) {
        let item = self.document.add(self.root, 1);
        for (column, cell) in (0..self.n_columns).zip(cells) {
            let node = self.document.add(item, column + 2);
            self.document.set_text(node, cell);
        }
    }

    pub fn build(self) -> Document {
        self.document
    }
}
