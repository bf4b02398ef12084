# C++ tests of core, async, net, process and pipeline: of the very objects that are shipped, and once more of
# objects compiled for the sanitizers, without the server's include path.

UNIT_SOURCES = $(sort $(wildcard src/core/*/*.cpp src/async/*.cpp src/net/*.cpp src/process/*.cpp src/pipeline/*.cpp))
UNIT_TESTS   = $(sort $(wildcard test/core/*.cpp test/async/*.cpp test/net/*.cpp test/process/*.cpp test/pipeline/*.cpp test/fakes/*.cpp))
UNIT_FLAGS   = -std=c++20 -D_GLIBCXX_ASSERTIONS $(WARNINGS) -Isrc -Itest -MMD -MP -g
CORE_LIBS    = -lcrypto -lgumbo -lstemmer -lutf8proc $(PHONE_LIBS)
UNIT_LIBS    = -lgtest -lgtest_main -lcurl $(CORE_LIBS) -lpthread
ASAN_FLAGS   = -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined

UNIT_OBJS = $(UNIT_SOURCES:.cpp=.o) $(patsubst %.cpp,build/unit/%.o,$(UNIT_TESTS))
ASAN_OBJS = $(patsubst %.cpp,build/asan/%.o,$(UNIT_SOURCES) $(UNIT_TESTS))

build/unit/%.o: %.cpp
	@mkdir -p $(@D)
	$(CXX) $(UNIT_FLAGS) -O1 -c -o $@ $<

build/asan/%.o: %.cpp
	@mkdir -p $(@D)
	$(CXX) $(UNIT_FLAGS) $(ASAN_FLAGS) -c -o $@ $<

build/unit/tests: $(UNIT_OBJS)
	$(CXX) -o $@ $^ $(UNIT_LIBS)

build/asan/tests: $(ASAN_OBJS)
	$(CXX) $(ASAN_FLAGS) -o $@ $^ $(UNIT_LIBS)

# Builds that measure; they take their data from where they are pointed at.
BENCH_OBJS = $(UNIT_SOURCES:.cpp=.o)
build/bench/%: bench/%.cpp $(BENCH_OBJS)
	@mkdir -p $(@D)
	$(CXX) -O2 $(UNIT_FLAGS) -o $@ $^ -lcurl $(CORE_LIBS) -lpthread

-include $(UNIT_OBJS:.o=.d) $(ASAN_OBJS:.o=.d)

.PHONY: check-unit check-asan
check-unit: build/unit/tests
	build/unit/tests --gtest_brief=1

check-asan: build/asan/tests
	ASAN_OPTIONS=detect_stack_use_after_return=1 build/asan/tests --gtest_brief=1

# A name server that never answers, as seen by a server that preloads this.
build/border/hanging_dns.so: test/border/hanging_dns.c
	@mkdir -p $(@D)
	$(CC) -Wall -Wextra -O2 -fPIC -shared -o $@ $< -ldl

# A module that drives the border's guards inside a server; never installed.
PROBE_SOURCES = test/border/probe.cpp src/pg/guard.cpp src/core/base/error.cpp src/core/base/text.cpp
build/border/probe.so: $(PROBE_SOURCES) $(wildcard src/pg/*.hpp)
	@mkdir -p $(@D)
	$(CXX) -std=c++20 $(WARNINGS) -O2 -g -fPIC -shared -Isrc -I$(includedir_server) -o $@ $(PROBE_SOURCES) -lutf8proc
