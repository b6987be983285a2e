import type { Veto } from '../eventhandler/index.js';
import type { LinkerFile } from './linker-file.js';

declare module '../eventhandler/events.js' {
  interface EventHandlers {
    /** After a module was loaded and its handlers registered. */
    kld_load(file: LinkerFile): void;
    /** Before a module is unloaded: `veto.veto(reason)` keeps it. Handlers must only ask, not act. */
    kld_unload_try(file: LinkerFile, veto: Veto): void;
    /** After a veto: those that were asked by kld_unload_try may take back what they prepared. Not in FreeBSD. */
    kld_unload_abort(file: LinkerFile, reason: string): void;
    /** After a module was unloaded: plain values, since it is gone. */
    kld_unload(name: string): void;
  }
}
