# SPDX-License-Identifier: Apache-2.0
#
# `make` builds the library into build/, `make help` lists what else there is.
#
# Yours to set: CC AR CFLAGS CPPFLAGS LDFLAGS LDLIBS; SANITIZE=address,undefined or thread; BUILD=dir;
# V=1 shows commands; DESTDIR PREFIX LIBDIR INCLUDEDIR PKGCONFIGDIR for install. Cross-compiling is
# `make CC=aarch64-linux-gnu-gcc`; RUN='qemu-aarch64 -L /usr/aarch64-linux-gnu' then runs the tests.

CFLAGS ?= -g
BUILD ?= build
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
INSTALL ?= install
PKG_CONFIG ?= pkg-config
ifeq ($(origin AR),default)
AR := $(shell $(CC) -print-prog-name=ar)
endif

VERSION := $(shell sed -n 's/^.define PROMC_VERSION "\(.*\)"/\1/p' include/promc/version.h)
MAJOR := $(firstword $(subst ., ,$(VERSION)))

# ---- flags: ours first, so that the user's win ----------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
OUR_CPPFLAGS := -Iinclude -D_POSIX_C_SOURCE=200809L
OUR_CFLAGS = $(OPTIMIZE) -std=c11 -pthread -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections $(WARNINGS)
OUR_LDFLAGS := -pthread
ifdef SANITIZE
OUR_CFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
OUR_LDFLAGS += -fsanitize=$(SANITIZE)
endif

# What differs between systems (those the compiler makes code for) is here and nowhere else.
ifneq (,$(findstring darwin,$(shell $(CC) -dumpmachine)))
SO_NAMES := libpromc.$(VERSION).dylib libpromc.$(MAJOR).dylib libpromc.dylib
SO_FLAGS = -dynamiclib -Wl,-install_name,$(LIBDIR)/$(word 2,$(SO_NAMES)) -current_version $(VERSION)
OUR_CPPFLAGS += -D_DARWIN_C_SOURCE
PROGRAM_LDFLAGS := -Wl,-dead_strip
else
SO_NAMES := libpromc.so.$(VERSION) libpromc.so.$(MAJOR) libpromc.so
SO_FLAGS := -shared -Wl,-soname,$(word 2,$(SO_NAMES)) -Wl,--version-script=lib/promc.map \
            -Wl,-z,nodelete -Wl,-z,relro,-z,now $(if $(SANITIZE),,-Wl,--no-undefined)
PROGRAM_LDFLAGS := -Wl,--gc-sections
endif

# Code that waits for networks and files, or runs once for each metric, should be small: hosts that
# count packets have better uses for their caches. An -O in CFLAGS is for all of the library.
OPTIMIZE := -O2
SMALL := $(wildcard lib/registry/*.c lib/http/*.c lib/delivery/*.c lib/alerts/*.c) \
    $(patsubst %,lib/base/%.c,buffer error hash lock memory names net os poller thread) \
    $(patsubst %,lib/cells/%.c,numbers shard shared) \
    $(patsubst %,lib/metrics/%.c,child_memory child_removal children exemplar family info \
        label_pairs label_parts label_text labels native_options quantile_options settings) \
    $(patsubst %,lib/exposition/%.c,collector encoder expose gzip huffman line_names lint lint_rules negotiate \
        openmetrics_encoder protobuf_native sample_value scrape text_encoder textfile \
        writer writer_families writer_names writer_points writer_values)
$(foreach file,$(SMALL),$(if $(wildcard $(file)),,$(error SMALL has $(file), which is not there)))

COMPILE = $(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) -MMD -MP
LINK = $(OUR_LDFLAGS) $(LDFLAGS)

# Everything is made in a directory named after compiler and flags: a change of flags rebuilds, two
# configurations live side by side, and build/ links to what was asked for last.
OBJ := $(BUILD)/obj-$(shell printf %s '$(subst ','\'',$(COMPILE) $(LINK) $(SMALL))' | cksum | cut -d' ' -f1)
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' '$1' '$2')

# A program from one source: $(call program,compiler flags,libraries).
define program
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -MT $@ -MF $@.d $1 $(LINK) $(PROGRAM_LDFLAGS) -o $@ $< $(A) $2 $(LDLIBS)
endef

# ---- the library ----------------------------------------------------------------------------------

HEADERS := $(wildcard include/promc/*.h)
OBJECTS := $(patsubst %.c,$(OBJ)/%.o,$(wildcard lib/*/*.c))
A := $(OBJ)/libpromc.a
SO := $(addprefix $(OBJ)/,$(SO_NAMES))

all: static shared ## The library, static and shared (this is what plain `make` does)
static: $(BUILD)/libpromc.a
shared: $(SO_NAMES:%=$(BUILD)/%)

$(SMALL:%.c=$(OBJ)/%.o): OPTIMIZE := -Os
$(OBJ)/lib/%.o: lib/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -MT $@ -Ilib -c -o $@ $<

$(A): $(OBJECTS)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(firstword $(SO)): $(OBJECTS) lib/promc.map
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK) $(SO_FLAGS) -o $@ $(OBJECTS) $(LDLIBS)

$(wordlist 2,3,$(SO)): $(firstword $(SO))
	@ln -sf $(<F) $@

$(addprefix $(BUILD)/,libpromc.a $(SO_NAMES) tests/replay): $(BUILD)/%: $(OBJ)/% FORCE
	@mkdir -p $(@D) && ln -sf $(if $(filter tests/%,$*),../)$(notdir $(OBJ))/$* $@

-include $(OBJECTS:.o=.d)
include examples/examples.mk tests/fuzz/fuzz.mk tests/tests.mk tests/bench/bench.mk tests/coverage/coverage.mk tests/analyse/analyse.mk

# ---- installing -----------------------------------------------------------------------------------

# promc.pc finds its prefix from where it lies itself, so the installed tree may be moved.
PC_UP = $(subst $() ,/,$(patsubst %,..,$(subst /, ,$(PKGCONFIGDIR:$(PREFIX)/%=%))))
PC_PREFIX = $(if $(filter $(PREFIX)/%,$(PKGCONFIGDIR)),$${pcfiledir}/$(PC_UP),$(PREFIX))

install: $(A) $(SO) ## Installs into $(DESTDIR)$(PREFIX)
	$(INSTALL) -d $(addprefix '$(DESTDIR)',$(LIBDIR) $(INCLUDEDIR)/promc $(PKGCONFIGDIR))
	$(INSTALL) -m 644 $(HEADERS) '$(DESTDIR)$(INCLUDEDIR)/promc'
	$(INSTALL) -m 644 $(A) '$(DESTDIR)$(LIBDIR)'
	$(INSTALL) -m 755 $(firstword $(SO)) '$(DESTDIR)$(LIBDIR)'
	for name in $(wordlist 2,3,$(SO_NAMES)); do \
	    ln -sf $(firstword $(SO_NAMES)) '$(DESTDIR)$(LIBDIR)'/$$name || exit; done
	sed -e 's|@PREFIX@|$(PC_PREFIX)|' -e 's|@VERSION@|$(VERSION)|' \
	    -e 's|@LIBDIR@|$(LIBDIR:$(PREFIX)/%=$${prefix}/%)|' \
	    -e 's|@INCLUDEDIR@|$(INCLUDEDIR:$(PREFIX)/%=$${prefix}/%)|' \
	    pkgconfig/promc.pc.in >'$(DESTDIR)$(PKGCONFIGDIR)/promc.pc'

uninstall: ## Removes what install put there
	rm -f $(addprefix '$(DESTDIR)$(LIBDIR)'/,libpromc.a $(SO_NAMES)) '$(DESTDIR)$(PKGCONFIGDIR)/promc.pc'
	rm -f $(addprefix '$(DESTDIR)$(INCLUDEDIR)'/promc/,$(notdir $(HEADERS)))
	[ ! -d '$(DESTDIR)$(INCLUDEDIR)/promc' ] || rmdir '$(DESTDIR)$(INCLUDEDIR)/promc'

# ---- the rest -------------------------------------------------------------------------------------

amalgamation: ## The library as two files to copy: promc.c and promc.h
	$(call say,MAKE,$(BUILD)/amalgamation/promc.c)
	$(Q)tools/amalgamate.py $(BUILD)/amalgamation

format: ## Formats the sources with clang-format
	clang-format -i $(HEADERS) $(wildcard lib/*/*.[ch] tests/*/*.[ch] examples/*.[ch])

clean: ## Removes everything that was built
	rm -rf $(BUILD)

help: ## This list
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)/\1|\2/p' Makefile tests/tests.mk tests/fuzz/fuzz.mk tests/bench/bench.mk tests/coverage/coverage.mk tests/analyse/analyse.mk examples/examples.mk | \
	    awk -F'|' '{ printf "  make %-18s %s\n", $$1, $$2 }'

FORCE:
.DELETE_ON_ERROR:
.PHONY: all static shared install uninstall amalgamation format clean help FORCE
