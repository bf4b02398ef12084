# headway: a PostgreSQL extension built with PGXS.
#
#   make                 build          make check-layers   the layers include what they may
#   make install         install        make check-exports  the libraries export what they must
#   make installcheck    SQL tests      make check-unit     C++ tests, no server
#   make check-asan      C++ tests under AddressSanitizer and UBSan
#   make fuzz            every parser of foreign bytes for a minute
#   make format          clang-format
#
# scripts/check runs everything on a cluster of its own.

EXTENSION  = headway
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" headway.control)
MODULE_big = headway

# Phone numbers are a second library, headway_phone, which is loaded by the sessions that meet one:
# libphonenumber takes milliseconds and megabytes of each process that has it.
ALL_SOURCES   = $(sort $(wildcard src/*/*.cpp src/*/*/*.cpp))
PHONE_SOURCES = $(wildcard src/core/phones/*.cpp) src/pg/phone_module.cpp
PHONE_OBJS    = $(PHONE_SOURCES:.cpp=.o) src/core/base/error.o src/core/base/text.o src/pg/guard.o
PHONE_LIBRARY = headway_phone$(DLSUFFIX)

SOURCES    = $(filter-out $(PHONE_SOURCES),$(ALL_SOURCES))
OBJS       = $(SOURCES:.cpp=.o)
RELEASED   = $(patsubst sql/upgrade/%.sql,%,$(wildcard sql/upgrade/*.sql))
UPDATES    = $(patsubst %,$(EXTENSION)--%--$(EXTVERSION).sql,$(RELEASED))
DATA_built = $(EXTENSION)--$(EXTVERSION).sql $(UPDATES)
EXTRA_CLEAN = build $(PHONE_LIBRARY) $(PHONE_OBJS) $(EXTENSION)--*.sql src/*/*.d src/*/*/*.d results regression.out regression.diffs

REGRESS      = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test --load-extension=pgtap

# g++ 12 sees ghosts in std::variant and std::optional (-Wno-maybe-uninitialized); PostgreSQL 15's
# headers still say `register`.
WARNINGS     = -Wall -Wextra -Wno-maybe-uninitialized -Wno-register $(if $(WERROR),-Werror)
PG_CPPFLAGS  = -Isrc
PG_CXXFLAGS  = -std=c++20 $(WARNINGS) -MMD -MP
EXPORTED     = -Wl,--version-script=$(srcdir)/exports.map
SHLIB_LINK   = -lcurl -lssl -lcrypto -lstemmer -lutf8proc -lgumbo -lstdc++ $(EXPORTED)
PHONE_LIBS   = -lphonenumber -lprotobuf

# Nothing here gains from being inlined into queries, and the bitcode compiler would need our flags.
override with_llvm = no

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

-include $(ALL_SOURCES:.cpp=.d)

all: $(PHONE_LIBRARY)
$(PHONE_LIBRARY): $(PHONE_OBJS) exports.map
	$(LINK.shared) -o $@ $(PHONE_OBJS) $(LDFLAGS) $(LDFLAGS_SL) $(PHONE_LIBS) -lutf8proc -lstdc++ $(EXPORTED)

.PHONY: install-phone uninstall-phone
install: install-phone
install-phone: $(PHONE_LIBRARY) installdirs
	$(INSTALL_SHLIB) $(PHONE_LIBRARY) '$(DESTDIR)$(pkglibdir)/'

uninstall: uninstall-phone
uninstall-phone:
	rm -f '$(DESTDIR)$(pkglibdir)/$(PHONE_LIBRARY)'

# The install script is made of the parts of sql/, in their order.
$(EXTENSION)--$(EXTVERSION).sql: $(sort $(wildcard sql/*.sql)) headway.control
	cat $(sort $(wildcard sql/*.sql)) > $@

# From each released version there is one script to this one.
$(UPDATES): $(EXTENSION)--%--$(EXTVERSION).sql: $(wildcard sql/*.sql sql/upgrade/*.sql) headway.control scripts/upgrade-script scripts/upgrade-frame.sql
	scripts/upgrade-script $* $(EXTVERSION) > $@.new && mv $@.new $@

# The one file that knows the version.
src/pg/version.o: headway.control
src/pg/version.o: override CPPFLAGS += -DHEADWAY_VERSION='"$(EXTVERSION)"'

include test/unit.mk
include test/upgrade.mk
include test/fuzz.mk

# Every folder but pg compiles without the server's headers, and every header alone.
LAYER_HEADERS = $(wildcard src/core/*/*.hpp src/async/*.hpp src/net/*.hpp src/process/*.hpp src/pipeline/*.hpp)

.PHONY: check-layers check-exports format format-check
check-layers:
	@scripts/check-layers
	@for header in $(LAYER_HEADERS); do \
	    $(CXX) -std=c++20 -Wall -Wextra -Isrc -fsyntax-only -x c++ $$header 2>&1 | grep -v 'pragma once in main file' | grep -E 'error' && exit 1; \
	done; true

check-exports: all
	@nm -D --defined-only $(MODULE_big)$(DLSUFFIX) $(PHONE_LIBRARY) | awk 'NF == 3 {print $$3}' | \
	    grep -vE '^(Pg_magic_func|_PG_init|headway_[a-z0-9_]+|pg_finfo_headway_[a-z0-9_]+)$$' \
	    && { echo 'a library exports what it must not'; exit 1; } || true

FORMATTED = $(shell find src test bench -name '*.cpp' -o -name '*.hpp')

format:
	clang-format-14 -i $(FORMATTED)

format-check:
	@clang-format-14 --dry-run -Werror $(FORMATTED)

# Accepts what the SQL tests gave as what they shall give; read the difference before committing it.
.PHONY: results
results:
	cp results/*.out expected/
