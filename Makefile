# The top Makefile: builds the grader, the kernel images and the tests, and
# has a target for each thing people do here (`make help`). Products go to
# build/ and nowhere else. grader/grader.mk and tests/tests.mk are its parts.
#
#   V=1             show the commands
#   CC=clang        the compiler of host programs, and of the kernel
#   KERNEL_CC=…     the compiler of the kernel alone
#   CROSS_COMPILE=  prefix of the kernel's toolchain, e.g. i686-linux-gnu-
#   BUILD=folder    where products go
#   FULL=1          `make test` runs every mutant through all tests

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
SHELL := /bin/sh

BUILD ?= build
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
ifneq ($(filter default undefined,$(origin CC)),)
CC := gcc
endif
CROSS_COMPILE ?=
KERNEL_CC ?= $(if $(CROSS_COMPILE),$(CROSS_COMPILE)gcc,$(CC))
KERNEL_LD ?= $(CROSS_COMPILE)ld
KERNEL_OBJCOPY ?= $(CROSS_COMPILE)objcopy
QEMU ?= qemu-system-i386

# Commands are shown with V=1; otherwise `$(call say,CC)` names the product.
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(Q),@printf '  %-6s %s\n' $(1) '$(@:$(CURDIR)/%=%)')

# pkg-config is asked when a recipe first needs it, because `make grade` may
# install it on the way. $(call pkg,--libs,libgit2 jansson)
pkg = $(or $(pkg-$(subst $(space),_,$(1)_$(2))),$(call pkg_ask,$(1),$(2)))
pkg_ask = $(eval pkg-$(subst $(space),_,$(1)_$(2)) := \
    $(shell pkg-config $(1) $(2)))$(pkg-$(subst $(space),_,$(1)_$(2)))
empty :=
space := $(empty) $(empty)

WARNINGS := -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes \
    -Wshadow -Wvla
HOST_CFLAGS := -std=gnu11 -D_GNU_SOURCE -g $(WARNINGS) -MMD -MP
HOST_OPTIMISE := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong
HOST_SANITIZE := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
    -fno-omit-frame-pointer

LABS := $(sort $(patsubst assignments/%/lab.yaml,%, \
    $(wildcard assignments/*/lab.yaml)))

# What mmgrade is told about the toolchain when a target runs it.
MMGRADE = MMGRADE_CC='$(KERNEL_CC)' CROSS_COMPILE='$(CROSS_COMPILE)' \
    $(BUILD)/mmgrade

.PHONY: all FORCE tools
all: kernel

# --- what must be there ------------------------------------------------------

# Everything that is compiled waits for this; it costs 3 ms.
tools:
	@scripts/setup --check grade $(firstword $(CC)) $(firstword $(KERNEL_CC)) \
	    $(KERNEL_LD) $(KERNEL_OBJCOPY)

# A stamp holds a command line; what depends on it is built again when that
# changes, for instance to another compiler. $(call stamp,FILE,TEXT)
define stamp
$(1): FORCE | tools
	@mkdir -p $$(@D)
	@printf '%s\n' '$(2)' | cmp -s - $$@ || printf '%s\n' '$(2)' >$$@
endef

version = $(shell $(1) --version 2>&1 | head -n 1 | tr -d "'")
$(eval $(call stamp,$(BUILD)/host.stamp,$(CC): $(call version,$(CC)) \
    $(HOST_CFLAGS) $(HOST_OPTIMISE) $(CFLAGS)))

# --- the kernel --------------------------------------------------------------

# Given sources are linked into every image, boot/head.o first. Files in mm/
# are the students': one set of objects from the reference, one of stubs.
# Modules are the students', too, but linked into no image: the kernel loads
# them while it runs.
KERNEL := $(BUILD)/kernel
module_sources := drivers/map_driver.c
given_rooms := $(wildcard $(addprefix skeleton/,boot arch kernel fs lib drivers))
given_sources := $(filter-out $(addprefix skeleton/,$(module_sources)), \
    $(if $(given_rooms),$(sort $(shell find $(given_rooms) -name '*.[cS]'))))
given_objects := $(patsubst skeleton/%,$(KERNEL)/given/%.o, \
    $(basename $(given_sources)))
head_object := $(filter %/boot/head.o,$(given_objects))
given_objects := $(head_object) $(filter-out $(head_object),$(given_objects))
reference_objects := $(patsubst %.c,$(KERNEL)/%.o,$(wildcard reference/mm/*.c))
skeleton_objects := $(patsubst %.c,$(KERNEL)/%.o,$(wildcard skeleton/mm/*.c))
handout_objects := $(reference_objects:$(KERNEL)/reference/%=$(KERNEL)/handout/%)
module_objects := $(module_sources:%.c=$(KERNEL)/modules/%.o)
module_stubs := $(module_sources:%.c=$(KERNEL)/skeleton/%.o)
modules := $(module_sources:drivers/%.c=$(KERNEL)/modules/%.o)
kernel_script := skeleton/boot/kernel.lds

# Paths in messages and backtraces are relative to the kernel's own root.
KERNEL_CFLAGS = @skeleton/kernel.flags -I skeleton/include \
    -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=skeleton/= \
    -ffile-prefix-map=reference/= -MMD -MP \
    -Werror -Wmissing-prototypes -Wstrict-prototypes
KERNEL_LDFLAGS := -m elf_i386 --orphan-handling=error --no-undefined \
    --fatal-warnings -z noexecstack

$(eval $(call stamp,$(KERNEL)/compiler.stamp,$(KERNEL_CC): \
    $(call version,$(KERNEL_CC)) $(KERNEL_CFLAGS)))
$(eval $(call stamp,$(KERNEL)/given.objects,$(given_objects)))
$(eval $(call stamp,$(KERNEL)/images.objects,$(KERNEL_LD) $(KERNEL_LDFLAGS) \
    $(given_objects) $(reference_objects) $(skeleton_objects)))

.PHONY: kernel
kernel: $(KERNEL)/kernel-reference $(KERNEL)/kernel-skeleton \
    $(KERNEL)/given.list $(handout_objects) $(modules) $(module_stubs) \
    $(BUILD)/initrd.img $(BUILD)/initrd-shell.img

define compile_kernel
	$(call say,KCC)
	@mkdir -p $(@D)
	$(Q)$(KERNEL_CC) $(KERNEL_CFLAGS) -c $< -o $@
endef

kernel_built_by := $(KERNEL)/compiler.stamp skeleton/kernel.flags

$(KERNEL)/given/%.o: skeleton/%.c $(kernel_built_by)
	$(compile_kernel)

$(KERNEL)/given/%.o: skeleton/%.S $(kernel_built_by)
	$(compile_kernel)

$(KERNEL)/reference/%.o: reference/%.c $(kernel_built_by)
	$(compile_kernel)

$(KERNEL)/skeleton/%.o: skeleton/%.c $(kernel_built_by)
	$(compile_kernel)

$(module_objects): $(KERNEL)/modules/%.o: reference/%.c $(kernel_built_by)
	$(compile_kernel)

# What is loaded: without debug information, but with the source file's name,
# which is the module's.
$(modules): $(KERNEL)/modules/%.o: $(KERNEL)/modules/drivers/%.o
	$(Q)$(KERNEL_OBJCOPY) --strip-debug --keep-file-symbols $< $@

# The grader links from this list: paths relative to build/kernel, in order.
$(KERNEL)/given.list: $(KERNEL)/given.objects
	@printf '%s\n' $(patsubst $(KERNEL)/%,%,$(given_objects)) >$@

define link_kernel
	$(call say,KLD)
	$(Q)$(KERNEL_LD) $(KERNEL_LDFLAGS) -T $(kernel_script) -o $@ \
	    $(filter %.o,$^)
endef

$(KERNEL)/kernel-reference.elf: $(given_objects) $(reference_objects) \
    $(kernel_script) $(KERNEL)/images.objects
	$(link_kernel)

$(KERNEL)/kernel-skeleton.elf: $(given_objects) $(skeleton_objects) \
    $(kernel_script) $(KERNEL)/images.objects
	$(link_kernel)

# In a handout these stand in for the components that it doesn't hand out.
$(KERNEL)/handout/%.o: $(KERNEL)/reference/%.o
	@mkdir -p $(@D)
	$(Q)$(KERNEL_OBJCOPY) --strip-debug $< $@

# What QEMU boots in the tests has no symbols.
$(KERNEL)/kernel-%: $(KERNEL)/kernel-%.elf
	$(Q)$(KERNEL_OBJCOPY) --strip-all $< $@

-include $(patsubst %.o,%.d,$(given_objects) $(reference_objects) \
    $(skeleton_objects) $(module_objects) $(module_stubs))

# --- user land: build/initrd.img ---------------------------------------------
# The ramdisk of the tests has no modules: in it they would be the reference's.
# That of the shell, build/initrd-shell.img, has.

U := skeleton/user
USER_B := $(BUILD)/user
INITRD := $(BUILD)/initrd.img
SWAP := $(BUILD)/swap.img
VM := $(BUILD)/vm
USER_CC = $(KERNEL_CC)
USER_LD = $(KERNEL_LD)
USER_OBJCOPY = $(KERNEL_OBJCOPY)
USER_HOST_CC = $(CC)
USER_ARCHIVE = $(call pkg,--cflags --libs,libarchive)
USER_WARNINGS := -Werror -Wmissing-prototypes -Wstrict-prototypes
USER_BUILT_BY := $(KERNEL)/compiler.stamp $(BUILD)/host.stamp
include skeleton/user/user.mk

SHELL_INITRD := $(BUILD)/initrd-shell.img
$(SHELL_INITRD): $(INITRD) $(modules)
	$(call user_pack,$(modules))

# --- the grader and the tests ------------------------------------------------

-include grader/grader.mk
include tests/tests.mk

# --- samples -----------------------------------------------------------------

SAMPLES := $(BUILD)/samples
sample_recipes := $(wildcard assignments/samples/*)
samples := $(addprefix $(SAMPLES)/,complete.git two-bugs.tar.gz \
    does-not-compile.zip untouched hangs.tar.xz broken-buddy.zip)

.PHONY: samples
samples: $(SAMPLES)/.stamp
	@:

$(SAMPLES)/.stamp: $(sample_recipes) scripts/make-samples \
    $(shell find skeleton reference -type f ! -path '*/build/*') | tools
	$(call say,MAKE)
	$(Q)scripts/make-samples $(SAMPLES)
	@touch $@

# --- what people do here -----------------------------------------------------

# A make of our own makes use of all cores unless it was told otherwise.
submake = $(MAKE) --no-print-directory \
    $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))

.PHONY: grade grade-samples test verify bench handout qemu monitor show lint \
    install kit clean help

## grade: set up what is missing, build, grade the bundled sample submissions
grade:
	@scripts/setup grade
	+@$(submake) all samples
	@$(MMGRADE) grade --out $(BUILD)/grades $(samples)
	@echo 'Every test with its reasons: $(BUILD)/grades/report.html'

## test: set up what is missing, build, run all tests; last line is the sum
test:
	@scripts/setup test
	+@MAKE='$(submake)' BUILD='$(BUILD)' scripts/run-tests $(STEPS)

## verify: reference 100, skeleton 0, every mutant caught, every variant 100
verify: all
	@$(MMGRADE) verify

## bench: cost of a test over a bare boot, side by side; time of all suites
bench: all $(BUILD)/tests/bench $(BUILD)/tests/bench-suite
	@scripts/bench $(BUILD)

## handout: what students get, in build/handout/LAB
handout: all
	@for lab in $(LABS); do \
	    rm -rf $(BUILD)/handout/$$lab && mkdir -p $(BUILD)/handout && \
	    $(MMGRADE) handout $$lab -o $(BUILD)/handout/$$lab || exit; \
	done

MEMORY ?= 64M
APPEND ?=

## qemu: boot the reference kernel to its shell (MEMORY=1200M; leave: halt, C-a x)
## monitor: the same, to the kernel monitor, before any process runs
monitor: APPEND += monitor
qemu monitor: $(KERNEL)/kernel-reference.elf $(SHELL_INITRD) $(SWAP)
	@scripts/setup --check grade $(QEMU)
	$(Q)$(vm_open); $(QEMU) -M microvm,pit=on,pic=on,isa-serial=on,rtc=off \
	    -accel tcg -nodefaults -no-user-config -display none -no-reboot \
	    -m $(MEMORY) $(call vm_ram,$(MEMORY)) -serial mon:stdio \
	    -device isa-debug-exit,iobase=0xf4,iosize=1 $(SWAP_DISK) -kernel $< \
	    -initrd $(SHELL_INITRD) -append '$(APPEND)'; \
	    code=$$?; $(vm_close); [ $$code -le 1 ]

## show: pictures of the memory of the `make qemu` that runs (PID=5: of process 5)
show: $(BUILD)/mmgrade $(BUILD)/tests/show
	@$< show --build $(BUILD) --out $(BUILD)/pictures $(if $(PID),--pid $(PID))

## lint: format, length of functions and files, static checks, banned functions
lint:
	@scripts/setup --check lint
	@scripts/lint

# The kit is one folder, because mmgrade finds the rest from where it is.
kit = $(DESTDIR)$(PREFIX)/lib/mmgrade

## install: the grader and its kit below PREFIX (/usr/local)
install: all
	@mkdir -p $(kit)/build/tests $(DESTDIR)$(PREFIX)/bin
	@cp -R skeleton reference assignments scripts tests LICENSE $(kit)
	@cp -R $(KERNEL) $(INITRD) $(BUILD)/mmgrade $(kit)/build
	@cp -R $(BUILD)/tests/suites $(BUILD)/tests/public $(BUILD)/tests/show \
	    $(kit)/build/tests
	@ln -sf ../lib/mmgrade/build/mmgrade $(DESTDIR)$(PREFIX)/bin/mmgrade
	@echo "installed $(PREFIX)/bin/mmgrade"

## kit: what CI jobs grade with, hidden tests and all, in build/mmgrade-kit.tar.gz
kit: staged := $(CURDIR)/$(BUILD)/kit
kit: all
	@rm -rf $(staged)
	@$(MAKE) --no-print-directory install DESTDIR=$(staged) PREFIX= >/dev/null
	@tar -C $(staged)/lib/mmgrade --owner=0 --group=0 --mode=go=rX \
	    -czf $(BUILD)/mmgrade-kit.tar.gz .
	@rm -rf $(staged)
	@cd $(BUILD) && sha256sum mmgrade-kit.tar.gz

## clean: remove everything that was built
clean:
	rm -rf $(BUILD)

## help: this list
help:
	@echo 'make            build everything'
	@sed -n 's/^## \([a-z]*\): \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | \
	    while IFS='	' read -r target text; do \
	        printf 'make %-10s %s\n' "$$target" "$$text"; \
	    done
	@echo 'V=1 shows the commands. CC=clang, KERNEL_CC=… and' \
	    'CROSS_COMPILE=i686-linux-gnu- choose compilers.'
