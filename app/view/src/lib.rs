//! Leptos's `view!`, kept from writing HTML as text.
//!
//! Leptos turns an element in which nothing varies into a string and paints it through
//! `template.innerHTML`, which our content policy (Trusted Types) refuses. An attribute that is an
//! expression stops that, so each element that may be such a one gets `{..()}`: no attribute at all.
//!
//! An event's handler is made one type for each event (`prelude::heard`): Leptos writes out all it does with
//! a handler for each type of one, and each closure is a type.

use proc_macro::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};

/// Leptos's `view!`, to be used in its place.
#[proc_macro]
pub fn view(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut marked = Vec::with_capacity(tokens.len() * 5 / 4);
    let mut at = 0;
    while at < tokens.len() {
        match name_end(&tokens, at) {
            Some(end) => {
                marked.extend_from_slice(&tokens[at..end]);
                if may_be_inert(&tokens[end..]) {
                    marked.push(no_attribute());
                }
                at = end;
            }
            None if is_handler(&tokens[at..]) => {
                let end = value_end(&tokens, at + 4);
                marked.extend_from_slice(&tokens[at..at + 4]);
                marked.push(heard(&tokens[at + 2], &tokens[at + 4..end]));
                at = end;
            }
            None => {
                marked.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    let mut output: TokenStream =
        "::leptos::prelude::view!".parse().expect("the path of a macro is a token stream");
    output.extend([TokenTree::Group(Group::new(Delimiter::Brace, marked.into_iter().collect()))]);
    output
}

/// Where the name ends of the HTML element that opens at `at`, if one does.
fn name_end(tokens: &[TokenTree], at: usize) -> Option<usize> {
    let opens = is_punct(tokens.get(at), '<')
        && match at.checked_sub(1).map(|before| &tokens[before]) {
            None | Some(TokenTree::Literal(_)) => true,
            Some(TokenTree::Punct(before)) => before.as_char() == '>',
            Some(TokenTree::Group(before)) => before.delimiter() == Delimiter::Brace,
            Some(TokenTree::Ident(_)) => false,
        };
    let Some(TokenTree::Ident(name)) = tokens.get(at + 1) else { return None };
    if !opens || !name.to_string().starts_with(|it: char| it.is_ascii_lowercase()) {
        return None;
    }
    let mut end = at + 2;
    while is_punct(tokens.get(end), '-') && matches!(tokens.get(end + 1), Some(TokenTree::Ident(_))) {
        end += 2;
    }
    // A path names a component.
    (!is_punct(tokens.get(end), ':')).then_some(end)
}

/// Whether no expression in braces stands between a name and the next tag.
fn may_be_inert(rest: &[TokenTree]) -> bool {
    !rest
        .iter()
        .take_while(|it| !is_punct(Some(it), '<'))
        .any(|it| matches!(it, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace))
}

fn no_attribute() -> TokenTree {
    let dots = [Punct::new('.', Spacing::Joint), Punct::new('.', Spacing::Alone)].map(TokenTree::Punct);
    let nothing = TokenTree::Group(Group::new(Delimiter::Parenthesis, TokenStream::new()));
    TokenTree::Group(Group::new(Delimiter::Brace, dots.into_iter().chain([nothing]).collect()))
}

/// Whether `on:event=` begins here.
fn is_handler(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Ident(on), _, TokenTree::Ident(_), _, ..] if on.to_string() == "on")
        && is_punct(tokens.get(1), ':')
        && is_punct(tokens.get(3), '=')
}

/// Where the expression ends that begins at `start`: at the end of the tag, or where a name follows what is
/// complete, which begins the next attribute.
fn value_end(tokens: &[TokenTree], start: usize) -> usize {
    const GOES_ON: [&str; 8] = ["move", "if", "else", "match", "let", "in", "as", "return"];
    let is_word = |it: &TokenTree| matches!(it, TokenTree::Ident(it) if GOES_ON.contains(&&*it.to_string()));
    (start + 1..tokens.len())
        .find(|&n| match &tokens[n] {
            TokenTree::Punct(it) if it.as_char() == '>' => {
                !is_punct(tokens.get(n - 1), '-') && !is_punct(tokens.get(n - 1), '=')
            }
            TokenTree::Punct(it) => it.as_char() == '/' && is_punct(tokens.get(n + 1), '>'),
            TokenTree::Ident(_) => {
                let before = &tokens[n - 1];
                !is_word(&tokens[n]) && !is_word(before) && !matches!(before, TokenTree::Punct(_))
            }
            TokenTree::Group(_) | TokenTree::Literal(_) => false,
        })
        .unwrap_or(tokens.len())
}

/// `{crate::prelude::heard::<::leptos::ev::click>(handler)}`
fn heard(event: &TokenTree, handler: &[TokenTree]) -> TokenTree {
    let mut call: TokenStream =
        format!("crate::prelude::heard::<::leptos::ev::{event}>").parse().expect("a path is a token stream");
    let handler = Group::new(Delimiter::Parenthesis, handler.iter().cloned().collect());
    call.extend([TokenTree::Group(handler)]);
    TokenTree::Group(Group::new(Delimiter::Brace, call))
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}
