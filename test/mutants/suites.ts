import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Compiled sources to be mutated, and the tests that are to notice it: folders or files under test/. */
export interface Suite {
  readonly folder: string;
  readonly tests: readonly string[];
}

const CARP = ['modules/carp'];

/** Those of CARP's tests that are about what a MASTER does for its clients. */
const SERVICE = [
  'announce',
  'faults',
  'handover',
  'lifecycle',
  'lifetime',
  'own-addresses',
  'shared-source',
  'virtual-mac',
];

/** Parts of vip with tests of their own. */
const OWN_TESTS = [
  'group',
  'provider',
  'service/acceptance.ts',
  'service/announcer.ts',
  'service/fitness.ts',
  'service/mark.ts',
  'service/starts.ts',
  'service/tenancy.ts',
  'service/troubles.ts',
  'takeover-timer.ts',
];

/**
 * The fast tests of each folder: those that compute, on a virtual clock. Of a folder that is not listed here the tests
 * of the same name are run. Those that start processes of carpet test a copy without mutants, so they are no use.
 */
export const SUITES: readonly Suite[] = [
  // Reloads move handlers, and tracers are called around them.
  { folder: 'core/eventhandler', tests: ['core', 'modules/trace'] },
  { folder: 'core/kld', tests: ['core'] },
  { folder: 'modules/carp/election', tests: CARP },
  { folder: 'modules/carp/link', tests: CARP },
  { folder: 'modules/carp/seal', tests: CARP },
  // Most of a shared address is shown by the protocols that decide about it.
  { folder: 'modules/vip', tests: ['modules/vip', 'modules/vrrp', ...CARP] },
  {
    folder: 'modules/vip/service',
    tests: [
      'modules/vip',
      'modules/vrrp/accept.test.ts',
      ...SERVICE.map((name) => `modules/carp/${name}.test.ts`),
    ],
  },
  // But for these parts, which have tests of their own.
  ...OWN_TESTS.map((part) => ({ folder: `modules/vip/${part}`, tests: ['modules/vip'] })),
  { folder: 'modules/vrrp/election', tests: ['modules/vrrp'] },
  // The other tests of control wait for real clients.
  { folder: 'modules/control/server/unread.ts', tests: ['modules/control/unread.test.ts'] },
  { folder: 'modules/devd/quoting', tests: ['modules/devd/quoting', 'modules/devd/lint.test.ts'] },
];

/** What `npm run mutants` tries unless it is told a folder. */
export function suitesFor(root: string, folders: readonly string[]): readonly Suite[] {
  if (folders.length === 0) return SUITES;
  return folders.map((given) => {
    const folder = given.replace(/\/+$/, '');
    if (!existsSync(join(root, folder))) throw new Error(`there is no ${folder}`);
    const known = SUITES.findLast((suite) => `${folder}/`.startsWith(`${suite.folder}/`));
    return { folder, tests: known?.tests ?? [testsOf(root, folder)] };
  });
}

/** The folder under test/ with the folder's own name, or that of the folder around it. */
function testsOf(root: string, folder: string): string {
  const parts = folder.replace(/\.ts$/, '').split('/');
  for (let length = parts.length; length > 0; length--) {
    const path = parts.slice(0, length).join('/');
    if (existsSync(join(root, 'test', path))) return path;
  }
  throw new Error(`test/ has nothing for ${folder}`);
}
