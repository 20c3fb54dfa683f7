//! A linear model that learns labels of texts from examples, and says which words spoke for its guess.
//!
//! Letters and pairs of letters, counted by logarithm, weighed by how telling they are (tf-idf), and one hyperplane a
//! label. With few examples the directions that all texts share, labelled or not, are preferred. Everything is
//! repeatable bit for bit.

pub(crate) mod bytes;
pub(crate) mod grams;
pub(crate) mod rows;
pub(crate) mod solving;
pub(crate) mod vocabulary;

pub use self::bytes::{BYTES_MAX, ModelError};
use self::{
    grams::{count_of, counts, grams},
    rows::{Directions, Rows},
    solving::{Row, Solved, Weights, add, correct, solve},
    vocabulary::{Vector, Vocabulary},
};
use crate::categorize::Evidence;

/// Fewest examples that a model is made from.
pub const EXAMPLES_MIN: usize = 20;
/// Most labels: those of a taxonomy, with room.
pub const LABELS_MAX: usize = 500;
/// Past corrections that are learned again with each one. Sixteen take a fraction of a millisecond.
pub const REPLAYED_MAX: usize = 16;
/// Parts that the examples are split into to see how sure the model may be.
const FOLDS_N: usize = 4;
/// Up to so many examples the shared directions count in full, beyond by the square less. Chosen by cross-validation.
const EXAMPLES_FEW: f32 = 300.0;
/// How much longer what is shared counts than what is not.
const SHARED_PULL: f32 = 3.0;
/// Part of the full step that one correction takes.
const CORRECTION_RATE: f32 = 0.5;
/// Most quotations for one guess.
const QUOTED_MAX: usize = 4;

/// A text and its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example<'a> {
    pub label: &'a str,
    pub text: &'a str,
}

/// What a model cannot be made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    #[error("{n} examples are too few: at least {EXAMPLES_MIN} are needed")]
    FewExamples { n: usize },
    #[error("{n} labels: at least 2 and at most {LABELS_MAX} can be told apart")]
    Labels { n: usize },
}

/// The label of a correction is none of the model's: it must be trained anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the model does not know this label")]
pub struct UnknownLabel;

/// A trained model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// In alphabetical order of their code points.
    labels: Vec<String>,
    /// How many examples it was trained on.
    examples_n: u32,
    vocabulary: Vocabulary,
    weights: Weights,
    /// Scores are divided by it before they become likelihoods.
    temperature: f32,
}

/// One label and how sure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guess<'a> {
    pub label: &'a str,
    /// 0 to 1; those of all labels sum to 1.
    pub confidence: f64,
}

impl Model {
    /// Trains on examples; `unlabelled` texts teach which letters tell texts apart and which go together.
    ///
    /// # Errors
    ///
    /// [`TrainError`], when there is too little to learn from.
    pub fn train(examples: &[Example], unlabelled: &[&str]) -> Result<Self, TrainError> {
        if examples.len() < EXAMPLES_MIN {
            return Err(TrainError::FewExamples { n: examples.len() });
        }
        let mut labels: Vec<String> = examples.iter().map(|it| it.label.to_owned()).collect();
        labels.sort_unstable();
        labels.dedup();
        if !(2..=LABELS_MAX).contains(&labels.len()) {
            return Err(TrainError::Labels { n: labels.len() });
        }
        let counted: Vec<_> =
            examples.iter().map(|it| it.text).chain(unlabelled.iter().copied()).map(counts).collect();
        let vocabulary = Vocabulary::of(&counted, bytes::grams_max(&labels));
        let rows =
            Rows { rows: counted.iter().map(|it| vocabulary.vector(it)).collect(), width: vocabulary.len() };
        let directions = rows.directions();
        let pull = pull(examples.len());
        let mut shared = rows.project(&directions);
        shared.iter_mut().flatten().for_each(|it| *it *= pull);
        let examples: Vec<Row> = examples
            .iter()
            .zip(rows.rows.iter().zip(&shared))
            .map(|(example, (vector, shared))| {
                let label = labels.binary_search_by(|it| it.as_str().cmp(example.label)).unwrap_or_default();
                Row { vector, shared, label, weight: 1.0 }
            })
            .collect();
        let temperature = temperature(&examples, rows.width, labels.len());
        let solved = solve(&examples, rows.width, labels.len());
        let examples_n = u32::try_from(examples.len()).unwrap_or(u32::MAX);
        let weights = fold(solved, &directions, pull);
        let model = Self { labels, examples_n, vocabulary, weights, temperature };
        // What was learned is rounded as a file holds it, so that one that is read answers alike.
        Ok(Self::from_bytes(&model.to_bytes()).expect("what was written is read"))
    }

    /// All labels, in alphabetical order of their code points.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// How many examples it was trained on, without later corrections.
    pub fn examples_n(&self) -> u32 {
        self.examples_n
    }

    /// All labels, the likeliest first.
    pub fn guess(&self, text: &str) -> Vec<Guess<'_>> {
        let scores = self.weights.scores(&self.vocabulary.read(text));
        let likely = likelihoods(tempered(&scores[..self.labels.len()], self.temperature));
        let mut guesses: Vec<Guess> =
            self.labels.iter().zip(likely).map(|(label, confidence)| Guess { label, confidence }).collect();
        guesses.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
        guesses
    }

    /// The words of a text that spoke for a label against the others, in the order of the text; none for an
    /// unknown label.
    pub fn evidence(&self, text: &str, label: &str) -> Vec<Evidence> {
        let Some(label) = self.labels.iter().position(|it| it == label) else { return Vec::new() };
        let letters: Vec<char> = text.chars().collect();
        let mut spoke = vec![0.0_f32; letters.len()];
        for gram in grams(text) {
            let Some(number) = self.vocabulary.find(gram.hash) else { continue };
            let row = &self.weights.row(number)[..self.labels.len()];
            #[expect(clippy::cast_precision_loss, reason = "counts of labels and letters")]
            let (labels_n, parts_n, count) =
                (self.labels.len() as f32, gram.letters_n as f32, count_of(&gram) as f32);
            let ahead = row[label] - row.iter().sum::<f32>() / labels_n;
            let each = ahead * self.vocabulary.idf[number as usize] * count.ln_1p() / parts_n;
            spoke[gram.start..gram.start + gram.letters_n].iter_mut().for_each(|it| *it += each);
        }
        quote(&letters, &spoke)
    }

    /// Learns one correction, and past ones again lest they are forgotten: at most [`REPLAYED_MAX`] of `replayed`.
    ///
    /// # Errors
    ///
    /// [`UnknownLabel`]; nothing was learned then.
    pub fn learn(&mut self, correction: Example, replayed: &[Example]) -> Result<(), UnknownLabel> {
        let again = replayed.iter().take(REPLAYED_MAX);
        let all: Vec<(usize, Vector)> = again
            .chain([&correction])
            .map(|it| {
                let label = self.labels.iter().position(|known| known == it.label).ok_or(UnknownLabel)?;
                Ok((label, self.vocabulary.read(it.text)))
            })
            .collect::<Result<_, _>>()?;
        for (label, vector) in all {
            correct(&mut self.weights, &vector, label, self.labels.len(), CORRECTION_RATE);
        }
        Ok(())
    }
}

/// What letters tell a set of texts apart; for whoever compares texts rather than labels them.
pub(crate) struct Known(Vocabulary);

/// A text as a model reads it.
pub(crate) struct Read(Vector);

impl Known {
    /// Learns from all texts which of their letters are telling.
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let counted: Vec<_> = texts.map(counts).collect();
        Self(Vocabulary::of(&counted, usize::MAX))
    }

    /// Reads one.
    pub fn read(&self, text: &str) -> Read {
        let mut vector = self.0.read(text);
        vector.sort_unstable_by_key(|it| it.0);
        Read(vector)
    }
}

impl Read {
    /// How alike two are, 0 to 1.
    pub fn cosine(&self, other: &Self) -> f32 {
        let (mut sum, mut at) = (0.0, 0);
        for (number, value) in &self.0 {
            at += other.0[at..].iter().take_while(|it| it.0 < *number).count();
            if let Some((_, other)) = other.0.get(at).filter(|it| it.0 == *number) {
                sum += value * other;
            }
        }
        sum
    }
}

/// How much what is shared counts: in full with few examples, for then they say little by themselves.
fn pull(examples_n: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a count of examples")]
    let n = examples_n as f32;
    SHARED_PULL * (EXAMPLES_FEW / n).min(1.0).powi(2)
}

/// Weights of the shared directions become weights of letters and pairs, of which the directions are made.
fn fold(solved: Solved, directions: &Directions, pull: f32) -> Weights {
    let Solved { mut weights, of_shared } = solved;
    let lanes_n = weights.lanes_n;
    for (number, parts) in (0..).zip(directions) {
        let row = weights.row_mut(number);
        for (part, of_direction) in parts.iter().zip(of_shared.chunks_exact(lanes_n)) {
            add(row, of_direction, part * pull);
        }
    }
    weights
}

/// The temperature at which what was said of examples that were left out is likeliest (Guo et al. 2017,
/// arXiv:1706.04599): each of [`FOLDS_N`] parts is judged by what was learned from the others.
fn temperature(examples: &[Row], width: usize, labels_n: usize) -> f32 {
    let fold_of = folds(examples, labels_n);
    let mut judged: Vec<(Vec<f32>, usize)> = Vec::new();
    for fold in 0..FOLDS_N {
        let part = |within: bool| examples.iter().zip(&fold_of).filter(move |it| (*it.1 == fold) == within);
        let others: Vec<Row> = part(false)
            .map(|(it, _)| Row { vector: it.vector, shared: it.shared, label: it.label, weight: it.weight })
            .collect();
        let solved = solve(&others, width, labels_n);
        judged.extend(part(true).map(|(it, _)| {
            let mut scores = solved.scores(it.vector, it.shared);
            scores.truncate(labels_n);
            (scores, it.label)
        }));
    }
    let surprise = |temperature: f32| -> f64 {
        judged
            .iter()
            .map(|(scores, label)| -likelihoods(tempered(scores, temperature))[*label].max(1e-12).ln())
            .sum()
    };
    // From 0.02 to 2 in steps of 5 %; beyond either the model knows everything or nothing.
    let mut best = (f64::INFINITY, 1.0);
    let mut temperature = 0.02;
    while temperature < 2.0 {
        let surprised = surprise(temperature);
        if surprised < best.0 {
            best = (surprised, temperature);
        }
        temperature *= 1.05;
    }
    best.1
}

/// The part that each example belongs to; those of one label are spread evenly.
fn folds(examples: &[Row], labels_n: usize) -> Vec<usize> {
    let mut seen = vec![0; labels_n];
    examples
        .iter()
        .map(|it| {
            seen[it.label] += 1;
            (seen[it.label] + it.label) % FOLDS_N
        })
        .collect()
}

fn tempered(scores: &[f32], temperature: f32) -> impl Iterator<Item = f64> {
    scores.iter().map(move |it| f64::from(*it) / f64::from(temperature))
}

/// Scores as likelihoods that sum to 1 (softmax).
pub(crate) fn likelihoods(scores: impl Iterator<Item = f64>) -> Vec<f64> {
    let scores: Vec<f64> = scores.collect();
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = scores.into_iter().map(|it| (it - most).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|it| it / sum).collect()
}

/// The runs of letters that spoke most, as the text has them.
pub(crate) fn quote(letters: &[char], spoke: &[f32]) -> Vec<Evidence> {
    let most = spoke.iter().copied().fold(0.0, f32::max);
    // A quarter of the strongest letter: less is the noise that every text makes.
    let loud: Vec<bool> = spoke.iter().map(|it| *it > most * 0.25).collect();
    let mut runs: Vec<(f32, usize, usize)> = Vec::new();
    let mut start = 0;
    for same in loud.chunk_by(|one, other| one == other) {
        let end = start + same.len();
        if same[0] && same.len() > 1 {
            runs.push((spoke[start..end].iter().sum(), start, end));
        }
        start = end;
    }
    runs.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    runs.truncate(QUOTED_MAX);
    runs.sort_by_key(|it| it.1);
    let evidence = |&(_, start, end): &(f32, usize, usize)| Evidence {
        text: letters[start..end].iter().collect(),
        start,
        end,
    };
    runs.iter().map(evidence).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const STREETS: [&str; 12] = [
        "村口的路灯坏了半年没人修",
        "路面坑坑洼洼下雨没法走",
        "通组路要硬化",
        "路灯不亮晚上看不见",
        "水泥路烂了",
        "桥上的护栏断了路人危险",
        "公路边的排水沟堵了",
        "进村的路太窄会车难",
        "路口没有红绿灯",
        "修路的材料堆在路中间",
        "路灯杆倒了压着电线",
        "机耕路冲垮了没修",
    ];
    const SCHOOLS: [&str; 12] = [
        "孩子上学太远没有校车",
        "学校食堂的饭菜孩子不吃",
        "老师总是请假没人上课",
        "学校收补课费",
        "幼儿园名额少孩子进不去",
        "小学的操场要修一下给学生用",
        "老师布置作业太多",
        "学生宿舍没有热水",
        "教室里没有空调学生热",
        "学校门口卖零食的多",
        "中学的学位不够",
        "孩子转学手续老师不办",
    ];

    fn examples() -> Vec<Example<'static>> {
        let of = |label, texts: [&'static str; 12]| texts.map(|text| Example { label, text });
        [of("路", STREETS), of("学", SCHOOLS)].concat()
    }

    pub(in crate::model) fn streets_and_schools() -> Model {
        Model::train(&examples(), &[]).unwrap()
    }

    #[test]
    fn what_it_was_taught_it_knows_and_more() {
        let model = streets_and_schools();
        assert_eq!(model.labels(), ["学", "路"]);
        for example in examples() {
            assert_eq!(model.guess(example.text)[0].label, example.label, "{}", example.text);
        }
        assert_eq!(model.guess("我们村的路灯又不亮了")[0].label, "路");
        assert_eq!(model.guess("学校的老师太少")[0].label, "学");
    }

    #[test]
    fn training_again_gives_the_same_bytes() {
        assert_eq!(streets_and_schools().to_bytes(), streets_and_schools().to_bytes());
    }

    #[test]
    fn likelihoods_sum_to_one_whatever_is_asked() {
        let model = streets_and_schools();
        for text in ["", "\u{202e}\u{0}👨‍👩‍👧", "zzz", "学校"] {
            let sum: f64 = model.guess(text).iter().map(|it| it.confidence).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{text:?}");
        }
    }

    #[test]
    fn too_little_is_not_learned_from() {
        let all = examples();
        assert_eq!(Model::train(&all[..19], &[]), Err(TrainError::FewExamples { n: 19 }));
        let alike = vec![all[0]; 30];
        assert_eq!(Model::train(&alike, &[]), Err(TrainError::Labels { n: 1 }));
        assert!(Model::train(&all[2..22], &[]).is_ok());
    }

    #[test]
    fn evidence_is_quoted_word_for_word() {
        let text = "反映一下：村口的路灯坏了";
        let evidence = streets_and_schools().evidence(text, "路");
        let letters: Vec<char> = text.chars().collect();
        assert!(evidence.iter().any(|it| it.text.contains("路")), "{evidence:?}");
        for it in &evidence {
            assert_eq!(letters[it.start..it.end].iter().collect::<String>(), it.text);
        }
        assert!(streets_and_schools().evidence(text, "没有的").is_empty());
    }

    #[test]
    fn a_correction_is_learned_and_the_past_is_kept() {
        let mut model = streets_and_schools();
        let text = "广场舞太吵";
        let before = sureness(&model, text, "学");
        model.learn(Example { label: "学", text }, &examples()[..16]).unwrap();
        assert!(sureness(&model, text, "学") > before);
        for example in examples() {
            assert_eq!(model.guess(example.text)[0].label, example.label);
        }
        let unknown = Example { label: "水", text };
        assert_eq!(model.learn(unknown, &[]), Err(UnknownLabel));
    }

    fn sureness(model: &Model, text: &str, label: &str) -> f64 {
        model.guess(text).iter().find(|it| it.label == label).unwrap().confidence
    }
}
