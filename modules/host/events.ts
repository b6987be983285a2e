import type { ProcessId, ThreadId, Veto } from '../../core/index.js';
import type { MountPoint } from './mounts/mountinfo.js';
import type { Process, ProcessStatus } from './process-table.js';
import type { AcpiSleepState } from './sleep/sleep-state.js';

/** vm_lowmem: the kernel's own address space is short. FreeBSD's; no source on Linux. */
export const VM_LOW_KMEM = 0x01;
/** vm_lowmem: free pages are short, of the machine or of this process's control group. */
export const VM_LOW_PAGES = 0x02;

declare module 'carpet-kernel' {
  interface EventHandlers {
    /** Memory is short: give back what can be made again. `flags` are VM_LOW_KMEM and VM_LOW_PAGES, or-ed. */
    vm_lowmem(flags: number): void;
    /** The machine is about to sleep, and waits for the handlers: for 5 s, unless logind is set otherwise. */
    power_suspend(): void;
    /** As power_suspend, and after it. `state` is 3, or 1 for a light sleep; a hibernation is not distinguished. */
    acpi_sleep_event(state: AcpiSleepState): void;
    /** The machine is awake after acpi_sleep_event, whether it slept or failed to. */
    acpi_wakeup_event(state: AcpiSleepState): void;
    /** The machine was suspended for `slept` milliseconds and runs again: timers are late, peers have moved on. */
    power_resume(slept: number): void;
    /**
     * This virtual machine was migrated, cloned, or restored from a snapshot: switches and neighbours still know the old
     * place, and random numbers may repeat. From /dev/vmclock0, if the hypervisor has it. Not in FreeBSD.
     */
    vm_generation_event(): void;
    /** This process has made a child. */
    process_fork(child: Process): void;
    /** The child runs its program: always next after its process_fork. */
    process_exec(child: Process): void;
    /** A child of this process has ended. */
    process_exit(child: Process, status: ProcessStatus): void;
    /** A process of the machine has come into being; its name is still its parent's. */
    process_ctor(process: ProcessId): void;
    /** A process of the machine has ended. */
    process_dtor(process: ProcessId, status: ProcessStatus): void;
    /** A process of the machine runs another program. FreeBSD's process_exec; ours is about children alone. */
    machine_exec(process: ProcessId): void;
    /** A thread of a process has come into being; the first one of each comes with process_ctor. */
    thread_ctor(thread: ThreadId): void;
    /** A thread of a process has ended; the first one of each goes with process_dtor. */
    thread_dtor(thread: ThreadId): void;
    /** A process is about to be dumped, to where `pattern` says: the kernel's core_pattern, core(5). */
    app_coredump_start(process: ProcessId, pattern: string): void;
    /** Of a core dump `written` bytes have been written since it was noticed. */
    app_coredump_progress(process: ProcessId, written: number): void;
    /** A core dump is complete, and the process has ended. */
    app_coredump_finish(process: ProcessId, pattern: string): void;
    /** No core was written, and the process has ended. */
    app_coredump_error(process: ProcessId, reason: string): void;
    /** A file system has been mounted, in the mount namespace that is watched. */
    vfs_mounted(mount: MountPoint): void;
    /** A file system has been unmounted. */
    vfs_unmounted(mount: MountPoint): void;
    /** A file system has been mounted on, or moved to, the root: as an initial RAM disk does, and a container. */
    mountroot(): void;
    /**
     * The service manager is about to be notified that the process is well. A handler whose part is stuck vetoes; the
     * manager then restarts the process, `timeout` milliseconds after the last notification. Handlers are not awaited.
     */
    watchdog_list(timeout: number, veto: Veto): void;
    /** SIGHUP: read the configuration again. Async handlers are awaited. Not in FreeBSD's kernel. */
    host_reload(): void;
  }
}
