# Seal: build, test, install. `make help` lists what it can do.
#
# The first half is what people type. It calls make again with VARIANT set; the second half then
# compiles that variant into a folder of its own. Your CC, CPPFLAGS, CFLAGS and LDFLAGS are added
# after ours and never overridden.

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
PROGRAMS := seal unseal sealkey
Q := $(if $(V),,@)
MAKEFLAGS += --no-print-directory

ifndef VARIANT
# ---- what people type ---------------------------------------------------------------------------

.PHONY: all demo check check-all check-asan deps deps-test deps-fuzz deps-bench deps-deb test asan clang fuzz fuzz-afl prove lint format \
    pot bench bench-full cards deb check-deb dist check-dist check-windows install uninstall clean distclean help
.DEFAULT_GOAL := all

# As many jobs as there are processors, unless you said -j yourself.
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1))
BUILD = +$(Q)src/build/deps.sh find && $(MAKE) $(JOBS)

all: ## Build seal, unseal and sealkey into build/ (needs the libraries; see 'make deps')
	$(BUILD) VARIANT=release programs

demo: deps ## Get the libraries, build, then seal and unseal real files before your eyes
	$(BUILD) VARIANT=release programs
	$(Q)src/build/demo.sh

check: deps-test ## Get the test tools, build every variant, run all tests
	$(BUILD) VARIANT=release programs
	$(BUILD) VARIANT=test programs tests fuzzers benches
	$(BUILD) VARIANT=asan programs tests fuzzers benches
	$(BUILD) VARIANT=clang WERROR=1 programs
	$(Q)tests/run

check-asan: asan ## Run everything that there is with ASan and UBSan (an hour or more)
	$(Q)tests/run asan

check-all: ## 'make check', 'check-deb', 'check-windows' and a quick 'check-dist', in one sum (Debian; half an hour)
	$(Q)tests/all

deps: ## Get the libraries: from the system, or built into build/deps. DEPS=/prefix uses yours
	$(Q)src/build/deps.sh install

deps-test: ## The same, and the tools that 'make check' and 'make lint' use
	$(Q)src/build/deps.sh test

deps-fuzz: ## The libraries, and the tools that 'make fuzz' and 'make fuzz-afl' use
	$(Q)src/build/deps.sh fuzz

deps-bench: ## The libraries, and the programs that 'make bench' measures beside Seal
	$(Q)src/build/deps.sh bench

deps-deb: ## The libraries, and the tools that 'make deb' and 'make check-deb' use
	$(Q)src/build/deps.sh deb

test: ## Build the test variant into build/test (a generator that can be seeded), with unit tests
	$(BUILD) VARIANT=test programs tests fuzzers benches

asan: ## Build the test variant with ASan and UBSan into build/asan, with unit tests
	$(BUILD) VARIANT=asan programs tests fuzzers benches

clang: ## Build with clang into build/clang; every warning is an error
	$(BUILD) VARIANT=clang WERROR=1 programs

dist: ## Build the static programs for all systems into build/dist, from pinned sources; MINISIGN_KEY= signs
	$(Q)src/build/dist/dist.sh

check-dist: deps-test ## Build them twice, in two folders and at two times, compare the bytes, and try them
	$(BUILD) VARIANT=test programs
	$(Q)tests/dist/run.sh

check-windows: deps-test ## Run the programs for Windows under Wine: all vectors, and what only they do
	$(BUILD) VARIANT=test programs
	$(Q)tests/windows/run.sh

fuzz: ## Run each fuzz target for FUZZ_SECONDS=60; FUZZ_TARGETS="tar bag" runs these alone
	$(BUILD) VARIANT=fuzz fuzzers
	$(BUILD) VARIANT=cover fuzzers
	$(Q)tests/fuzz/run

fuzz-afl: ## The same with AFL++, without the table of coverage
	$(BUILD) VARIANT=afl fuzzers build/afl/mutator.so
	$(Q)tests/fuzz/run afl

# Not part of 'make check', which only compiles what it proves with: it takes too long.
prove: ## Prove with CBMC what tests/prove says of the fixed-size parsers; PROVE="params pem" these alone
	$(Q)src/build/deps.sh prove
	$(Q)tests/prove/run $(PROVE)

pot: ## Make build/seal.pot, the template for a translation of what the programs say
	$(Q)mkdir -p build src/text/po
	$(Q)awk -f src/build/po/texts.awk $(filter-out %/catalog.def,$(wildcard src/text/*.def)) | \
	    awk -f src/build/po/pot.awk >build/seal.pot

lint: ## Check includes between rooms, formatting, cppcheck, man pages, scripts
	$(Q)src/build/lint.sh

format: ## Lay out all C files as .clang-format says
	$(Q)find src tests -name '*.[ch]' -exec clang-format -i --style=file {} +

bench: deps-bench ## Measure speed, memory and size, beside other tools, in 20 minutes
	$(BUILD) VARIANT=release programs benches
	$(Q)tests/bench/run

bench-full: deps-bench ## The same with large data, up to 10 GB and a million files; takes hours
	$(BUILD) VARIANT=release programs benches
	$(Q)tests/bench/run --full

cards: ## Make the one-page cards of docs/cards into build/cards, as PDF and HTML
	$(Q)src/build/deps.sh cards
	$(Q)src/build/cards.sh

deb: deps-deb ## Make a Debian package for this release of Debian, into build/deb
	$(Q)src/build/deb/deb.sh

check-deb: deb ## Make it, and check it: lintian, twice the same bytes, install, use, remove
	$(Q)tests/deb.sh

install: all ## Install programs and man pages under PREFIX (/usr/local); DESTDIR is obeyed
	$(Q)install -d '$(DESTDIR)$(BINDIR)'
	$(Q)install -m 755 $(PROGRAMS:%=build/%) '$(DESTDIR)$(BINDIR)'
	$(Q)for page in $(MAN_PAGES); do \
	    install -d "$(DESTDIR)$(MANDIR)/man$${page##*.}" && \
	    install -m 644 "$$page" "$(DESTDIR)$(MANDIR)/man$${page##*.}" || exit 1; \
	done
MAN_PAGES = $(wildcard docs/man/*.[1-9])

uninstall: ## Remove what 'make install' installed
	$(Q)rm -f $(PROGRAMS:%='$(DESTDIR)$(BINDIR)/%')
	$(Q)for page in $(notdir $(MAN_PAGES)); do \
	    rm -f "$(DESTDIR)$(MANDIR)/man$${page##*.}/$$page"; \
	done

# The bag that the demo leaves is read-only.
clean: ## Remove what was built, but not the libraries in build/deps
	$(Q)[ ! -d build/demo ] || chmod -R u+w build/demo
	$(Q)for item in build/*; do \
	    case $$item in build/deps | build/deps-src | build/deps.mk) ;; *) rm -rf "$$item" ;; esac; \
	done
	@if [ -d build/deps ]; then \
	    echo "The libraries built in build/deps are kept; 'make distclean' removes them too."; \
	fi

distclean: ## Remove build/ altogether
	$(Q)[ ! -d build/demo ] || chmod -R u+w build/demo
	$(Q)rm -rf build

help: ## Show this list
	@echo 'Targets:'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
	    awk -F'|' '{ printf "  make %-10s %s\n", $$1, $$2 }'
	@echo 'Variables: DEPS=/prefix PREFIX= DESTDIR= CC= CPPFLAGS= CFLAGS= LDFLAGS= WERROR=1 V=1'
	@echo '           FUZZ_SECONDS= FUZZ_TARGETS= PROVE= BENCH_DATA=/folder BENCH_ROUNDS='

else
# ---- one variant --------------------------------------------------------------------------------

include $(or $(DEPS_MK),build/deps.mk)

# The only difference of a test build is a random generator that tests can seed.
OUT_release := build
OUT_test := build/test
OUT_asan := build/asan
OUT_clang := build/clang
# libFuzzer, AFL++, and what tells which lines their inputs reach.
OUT_fuzz := build/fuzz
OUT_afl := build/afl
OUT_cover := build/cover
OUT := $(or $(OUT_$(VARIANT)),$(error VARIANT is release, test, asan, clang, fuzz, afl or cover, not $(VARIANT)))
OBJ := $(OUT)/obj

ifneq ($(filter clang fuzz cover,$(VARIANT)),)
CC := clang
endif
ifeq ($(VARIANT),afl)
CC := afl-clang-fast
endif
ifneq ($(filter test asan fuzz afl cover,$(VARIANT)),)
variant_cppflags := -DSEAL_TESTING
endif

# Rooms from the ground up; see docs/ARCHITECTURE.md. src/cli is no room of the library.
ROOMS := base platform output text volume keys envelope stream archive bag bag/check bag/collect bag/recheck custody \
    intake jobs
# src/build/dist/dist.sh says SYSTEM=windows; else it is the one at hand.
SYSTEM := $(or $(SYSTEM),$(if $(filter Linux,$(shell uname -s)),linux,other))
posix_src := $(wildcard src/platform/posix_*.c)
windows_src := $(wildcard src/platform/windows_*.c)
linux_src := $(wildcard src/platform/linux_*.c)
other_systems_linux := $(wildcard src/platform/other_*.c) $(windows_src)
other_systems_other := $(linux_src) $(windows_src)
other_systems_windows := $(linux_src) src/platform/other_cage.c $(posix_src)
other_systems := $(or $(other_systems_$(SYSTEM)),$(error SYSTEM is linux, other or windows, not $(SYSTEM)))
EXE := $(if $(filter windows,$(SYSTEM)),.exe)
lib_src := $(filter-out $(other_systems),$(foreach room,$(ROOMS),$(wildcard src/$(room)/*.c)))
main_src := $(PROGRAMS:%=src/cli/%.c)
cli_src := $(filter-out $(main_src),$(wildcard src/cli/*.c src/cli/ui/*.c))
test_src := $(wildcard tests/unit/*/test_*.c tests/unit/*/*/test_*.c)
test_lib_src := $(filter-out $(test_src),$(wildcard tests/unit/lib/*.c))
fuzz_src := $(wildcard tests/fuzz/fuzz_*.c)
fuzz_replay_src := tests/fuzz/lib/replay.c
fuzz_blocks_src := tests/fuzz/lib/blocks.c
fuzz_lib_src := $(filter-out $(fuzz_replay_src) $(fuzz_blocks_src),$(wildcard tests/fuzz/lib/*.c))
# These are compiled, so that they keep to the sources, and never linked.
prove_src := $(wildcard tests/prove/*.c)

# The translations, made into a table. Tests have one into no language as well.
text_defs := $(filter-out src/text/catalog.def,$(wildcard src/text/*.def))
# LANGUAGES: the translations that go into the programs; each takes 100 to 200 kB.
LANGUAGES ?= $(basename $(notdir $(wildcard src/text/po/*.po)))
translations := $(LANGUAGES:%=src/text/po/%.po) $(if $(variant_cppflags),$(OBJ)/qps.po)
languages := $(OBJ)/languages.o

objects = $(patsubst %.c,$(OBJ)/%.o,$(1))
tests := $(test_src:tests/unit/%.c=$(OUT)/tests/%)
test_libs = -lm

# A fuzzer has a main of its own, and keeps its large blocks of memory; elsewhere each target is a program that
# runs over given inputs.
ifneq ($(filter fuzz afl,$(VARIANT)),)
fuzz_main := -fsanitize=fuzzer $(call objects,$(fuzz_blocks_src)) $(foreach function,malloc calloc realloc free \
    sodium_malloc sodium_free sodium_mprotect_readonly ZSTD_createCCtx ZSTD_createDCtx,-Wl,--wrap=$(function))
else
fuzz_main := $(call objects,$(fuzz_replay_src))
endif
fuzz_dir := $(OUT)$(if $(filter test asan,$(VARIANT)),/fuzz)
fuzzers := $(fuzz_src:tests/fuzz/fuzz_%.c=$(fuzz_dir)/%)
bench_src := $(wildcard tests/bench/*.c)
benches := $(bench_src:tests/bench/%.c=$(OUT)/bench/%)

# Keeps those of the given compiler options that this compiler knows.
supported = $(foreach flag,$(1),$(shell \
    $(CC) -Werror $(flag) -x c -S /dev/null -o /dev/null 2>/dev/null && echo $(flag)))

warnings := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
    -Wformat=2 -Wvla -Wundef -Wcast-qual -Wpointer-arith -Wwrite-strings -Wunused-result \
    $(if $(WERROR),-Werror)

# On Windows functions touch their stack page by page anyway, and gcc 12 fails where it is asked to.
hardening := $(if $(filter-out windows,$(SYSTEM)),-fPIE) -fstack-protector-strong \
    $(call supported,$(if $(filter-out windows,$(SYSTEM)),-fstack-clash-protection) -fcf-protection \
        -mbranch-protection=standard -ftrivial-auto-var-init=zero)
ifeq ($(VARIANT),asan)
optimisation := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
else ifeq ($(VARIANT),fuzz)
optimisation := -O2 -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
else ifeq ($(VARIANT),cover)
optimisation := -O0 -fprofile-instr-generate -fcoverage-mapping
else
optimisation := -O2
hardening += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif

# -ffile-prefix-map: the programs do not tell in which folder they were built.
our_cppflags := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(variant_cppflags) -Isrc $(DEPS_CFLAGS)
our_cflags := -std=c17 -g -pthread $(optimisation) $(hardening) $(warnings) -ffile-prefix-map=$(CURDIR)=.
our_ldflags := -pthread $(filter -fsanitize% -fno-sanitize% -fprofile%,$(optimisation))
ifeq ($(SYSTEM),linux)
our_ldflags += -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed
else ifeq ($(SYSTEM),windows)
# Windows 7 and later; main gets its arguments in the system's units; deep trees take some stack;
# the time of linking is not in the programs.
our_cppflags += -D_WIN32_WINNT=0x0601 -D__USE_MINGW_ANSI_STDIO=1
our_ldflags += -static -municode -Wl,--dynamicbase,--nxcompat,--high-entropy-va -Wl,--stack,8388608 \
    -Wl,--no-insert-timestamp
# Programs for sticks are to be small: so is what nobody waits for.
$(OBJ)/src/cli/%.o $(OBJ)/src/jobs/%.o $(OBJ)/src/text/%.o: our_cflags += -Os
else
our_ldflags += -pie
endif

compile = $(CC) $(our_cppflags) $(CPPFLAGS) $(our_cflags) $(CFLAGS)
link = $(CC) $(our_ldflags) $(CFLAGS) $(LDFLAGS)
say = @$(if $(V),:,printf '  %-4s %s\n' $(1) $(2))

.PHONY: programs tests fuzzers benches FORCE
.DELETE_ON_ERROR:
.SECONDARY:

programs: $(PROGRAMS:%=$(OUT)/%$(EXE))
	@:
tests: $(tests) $(call objects,$(prove_src))
	@:
fuzzers: $(fuzzers)
	@:
benches: $(benches)
	@:

# Everything is compiled again when the options change.
$(OBJ)/options: FORCE
	@mkdir -p $(OBJ)
	@printf '%s\n' '$(subst ','\'',$(compile) | $(link) | $(DEPS_LIBS) | $(LANGUAGES))' >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(OBJ)/src/%.o: src/%.c $(OBJ)/options
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(compile) -MMD -MP -c -o $@ $<

$(OBJ)/texts: src/build/po/texts.awk $(text_defs) | $(OBJ)/options
	$(Q)awk -f $^ >$@

$(OBJ)/qps.po: tests/tools/pseudo.awk $(OBJ)/texts
	$(Q)awk -f $^ >$@

$(OBJ)/languages.c: src/build/po/po.awk $(OBJ)/texts $(translations) $(OBJ)/options
	$(Q)awk -f $(filter-out %/options,$^) >$@

$(languages): $(OBJ)/languages.c $(OBJ)/options
	$(call say,CC,$@)
	$(Q)$(compile) -MMD -MP -c -o $@ $<

$(OBJ)/tests/%.o: tests/%.c $(OBJ)/options
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(compile) -Itests/unit -Itests/fuzz -MMD -MP -c -o $@ $<

# What only checks is neither checked nor a guide for the fuzzer: it would take most of the time.
ifeq ($(VARIANT),fuzz)
$(call objects,$(test_lib_src)): CFLAGS += -fno-sanitize=all
$(call objects,$(fuzz_blocks_src)): CFLAGS += -fno-sanitize=fuzzer-no-link
endif

# D: no times, owners or groups in the archive, so that the same sources give the same bytes.
$(OUT)/libseal.a: $(call objects,$(lib_src)) $(languages)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcD $@ $^

$(PROGRAMS:%=$(OUT)/%$(EXE)): $(OUT)/%$(EXE): $(OBJ)/src/cli/%.o $(call objects,$(cli_src)) $(OUT)/libseal.a
	$(call say,LD,$@)
	$(Q)$(link) -o $@ $^ $(DEPS_LIBS) $(LDLIBS)

$(tests): $(OUT)/tests/%: $(OBJ)/tests/unit/%.o $(call objects,$(test_lib_src)) $(OUT)/libseal.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(link) -o $@ $^ $(DEPS_LIBS) $(test_libs) $(LDLIBS)

$(fuzzers): $(fuzz_dir)/%: $(OBJ)/tests/fuzz/fuzz_%.o $(call objects,$(fuzz_lib_src) $(test_lib_src)) \
    $(filter %.o,$(fuzz_main)) $(OUT)/libseal.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(link) $(filter -%,$(fuzz_main)) -o $@ $^ $(DEPS_LIBS) $(test_libs) $(LDLIBS)

$(benches): $(OUT)/bench/%: $(OBJ)/tests/bench/%.o $(OUT)/libseal.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(link) -o $@ $^ $(DEPS_LIBS) $(LDLIBS)

# Loaded by afl-fuzz itself, so not instrumented.
$(OUT)/mutator.so: tests/fuzz/afl_mutator.c tests/fuzz/lib/mutate.c tests/fuzz/lib/mutate.h
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)clang -std=c17 -O2 -fPIC -shared $(warnings) -Itests/fuzz -o $@ $(filter %.c,$^)

-include $(patsubst %.o,%.d,$(languages) $(call objects,$(lib_src) $(main_src) $(cli_src) $(test_src) $(test_lib_src) \
    $(fuzz_src) $(fuzz_lib_src) $(fuzz_replay_src) $(fuzz_blocks_src) $(bench_src) $(prove_src)))
endif
