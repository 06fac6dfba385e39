# SPDX-License-Identifier: Apache-2.0
#
# The benchmark is linked with the shared library, as most programs are, and its limits are in one of
# their own. What the limits print numbers with is the library's own function.

BENCH_OBJ := $(OBJ)/tests/bench
BENCH := $(BENCH_OBJ)/bench
BENCH_SHARED := measure memory registries
BENCH_SOURCES := $(patsubst %,tests/bench/%.c,bench table updates lookups scrapes codecs http copy_server programs $(BENCH_SHARED))
BENCH_PROGRAMS := $(addprefix $(BENCH_OBJ)/,nothing counts serves hundred)
BENCH_RPATH = -Wl,-rpath,$(abspath $(OBJ)) -Wl,-rpath,$(abspath $(BENCH_OBJ))
# zlib is only compared with.
BENCH_ZLIB = $(shell echo '\#include <zlib.h>' | $(CC) -E - >/dev/null 2>&1 && echo $1)

$(BENCH_OBJ)/liblimits.so: tests/bench/limits.c tests/bench/limits.h $(A)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -Ilib -shared -fvisibility=default $(LINK) -o $@ $< $(A) -Wl,--exclude-libs,ALL $(LDLIBS)

$(BENCH): $(BENCH_SOURCES) tests/bench/bench.h tests/bench/limits.h $(BENCH_OBJ)/liblimits.so $(SO)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $(call BENCH_ZLIB,-DBENCH_ZLIB) -DBENCH_FOLDER='"$(abspath $(BENCH_OBJ))"' \
	    -DBENCH_LIBRARY='"$(abspath $(firstword $(SO)))"' $(BENCH_SOURCES) -o $@ $(LINK) \
	    $(firstword $(SO)) $(BENCH_OBJ)/liblimits.so $(BENCH_RPATH) $(call BENCH_ZLIB,-lz) $(LDLIBS)

$(BENCH_OBJ)/nothing $(BENCH_OBJ)/counts $(BENCH_OBJ)/serves: $(BENCH_OBJ)/%: tests/bench/programs/%.c $(A)
	$(call program,,)

# A program from one source: $(call dynamic_program,more sources).
define dynamic_program
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $< $1 -o $@ $(LINK) $(firstword $(SO)) $(BENCH_RPATH) $(LDLIBS)
endef

$(BENCH_OBJ)/hundred: tests/bench/programs/hundred.c $(SO)
	$(call dynamic_program,)

$(BENCH_OBJ)/promc: tests/bench/peers/promc.c $(SO)
	$(call dynamic_program,)

$(BENCH_OBJ)/curves: tests/bench/curves.c $(BENCH_SHARED:%=tests/bench/%.c) tests/bench/bench.h $(SO)
	$(call dynamic_program,$(BENCH_SHARED:%=tests/bench/%.c))

bench: $(BENCH) $(BENCH_PROGRAMS) ## Each operation beside its physical limit (BENCH_ARGS='--markdown --only scrape')
	@$(BENCH) $(BENCH_ARGS)

bench-build: $(BENCH) $(BENCH_PROGRAMS) $(BENCH_OBJ)/promc $(BENCH_OBJ)/curves ## What the bench targets run, built only

bench-peers: $(BENCH_OBJ)/promc ## The same work in other libraries, as far as they are installed (PEERS_ARGS='--markdown --only http')
	@python3 tests/bench/peers/compare.py --build '$(BUILD)/peers' --ours $(BENCH_OBJ)/promc $(PEERS_ARGS)

bench-curves: $(BENCH_OBJ)/curves ## How cost grows with threads and series; draws tests/bench/curves.svg (CURVES_ARGS='--most 1000000')
	@python3 tests/bench/curves.py --program $< --data '$(BUILD)/curves.json' --picture tests/bench/curves.svg $(CURVES_ARGS)

bench-readme: $(BENCH) $(BENCH_PROGRAMS) $(BENCH_OBJ)/promc bench-curves ## Measures everything and puts tables and picture into README.md
	@$(BENCH) --markdown $(BENCH_ARGS) >'$(BUILD)/bench.md'
	@python3 tests/bench/into_readme.py 'make bench' <'$(BUILD)/bench.md'
	@python3 tests/bench/peers/compare.py --markdown --build '$(BUILD)/peers' --ours $(BENCH_OBJ)/promc $(PEERS_ARGS) >'$(BUILD)/peers.md'
	@python3 tests/bench/into_readme.py 'make bench-peers' <'$(BUILD)/peers.md'

.PHONY: bench bench-build bench-peers bench-curves bench-readme
