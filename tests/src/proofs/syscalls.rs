//! What the system was asked for, in which order: nothing is acknowledged before it was synced. A kill cannot show
//! that, for the system goes on holding what was written and not synced; a power cut would lose it.

use std::{collections::HashMap, path::Path};

use anyhow::{Context, bail};
use domain::{attachment::AttachmentKind, sending::Step};

use super::{
    folders,
    served::{Served, get},
    visitor::{Sealed, pushing, uploading},
    wire::Wire,
};
use crate::simulator::Dice;

/// What is watched.
const CALLS: &str =
    "trace=fsync,fdatasync,rename,renameat,renameat2,read,recvfrom,write,writev,sendto,sendmsg,pwrite64";
/// Bytes of the attachment, in two parts.
const LENGTH: usize = 30_000;

/// A call: the places in the trace where it began and where it had returned.
#[derive(Clone, Debug)]
struct Call {
    name: String,
    /// As far as they are shown, with the path or the socket of each descriptor.
    arguments: String,
    began: usize,
    ended: usize,
}

/// Pushes one visit and uploads one attachment under `strace`; answers what was seen, or `None` where there is no
/// `strace`.
///
/// # Errors
///
/// An acknowledgement that came too early.
pub fn in_order(binary: &Path) -> anyhow::Result<Option<String>> {
    if std::process::Command::new("strace").arg("--version").output().is_err() {
        return Ok(None);
    }
    let (all, data) = folders()?;
    let file = all.path().join("trace");
    let mut served = Served::new(binary, data, String::new())?;
    let words = ["strace", "-f", "-tt", "-y", "-s", "200", "-e", CALLS, "-o"];
    let words = words.iter().map(|it| (*it).to_owned()).chain([file.display().to_string()]);
    served.started_by(words.collect());
    let sender = served.set_up()?;
    let token = &sender.token;
    let media = [(AttachmentKind::Voice, LENGTH)];
    let visit = Sealed::made(&sender, &mut Dice::of(1), 2, &media);
    let (id, _, bytes) = &visit.media[0];
    let mut line = Wire::open(served.port)?;
    let steps = [
        pushing(token, &visit.envelopes, None),
        uploading(token, *id, bytes, Step::Announce),
        uploading(token, *id, bytes, Step::Send(0, LENGTH / 2)),
        uploading(token, *id, bytes, Step::Send(LENGTH / 2, LENGTH)),
    ];
    for step in steps {
        let answer = line.ask(&step)?;
        if answer.status >= 300 {
            bail!("status {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        // Nothing of the last request is still being read out when the next one comes.
        line.ask(&get("/api/v1/session", token))?;
    }
    served.kill();
    let trace = std::fs::read_to_string(file)?;
    judge(&trace).map(Some)
}

/// What happens at a step of keeping something.
#[derive(Clone, Copy, Debug)]
enum Kept {
    /// The database's log was written, or synced.
    Written,
    Synced,
    /// A file below this folder was synced, renamed, or its folder synced.
    File(&'static str),
    Renamed(&'static str),
    Folder(&'static str),
}

const PUSH: &[Kept] = &[Kept::Written, Kept::Synced];
const PART: &[Kept] =
    &[Kept::File("/parts/"), Kept::Renamed("/parts/"), Kept::Folder("/parts/"), Kept::Written, Kept::Synced];
const WHOLE: &[Kept] = &[
    Kept::File("/parts/"),
    Kept::Renamed("/parts/"),
    Kept::Folder("/parts/"),
    Kept::Written,
    Kept::Synced,
    Kept::File("/sealed/"),
    Kept::Renamed("/sealed/"),
    Kept::Folder("/sealed/"),
    Kept::Written,
    Kept::Synced,
];

impl Kept {
    fn is(self, call: &Call) -> bool {
        let syncs = matches!(call.name.as_str(), "fsync" | "fdatasync");
        // The path of what is synced, in `12</path/of/it>) = 0`.
        let path =
            call.arguments.split_once('<').and_then(|(_, it)| it.split_once('>')).map_or("", |it| it.0);
        let below = |folder: &str| path.split_once(folder).map_or("", |it| it.1);
        match self {
            Self::Written => call.name == "pwrite64" && path.ends_with(".db-wal"),
            Self::Synced => syncs && path.ends_with(".db-wal"),
            // A whole is written beside its place too, under a name with its upload.
            Self::File(folder) => syncs && below(folder).contains('/'),
            Self::Folder(folder) => syncs && !below(folder).is_empty() && !below(folder).contains('/'),
            Self::Renamed(folder) => call.name.starts_with("rename") && call.arguments.contains(folder),
        }
    }
}

/// Judges every acknowledgement in a trace; answers how many of each there were.
fn judge(trace: &str) -> anyhow::Result<String> {
    let calls = read(trace);
    let (mut pushes_n, mut parts_n) = (0, 0);
    for request in &calls {
        let reads = matches!(request.name.as_str(), "read" | "recvfrom");
        let steps = if !reads {
            continue;
        } else if request.arguments.contains("\"POST /api/v1/records/batch") {
            pushes_n += 1;
            PUSH
        } else if request.arguments.contains("\"PATCH /api/v1/uploads/") {
            parts_n += 1;
            if parts_n == 1 { PART } else { WHOLE }
        } else {
            continue;
        };
        let socket = request.arguments.split(',').next().unwrap_or_default();
        let answer = calls
            .iter()
            .filter(|it| it.began > request.ended && it.arguments.starts_with(socket))
            .find(|it| matches!(it.name.as_str(), "write" | "writev" | "sendto" | "sendmsg"))
            .context("a request has no answer in the trace")?;
        let mut after = request.ended;
        for step in steps {
            let kept = calls.iter().find(|it| it.began > after && step.is(it));
            match kept.filter(|it| it.ended < answer.began) {
                Some(kept) => after = kept.ended,
                None => bail!("line {} of the trace answers before {step:?}", answer.began + 1),
            }
        }
    }
    if pushes_n == 0 || parts_n < 2 {
        bail!("the trace shows {pushes_n} pushes and {parts_n} parts");
    }
    Ok(format!(
        "syscalls, SQLite: {pushes_n} push and {parts_n} parts: file, rename, folder and log synced, in this order, before \
         the first byte of each answer"
    ))
}

/// Reads what `strace -f` wrote. A call that another thread's line broke in two is put together.
fn read(trace: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut open: HashMap<&str, usize> = HashMap::new();
    for (place, line) in trace.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((_time, said)) = rest.trim_start().split_once(' ') else { continue };
        if let Some(resumed) = said.strip_prefix("<... ") {
            let Some(n) = open.remove(thread) else { continue };
            let Some((_, rest)) = resumed.split_once("resumed>") else { continue };
            calls[n].arguments.push_str(rest);
            calls[n].ended = place;
        } else if let Some((name, arguments)) = said.split_once('(') {
            let (arguments, ended) = match arguments.strip_suffix("<unfinished ...>") {
                Some(begun) => {
                    open.insert(thread, calls.len());
                    (begun, usize::MAX)
                }
                None => (arguments, place),
            };
            calls.push(Call { name: name.to_owned(), arguments: arguments.to_owned(), began: place, ended });
        }
    }
    // What did not succeed kept nothing.
    calls.retain(|it| it.ended == usize::MAX || !it.arguments.contains(") = -1 "));
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUSHED: &[&str] = &[
        r#"7 10:00:00.1 recvfrom(9<socket:[5]>, "POST /api/v1/records/batch HTTP/1.1"..., 8192, 0, NULL, NULL) = 99"#,
        r#"8 10:00:00.2 pwrite64(4</d/zoufang.db-wal>, "x"..., 24, 0) = 24"#,
        r"8 10:00:00.3 fdatasync(4</d/zoufang.db-wal> <unfinished ...>",
        r"8 10:00:00.4 <... fdatasync resumed>) = 0",
        r#"7 10:00:00.5 writev(9<socket:[5]>, [{iov_base="HTTP/1.1 200 OK"...}], 2) = 9"#,
    ];
    const PART_KEPT: &[&str] = &[
        r#"7 10:00:01.1 recvfrom(9<socket:[5]>, "PATCH /api/v1/uploads/u HTTP/1.1"..., 8192, 0, NULL, NULL) = 99"#,
        r"8 10:00:01.2 fsync(5</d/parts/u/0.new>) = 0",
        r#"8 10:00:01.3 rename("/d/parts/u/0.new", "/d/parts/u/0") = 0"#,
        r"8 10:00:01.4 fsync(5</d/parts/u>) = 0",
        r#"8 10:00:01.5 pwrite64(4</d/zoufang.db-wal>, "x"..., 24, 0) = 24"#,
        r"8 10:00:01.6 fdatasync(4</d/zoufang.db-wal>) = 0",
    ];
    const WHOLE_KEPT: &[&str] = &[
        r"8 10:00:02.2 fsync(5</d/sealed/ab/abc.u>) = 0",
        r#"8 10:00:02.3 rename("/d/sealed/ab/abc.u", "/d/sealed/ab/abc") = 0"#,
        r"8 10:00:02.4 fsync(5</d/sealed/ab>) = 0",
        r#"8 10:00:02.5 pwrite64(4</d/zoufang.db-wal>, "x"..., 24, 0) = 24"#,
        r"8 10:00:02.6 fdatasync(4</d/zoufang.db-wal>) = 0",
    ];
    const ANSWERED: &[&str] = &[r#"7 10:00:03.1 sendto(9<socket:[5]>, "HTTP/1.1 204"..., 9, 0) = 9"#];

    fn trace() -> Vec<String> {
        let lines = [PUSHED, PART_KEPT, ANSWERED, PART_KEPT, WHOLE_KEPT, ANSWERED].concat();
        lines.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn the_right_order_is_right() {
        judge(&trace().join("\n")).unwrap();
    }

    #[test]
    fn each_step_that_is_missing_is_noticed() {
        let whole = trace();
        // Where an answer is missing, the next one on its line stands for it: that is late enough.
        let steps = (0..whole.len()).filter(|n| !whole[*n].contains("\"HTTP/1.1"));
        for n in steps {
            let mut without = whole.clone();
            without.remove(n);
            let judged = judge(&without.join("\n"));
            assert!(judged.is_err(), "without {n}: {}", whole[n]);
        }
    }

    #[test]
    fn each_step_after_its_answer_is_noticed() {
        // The answer to the push goes to before its sync has returned, before it began, and before the write.
        for earlier in [3, 2, 1] {
            let mut wrong = trace();
            let answer = wrong.remove(4);
            wrong.insert(earlier, answer);
            let cause = judge(&wrong.join("\n")).unwrap_err().to_string();
            assert!(cause.contains("answers before"), "{cause}");
        }
        let last = trace().len() - 1;
        for (one, other) in [(6, 7), (7, 8), (13, 14), (14, 15), (last - 5, last - 4), (last - 1, last)] {
            let mut wrong = trace();
            wrong.swap(one, other);
            judge(&wrong.join("\n")).unwrap_err();
        }
    }

    #[test]
    fn a_sync_that_failed_is_none() {
        let mut wrong = trace();
        wrong[3] = wrong[3].replace("= 0", "= -1 EIO (Input/output error)");
        judge(&wrong.join("\n")).unwrap_err();
    }
}
