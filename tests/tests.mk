# Part of the top Makefile: the harness, the labs' test programs, the module
# tests of mmgrade. Uses BUILD, HOST_CFLAGS, GRADER_* of the parts before it.
#
#   build/tests/suites/LAB       hidden and public tests of a lab
#   build/tests/public/LAB       its public tests alone
#   build/tests/given            tests of the given kernel and the harness
#   build/tests/show             pictures of a running `make qemu` (mmgrade show)
#   build/tests/bench            times bare boots (scripts/bench)
#   build/tests/bench-suite      tests that only boot (scripts/bench)
#   build/tests/write_page       writes a report's page (tests/report)
#   build/tests/grader/NAME      module tests, from tests/grader/NAME.c
#   build/tests/grader-asan/NAME the same under ASan and UBSan, but for those
#                                that only run mmgrade: they run
#   build/tests/mmgrade-asan     which is mmgrade under both

T := $(BUILD)/tests
SUITE_PACKAGES := criterion jansson libdw libelf
# -iquote: headers shared with the kernel, without hiding libc's <string.h>.
SUITE_CFLAGS = $(HOST_CFLAGS) $(HOST_OPTIMISE) -I tests/harness \
    -I $(T)/include -iquote skeleton/include $(call pkg,--cflags,$(SUITE_PACKAGES)) $(CFLAGS)
SUITE_LIBS = $(call pkg,--libs,$(SUITE_PACKAGES)) -lpthread

test_objects = $(patsubst tests/%.c,$(T)/objects/%.o,$(wildcard tests/$(1)/*.c))
# layout.c is compiled for the guest, to learn what layout.h says.
harness_objects := $(filter-out %/layout.o,$(call test_objects,harness))
layout := $(T)/include/layout.h
bench_objects := $(call test_objects,bench)
# The hidden tests of a lab are a folder, its public ones a file.
hidden_objects := $(call test_objects,hidden/*)
public_objects := $(call test_objects,public)
suites := $(patsubst %/,$(T)/suites/%,$(subst $(T)/objects/hidden/,, \
    $(sort $(dir $(hidden_objects)))))
public_suites := $(public_objects:$(T)/objects/public/%.o=$(T)/public/%)

.PHONY: suites
all: suites
suites: $(suites) $(public_suites)

# Everything that is compiled, nothing that is run: for a second compiler. Once:
# the sanitizers' flavour is of the same sources.
.PHONY: programs
programs: kernel $(BUILD)/mmgrade $(suites) $(public_suites) $(T)/show \
    plain-module-tests

$(T)/objects/%.o: tests/%.c $(BUILD)/host.stamp
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SUITE_CFLAGS) -c $< -o $@

$(layout): tests/harness/layout.c $(kernel_built_by)
	$(call say,LAYOUT)
	@mkdir -p $(@D)
	$(Q)$(KERNEL_CC) $(KERNEL_CFLAGS) -MT $@ -MF $(@:.h=.d) -S $< -o $(@:.h=.s)
	$(Q)sed -n 's/^[[:blank:]]*#layout \([A-Z0-9_]*\) [$$]*\([0-9]*\)/#define \1 \2/p' \
	    $(@:.h=.s) >$@

$(harness_objects) $(hidden_objects) $(public_objects) $(bench_objects) \
    $(call test_objects,given): \
    | $(layout)

define archive
	$(call say,AR)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)ar rcs $@ $(filter %.o,$^)
endef

$(T)/harness.a: $(harness_objects)
	$(archive)

# Whole, because its report hooks are found by section, not by name.
define link_suite
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(filter %.o,$^) -Wl,--whole-archive \
	    $(T)/harness.a -Wl,--no-whole-archive $(SUITE_LIBS) -o $@
endef

# A lab may have no public tests; then there is no such object. Functions, so
# that their % is not taken for that of the rule.
hidden_of = $(filter $(T)/objects/hidden/$(1)/%,$(hidden_objects))
public_of = $(filter $(T)/objects/public/$(1).o,$(public_objects))

.SECONDEXPANSION:
$(suites): $(T)/suites/%: $$(call hidden_of,$$*) $$(call public_of,$$*) \
    $(T)/harness.a
	$(link_suite)

$(public_suites): $(T)/public/%: $(T)/objects/public/%.o $(T)/harness.a
	$(link_suite)

# A test without points, or points without a test, is a build error; so is an
# export that the linker script doesn't demand. mmgrade knows no folder of
# products but build/.
ifeq ($(BUILD),build)
suites: $(suites:%=%.checked)
endif
$(suites:%=%.checked): $(T)/suites/%.checked: $(T)/suites/% \
    assignments/%/lab.yaml assignments/components.yaml $(kernel_script) \
    $(BUILD)/mmgrade
	$(Q)$(MMGRADE) check $*
	@touch $@

# --- the given kernel --------------------------------------------------------

all: $(T)/given
$(T)/given: $(call test_objects,given) $(T)/harness.a
	$(link_suite)

# --- pictures of a running machine -------------------------------------------

# Of the harness it takes what draws, and nothing of what tests: it does without
# Criterion.
show_objects := $(call test_objects,show)
$(show_objects): | $(layout)

all: $(T)/show
$(T)/show: $(show_objects) $(T)/harness.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ \
	    $(call pkg,--libs,jansson libdw libelf) -o $@

# --- bench -------------------------------------------------------------------

$(T)/bench: $(T)/objects/bench/bare_boot.o $(T)/harness.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(SUITE_LIBS) -o $@

$(T)/bench-suite: $(T)/objects/bench/suite.o $(T)/harness.a
	$(link_suite)

# --- module tests of mmgrade -------------------------------------------------

module_tests := $(filter-out fixture,$(patsubst tests/grader/%.c,%, \
    $(wildcard tests/grader/*.c)))
asan_tests := $(filter-out cli cli_% hostile,$(module_tests))
fixture := $(if $(wildcard tests/grader/fixture.c),fixture)
grader_modules := $(filter-out commands/main, \
    $(grader_objects:$(BUILD)/grader/%.o=%))
MODULE_PACKAGES := criterion $(GRADER_PACKAGES)
MODULE_CFLAGS = $(HOST_CFLAGS) $(GRADER_INCLUDES) -iquote tests/grader \
    $(call pkg,--cflags,$(MODULE_PACKAGES)) $(CFLAGS)
MODULE_LIBS = $(call pkg,--libs,$(MODULE_PACKAGES)) -lcsv -lm

.PHONY: module-tests plain-module-tests
plain-module-tests: $(module_tests:%=$(T)/grader/%) $(T)/write_page
module-tests: plain-module-tests $(asan_tests:%=$(T)/grader-asan/%) \
    $(T)/mmgrade-asan

define compile_module
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MODULE_CFLAGS) $(FLAVOUR) -c $< -o $@
endef

define link_module
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAVOUR) $(CFLAGS) $(LDFLAGS) $^ $(MODULE_LIBS) -o $@
endef

# Plain tests are linked with mmgrade's own objects, the others with objects
# of their flavour: with archives, so that each holds only what it tests.
$(T)/objects/grader/%.o $(T)/grader/%: FLAVOUR = $(HOST_OPTIMISE)
$(T)/objects/asan/%.o $(T)/grader-asan/%: FLAVOUR = $(HOST_SANITIZE)
$(T)/mmgrade-asan: FLAVOUR = $(HOST_SANITIZE)

$(T)/objects/grader/%.o: tests/grader/%.c $(BUILD)/host.stamp
	$(compile_module)

$(T)/objects/asan/tests/%.o: tests/grader/%.c $(BUILD)/host.stamp
	$(compile_module)

$(T)/objects/asan/%.o: grader/%.c $(BUILD)/host.stamp
	$(compile_module)

$(T)/objects/asan/%.o: grader/%.S $(BUILD)/host.stamp
	$(call say,AS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c $< -o $@

$(T)/objects/asan/report/page.o: $(wildcard grader/report/page/*)

$(T)/objects/report/%.o: FLAVOUR = $(HOST_OPTIMISE)
$(T)/objects/report/%.o: tests/report/%.c $(BUILD)/host.stamp
	$(compile_module)

$(T)/modules.a: $(grader_modules:%=$(BUILD)/grader/%.o)
	$(archive)

$(T)/modules-asan.a: $(grader_modules:%=$(T)/objects/asan/%.o)
	$(archive)

$(T)/write_page: FLAVOUR = $(HOST_OPTIMISE)
$(T)/write_page: $(T)/objects/report/write_page.o $(T)/modules.a
	$(link_module)

$(module_tests:%=$(T)/grader/%): $(T)/grader/%: $(T)/objects/grader/%.o \
    $(fixture:%=$(T)/objects/grader/%.o) $(T)/modules.a
	$(link_module)

$(asan_tests:%=$(T)/grader-asan/%): $(T)/grader-asan/%: \
    $(T)/objects/asan/tests/%.o $(fixture:%=$(T)/objects/asan/tests/%.o) \
    $(T)/modules-asan.a
	$(link_module)

# Without Criterion, which would take a program that a test starts for a test.
$(T)/mmgrade-asan: $(T)/objects/asan/commands/main.o $(T)/modules-asan.a
	$(call say,LD)
	$(Q)$(CC) $(FLAVOUR) $(CFLAGS) $(LDFLAGS) $^ $(GRADER_LIBS) -o $@

-include $(layout:.h=.d) $(patsubst %.o,%.d,$(harness_objects) $(hidden_objects) \
    $(public_objects) $(bench_objects) \
    $(show_objects) $(call test_objects,given)) $(wildcard $(T)/objects/grader/*.d $(T)/objects/asan/*/*.d \
    $(T)/objects/asan/tests/*.d $(T)/objects/report/*.d)
