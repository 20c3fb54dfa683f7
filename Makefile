# Two commands do everything: `make run` and `make test`.
#   make run [DEMO=1] [DATA=folder] [LISTEN=address]
#   make test     every test, the ones in a real browser too
#   make deep     long proofs
#   make fuzz     damaged workbooks and made-up expressions, for some twenty minutes
#   make prove    kills, storms, full disks and bad lines on the real binary, for an hour; see docs/proofs.md
#   make scan     the API's own description, tried out by Schemathesis
#   make attack   as each role: injection by sqlmap, wapiti, and testssl over the encrypted line
#   make simulate [SEEDS=0..2000] [STEPS=500]   phones, a server and a bad network
#   make bench    the figures that ARCHITECTURE.md names
#   make deny     what comes from others: licences, sources, crates that must not be here
#   make release  the one binary, in target/release/zoufang, and beside it the list of what it is made of

.PHONY: run test fuzz deep prove scan attack simulate bench deny release site tools test-tools check

LISTEN ?= 127.0.0.1:8080
ifdef DEMO
DATA ?= demo
else
DATA ?= data
endif

# rustup installs the toolchain that rust-toolchain.toml names; the wasm target comes with it
# only where the toolchain is new.
tools:
	@command -v cargo >/dev/null || { echo "Zoufang needs Rust: see https://rustup.rs"; exit 1; }
	@if command -v rustup >/dev/null; then \
	  rustup target list --installed | grep -q wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown; fi
	@command -v cc >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq gcc libc6-dev; \
	  else echo "SQLite needs a C compiler: sudo apt-get install gcc libc6-dev"; exit 1; fi; }

site: tools
	cargo run -q -p bundle -- --release

release: site
	cargo build --release -p server
	cargo run -q -p bundle -- sbom target/release/zoufang.cdx.json

run: release
	target/release/zoufang serve --data $(DATA) --listen $(LISTEN) $(if $(DEMO),--demo)

# The tests need Chromium, its driver, its Chinese, a font with Chinese characters, PostgreSQL's programs, strace, Python
# and node; the S3 server and the tus clients that these run come into target/tools.
test-tools: tools
	@sh tests/need.sh

# One set of packages throughout: cargo builds what they share once. What has nothing to do with the engine runs once.
TESTED = -p domain -p server -p bundle -p tests
ONE_ENGINE = --skip tls:: --skip content:: --skip tus_clients:: --skip oidc::

# Whoever is about to measure what a phone loads has the tests use that: `make test BUNDLE=--release`.
BUNDLE ?=

test: test-tools
	cargo build -q $(TESTED) --bin bundle
	target/debug/bundle $(BUNDLE)
	cargo test -q $(TESTED)
	ZOUFANG_TEST_ON=postgres cargo test -q $(TESTED) --test it -- $(ONE_ENGINE)

# The figures of the phone and of the server, printed; see docs/figures.md.
bench: release test-tools
	cargo run -q -p tests --bin figures
	cargo run -q --release -p tests --bin bench -- run target/release/zoufang
	cut -f2 domain/data/rules.txt | cargo run -q --release -p domain --example categorize_speed

SEEDS ?= 0..200
STEPS ?= 500

simulate: tools
	cargo run -q --release -p tests --bin simulate -- --seeds $(SEEDS) --steps $(STEPS)

# Each line that is printed is a row of docs/proofs.md.
PROVE = cargo run -q --release -p tests --bin prove --
prove: release test-tools
	$(PROVE) kill target/release/zoufang --engine sqlite
	$(PROVE) kill target/release/zoufang --engine postgres
	$(PROVE) storm target/release/zoufang --engine sqlite
	$(PROVE) storm target/release/zoufang --engine postgres
	$(PROVE) full-disk target/release/zoufang
	$(PROVE) syscalls target/release/zoufang
	$(PROVE) bad-line target/release/zoufang --engine sqlite
	$(PROVE) bad-line target/release/zoufang --engine postgres

# Installed once a machine, unoptimized, which is soon done; nothing happens where this version is here already.
deny: tools
	cargo install -q --debug --locked --root target/tools/cargo cargo-deny@0.20.2
	target/tools/cargo/bin/cargo-deny --log-level warn check bans licenses sources

scan: release test-tools
	sh tests/scan.sh target/release/zoufang

# Attacks as each role: injection, what a crawler knows, the encrypted line. About an hour.
attack: release test-tools
	sh tests/attack.sh target/release/zoufang

# Damaged workbooks and made-up expressions, each for some ten minutes.
FUZZ_WORKBOOKS ?= 600000
FUZZ_EXPRESSIONS ?= 8000000
fuzz: tools
	PROPTEST_CASES=$(FUZZ_WORKBOOKS) cargo test -q --release -p server --test fuzz
	PROPTEST_CASES=$(FUZZ_EXPRESSIONS) cargo test -q --release -p domain --lib expression::

deep: test bench prove scan attack fuzz
	$(MAKE) simulate SEEDS=0..2000
