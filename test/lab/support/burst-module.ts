/**
 * A module of a user's own: at SIGUSR1 it sends a thousand numbered records of the system BURST at once, and from
 * SIGTTIN on one every millisecond.
 */
import { inject, Log, Module, Scope } from '../../../core/index.js';
import { DevctlModule } from '../../../modules/devctl/index.js';

@Module({ name: 'burst', depends: [DevctlModule] })
export default class Burst {
  #sent = 0;

  constructor(
    @inject(DevctlModule) private readonly devctl: DevctlModule,
    @inject(Scope) private readonly scope: Scope,
    @inject(Log) private readonly log: Log,
  ) {}

  start(): void {
    const burst = (): void => {
      for (let i = 0; i < 1000; i++) this.#send('burst');
    };
    const trickle = this.scope.callout('trickle', () => {
      this.#send('trickle');
      if (this.#sent < 2000) trickle.reset(1);
      else this.log.notice('the trickle has ended');
    });
    const begin = (): void => trickle.reset(0);
    process.on('SIGUSR1', burst).on('SIGTTIN', begin);
    this.scope.defer(() => void process.off('SIGUSR1', burst).off('SIGTTIN', begin));
  }

  #send(type: string): void {
    this.devctl.notify('BURST', 'test', type, { n: ++this.#sent });
  }
}
