# Millrace: everything a person types. Each target installs what it needs first.
.DEFAULT_GOAL := help
.PHONY: help setup build test test-python test-seccomp lint demo bench papers streams trust fuzz soak sanitize \
	memory-max install uninstall clean

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
# Where the executables, and what scripts/manuals makes, are taken from.
BUILD ?= .build/release
MANUALS ?= .build/manuals

help:
	@echo 'make demo     install what is missing, build, run the daemon, stream, learn, query, kill, resume'
	@echo 'make test     install what is missing, lint, build, run every test'
	@echo 'make test-python  the Python client alone: linter, types, tests against the daemon'
	@echo 'make test-seccomp  every Swift test under the system call filter of the service'
	@echo 'make bench    speed, with the rivals beside it where they can be installed'
	@echo 'make papers   the experiments behind docs/papers.md, about 15 minutes; QUICK=1 tries them out'
	@echo 'make streams  the examples on the real streams, behind docs/streams.md'
	@echo 'make trust    eleven tests of trust, with Vowpal Wabbit beside; writes docs/trust.md'
	@echo 'make fuzz     libFuzzer on every decoder, a minute each; SECONDS=10 for less'
	@echo 'make soak     kills, power cuts, full disks, frozen peers, failing calls; 30 minutes, MINUTES=3 for less'
	@echo 'make sanitize  tests and daemon under AddressSanitizer and ThreadSanitizer'
	@echo 'make build    release executables in .build/release'
	@echo 'make memory-max  MemoryMax of the packaged configuration into the systemd units'
	@echo 'make install  millraced and millrace into $(PREFIX)/bin, manuals, completions, systemd units;'
	@echo '              $(SYSCONFDIR)/millrace/millrace.toml if there is none'
	@echo 'make uninstall  takes away what make install put there; a configuration that was changed stays'

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

test-seccomp: setup
	@scripts/test-seccomp

demo: build
	@scripts/demo

bench: setup
	@scripts/bench

papers: setup
	@scripts/papers $(if $(QUICK),--quick)

streams: setup
	@scripts/streams

fuzz: setup
	@scripts/fuzz --seconds $(or $(SECONDS),60)

trust: build
	@scripts/trust --write docs/trust.md

soak: build
	swift build -c release --build-tests --scratch-path .build-test
	@scripts/soak --minutes $(or $(MINUTES),30)

sanitize: setup
	@scripts/sanitize

# After a change of the memory plan.
memory-max: build
	@scripts/memory-max .build/release/millraced

# What is installed besides the two programs, below PREFIX.
SHARED = share/man/man1/millrace.1 share/man/man8/millraced.8 \
	share/bash-completion/completions/millrace share/bash-completion/completions/millraced \
	share/zsh/site-functions/_millrace share/zsh/site-functions/_millraced \
	share/fish/vendor_completions.d/millrace.fish share/fish/vendor_completions.d/millraced.fish

# Units are written for /usr/local/bin; here they get the place that is installed to.
UNITS = system/millraced.service system/millraced@.service system/millraced-activated.service \
	system/millraced.socket user/millraced.service
CONFIGURATION = $(DESTDIR)$(SYSCONFDIR)/millrace/millrace.toml

install:
	@[ -x $(BUILD)/millraced ] && [ -e $(MANUALS)/share/man/man1/millrace.1 ] || \
		{ echo 'error: nothing is built. TRY: make build' >&2; exit 69; }
	install -s -D -m 0755 $(BUILD)/millraced $(DESTDIR)$(PREFIX)/bin/millraced
	install -s -D -m 0755 $(BUILD)/millrace $(DESTDIR)$(PREFIX)/bin/millrace
	for file in $(SHARED); do \
		install -D -m 0644 $(MANUALS)/$$file $(DESTDIR)$(PREFIX)/$$file || exit; done
	for unit in $(UNITS); do \
		install -d $(DESTDIR)$(PREFIX)/lib/systemd/$${unit%/*} && \
		sed -e 's|/usr/local/bin/|$(PREFIX)/bin/|; s|/etc/millrace/|$(SYSCONFDIR)/millrace/|' \
			systemd/$${unit#system/} >$(DESTDIR)$(PREFIX)/lib/systemd/$$unit && \
		chmod 0644 $(DESTDIR)$(PREFIX)/lib/systemd/$$unit || exit; done
	install -D -m 0644 systemd/sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/millrace.conf
	install -D -m 0644 systemd/tmpfiles.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/millrace.conf
	install -D -m 0644 systemd/millrace.toml $(DESTDIR)$(PREFIX)/share/millrace/millrace.toml
	@if [ -e $(CONFIGURATION) ]; then \
		echo '$(CONFIGURATION) is there and stays; the new one is $(PREFIX)/share/millrace/millrace.toml'; \
	else \
		install -D -m 0644 systemd/millrace.toml $(CONFIGURATION); \
	fi
	install -d -m 0755 $(dir $(CONFIGURATION))clients.d
	@[ -n "$(DESTDIR)" ] || echo 'As a service: systemd-sysusers && systemctl daemon-reload &&' \
		'systemctl enable --now millraced'

uninstall:
	@rmdir $(dir $(CONFIGURATION))clients.d 2>/dev/null || true
	@if cmp -s $(CONFIGURATION) $(DESTDIR)$(PREFIX)/share/millrace/millrace.toml; then \
		rm -f $(CONFIGURATION); \
	elif [ -e $(CONFIGURATION) ]; then \
		echo '$(CONFIGURATION) was changed and stays'; \
	fi
	cd $(DESTDIR)$(PREFIX) && rm -f bin/millraced bin/millrace $(SHARED) \
		$(addprefix lib/systemd/,$(UNITS)) lib/sysusers.d/millrace.conf lib/tmpfiles.d/millrace.conf \
		share/millrace/millrace.toml
	@rmdir $(DESTDIR)$(SYSCONFDIR)/millrace 2>/dev/null || true
	@rmdir $(DESTDIR)$(PREFIX)/share/millrace 2>/dev/null || true

clean:
	rm -rf .build .build-*
