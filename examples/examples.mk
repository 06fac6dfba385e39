# SPDX-License-Identifier: Apache-2.0
#
# Every examples/*.c is a program of its own, built as a program outside this repository would be.

PORT ?= 8000
EXAMPLE_SOURCES := $(wildcard examples/*.c)
ifneq (,$(filter examples/tls_hook.c,$(EXAMPLE_SOURCES)))
ifneq (yes,$(shell $(PKG_CONFIG) --exists openssl 2>/dev/null && echo yes))
$(info examples/tls_hook.c is left out: pkg-config does not find OpenSSL (openssl.pc).)
EXAMPLE_SOURCES := $(filter-out examples/tls_hook.c,$(EXAMPLE_SOURCES))
endif
endif
EXAMPLES := $(EXAMPLE_SOURCES:%.c=$(OBJ)/%)

$(OBJ)/examples/tls_hook: EXAMPLE_LIBS = $(shell $(PKG_CONFIG) --libs openssl)

$(EXAMPLES): $(OBJ)/%: %.c $(A)
	$(call program,,$(EXAMPLE_LIBS))

-include $(EXAMPLES:=.d)

examples: $(EXAMPLES) ## The programs of examples/

demo: $(OBJ)/examples/demo ## Runs examples/demo, with metrics on http://localhost:$(PORT)/metrics
	$< $(PORT)

.PHONY: examples demo
