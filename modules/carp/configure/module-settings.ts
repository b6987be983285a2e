import * as v from 'valibot';
import { vhidSchema } from '../settings.js';
import { type Holder, vhidClashes } from './clashes.js';

/** More vhids than a process can keep up with: sixteen interfaces full of them. */
export const CARP_MAX_VHIDS = 4096;
/** Says that there are more. */
export const TOO_MANY_VHIDS = `are more than ${CARP_MAX_VHIDS}: share them among several processes`;

/** The minimum of settings that a clash can be found in, however wrong the rest is. */
const holder = v.looseObject({ ifname: v.string(), vhid: v.number() });

const vhids = v.pipe(
  v.array(vhidSchema, 'is not a list of vhids'),
  v.maxLength(CARP_MAX_VHIDS, TOO_MANY_VHIDS),
  v.rawCheck(({ dataset, addIssue }) => {
    const given: unknown = dataset.value;
    if (!Array.isArray(given)) return;
    const holders = given.map((each, index) => ({ each: v.safeParse(holder, each), index }));
    const right = holders.filter(({ each }) => each.success);
    const clashes = vhidClashes(right.map(({ each }) => each.output as Holder));
    for (const { index, owner, thing } of clashes) {
      const at = right[index]!.index;
      addIssue({
        message: `${thing} belongs to vhids[${right[owner]!.index}] already: take it out of one of them`,
        path: [{ type: 'array', origin: 'value', input: given, key: at, value: given[at] }],
      });
    }
  }),
);

/** What `kernel.load(CarpModule, …)` takes. */
export const carpSchema = v.optional(
  v.strictObject(
    {
      vhids: v.optional(
        v.pipe(vhids, v.description('Virtual hosts: sets of addresses that this host shares.')),
        [],
      ),
    },
    'is not a mapping',
  ),
  {},
);

/** The settings of the module `carp` as given: what may be left out has a default. */
export type CarpModuleSettings = v.InferInput<typeof carpSchema>;
/** Defaults filled in, values parsed. */
export type CarpModuleConfig = v.InferOutput<typeof carpSchema>;
