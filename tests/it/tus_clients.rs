//! Public tus clients: cut off in the middle, and again from where they were to the end.

use std::{path::PathBuf, process::Command};

use domain::{envelope::Hash, id::RecordId};
use tempfile::TempDir;

use crate::{
    uploads::with_voice,
    world::{
        Phone, Where, World,
        tools::{BucketServer, Line, blobs, script, tools},
    },
};

/// A client's run: where it began, and whether it came to the end.
type Run = (u64, bool);

struct Upload {
    tools: PathBuf,
    /// The folder of the file and of what the client remembers of it.
    folder: PathBuf,
    port: u16,
    cookie: String,
    id: RecordId,
    sha256: Hash,
}

impl Upload {
    fn arguments(&self, command: &mut Command) -> Run {
        let url = format!("http://127.0.0.1:{}/api/v1/uploads", self.port);
        command.arg(url).arg(&self.cookie).arg(self.folder.join("voice")).arg(self.folder.join("remembered"));
        command.arg(self.id.to_string()).arg(self.sha256.to_string());
        let out = tokio::task::block_in_place(|| command.output()).expect("the client runs");
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let why = String::from_utf8_lossy(&out.stderr).into_owned();
        (text.trim().parse().unwrap_or_else(|_| panic!("{text}{why}")), out.status.success())
    }

    fn by_tuspy(&self) -> Run {
        self.arguments(Command::new(self.tools.join("python/bin/python")).arg(script("upload.py")))
    }

    fn by_tus_js_client(&self) -> Run {
        let mut command = Command::new("node");
        self.arguments(command.current_dir(self.tools.join("node")).arg(script("upload.mjs")))
    }
}

/// Uploads through a line that is cut in the middle of the second part, then again through a whole one.
async fn cut_and_resumed(world: &World, run: impl Fn(&Upload) -> Run) {
    let Some(tools) = tools() else { return };
    let phone = world.phone("visitor");
    let bytes: Vec<u8> = (0..700_000_u32).flat_map(u32::to_le_bytes).collect();
    let (mut draft, id) = with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("voice"), &bytes).unwrap();
    let line = Line::to(world.port).await;
    let upload = Upload {
        tools,
        folder: folder.path().to_owned(),
        port: line.port,
        cookie: phone.client.cookie(),
        id,
        sha256: Hash::of(&bytes),
    };
    line.cut_after(1_500_000);
    assert_eq!(run(&upload), (0, false), "it is cut off");
    assert!(line.is_cut());
    line.mend();
    // What came of the second part counts too, as soon as the server has kept it.
    let began = std::time::Instant::now();
    let reached = loop {
        let now = phone.reached(id);
        if now > 1024 * 1024 {
            break now;
        }
        assert!(began.elapsed().as_secs() < 20, "what came before the cut is kept");
    };
    assert!(reached < 1_500_000, "{reached}");
    assert_eq!(run(&upload), (reached, true), "it goes on from there");
    let read = phone.client.get(&format!("/api/v1/attachments/{id}")).bytes;
    assert_eq!(Hash::of(&read), upload.sha256);
}

async fn on_a_bucket() -> Option<World> {
    let server = BucketServer::shared()?;
    Some(World::start_with(Where::New, blobs(&server.new_bucket(), server.port)).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn tuspy_resumes_in_a_folder() {
    cut_and_resumed(&World::start().await, Upload::by_tuspy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tuspy_resumes_in_a_bucket() {
    let Some(world) = on_a_bucket().await else { return };
    cut_and_resumed(&world, Upload::by_tuspy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tus_js_client_resumes_in_a_folder() {
    cut_and_resumed(&World::start().await, Upload::by_tus_js_client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tus_js_client_resumes_in_a_bucket() {
    let Some(world) = on_a_bucket().await else { return };
    cut_and_resumed(&world, Upload::by_tus_js_client).await;
}
