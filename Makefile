# Tillwire: everything is built and checked from here. `make help` lists the targets.
#
# BUILD is the folder of what is made; SANITIZE=address, thread or fuzz puts an
# instrumented build beside the plain one.

BUILD    := build
SANITIZE :=
CC       := gcc
VERSION  := 0.1.0

ifneq ($(SANITIZE),)
BUILD := build/$(SANITIZE)
endif

LLHTTP_DIR     := /usr/share/llhttp
LLHTTP_INCLUDE := /usr/share/include/llhttp

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual \
	-Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wformat=2 -Wswitch-enum \
	-Wnull-dereference
HARDENING := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
OPTIMIZE  := -O2 -g1 -D_FORTIFY_SOURCE=2
ifeq ($(SANITIZE),address)
OPTIMIZE  := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
HARDENING := -fPIE
endif
ifeq ($(SANITIZE),thread)
OPTIMIZE  := -O1 -g1 -fsanitize=thread -fno-omit-frame-pointer
HARDENING := -fPIE
endif
ifeq ($(SANITIZE),fuzz)
CC        := clang
OPTIMIZE  := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
HARDENING := -fPIE
endif
ifeq ($(CI),true)
WARNINGS += -Werror
endif

# V=1 shows the commands whole.
ifeq ($(V),1)
Q :=
else
Q := @
endif

CPPFLAGS := -Isrc -I$(BUILD)/generated -D_GNU_SOURCE -DTILLWIRE_VERSION='"$(VERSION)"'
CFLAGS   := -std=c17 $(WARNINGS) $(HARDENING) $(OPTIMIZE)
# The tests' own C: that it is compiled soon matters more than how fast it runs.
TEST_CFLAGS := $(CFLAGS) -O0 -U_FORTIFY_SOURCE
LDFLAGS  := -pie -Wl,-z,relro,-z,now $(filter -fsanitize=%,$(OPTIMIZE))
LIBS     := -luv -lssl -lcrypto -lsodium -lsqlite3 -lcurl -lpthread -lm

# The rooms, from the top down: a room may use those after it (scripts/check-layers says which).
ROOMS := cli server terminal pos admin api device hook broker processor store net core wire base

room_objects = $(patsubst %.c,$(BUILD)/object/%.o,$(wildcard src/$(1)/*.c))
OBJECTS      := $(foreach room,$(ROOMS),$(call room_objects,$(room)))
# Debian 12 ships llhttp as C sources with a package of Node.js, later releases
# as a library.
ifneq ($(wildcard $(LLHTTP_DIR)/llhttp.c),)
LLHTTP       := $(BUILD)/object/llhttp/llhttp.o $(BUILD)/object/llhttp/api.o $(BUILD)/object/llhttp/http.o
else
LLHTTP       :=
LIBS         += -lllhttp
endif
PAGES        := $(BUILD)/object/pages.o

.PHONY: all help test unit end browser check format tidy clean sanitize ci bench
all: $(BUILD)/tillwire

help:
	@sed -n 's/^## //p' Makefile

## make                builds build/tillwire
$(BUILD)/tillwire: $(BUILD)/object/src/main.o $(foreach room,$(ROOMS),$(BUILD)/room/$(room).a) $(PAGES) $(LLHTTP)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(BUILD)/object/src/main.o -Wl,--start-group $(foreach room,$(ROOMS),$(BUILD)/room/$(room).a) -Wl,--end-group $(PAGES) $(LLHTTP) $(LIBS)

$(BUILD)/object/src/%.o: src/%.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# llhttp comes as C sources; it is not ours, so our warnings are off for it.
$(BUILD)/object/llhttp/%.o: $(LLHTTP_DIR)/%.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) -I$(LLHTTP_INCLUDE) -DLLHTTP_STRICT_MODE=1 -std=c11 -w $(HARDENING) $(OPTIMIZE) -c $< -o $@

$(BUILD)/object/src/wire/%.o: CPPFLAGS += -isystem $(LLHTTP_INCLUDE)

define room_rule
$(BUILD)/room/$(1).a: $(call room_objects,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)ar rcs $$@ $$^
endef
$(foreach room,$(ROOMS),$(eval $(call room_rule,$(room))))

# The pages of web/ and the schema, as constants of the program.
WEB := $(sort $(shell find web -type f ! -name '*.md' 2>/dev/null))
$(BUILD)/generated/pages.c: scripts/embed-pages $(WEB) $(sort $(dir $(WEB)))
	@mkdir -p $(@D)
	@echo "  EMBED web/"
	$(Q)scripts/embed-pages $(WEB) > $@.new
	$(Q)mv $@.new $@
$(PAGES): $(BUILD)/generated/pages.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

# The schema is a part of the store: one object more in its room.
SCHEMA := $(sort $(wildcard src/store/schema/*.sql))
$(BUILD)/generated/schema_steps.c: scripts/embed-schema $(SCHEMA)
	@mkdir -p $(@D)
	@echo "  EMBED src/store/schema/"
	$(Q)scripts/embed-schema $(SCHEMA) > $@.new
	$(Q)mv $@.new $@
$(BUILD)/object/schema_steps.o: $(BUILD)/generated/schema_steps.c src/store/schema.h
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@
$(BUILD)/room/store.a: $(BUILD)/object/schema_steps.o

# Tests in C: tests/unit/ROOM/NOUN_test.c links with its room and the rooms
# below it; tests/story and tests/store with all.
below_base     := base
below_wire     := wire base
below_core     := core base
below_store    := store core base
below_net      := net wire base
below_processor := processor core base
below_broker   := broker processor store core base
below_hook     := hook store net core wire base
below_device   := device api broker processor store net core wire base
below_api      := api device broker processor store net core wire base
below_admin    := admin broker processor store wire core base
below_pos      := pos net core wire base
below_terminal := terminal processor net core wire base
below_server   := server admin api device hook broker processor store net core wire base
below_cli      := $(ROOMS)
ifeq ($(SANITIZE),thread)
TEST_SOURCES := $(shell scripts/threaded-tests)
else
TEST_SOURCES := $(wildcard tests/unit/*/*_test.c tests/story/*_test.c tests/store/*_test.c)
endif
TESTS := $(patsubst %.c,$(BUILD)/%,$(TEST_SOURCES))

define unit_rule
$(BUILD)/tests/unit/$(1)/%_test: tests/unit/$(1)/%_test.c $(foreach room,$(below_$(1)),$(BUILD)/room/$(room).a) $(LLHTTP)
	@mkdir -p $$(@D)
	@echo "  TEST  $$@"
	$(Q)$(CC) $(CPPFLAGS) -Itests $(TEST_CFLAGS) $(LDFLAGS) -MMD -MP -o $$@ $$< -Wl,--start-group $(foreach room,$(below_$(1)),$(BUILD)/room/$(room).a) -Wl,--end-group $(LLHTTP) -lcmocka $(LIBS)
endef
$(foreach room,$(ROOMS),$(eval $(call unit_rule,$(room))))
$(BUILD)/tests/store/%_test: tests/store/%_test.c $(foreach room,$(below_store),$(BUILD)/room/$(room).a)
	@mkdir -p $(@D)
	@echo "  TEST  $@"
	$(Q)$(CC) $(CPPFLAGS) -Itests $(TEST_CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(foreach room,$(below_store),$(BUILD)/room/$(room).a) -lcmocka $(LIBS)
$(BUILD)/tests/story/%_test: tests/story/%_test.c $(foreach room,$(ROOMS),$(BUILD)/room/$(room).a) $(LLHTTP) $(PAGES)
	@mkdir -p $(@D)
	@echo "  TEST  $@"
	$(Q)$(CC) $(CPPFLAGS) -Itests $(TEST_CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< -Wl,--start-group $(foreach room,$(ROOMS),$(BUILD)/room/$(room).a) -Wl,--end-group $(LLHTTP) $(PAGES) -lcmocka $(LIBS)

# Programs that tell a test what the code knows: its tables as JSON.
TOOLS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tool/*.c))
$(BUILD)/tests/tool/%: tests/tool/%.c $(foreach room,$(ROOMS),$(BUILD)/room/$(room).a) $(LLHTTP) $(PAGES)
	@mkdir -p $(@D)
	@echo "  TOOL  $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< -Wl,--start-group $(foreach room,$(ROOMS),$(BUILD)/room/$(room).a) -Wl,--end-group $(LLHTTP) $(PAGES) $(LIBS)

## make test           checks, unit, story, store and end tests; ends with "N passed, N failed"
test: $(BUILD)/tillwire $(TESTS) $(TOOLS) tests/node_modules/.ready
	BUILD=$(BUILD) scripts/run-tests check unit end

## make unit           the tests in C alone
unit: $(TESTS)
	BUILD=$(BUILD) scripts/run-tests unit

## make end            the real binary over real sockets, by Node's test runner
end: $(BUILD)/tillwire $(TOOLS) tests/node_modules/.ready
	BUILD=$(BUILD) scripts/run-tests end

## make browser        the pages in Chromium
browser: $(BUILD)/tillwire tests/node_modules/.ready
	BUILD=$(BUILD) scripts/run-tests browser

## make picture        draws docs/screens/terminal.png anew; look at it before you commit it
.PHONY: picture
picture: $(BUILD)/tillwire tests/node_modules/.ready
	BUILD=$(BUILD) TILLWIRE_PICTURES=docs/screens node --test --test-name-pattern='as the README shows it' tests/browser/terminal_payment.test.mjs

## make peers          behind nginx and haproxy, before testssl, with a cable pulled
.PHONY: peers
peers: $(BUILD)/tillwire tests/node_modules/.ready
	BUILD=$(BUILD) scripts/run-tests peer

tests/node_modules/.ready: tests/package.json tests/package-lock.json
	@echo "  NPM   tests/"
	$(Q)cd tests && npm ci --no-audit --no-fund --loglevel=error
	touch $@

## make check          layers, purity, headers, sizes, banned functions, shell scripts
check: $(OBJECTS)
	BUILD=$(BUILD) scripts/run-tests check

## make format         rewrites the sources as .clang-format says
format:
	clang-format -i $$(git ls-files '*.c' '*.h')

## make tidy           clang-tidy and cppcheck over src/ (minutes)
tidy:
	BUILD=$(BUILD) scripts/check-tidy

## make sanitize       all tests in C and all end tests with the address and undefined-behaviour sanitizers
sanitize:
	$(MAKE) SANITIZE=address test-again

## make threads        the same with the thread sanitizer, but for tests of one thread
.PHONY: threads
threads:
	$(MAKE) SANITIZE=thread test-again

# What a sanitized build runs: everything but the checks of the sources.
.PHONY: test-again
test-again: $(BUILD)/tillwire $(TESTS) $(TOOLS) tests/node_modules/.ready
	BUILD=$(BUILD) SANITIZE=$(SANITIZE) scripts/run-tests unit end

## make fuzz           each reader of bytes under libFuzzer for FUZZ_SECONDS (10)
FUZZ_SECONDS := 10
FUZZ_ROOMS   := processor core wire base
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*_fuzz.c))
.PHONY: fuzz fuzz-all
fuzz:
	$(MAKE) SANITIZE=fuzz fuzz-all
fuzz-all: $(addprefix $(BUILD)/tests/fuzz/,$(addsuffix .ok,$(FUZZ_TARGETS)))
	@rm -f $^
	@echo "$(words $(FUZZ_TARGETS)) passed, 0 failed"
.PRECIOUS: $(BUILD)/tests/fuzz/%_fuzz
$(BUILD)/tests/fuzz/%_fuzz: tests/fuzz/%_fuzz.c $(foreach room,$(FUZZ_ROOMS),$(BUILD)/room/$(room).a) $(LLHTTP)
	@mkdir -p $(@D)
	@echo "  FUZZ  $@"
	$(Q)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) -fsanitize=fuzzer -MMD -MP -o $@ $< -Wl,--start-group $(foreach room,$(FUZZ_ROOMS),$(BUILD)/room/$(room).a) -Wl,--end-group $(LLHTTP) -lsodium
$(BUILD)/tests/fuzz/%_fuzz.ok: $(BUILD)/tests/fuzz/%_fuzz
	$(Q)scripts/run-fuzz $< tests/fuzz/corpus/$* $(FUZZ_SECONDS)
	@touch $@

## make kill           the real server killed KILL_CYCLES (60) times under load
.PHONY: kill
kill: $(BUILD)/tillwire tests/node_modules/.ready
	BUILD=$(BUILD) scripts/run-tests kill

## make simulation     the whole system from SEEDS (1000) seeds, in virtual time
SEEDS := 1000
SIMULATION := $(BUILD)/tests/simulation/simulate
SIMULATION_OBJECTS := $(patsubst %.c,$(BUILD)/object/%.o,$(wildcard tests/simulation/*.c))
.PHONY: simulation
simulation: $(SIMULATION)
	BUILD=$(BUILD) scripts/run-simulation $(SEEDS)

## make simulation-bugs  bugs planted in copies of the sources: the simulation finds each (minutes)
.PHONY: simulation-bugs
simulation-bugs: $(SIMULATION)
	BUILD=$(BUILD) scripts/run-simulation-bugs

$(BUILD)/object/tests/simulation/%.o: tests/simulation/%.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) -Itests $(CFLAGS) -MMD -MP -c $< -o $@
$(SIMULATION): $(SIMULATION_OBJECTS) $(foreach room,$(ROOMS),$(BUILD)/room/$(room).a) $(LLHTTP) $(PAGES)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(SIMULATION_OBJECTS) -Wl,--start-group $(foreach room,$(ROOMS),$(BUILD)/room/$(room).a) -Wl,--end-group $(LLHTTP) $(PAGES) $(LIBS)

## make bench          server CPU per ping, beside nginx's bare 202
bench: $(BUILD)/tillwire
	BUILD=$(BUILD) node bench/ping.mjs

## make bench-connections   memory of 15,000 idle terminals, plain and by TLS, and their return after a restart
## make bench-slow          pings while slowhttptest attacks
## make bench-backup        commits while a large database is copied
.PHONY: bench-connections bench-slow bench-backup
bench-connections bench-slow bench-backup: bench-%: $(BUILD)/tillwire
	BUILD=$(BUILD) node bench/$*.mjs

## make bench-commit   builds BUILD/bench/group_commit: what the rows of purchases cost SQLite alone
.PHONY: bench-commit
bench-commit: $(BUILD)/bench/group_commit
$(BUILD)/bench/%: bench/%.c $(BUILD)/object/schema_steps.o
	@mkdir -p $(@D)
	@echo "  BENCH $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(BUILD)/object/schema_steps.o -lsqlite3

## make bench-purchase purchases a second to their webhook's row beside raw SQLite, and how soon they are on the screen
.PHONY: bench-purchase
bench-purchase: $(BUILD)/tillwire $(BUILD)/bench/sale_load $(BUILD)/bench/group_commit
	BUILD=$(BUILD) node bench/purchase.mjs
$(BUILD)/bench/sale_load: bench/sale_load.c $(wildcard bench/load/*.[ch])
	@mkdir -p $(@D)
	@echo "  BENCH $@"
	$(Q)$(CC) -Ibench $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^)

## make install        into DESTDIR, with the systemd unit; PREFIX is /usr
PREFIX := /usr
.PHONY: install
install: $(BUILD)/tillwire
	install -D -m 755 $(BUILD)/tillwire $(DESTDIR)$(PREFIX)/bin/tillwire
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/bin/tillwire|$(PREFIX)/bin/tillwire|' packaging/tillwire.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/tillwire.service
	chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/tillwire.service
	install -D -m 644 packaging/sysusers.d/tillwire.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/tillwire.conf
	test -e $(DESTDIR)/etc/tillwire/tillwire.conf || install -D -m 644 packaging/tillwire.conf $(DESTDIR)/etc/tillwire/tillwire.conf

## make clean          removes build/
clean:
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
