# Millrace: everything a person types. Each target installs what it needs first.
.DEFAULT_GOAL := help
.PHONY: help setup build test test-python lint demo bench papers trust soak install uninstall clean

PREFIX ?= /usr/local

help:
	@echo 'make demo     install what is missing, build, run the daemon, stream, learn, query, kill, resume'
	@echo 'make test     install what is missing, lint, build, run every test'
	@echo 'make test-python  the Python client alone: linter, types, tests against the daemon'
	@echo 'make bench    speed, with the rivals beside it where they can be installed'
	@echo 'make papers   the experiments behind docs/papers.md, about 15 minutes; QUICK=1 tries them out'
	@echo 'make trust    eleven tests of trust, with Vowpal Wabbit beside; writes docs/trust.md'
	@echo 'make build    release executables in .build/release'
	@echo 'make install  millraced and millrace into $(PREFIX)/bin; manuals, completions into $(PREFIX)/share'
	@echo 'make uninstall  takes away what make install put there'

setup:
	@scripts/setup

# Static: one file each, and half the resident memory of the dynamic runtime.
build: setup
	swift build -c release --static-swift-stdlib --product millraced
	swift build -c release --static-swift-stdlib --product millrace
	@scripts/manuals .build/release .build/manuals

lint:
	swift format lint --strict --recursive Package.swift Sources Tests clients Benchmarks

test: setup lint
	@scripts/test

test-python: setup
	@scripts/test-python

demo: build
	@scripts/demo

bench: setup
	@scripts/bench

papers: setup
	@scripts/papers $(if $(QUICK),--quick)

trust: build
	@scripts/trust --write docs/trust.md

soak: build
	@scripts/kill-test --count 1000 --verbose

# What is installed besides the two programs, below PREFIX.
SHARED = share/man/man1/millrace.1 share/man/man8/millraced.8 \
	share/bash-completion/completions/millrace share/bash-completion/completions/millraced \
	share/zsh/site-functions/_millrace share/zsh/site-functions/_millraced \
	share/fish/vendor_completions.d/millrace.fish share/fish/vendor_completions.d/millraced.fish

install:
	@[ -x .build/release/millraced ] && [ -e .build/manuals/share/man/man1/millrace.1 ] || \
		{ echo 'error: nothing is built. TRY: make build' >&2; exit 69; }
	install -s -D -m 0755 .build/release/millraced $(DESTDIR)$(PREFIX)/bin/millraced
	install -s -D -m 0755 .build/release/millrace $(DESTDIR)$(PREFIX)/bin/millrace
	for file in $(SHARED); do \
		install -D -m 0644 .build/manuals/$$file $(DESTDIR)$(PREFIX)/$$file || exit; done

uninstall:
	cd $(DESTDIR)$(PREFIX) && rm -f bin/millraced bin/millrace $(SHARED)

clean:
	rm -rf .build .build-*
