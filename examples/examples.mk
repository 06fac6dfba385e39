# SPDX-License-Identifier: Apache-2.0
#
# Every examples/*.c is a program of its own, built as a program outside this repository would be
# (cpp.cc by tests/install/cxx.sh).

PORT ?= 8000
EXAMPLE_SOURCES := $(wildcard examples/*.c)
TLS_EXAMPLES := $(filter examples/tls_%,$(EXAMPLE_SOURCES))
ifneq (,$(TLS_EXAMPLES))
ifneq (yes,$(shell $(PKG_CONFIG) --exists openssl 2>/dev/null && echo yes))
$(info $(TLS_EXAMPLES): left out, as pkg-config does not find OpenSSL (openssl.pc).)
EXAMPLE_SOURCES := $(filter-out $(TLS_EXAMPLES),$(EXAMPLE_SOURCES))
endif
endif
EXAMPLES := $(EXAMPLE_SOURCES:%.c=$(OBJ)/%)

$(TLS_EXAMPLES:%.c=$(OBJ)/%): EXAMPLE_LIBS = $(shell $(PKG_CONFIG) --libs openssl)

$(EXAMPLES): $(OBJ)/%: %.c $(A)
	$(call program,,$(EXAMPLE_LIBS))

-include $(EXAMPLES:=.d)

examples: $(EXAMPLES) ## The programs of examples/

demo: $(OBJ)/examples/demo ## Runs examples/demo, with metrics on http://localhost:$(PORT)/metrics
	$< $(PORT)

.PHONY: examples demo
