//! Functions that are the same, kept once. Rust makes a function anew for each type it works on, and many of them come out
//! alike; the linker of wasm does not look for that.

use std::{collections::HashMap, fmt::Write};

use walrus::{
    ElementItems, ExportItem, FunctionId, FunctionKind, LocalFunction, LocalId, Module,
    ir::{Instr, InstrLocId, InstrSeq, Visitor, VisitorMut, dfs_in_order, dfs_pre_order_mut},
};

/// Once calls go to one of twins, who called them may be twins too: so often it is looked again, at most.
const ROUNDS_MAX: usize = 8;

/// Has everything that names one of some twins name the first of them, and leaves out the others.
pub fn merge(module: &mut Module) {
    for _ in 0..ROUNDS_MAX {
        let twins = twins(module);
        if twins.is_empty() {
            break;
        }
        rename(module, &twins);
        walrus::passes::gc::run(module);
    }
}

/// Functions that are like an earlier one, with that one.
fn twins(module: &Module) -> HashMap<FunctionId, FunctionId> {
    let mut firsts = HashMap::new();
    let mut twins = HashMap::new();
    for (id, function) in module.funcs.iter_local() {
        let first = *firsts.entry(Text::of(module, function)).or_insert(id);
        if first != id {
            twins.insert(id, first);
        }
    }
    twins
}

fn rename(module: &mut Module, twins: &HashMap<FunctionId, FunctionId>) {
    let to_first = |id: &mut FunctionId| *id = *twins.get(id).unwrap_or(id);
    for function in module.funcs.iter_mut() {
        if let FunctionKind::Local(function) = &mut function.kind {
            let entry = function.entry_block();
            dfs_pre_order_mut(&mut Renaming(twins), function, entry);
        }
    }
    for element in module.elements.iter_mut() {
        if let ElementItems::Functions(functions) = &mut element.items {
            functions.iter_mut().for_each(to_first);
        }
    }
    for export in module.exports.iter_mut() {
        if let ExportItem::Function(function) = &mut export.item {
            to_first(function);
        }
    }
}

struct Renaming<'a>(&'a HashMap<FunctionId, FunctionId>);

impl VisitorMut for Renaming<'_> {
    fn visit_function_id_mut(&mut self, id: &mut FunctionId) {
        *id = *self.0.get(id).unwrap_or(id);
    }
}

/// What a function does, in words that are the same for twins: locals are named by the order in which they come.
struct Text<'a> {
    module: &'a Module,
    text: String,
    locals: HashMap<LocalId, usize>,
}

impl<'a> Text<'a> {
    fn of(module: &'a Module, function: &'a LocalFunction) -> String {
        let locals = function.args.iter().enumerate().map(|(n, id)| (*id, n)).collect();
        let text = format!("{:?}", function.ty());
        let mut this = Self { module, text, locals };
        dfs_in_order(&mut this, function, function.entry_block());
        this.text
    }

    fn say(&mut self, words: std::fmt::Arguments<'_>) {
        self.text.write_fmt(words).expect("a text takes any words");
    }

    fn say_local(&mut self, act: &str, local: LocalId) {
        let next = self.locals.len();
        let number = *self.locals.entry(local).or_insert(next);
        let kind = self.module.locals.get(local).ty();
        self.say(format_args!("{act}{number}:{kind:?};"));
    }
}

impl<'a> Visitor<'a> for Text<'_> {
    fn start_instr_seq(&mut self, sequence: &'a InstrSeq) {
        self.say(format_args!("({:?};", sequence.ty));
    }

    fn end_instr_seq(&mut self, _: &'a InstrSeq) {
        self.text.push(')');
    }

    fn visit_instr(&mut self, instruction: &'a Instr, _: &'a InstrLocId) {
        match instruction {
            Instr::LocalGet(it) => self.say_local("get", it.local),
            Instr::LocalSet(it) => self.say_local("set", it.local),
            Instr::LocalTee(it) => self.say_local("tee", it.local),
            other => self.say(format_args!("{other:?};")),
        }
    }
}
