//! Functions of nodes, choices and tables.

use std::borrow::Cow;

use sha2::Digest;

use super::{
    error::{ErrorKind, ExpressionError},
    function::{Call, Outcome},
    node::NodeRef,
    number::{count as number_of, whole},
    random,
    value::Value,
};

impl<'a> Call<'_, 'a> {
    /// The node that the expression is at, for functions that take it when they are given nothing.
    pub fn context(&self) -> Outcome<'a> {
        let node = self.frame.node.ok_or(self.error(ErrorKind::NoContext))?;
        Ok(Value::Nodes(vec![node]))
    }

    /// The table that argument 0 names.
    fn table(&self) -> Result<NodeRef, ExpressionError> {
        let name = self.text(0)?;
        let root = self.evaluation.world.tables.root(&name);
        root.ok_or_else(|| self.error(ErrorKind::UnknownTable { name: name.into_owned() }))
    }
}

pub(super) fn count<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(number_of(call.nodes(0)?.len()).into())
}

pub(super) fn count_non_empty<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let nodes = call.nodes(0)?;
    let n = nodes.into_iter().filter(|it| !call.evaluation.node_text(*it).is_empty()).count();
    Ok(number_of(n).into())
}

pub(super) fn current<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let node = call.evaluation.current.ok_or(call.error(ErrorKind::NoContext))?;
    Ok(Value::Nodes(vec![node]))
}

pub(super) fn last<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(number_of(call.frame.size).into())
}

pub(super) fn name<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let value = if call.arguments.is_empty() { call.context()? } else { Value::Nodes(call.nodes(0)?) };
    let Value::Nodes(nodes) = value else { return Ok(Value::EMPTY) };
    let name = nodes.first().and_then(|it| call.evaluation.document(*it).name(it.node));
    Ok(Value::Text(Cow::Borrowed(name.unwrap_or_default())))
}

/// The place within the nodes that are looked at, or a node's place among those of its name beside it.
pub(super) fn position<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    if call.arguments.is_empty() {
        return Ok(number_of(call.frame.position).into());
    }
    let nodes = call.nodes(0)?;
    let position = nodes.first().map(|it| call.evaluation.document(*it).position(it.node));
    Ok(position.map_or(f64::NAN, number_of).into())
}

/// A table, from above its `root`: `instance('x')/root/item`.
pub(super) fn instance<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(Value::Nodes(vec![call.table()?]))
}

pub(super) fn randomize<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let nodes = call.nodes(0)?;
    let seed = if call.arguments.len() > 1 {
        seed_of(call)?
    } else {
        i64::from_be_bytes(call.evaluation.random().roll().to_be_bytes())
    };
    Ok(Value::Nodes(random::shuffle(&nodes, seed)))
}

/// The number that a seed is; of a text that is none, the first 8 bytes of its SHA-256.
fn seed_of(call: &Call<'_, '_>) -> Result<i64, ExpressionError> {
    let value = call.value(1)?;
    let number = call.evaluation.number(&value);
    if number.is_nan() && !matches!(value, Value::Number(_)) {
        let text = call.evaluation.text(value);
        if !text.is_empty() {
            let digest = sha2::Sha256::digest(text.as_bytes());
            let first = digest.first_chunk().expect("a SHA-256 has 32 bytes");
            return Ok(i64::from_be_bytes(*first));
        }
    }
    Ok(if number.is_finite() { whole(number) } else { 0 })
}

pub(super) fn selected<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let (list, wanted) = (call.text(0)?, call.text(1)?);
    let wanted = wanted.trim();
    // Nothing is selected where nothing is: `selected(${q}, '')` asks that in forms that are in use, of Collect as of Enketo.
    let is_empty = wanted.is_empty() && list.trim().is_empty();
    Ok((is_empty || list.split_whitespace().any(|it| it == wanted)).into())
}

pub(super) fn selected_at<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let (list, place) = (call.text(0)?, call.number(1)?);
    let place = if place.is_nan() { None } else { usize::try_from(whole(place)).ok() };
    let item = place.and_then(|it| list.split_whitespace().nth(it));
    Ok(item.unwrap_or_default().to_owned().into())
}

pub(super) fn count_selected<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(number_of(call.text(0)?.split_whitespace().count()).into())
}

/// The label of a choice of a question, which is named as a text: `'${q}'` or `'/data/q'`.
pub(super) fn choice_name<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let (value, question) = (call.text(0)?, call.text(1)?);
    Ok((call.evaluation.world.choice_name)(&question, &value).map_or(Value::EMPTY, Value::from))
}

pub(super) fn itext<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Err(call.error(ErrorKind::Unsupported { what: "jr:itext" }))
}

/// One cell of a table: the column, in the first row whose key column holds the key.
pub(super) fn pulldata<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let table = call.table()?;
    let (wanted, key_column, key) = (call.text(1)?, call.text(2)?, call.text(3)?);
    let document = call.evaluation.document(table);
    let cell = |item: u32, column: &str| {
        document.children(item).iter().copied().find(|it| document.name(*it) == Some(column))
    };
    let items = document.children(table.node).iter().flat_map(|it| document.children(*it));
    for item in items {
        if cell(*item, &key_column).is_some_and(|it| document.text(it) == key) {
            let text = cell(*item, &wanted).map_or("", |it| document.text(it));
            return Ok(Value::Text(Cow::Borrowed(text)));
        }
    }
    Ok(Value::EMPTY)
}

/// The node that is in the repeats of these places, counted from 1.
pub(super) fn indexed_repeat<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    if call.arguments.len().is_multiple_of(2) {
        let (function, given) = (call.function.name, call.arguments.len());
        return Err(call.error(ErrorKind::WrongArguments { function, min: 3, max: 7, given }));
    }
    let mut within: Option<NodeRef> = None;
    for n in (1..call.arguments.len()).step_by(2) {
        let repeats = call.all_nodes(n)?;
        let index = call.number(n + 1)?;
        let inside = |it: &&NodeRef| within.is_none_or(|above| is_below(call, **it, above));
        let place = if index >= 1.0 { usize::try_from(whole(index) - 1).ok() } else { None };
        match place.and_then(|place| repeats.iter().filter(inside).nth(place)) {
            Some(repeat) => within = Some(*repeat),
            None => return Ok(Value::Nodes(Vec::new())),
        }
    }
    let within = within.expect("there are three arguments or more");
    let nodes = call.all_nodes(0)?.into_iter();
    Ok(Value::Nodes(nodes.filter(|it| is_below(call, *it, within)).collect()))
}

fn is_below(call: &Call<'_, '_>, node: NodeRef, above: NodeRef) -> bool {
    let document = call.evaluation.document(node);
    let mut it = node.node;
    while it != document.root() {
        if (NodeRef { node: it, ..node }) == above {
            return true;
        }
        it = document.parent(it);
    }
    false
}
