/** An event list of your own, on which handlers may object: a volume is only unmounted if nobody needs it. */
import { EventHandler, EventHandlerRegistry, inject, Kernel, Module, Veto } from 'carpet-kernel';

declare module 'carpet-kernel' {
  interface EventHandlers {
    /** A volume is about to be unmounted. A handler that needs it calls `veto.veto(reason)`. */
    unmount_try(path: string, veto: Veto): void;
    /** A volume has been unmounted. */
    unmounted(path: string): void;
  }
}

@Module({ name: 'volumes' })
class Volumes {
  constructor(@inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry) {}

  /** @returns why the volume stays, if it does */
  unmount(path: string): string | undefined {
    const veto = new Veto();
    this.eventhandler.invoke('unmount_try', path, veto);
    if (!veto.vetoed) this.eventhandler.invoke('unmounted', path);
    return veto.reason;
  }
}

@Module({ name: 'backup', depends: [Volumes] })
class Backup {
  readonly #reading = new Set(['/home']);

  @EventHandler('unmount_try')
  onTry(path: string, veto: Veto): void {
    if (this.#reading.has(path)) veto.veto(`a backup of ${path} is running`);
  }

  @EventHandler('unmounted')
  onUnmounted(path: string): void {
    console.log(`backup: ${path} is left out from now on`);
  }
}

await using kernel = new Kernel();
await kernel.load(Backup);
const volumes = kernel.get(Volumes);

for (const path of ['/home', '/srv']) console.log(volumes.unmount(path) ?? `${path} is unmounted`);
await kernel.unload('backup');
await kernel.load(Volumes);
console.log(kernel.get(Volumes).unmount('/home') ?? '/home is unmounted');

/* Prints:
a backup of /home is running
backup: /srv is left out from now on
/srv is unmounted
/home is unmounted
*/
