"""Uploads a file by tuspy, with checksums: URL COOKIE FILE STORAGE ID SHA256. Prints where it begins."""

import sys

from tusclient.client import TusClient
from tusclient.storage.filestorage import FileStorage

url, cookie, file, storage, name, sha256 = sys.argv[1:]
uploader = TusClient(url, headers={"Cookie": cookie}).uploader(
    file,
    chunk_size=1024 * 1024,
    metadata={"id": name, "sha256": sha256},
    upload_checksum=True,
    store_url=True,
    url_storage=FileStorage(storage),
)
print(uploader.offset, flush=True)
uploader.upload()
