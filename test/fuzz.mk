# Fuzzing: every parser of foreign bytes, under AddressSanitizer and UBSan, with clang's libFuzzer
# (scripts/setup --fuzz installs it).
#
#   make fuzz              each target for a minute
#   make fuzz SECONDS=600  for longer; what is found stands in build/fuzz/NAME-crash-*

SECONDS      ?= 60
FUZZ_TARGETS  = $(patsubst test/fuzz/%.cpp,%,$(sort $(wildcard test/fuzz/*.cpp)))
FUZZ_SOURCES  = $(sort $(wildcard src/core/*/*.cpp))
FUZZ_FLAGS    = -std=c++20 -Isrc -g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -MMD -MP
FUZZ_OBJS     = $(patsubst %.cpp,build/fuzz/%.o,$(FUZZ_SOURCES))

build/fuzz/%.o: %.cpp
	@mkdir -p $(@D)
	clang++-14 $(FUZZ_FLAGS) -c -o $@ $<

build/fuzz/%: build/fuzz/test/fuzz/%.o $(FUZZ_OBJS)
	clang++-14 -fsanitize=fuzzer,address,undefined -o $@ $^ $(CORE_LIBS)

.PHONY: fuzz
fuzz: $(addprefix build/fuzz/,$(FUZZ_TARGETS))
	@for target in $(FUZZ_TARGETS); do \
	    mkdir -p build/fuzz/corpus/$$target; \
	    echo "fuzzing $$target for $(SECONDS) s"; \
	    build/fuzz/$$target -max_total_time=$(SECONDS) -max_len=20000 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	        -artifact_prefix=build/fuzz/$$target- build/fuzz/corpus/$$target test/fuzz/corpus/$$target \
	        >build/fuzz/$$target.log 2>&1 || { tail -40 build/fuzz/$$target.log; exit 1; }; \
	    grep -E 'stat::(number_of_executed_units|peak_rss_mb)' build/fuzz/$$target.log; \
	done

-include $(FUZZ_OBJS:.o=.d) $(patsubst %,build/fuzz/test/fuzz/%.d,$(FUZZ_TARGETS))
