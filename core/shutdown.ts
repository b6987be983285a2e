/**
 * Why the kernel goes down, as reboot(9)'s howto: the process ends, or starts again, or another one has taken over what its
 * modules handed over.
 */
export type ShutdownHowto = 'halt' | 'reboot' | 'replace';

/** The phases of reboot(9), in order. */
export const SHUTDOWN_PHASES = ['shutdown_pre_sync', 'shutdown_post_sync', 'shutdown_final'] as const;

declare module './eventhandler/events.js' {
  interface EventHandlers {
    /** Shutdown begins; everything still works. Async handlers are awaited. */
    shutdown_pre_sync(howto: ShutdownHowto): void;
    /** What had to be kept is kept. */
    shutdown_post_sync(howto: ShutdownHowto): void;
    /** The last call before the modules are unloaded. */
    shutdown_final(howto: ShutdownHowto): void;
  }
}
