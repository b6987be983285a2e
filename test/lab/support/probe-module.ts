/** A module of a user's own that tells what the kernel it is loaded into holds, after the garbage has been collected. */
import { defineModule, Kernel } from '../../../core/index.js';
import { collectGarbage } from '../../support/garbage.js';

/** What modules could leave behind. */
export interface Probed {
  /** Bytes of the heap that are in use. */
  readonly heap: number;
  readonly handlers: readonly string[];
  readonly sysctls: readonly string[];
  readonly verbs: readonly string[];
  /** `name references` of every module. */
  readonly modules: readonly string[];
  readonly callouts: readonly string[];
}

export default defineModule({
  name: 'probe',
  inject: { kernel: Kernel },
  start({ kernel, scope }) {
    scope.verb({
      name: 'probe',
      summary: 'show what could be left behind',
      access: 'write',
      run: (): Probed => {
        collectGarbage();
        return {
          heap: process.memoryUsage().heapUsed,
          handlers: kernel.eventhandler
            .lists()
            .flatMap(({ name, entries }) => entries.map(({ handler }) => `${name} ${handler}`))
            .toSorted(),
          sysctls: kernel.sysctl.list().map(({ name }) => name),
          verbs: kernel.verbs.list().map(({ name }) => name),
          modules: kernel.modules().map(({ name, refs }) => `${name} ${refs}`),
          callouts: kernel.clock
            .callouts()
            .map(({ name }) => name)
            .toSorted(),
        };
      },
      text: (probed) => JSON.stringify(probed),
    });
  },
});
