// Uploads a file by tus-js-client, without checksums, the first part with the creation:
// URL COOKIE FILE STORAGE ID SHA256. Prints where it begins.
import fs from "node:fs";
import { createRequire } from "node:module";

// Its modules lie elsewhere.
const tus = createRequire(`${process.cwd()}/`)("tus-js-client");
const [url, cookie, file, storage, id, sha256] = process.argv.slice(2);

const upload = new tus.Upload(fs.createReadStream(file), {
  endpoint: url,
  chunkSize: 1024 * 1024,
  headers: { Cookie: cookie },
  metadata: { id, sha256 },
  retryDelays: null,
  uploadDataDuringCreation: true,
  urlStorage: new tus.FileUrlStorage(storage),
  onAfterResponse: (request, response) => {
    if (request.getMethod() === "HEAD") console.log(response.getHeader("Upload-Offset"));
  },
  onError: (error) => {
    console.error(String(error));
    process.exit(1);
  },
});
const [previous] = await upload.findPreviousUploads();
if (previous) upload.resumeFromPreviousUpload(previous);
else console.log(0);
upload.start();
