# SPDX-License-Identifier: Apache-2.0
#
# Every tests/fuzz/fuzz_*.c is a target: an entry for libFuzzer and AFL++ with an oracle of its own.
# FUZZ='json parse_*' chooses, TIME is the processor time for each, in seconds, JOBS how many run at a time.

FUZZ ?= *
TIME ?= 60
JOBS ?= 1
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(foreach name,$(FUZZ),$(wildcard tests/fuzz/fuzz_$(name).c)))

# With a fuzzing engine; see the two rules below for how they are compiled.
FUZZERS := $(FUZZ_TARGETS:%=$(OBJ)/tests/fuzz/%)
# Without: they read their corpora.
FUZZ_REPLAYS := $(FUZZ_TARGETS:%=$(OBJ)/tests/replay_fuzz_%)

$(FUZZERS): $(OBJ)/tests/fuzz/%: tests/fuzz/fuzz_%.c $(A)
	$(call program,-Ilib -Itests -fsanitize=fuzzer,-lm)

$(FUZZ_REPLAYS): $(OBJ)/tests/replay_fuzz_%: tests/fuzz/fuzz_%.c $(A) tests/fuzz/replay.c
	$(call program,-Ilib -Itests -include tests/fuzz/replay.c -DCORPUS='"tests/fuzz/corpus/$*"',-lm)

-include $(FUZZERS:=.d) $(FUZZ_REPLAYS:=.d)

fuzzers: $(FUZZERS)
	@tests/fuzz/run.py $(FUZZ_ENGINE) --build '$(BUILD)' --programs '$(OBJ)/tests/fuzz' --time '$(TIME)' --jobs '$(JOBS)' $(FUZZ_TARGETS)

FUZZ_MAKE = $(MAKE) --no-print-directory SANITIZE=address,undefined LDFLAGS= RUN=
fuzz: ## Fuzzing with libFuzzer (TIME=60 seconds each, FUZZ='json parse_*')
	+@$(FUZZ_MAKE) CC=clang CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' FUZZ_ENGINE=libfuzzer fuzzers

fuzz-merge: ## Keeps what fuzz has found: inputs with new edges go to tests/fuzz/corpus
	+@$(FUZZ_MAKE) CC=clang CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' FUZZ_ENGINE=merge fuzzers

fuzz-afl: ## The same with AFL++
	+@AFL_QUIET=1 $(FUZZ_MAKE) CC=afl-clang-fast CFLAGS='-O1 -g' FUZZ_ENGINE=afl fuzzers

check-fuzz: $(FUZZ_REPLAYS) ## The inputs that fuzzing has found, once more
	@$(TEST_ENV) tests/run.sh $(FUZZ_REPLAYS)

.PHONY: fuzz fuzz-merge fuzz-afl fuzzers check-fuzz
