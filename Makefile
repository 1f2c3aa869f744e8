# make          builds build/letterwatchd        make check    runs every test
# make run      a private system to look at      make install  DESTDIR= PREFIX=
# make psql     opens psql beside "make run"     make deb      a Debian package
# make lint, format, asan, bench, simulate, fuzz, torture, clean
VERSION = 0.1.0

PREFIX = /usr/local
BUILD  = build
CC     = gcc

PACKAGES = libevent_core libevent_extra libpq inih libsystemd
WARNINGS = -Wall -Wextra -Wshadow -Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wconversion \
           $(if $(WERROR),-Werror)
HARDEN   = -fstack-protector-strong -D_FORTIFY_SOURCE=2
SANITIZE =

CFLAGS  ?= -O2 -g
override CPPFLAGS += -D_GNU_SOURCE -DLETTERWATCH_VERSION='"$(VERSION)"' $(shell pkg-config --cflags $(PACKAGES))
override CFLAGS   += -std=gnu11 -fPIE $(WARNINGS) $(HARDEN) $(SANITIZE)
override LDFLAGS  += -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SANITIZE)
LDLIBS   = $(shell pkg-config --libs $(PACKAGES))

objects = $(patsubst daemon/%.c,$(BUILD)/%.o,$(wildcard daemon/*.c))
modules = $(BUILD)/modules.a
pages   = $(patsubst conf/man/%.scd,$(BUILD)/man/%,$(wildcard conf/man/*.scd))
tests   = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*.c))

# Commands are short on the screen; V=1 shows them whole.
short = $(if $(V),,@echo '  $(1) $@';)

all: $(BUILD)/letterwatchd
man: $(pages)
unit: $(tests) $(BUILD)/failing.so
	@:

$(BUILD)/letterwatchd: $(objects)
	$(call short,LD)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# All but main.o. A test that defines a module's functions (or libpq's) itself replaces them: the linker takes nothing
# from the archive that it has already.
$(modules): $(filter-out %/main.o,$(objects))
	$(call short,AR)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(modules)
	$(call short,LD)$(CC) $(LDFLAGS) -o $@ $< $(modules) $(LDLIBS) -lcmocka

$(BUILD)/man/%: conf/man/%.scd
	@mkdir -p $(@D)
	$(call short,MAN)scdoc <$< >$@

# To be preloaded by a test.
$(BUILD)/failing.so: tests/tools/failing.c
	$(call short,LD)$(CC) -O2 -Wall -Wextra $(if $(WERROR),-Werror) -fPIC -shared -o $@ $<

$(BUILD)/%.o: daemon/%.c $(BUILD)/flags
	$(call short,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%.o: tests/unit/%.c $(BUILD)/flags
	$(call short,CC)$(CC) -Idaemon $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Other flags than last time: everything is built again.
$(BUILD)/flags: FORCE
	@mkdir -p $(BUILD)/tests
	@printf '%s\n' '$(subst ','\'',$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LDLIBS))' | cmp -s - $@ || \
	 printf '%s\n' '$(subst ','\'',$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LDLIBS))' >$@

-include $(wildcard $(BUILD)/*.d $(BUILD)/tests/*.d)

run psql:
	@tests/tools/run.sh $@
check:
	@tests/tools/check.sh
lint:
	@tests/tools/deps.sh run check lint
	@$(MAKE) --no-print-directory WERROR=1 all unit lint-only
lint-only: all unit
	@CPPFLAGS='$(subst ',,$(CPPFLAGS))' BUILD=$(BUILD) tests/tools/lint.sh
format:
	clang-format -i daemon/*.[ch] tests/unit/*.[ch] tests/fuzz/*.c
bench fuzz:
	@tests/$@/run.sh
# make simulate YEARS=3
simulate:
	@tests/bench/run.sh simulate $(YEARS)
# make torture SECONDS=3600 SEED=…
torture:
	@SECONDS_OF_TORTURE='$(SECONDS)' SEED='$(SEED)' tests/torture/run.sh

# The C code under the address and undefined-behaviour sanitizers: the unit tests, and the daemon through a life.
asan:
	@tests/tools/deps.sh run check
	@$(MAKE) --no-print-directory BUILD=build-asan HARDEN= SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover' all unit
	UBSAN_OPTIONS=print_stacktrace=1 CMOCKA_MESSAGE_OUTPUT=TAP prove $(addprefix build-asan/,$(tests:$(BUILD)/%=%))
	UBSAN_OPTIONS=print_stacktrace=1 LETTERWATCHD=build-asan/letterwatchd tests/tools/check.sh tests/t/10-daemon.t

# Files an admin edits are never overwritten.
etc = $(DESTDIR)/etc
lib = $(DESTDIR)$(PREFIX)/lib
units = $(notdir $(wildcard systemd/*.service systemd/*.path systemd/*.timer))
install: all man
	install -D -m 755 $(BUILD)/letterwatchd $(DESTDIR)$(PREFIX)/sbin/letterwatchd
	test -e $(etc)/letterwatch/letterwatchd.conf || \
		install -D -m 644 conf/letterwatchd.conf $(etc)/letterwatch/letterwatchd.conf
	test -e $(etc)/rsyslog.d/letterwatch.conf || \
		install -D -m 644 conf/rsyslog.d/letterwatch.conf $(etc)/rsyslog.d/letterwatch.conf
	test -e $(etc)/logrotate.d/letterwatch || \
		install -D -m 644 conf/logrotate.d/letterwatch $(etc)/logrotate.d/letterwatch
	test -e $(etc)/letterwatch/intake.conf || \
		install -D -m 644 conf/intake.conf $(etc)/letterwatch/intake.conf
	install -D -m 644 conf/psqlrc $(DESTDIR)$(PREFIX)/share/letterwatch/psqlrc
	install -D -m 644 conf/rsyslog.d/letterwatch-offices.conf $(DESTDIR)$(PREFIX)/share/letterwatch/letterwatch-offices.conf
	install -D -m 644 conf/prometheus-rules.yml $(DESTDIR)$(PREFIX)/share/letterwatch/prometheus-rules.yml
	install -D -m 755 conf/check-letterwatch $(DESTDIR)$(PREFIX)/share/letterwatch/check-letterwatch
	for page in $(pages); do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit; done
	find sql -name '*.*sql' -exec install -D -m 644 {} $(DESTDIR)$(PREFIX)/share/letterwatch/{} \;
	install -d $(lib)/systemd/system
	for unit in $(units); do \
		sed 's|/usr/sbin/|$(PREFIX)/sbin/|; s|/usr/lib/|$(PREFIX)/lib/|' systemd/$$unit >$(lib)/systemd/system/$$unit && \
		chmod 644 $(lib)/systemd/system/$$unit || exit; done
	install -d $(lib)/letterwatch
	sed 's|/usr/share/|$(PREFIX)/share/|' systemd/letterwatch-intake >$(lib)/letterwatch/letterwatch-intake
	chmod 755 $(lib)/letterwatch/letterwatch-intake
	install -D -m 644 systemd/letterwatch.sysusers $(lib)/sysusers.d/letterwatch.conf
	install -D -m 644 systemd/letterwatch.tmpfiles $(lib)/tmpfiles.d/letterwatch.conf

# build/deb/letterwatch_….deb, for the system it is built on.
source = $(BUILD)/deb/letterwatch-$(VERSION)
deb:
	@tests/tools/deps.sh run check deb
	rm -rf $(BUILD)/deb
	mkdir -p $(source)
	cp -r daemon conf sql systemd tests Makefile README.md $(source)/
	cp -r conf/debian $(source)/debian
	cd $(source) && dpkg-buildpackage --build=binary --no-sign
	lintian --fail-on error,warning --info $(BUILD)/deb/*.changes

# The package in clean roots of Debian, SUITES='bookworm trixie', from MIRROR: needs root, takes minutes.
check-deb:
	@tests/tools/deps.sh run check check-deb
	prove --verbose tests/deb/

# Promises kept over failovers under Patroni: some minutes.
check-ha:
	@tests/tools/deps.sh run check check-ha
	tests/tools/check.sh --verbose tests/ha/

clean:
	@tests/tools/run.sh clean
	rm -rf build build-asan build-fuzz

FORCE:
.PHONY: all man unit run psql check lint lint-only format bench fuzz simulate torture asan install deb check-deb check-ha clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:
