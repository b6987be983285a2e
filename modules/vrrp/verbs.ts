/**
 * The verbs of a running kernel's VRRP.
 *
 * @module
 */
import * as v from 'valibot';
import { type Scope, table } from '../../core/index.js';
import { VrrpError } from './errors.js';
import type { VrrpRouter } from './router.js';
import type { VrrpRouterStatus } from './status.js';

/** What the verbs act on. */
export interface VrrpVerbsOwner {
  list(): VrrpRouter[];
}

const STATES = { backup: 'BACKUP', master: 'MASTER', init: 'INIT' } as const;

const stateInput = v.strictObject({
  router: v.pipe(v.string(), v.description('which one: 7@eth0, 7v6@eth0, or all')),
  state: v.pipe(
    v.picklist(Object.keys(STATES) as (keyof typeof STATES)[]),
    v.description('backup hands the addresses over, master takes them, init leaves the election'),
  ),
});

/** Offers `vrrp` and `vrrp.state` for as long as the scope is open. */
export function registerVrrpVerbs(scope: Scope, vrrp: VrrpVerbsOwner): void {
  scope.verb({
    name: 'vrrp',
    summary: 'show the virtual routers: state, priority, master, addresses',
    access: 'read',
    run: () => vrrp.list().map((router) => router.toJSON()),
    text: statusText,
  });
  scope.verb({
    name: 'vrrp.state',
    summary: 'hand over, take over or leave the election, for one virtual router or all',
    access: 'write',
    input: stateInput,
    positional: ['router', 'state'],
    run({ router, state }) {
      const chosen = choose(vrrp, router);
      for (const each of chosen) each.setState(STATES[state]);
      return chosen.map((each) => ({ name: each.name, state: each.state }));
    },
    text: (done: { name: string; state: string }[]) =>
      done.map(({ name, state }) => `${name} is ${state}`).join('\n'),
  });
}

function choose(vrrp: VrrpVerbsOwner, name: string): VrrpRouter[] {
  const all = vrrp.list();
  const chosen = name === 'all' ? all : all.filter((router) => router.name === name);
  if (chosen.length > 0) return chosen;
  const names = all.map((router) => router.name).join(', ');
  throw new VrrpError(
    'ENOENT',
    `there is no virtual router ${name}; ${names === '' ? 'there are none' : `there are: ${names}`}`,
  );
}

function statusText(routers: readonly VrrpRouterStatus[]): string {
  if (routers.length === 0) return 'no virtual router is configured';
  const rows = routers.map((router) => [
    router.name,
    router.state,
    String(router.version),
    router.prioritySent === router.priority
      ? String(router.priority)
      : `${router.priority} (sends ${router.prioritySent})`,
    `${router.interval} ms`,
    router.preempt ? 'yes' : 'no',
    router.successor === undefined ? masterText(router.master) : SUCCESSORS[router.successor],
    [...router.addresses, ...(router.excluded ?? [])].join(' '),
  ]);
  const head = ['ROUTER', 'STATE', 'VERSION', 'PRIORITY', 'INTERVAL', 'PREEMPT', 'MASTER HEARD', 'ADDRESSES'];
  return table(head, rows);
}

/** What a MASTER knows of who stands behind it. */
const SUCCESSORS = {
  heard: '-',
  left: '- (all that were heard stopped)',
  unheard: '- (nobody was heard)',
} as const;

/** `10.88.0.1 (150, 1000 ms) 0.4 s ago`. */
function masterText(master: VrrpRouterStatus['master']): string {
  if (master === undefined) return '-';
  const { address, priority, interval, heardAgo } = master;
  return `${address} (${priority}, ${interval} ms) ${(heardAgo / 1000).toFixed(1)} s ago`;
}
