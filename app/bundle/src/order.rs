//! Functions in an order that compresses: those of one type next to each other, of much the same length, by how they end. What is
//! alike is then near what it is like, which brotli says in fewer bits: a fortieth of what a phone loads.

use std::convert::Infallible;

use anyhow::Context;
use wasm_encoder::{
    CodeSection, FunctionSection, Module,
    reencode::{Error, Reencode},
};
use wasmparser::{CodeSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload};

/// The same module with its functions in another order.
pub fn by_likeness(wasm: &[u8]) -> anyhow::Result<Vec<u8>> {
    let (mut imported_n, mut types, mut bodies) = (0, Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imported_n += u32::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                }
            }
            Payload::FunctionSection(section) => types = section.into_iter().collect::<Result<_, _>>()?,
            Payload::CodeSectionEntry(body) => bodies.push(wasm.get(body.range()).context("a body")?),
            _ => {}
        }
    }
    let mut order: Vec<usize> = (0..bodies.len()).collect();
    order.sort_by(|one, other| {
        let backwards = |it: usize| bodies[it].iter().rev();
        let about_as_long = |it: usize| bodies[it].len().checked_ilog2();
        (types[*one], about_as_long(*one))
            .cmp(&(types[*other], about_as_long(*other)))
            .then_with(|| backwards(*one).cmp(backwards(*other)))
    });
    let mut places = vec![0; order.len()];
    for (place, old) in order.iter().enumerate() {
        places[*old] = u32::try_from(place)?;
    }
    let mut module = Module::new();
    Ordering { imported_n, order, places }
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .map_err(|cause| anyhow::anyhow!("{cause}"))?;
    Ok(module.finish())
}

struct Ordering {
    /// Imported functions come first, and stay.
    imported_n: u32,
    /// Old places, in the new order.
    order: Vec<usize>,
    /// New places, in the old order.
    places: Vec<u32>,
}

impl Reencode for Ordering {
    type Error = Infallible;

    fn function_index(&mut self, old: u32) -> Result<u32, Error<Infallible>> {
        let Some(own) = old.checked_sub(self.imported_n) else { return Ok(old) };
        Ok(self.imported_n + self.places[own as usize])
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for old in &self.order {
            functions.function(types[*old]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let bodies = section.into_iter().collect::<Result<Vec<FunctionBody<'_>>, _>>()?;
        for old in self.order.clone() {
            self.parse_function_body(code, bodies[old].clone())?;
        }
        Ok(())
    }
}
