//! Leptos's `view!`, kept from writing HTML as text.
//!
//! Leptos turns an element in which nothing varies into a string and paints it through
//! `template.innerHTML`, which our content policy (Trusted Types) refuses. An attribute that is an
//! expression stops that, so each element that may be such a one gets `{..()}`: no attribute at all.

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

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}
