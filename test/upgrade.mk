# Libraries that say they are of a released version, or of one to come, to stand for it in the tests of
# updates: today's objects, linked with another version.

OTHER_VERSIONS  = $(patsubst test/upgrade/$(EXTENSION)--%.sql,%,$(wildcard test/upgrade/$(EXTENSION)--*.sql)) 9.9.9
OTHER_LIBRARIES = $(OTHER_VERSIONS:%=build/upgrade/%/headway.so)

.PHONY: other-libraries list-data
other-libraries: all $(OTHER_LIBRARIES)

build/upgrade/%/version.o: src/pg/version.cpp src/pg/version.hpp
	@mkdir -p $(@D)
	$(CXX) $(PG_CXXFLAGS) -fPIC -Isrc -DHEADWAY_VERSION='"$*"' -c -o $@ $<

.PRECIOUS: build/upgrade/%/version.o
build/upgrade/%/headway.so: build/upgrade/%/version.o $(OBJS)
	$(CC) -shared -o $@ $< $(filter-out src/pg/version.o,$(OBJS)) $(SHLIB_LINK)

list-data:
	@echo $(EXTENSION).control $(DATA) $(DATA_built)
