/* halt: switches the machine off. */
#include <err.h>
#include <stdlib.h>
#include <sys/syscall.h>

/* What the kernel wants to see: reboot(2). */
#define MAGIC1    0xfee1dead
#define MAGIC2    672274793
#define POWER_OFF 0x4321fedc

int main(void)
{
    syscall(SYS_reboot, MAGIC1, MAGIC2, POWER_OFF);
    err(EXIT_FAILURE, "reboot");
}
