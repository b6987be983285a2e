import * as v from 'valibot';
import { routerSchema, type VrrpRouterConfig } from '../settings/router.js';

/** The name of a virtual router among all of one kernel. */
export function keyOf({ ifname, vrid, addresses }: VrrpRouterConfig): string {
  return `${vrid}${addresses[0]?.address.family === 6 ? 'v6' : ''}@${ifname}`;
}

/** What no two virtual routers of one list can both have: a number in a family, an address on an interface. */
function possessions(router: VrrpRouterConfig): string[] {
  const { ifname, addresses, excluded } = router;
  const shared = [...addresses, ...excluded].map(({ address }) => `${address} on ${ifname}`);
  return [`the number ${keyOf(router)}`, ...shared];
}

const routers = v.pipe(
  v.array(routerSchema, 'is not a list of virtual routers'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const given = dataset.value;
    const owners = new Map<string, number>();
    for (const [index, router] of given.entries()) {
      const taken = possessions(router).find((thing) => owners.has(thing));
      for (const thing of possessions(router)) if (!owners.has(thing)) owners.set(thing, index);
      if (taken === undefined) continue;
      addIssue({
        message: `${taken} belongs to routers[${owners.get(taken)!}] already: take it out of one of them`,
        path: [{ type: 'array', origin: 'value', input: given, key: index, value: router }],
      });
    }
  }),
);

/** What `kernel.load(VrrpModule, …)` takes. */
export const vrrpSchema = v.optional(
  v.strictObject(
    {
      routers: v.optional(
        v.pipe(routers, v.description('Virtual routers: sets of addresses that this host shares.')),
        [],
      ),
    },
    'is not a mapping',
  ),
  {},
);

/** The settings of the module `vrrp` as given: what may be left out has a default. */
export type VrrpModuleSettings = v.InferInput<typeof vrrpSchema>;
/** Defaults filled in, values parsed. */
export type VrrpModuleConfig = v.InferOutput<typeof vrrpSchema>;
