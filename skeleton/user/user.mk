# User land: the programs of the ramdisk, the ramdisk, a swap disk. Part of the Makefile
# above, which says first
#
#   U              this folder
#   USER_B, INITRD where products go; the ramdisk
#   SWAP           the disk of `make qemu`
#   VM             folder of what can be seen of `make qemu` from outside
#   USER_CC, USER_LD, USER_OBJCOPY   the toolchain of the programs
#   USER_HOST_CC, USER_ARCHIVE       mkinitrd's compiler; its -larchive
#   USER_BUILT_BY  what everything is built again after
#   USER_MODULES   objects for insmod, into the ramdisk's /lib
#
# A program is a file in bin/, linked with what it needs of lib/. The agent,
# the tests' program, is alone in the world: neither start code nor library.

user_library := $(patsubst $(U)/%,$(USER_B)/%.o,$(basename $(sort \
    $(wildcard $(U)/lib/*.c $(U)/lib/*.S))))
user_programs := $(patsubst $(U)/%.c,$(USER_B)/%,$(sort $(wildcard $(U)/bin/*.c)))
user_agent := $(patsubst $(U)/%.c,$(USER_B)/sbin/%,$(wildcard $(U)/agent.c))
user_files := $(foreach program,$(user_programs) $(user_agent), \
    $(program:$(USER_B)/%=%)=$(program))
user_root := $(shell find $(U)/root)

USER_CFLAGS = @$(U)/user.flags -I $(U)/include \
    -isystem $(shell $(USER_CC) -print-file-name=include) -MMD -MP
USER_LDFLAGS := -m elf_i386 --no-undefined --fatal-warnings -z noexecstack \
    -T $(U)/user.lds

user_say = $(if $(Q),@printf '  %-6s %s\n' $(1) '$(@:$(CURDIR)/%=%)')

define user_compile
	$(call user_say,UCC)
	@mkdir -p $(@D)
	$(Q)$(USER_CC) $(USER_CFLAGS) $(USER_WARNINGS) -c $< -o $@
endef

$(USER_B)/%.o: $(U)/%.c $(U)/user.flags $(USER_BUILT_BY)
	$(user_compile)

$(USER_B)/%.o: $(U)/%.S $(U)/user.flags $(USER_BUILT_BY)
	$(user_compile)

# It speaks the kernel's language.
$(USER_B)/agent.o: USER_CFLAGS += -I $(U)/../include

$(USER_B)/bin/%.elf: $(USER_B)/bin/%.o $(user_library) $(U)/user.lds
	$(Q)$(USER_LD) $(USER_LDFLAGS) --gc-sections -o $@ $(filter %.o,$^)

$(USER_B)/sbin/agent.elf: $(USER_B)/agent.o $(U)/user.lds
	@mkdir -p $(@D)
	$(Q)$(USER_LD) $(USER_LDFLAGS) -o $@ $<

# Symbols stay with us, for gdb.
$(user_programs) $(user_agent): %: %.elf
	$(Q)$(USER_OBJCOPY) --strip-all $< $@

$(USER_B)/mkinitrd: $(U)/mkinitrd.c $(USER_BUILT_BY)
	$(call user_say,CC)
	@mkdir -p $(@D)
	$(Q)$(USER_HOST_CC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra $< \
	    $(USER_WARNINGS) $(USER_ARCHIVE) -o $@

# A file that has gone is seen by the list.
$(USER_B)/files: FORCE
	@mkdir -p $(@D)
	@echo $(user_files) $(user_root) | cmp -s - $@ || \
	    echo $(user_files) $(user_root) >$@

# Packs the ramdisk, with the modules $(1).
define user_pack
	$(call user_say,INITRD)
	$(Q)$(USER_B)/mkinitrd $@ $(U)/root $(user_files) \
	    $(foreach module,$(1),lib/$(notdir $(module))=$(module))
endef

$(INITRD): $(USER_B)/mkinitrd $(user_programs) $(user_agent) $(user_root) \
    $(USER_MODULES) $(USER_B)/files
	$(call user_pack,$(USER_MODULES))

# What mkswap(8) makes of 64 MB: version 1, last page 0x3fff, no bad pages. It
# stays as it is until the guest writes to it, and takes no room until then.
$(SWAP):
	$(call user_say,SWAP)
	@mkdir -p $(@D)
	$(Q)truncate -s 64M $@.new
	$(Q)printf '\001\000\000\000\377\077\000\000' | \
	    dd of=$@.new bs=1 seek=1024 conv=notrunc status=none
	$(Q)printf SWAPSPACE2 | dd of=$@.new bs=1 seek=4086 conv=notrunc status=none
	$(Q)mv $@.new $@

# It is /dev/vda. With acpi=off the kernel's command line says where it is.
SWAP_DISK = -machine acpi=off -device virtio-blk-device,drive=swap \
    -blockdev driver=file,node-name=swap,cache.no-flush=on,filename=$(SWAP)

# The machine's RAM is a file, and QEMU listens on a socket: `make show` looks at
# both. There is one machine at a time, whose files end with it.
# $(call vm_ram,64M): for QEMU's command line; $(vm_open): before it, in the same
# shell, which ends if another one runs; $(vm_close): behind it.
vm_ram = -machine memory-backend=ram \
    -object memory-backend-file,id=ram,share=on,size=$(1),mem-path=$(VM)/ram \
    -qmp unix:$(VM)/qmp,server=on,wait=off
vm_open = mkdir -p -m 700 $(VM); exec 9>$(VM)/lock; \
    flock -n 9 || { echo 'A machine runs already: leave that one first (C-a x).' \
    >&2; exit 1; }; rm -f $(VM)/ram $(VM)/qmp
vm_close = rm -f $(VM)/ram $(VM)/qmp

.SECONDARY: $(user_library) $(user_programs:=.o) $(user_programs:=.elf)
-include $(user_library:.o=.d) $(user_programs:=.d) $(USER_B)/agent.d
