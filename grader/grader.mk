# Part of the top Makefile: the grader, build/mmgrade, from the rooms
# grader/*/*.c. Uses BUILD, CC, HOST_CFLAGS, HOST_OPTIMISE, Q, `say` and `pkg`.
#
# GRADER_PACKAGES is what pkg-config is asked for; tests/tests.mk links the
# module tests with the same.

GRADER_PACKAGES := libgit2 libarchive libcyaml yaml-0.1 jansson libelf zlib \
    libcrypto libutf8proc libxml-2.0 sqlite3
GRADER_ROOMS := $(sort $(dir $(wildcard grader/*/*.h)))
# -iquote: no header of ours hides one of the system's.
GRADER_INCLUDES := $(GRADER_ROOMS:%/=-iquote %)
GRADER_CFLAGS = $(HOST_CFLAGS) $(HOST_OPTIMISE) $(GRADER_INCLUDES) \
    $(call pkg,--cflags,$(GRADER_PACKAGES)) $(CFLAGS)
# libcsv has no module of pkg-config.
GRADER_LIBS = $(call pkg,--libs,$(GRADER_PACKAGES)) -lcsv -lm

grader_objects := $(patsubst grader/%.c,$(BUILD)/grader/%.o, \
    $(wildcard grader/*/*.c)) \
    $(patsubst grader/%.S,$(BUILD)/grader/%.o,$(wildcard grader/*/*.S))

.PHONY: grader
all: grader
grader: $(BUILD)/mmgrade

$(BUILD)/grader/%.o: grader/%.c $(BUILD)/host.stamp
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(GRADER_CFLAGS) -c $< -o $@

$(BUILD)/grader/%.o: grader/%.S $(BUILD)/host.stamp
	$(call say,AS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c $< -o $@

# .incbin has no dependency file.
$(BUILD)/grader/report/page.o: $(wildcard grader/report/page/*)

# A removed source must leave the program, too.
$(eval $(call stamp,$(BUILD)/grader.objects,$(grader_objects)))

$(BUILD)/mmgrade: $(grader_objects) $(BUILD)/grader.objects
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(filter %.o,$^) $(GRADER_LIBS) -o $@

-include $(grader_objects:.o=.d)
