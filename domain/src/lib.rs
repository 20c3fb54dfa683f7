//! What Zoufang is about, in pure code that phone and server share.
//!
//! No clock, no ids, no network, no files, no database: they are arguments.
//!
//! Glossary: a **campaign** (活动) is a dated effort. A **unit** (股室站所、党支部) belongs to the
//! bureau. A **respondent** (受访对象) is whom we visit. An **assignment** (走访任务) asks a unit to
//! visit one. A **visit** (走访记录) is one interview; its **identity** says who it was, its
//! **statements** (意见条目) what was said, its **attachments** (附件) are voices and photos, its **answers** (答卷) those to a **questionnaire** (问卷). Each of
//! these is a **record**, each state of a record is a **revision** (版本), the bytes of a revision
//! are an **envelope**. A **category** (问题类型) is a leaf of the taxonomy; the
//! **scheme** (分类方案) is an installation's taxonomy with the types that it retired or merged. An **issue** (问题) is
//! what the office makes of like statements, and can be noted as **established** (查处); a **release** is an issue as a branch
//! sees it; a **meeting** (讨论会) discusses releases and agrees on **measures** (整改措施). A **referral**
//! (转办) passes a statement on to the body it belongs to. A **transcript** (转写) is what a machine heard in a
//! voice; it counts once a person accepted it. A **clue** (问题线索) is what is sealed to the discipline
//! group alone.

pub mod access;
pub mod agreement;
pub mod answers;
pub mod attachment;
pub mod audit;
pub mod batch;
pub mod campaign;
pub mod categorize;
pub mod changes;
pub mod clue;
pub mod csv;
pub mod day;
pub mod device;
pub mod draft;
pub mod envelope;
pub mod expression;
pub mod figures;
pub mod handover;
pub mod id;
pub mod import;
pub mod invitation;
pub mod issue;
pub mod judging;
pub mod likeness;
pub mod matters;
pub mod measure;
pub mod media;
pub mod meeting;
pub mod model;
pub mod naming;
pub mod official;
pub mod oidc;
pub mod openrosa;
pub mod outbox;
pub mod password;
pub mod person;
pub mod phone_key;
pub mod phrases;
pub mod problem;
pub mod publishing;
pub mod questionnaire;
pub mod queue;
pub mod random;
pub mod receipt;
pub mod record;
pub mod recording;
pub mod referral;
pub mod release;
pub mod respondent;
pub mod retention;
pub mod rising;
pub mod role;
pub mod rules;
pub mod sealed_file;
pub mod search;
pub mod second_factor;
pub mod sending;
pub mod session;
pub mod setup;
pub mod severity;
pub mod sign_off;
pub mod statement;
pub mod suggester_versions;
pub mod suggesting;
pub mod sync;
pub mod taxonomy;
pub mod text;
pub mod transcript;
pub mod visit;
