//! What a password must be like.

/// Shortest password, in characters.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Longest password, in characters: enough for any sentence, short enough to hash quickly.
pub const PASSWORD_CHARS_MAX: usize = 200;
/// Where the policy is strict, of the four classes so many: small letters, capitals, digits, anything else.
pub const CLASSES_MIN: usize = 3;
/// Where it is strict, none of so many before, the present one among them, is taken again.
pub const PAST_PASSWORDS: usize = 5;
/// Where it is strict, a password counts for so long, in milliseconds: 90 days.
pub const PASSWORD_MS_MAX: i64 = 90 * 24 * 60 * 60 * 1_000;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Shorter than [`PASSWORD_CHARS_MIN`] or longer than [`PASSWORD_CHARS_MAX`].
    Length,
    /// The login, with or without digits and marks around it.
    Login,
    /// One of those that everybody tries first.
    WellKnown,
    /// Of fewer than [`CLASSES_MIN`] classes; where the policy is strict.
    Classes,
    /// One of the last [`PAST_PASSWORDS`]; where the policy is strict.
    UsedBefore,
}

impl Weakness {
    /// The problem's field is that of the password and, but for the length, a dot and this word.
    pub fn field(self, field: &str) -> String {
        match self {
            Self::Length => field.to_owned(),
            Self::Login => format!("{field}.login"),
            Self::WellKnown => format!("{field}.well_known"),
            Self::Classes => format!("{field}.classes"),
            Self::UsedBefore => format!("{field}.used_before"),
        }
    }
}

/// What is weak about a password by itself. Whether it is well known or was used before is for whoever has the lists.
pub fn weakness(password: &str, login: &str, strict: bool) -> Option<Weakness> {
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&password.chars().count()) {
        return Some(Weakness::Length);
    }
    let bare = |text: &str| text.trim_matches(|it: char| !it.is_alphabetic()).to_lowercase();
    if password.to_lowercase() == login.to_lowercase()
        || (!bare(login).is_empty() && bare(password) == bare(login))
    {
        return Some(Weakness::Login);
    }
    (strict && classes(password) < CLASSES_MIN).then_some(Weakness::Classes)
}

/// Of how many of the four classes it has characters.
fn classes(password: &str) -> usize {
    let classes: [fn(&char) -> bool; 4] =
        [char::is_ascii_lowercase, char::is_ascii_uppercase, char::is_ascii_digit, |it| {
            !it.is_ascii_alphanumeric()
        }];
    classes.into_iter().filter(|has| password.chars().any(|it| has(&it))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_count_characters() {
        assert_eq!(weakness("八个字的口令也行", "wang", false), None);
        assert_eq!(weakness("1234567", "wang", false), Some(Weakness::Length));
        assert_eq!(weakness(&"字".repeat(201), "wang", false), Some(Weakness::Length));
    }

    #[test]
    fn the_login_is_no_password() {
        for password in ["zhangmin", "ZhangMin", "zhangmin2026!", "123zhangmin"] {
            assert_eq!(weakness(password, "zhangmin", false), Some(Weakness::Login), "{password}");
        }
        assert_eq!(weakness("13800138000", "13800138000", false), Some(Weakness::Login));
        assert_eq!(weakness("zhangmin likes tea", "zhangmin", false), None);
        assert_eq!(weakness("20261127", "13800138000", false), None);
    }

    #[test]
    fn three_of_four_classes_where_it_is_strict() {
        for (password, fits) in [
            ("abcdefgh1", false),
            ("abcdefG1", true),
            ("abcdef-1", true),
            ("口令口令口令1a", true),
            ("ABCDEFGH", false),
        ] {
            assert_eq!(weakness(password, "wang", true).is_none(), fits, "{password}");
            assert_eq!(weakness(password, "wang", false), None);
        }
    }
}
