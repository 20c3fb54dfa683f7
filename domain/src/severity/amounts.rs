//! Amounts as people say them, in digits and in Chinese: "3000元", "1.5万", "两万块", "一万二", "十几户", "五六年".

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Yuan,
    Years,
    Times,
    Households,
}

/// A number with its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Amount {
    /// The least that is said: "几" is two.
    pub value: f64,
    pub unit: Unit,
    /// In characters, the unit included.
    pub start: usize,
    pub end: usize,
}

/// Units, the longer ones first.
const UNITS: [(&str, Unit); 11] = [
    ("块钱", Unit::Yuan),
    ("块", Unit::Yuan),
    ("元", Unit::Yuan),
    ("年级", Unit::Times),
    ("年", Unit::Years),
    ("趟", Unit::Times),
    ("回", Unit::Times),
    ("次", Unit::Times),
    ("遍", Unit::Times),
    ("户", Unit::Households),
    ("家人", Unit::Households),
];
/// Behind "两千" and "两万" these say that it is no money.
const COUNTED: &str = "人亩户斤只个字公里吨棵步口平方头条件名位辆尺米天次回";
/// More years are a date or a life.
const YEARS_MAX: f64 = 40.0;

/// The amounts of a text, in its order.
pub(super) fn amounts(letters: &[char]) -> Vec<Amount> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let n = letters[at..].iter().take_while(|it| is_number(**it)).count();
        let Some((value, is_large)) = value(&letters[at..at + n]).filter(|_| begins_number(letters[at]))
        else {
            at += n.max(1);
            continue;
        };
        let (start, mut end) = (at, at + n);
        at = end;
        if letters.get(end).is_some_and(|it| matches!(it, '多' | '来' | '余')) {
            end += 1;
        }
        let rest: String = letters[end..].iter().take(3).collect();
        let unit = UNITS.iter().find(|it| rest.starts_with(it.0));
        let counts_money = letters.get(end).is_none_or(|it| !COUNTED.contains(*it));
        let (unit, unit_n) = match unit {
            Some(("年级", _)) => continue,
            Some((word, unit)) => (*unit, word.chars().count()),
            None if is_large && counts_money => (Unit::Yuan, 0),
            None => continue,
        };
        if unit == Unit::Years && value > YEARS_MAX {
            continue;
        }
        found.push(Amount { value, unit, start, end: end + unit_n });
        at = end + unit_n;
    }
    found
}

fn is_number(letter: char) -> bool {
    letter.is_ascii_digit() || ",.".contains(letter) || digit(letter).is_some() || power(letter).is_some()
}

/// "万一" and "千方百计" count nothing.
fn begins_number(letter: char) -> bool {
    letter.is_ascii_digit() || digit(letter).is_some() || letter == '十'
}

fn digit(letter: char) -> Option<f64> {
    const DIGITS: [(char, f64); 14] = [
        ('零', 0.0),
        ('〇', 0.0),
        ('一', 1.0),
        ('二', 2.0),
        ('两', 2.0),
        ('三', 3.0),
        ('四', 4.0),
        ('五', 5.0),
        ('六', 6.0),
        ('七', 7.0),
        ('八', 8.0),
        ('九', 9.0),
        ('几', 2.0),
        ('数', 2.0),
    ];
    DIGITS.iter().find(|it| it.0 == letter).map(|it| it.1)
}

fn power(letter: char) -> Option<f64> {
    const POWERS: [(char, f64); 5] =
        [('十', 10.0), ('百', 100.0), ('千', 1_000.0), ('万', 10_000.0), ('亿', 100_000_000.0)];
    POWERS.iter().find(|it| it.0 == letter).map(|it| it.1)
}

/// The value of a number, and whether it counts thousands; `None` where it is none.
fn value(letters: &[char]) -> Option<(f64, bool)> {
    let digits: String = letters.iter().take_while(|it| it.is_ascii_digit() || ",.".contains(**it)).collect();
    let behind = &letters[digits.chars().count()..];
    let is_large = letters.iter().any(|it| power(*it).is_some_and(|it| it >= 1_000.0));
    if !digits.is_empty() {
        let number: f64 = digits.trim_matches([',', '.']).replace(',', "").parse().ok()?;
        let powers = behind.iter().filter_map(|it| power(*it));
        return Some((powers.fold(number, |number, power| number * power), is_large));
    }
    // Sums within ten thousand, and what is above it.
    let (mut whole, mut part, mut pending, mut last) = (0.0, 0.0, None::<f64>, 1.0);
    for letter in letters {
        match (digit(*letter), power(*letter)) {
            // "五六千": the least of it.
            (Some(it), _) => pending = pending.or(Some(it)),
            (None, Some(power)) if power >= 10_000.0 => {
                whole = (whole + part + pending.take().unwrap_or(0.0)).max(1.0) * power;
                (part, last) = (0.0, power);
            }
            (None, Some(power)) => {
                part += pending.take().unwrap_or(if part > 0.0 { 0.0 } else { 1.0 }) * power;
                last = power;
            }
            (None, None) => return None,
        }
        if *letter == '零' {
            (pending, last) = (None, 10.0);
        }
    }
    // "一万二", "三千五": a tenth of the last power for each.
    let rest = pending.map_or(0.0, |it| if last > 10.0 { it * last / 10.0 } else { it });
    Some((whole + part + rest, is_large))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(f64, Unit, &str)]) {
        let letters: Vec<char> = text.chars().collect();
        let found = amounts(&letters);
        let found: Vec<(f64, Unit, String)> =
            found.iter().map(|it| (it.value, it.unit, letters[it.start..it.end].iter().collect())).collect();
        let expected: Vec<(f64, Unit, String)> =
            expected.iter().map(|it| (it.0, it.1, it.2.to_owned())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn numbers_are_read_as_people_say_them() {
        use Unit::{Households, Times, Years, Yuan};
        check("收了3000元", &[(3_000.0, Yuan, "3000元")]);
        check("3,500块钱和1.5万元", &[(3_500.0, Yuan, "3,500块钱"), (15_000.0, Yuan, "1.5万元")]);
        check("两万块", &[(20_000.0, Yuan, "两万块")]);
        check("一万二，拿了三万。", &[(12_000.0, Yuan, "一万二"), (30_000.0, Yuan, "三万")]);
        check("三千五百块", &[(3_500.0, Yuan, "三千五百块")]);
        check("三千五块", &[(3_500.0, Yuan, "三千五块")]);
        check("十几万元，二十三万元", &[(120_000.0, Yuan, "十几万元"), (230_000.0, Yuan, "二十三万元")]);
        check("五六千块，几百块", &[(5_000.0, Yuan, "五六千块"), (200.0, Yuan, "几百块")]);
        check("一百零五块", &[(105.0, Yuan, "一百零五块")]);
        check(
            "二十几户拖了五六年跑了八趟",
            &[(22.0, Households, "二十几户"), (5.0, Years, "五六年"), (8.0, Times, "八趟")],
        );
        check("三万人，两万斤，2019年，三年级", &[]);
        check("万一，一下，十分", &[]);
    }
}
