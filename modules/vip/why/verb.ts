import * as v from 'valibot';
import type { Scope } from '../../../core/index.js';
import { VipError } from '../errors.js';

/** A virtual host that can be asked why it is in its state. */
export interface Explained {
  readonly name: string;
  readonly vhid: number;
  /** The facts, and the sentences made of them. */
  why(): { readonly sentences: readonly string[] };
}

/** Offers `why` for as long as the scope is open. @param explained those of all protocols, in the order of their creation */
export function registerWhyVerb(scope: Scope, explained: () => readonly Explained[]): void {
  scope.verb({
    name: 'why',
    summary: 'say who is MASTER and why, why not this host, and what would happen next',
    access: 'read',
    input: v.strictObject({
      vhid: v.optional(v.pipe(v.string(), v.nonEmpty(), v.description('1@eth0; default: all'))),
    }),
    positional: ['vhid'],
    run: ({ vhid: name }) => chosen(explained(), name).map((each) => each.why()),
    text: (answers: readonly { readonly sentences: readonly string[] }[]) =>
      answers.length === 0
        ? 'no vhid is configured'
        : answers.map(({ sentences }) => sentences.join('\n')).join('\n\n'),
  });
}

function chosen(all: readonly Explained[], name: string | undefined): readonly Explained[] {
  if (name === undefined || name === 'all') return all;
  const found = all.filter((each) => each.name === name || String(each.vhid) === name);
  if (found.length > 0) return found;
  const names = all.map((each) => each.name).join(', ');
  throw new VipError(
    'ENOENT',
    `there is no vhid ${name}; ${names === '' ? 'there are none' : `there are: ${names}`}`,
  );
}
