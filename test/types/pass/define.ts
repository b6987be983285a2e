/** A module without a class: what its types know. */
import * as v from 'valibot';
import { defineModule, Kernel, RANDOM } from '../../../core/index.js';
import type { Port } from '../events.js';

const meter = defineModule({ name: 'meter', state: () => ({ sum: 0 }) });

export const pager = defineModule({
  name: 'pager',
  settings: v.object({ to: v.string(), retries: v.optional(v.number(), 3) }),
  inject: { meter, random: RANDOM, kernel: Kernel },
  state: ({ settings }) => ({ left: settings.retries, last: undefined as Port | undefined }),
  async start({ scope, settings, meter, kernel, state }) {
    const text: string = settings.to + kernel.name;
    const sum: number = meter.state.sum + state.left;
    await scope.sleep(sum + text.length);
  },
  on: {
    typed_link({ state, random }, port, link) {
      const isUp: boolean = link === 'UP';
      state.last = port;
      return random.below(isUp ? 1 : 2);
    },
    typed_empty: { serial: true, priority: 5, handler: async ({ scope }) => scope.sleep(1) },
  },
  handover: ({ state }) => ({ left: state.left }),
  takeover: ({ state }, given) => {
    state.left = (given as { left: number }).left;
  },
  quiesce: ({ state }) => (state.left > 0 ? 'not yet' : undefined),
  stop: (_context, end) => (end === 'replace' ? undefined : undefined),
});

void new Kernel().load(pager, { to: 'ops' }).then(({ state }) => state.last?.name.length);
