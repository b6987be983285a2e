/** The rules of the house (docs/architecture.md), held against the sources. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

interface Source {
  readonly path: string;
  readonly text: string;
  /** Imported files and packages; files by their path from the top, without `.js`. */
  readonly imports: readonly string[];
}

function sources(): Source[] {
  return ['core', 'modules'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readSource(join(top, file))),
  );
}

function readSource(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text: withoutComments(text), imports: importsOf(path, text) };
}

function importsOf(path: string, text: string): string[] {
  const specifiers = [
    ...text.matchAll(/(?:from|import|require\(import\.meta\.url\))\s*\(?\s*['"]([^'"]+)['"]/g),
  ].map((match) => match[1]!);
  return specifiers.map((specifier) =>
    specifier.startsWith('.') ? normalize(join(dirname(path), specifier)).replace(/\.js$/, '') : specifier,
  );
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

/** Lists the offences, one a line, so that a failure reads as a list of what to mend. */
function assertNone(offences: readonly string[], rule: string): void {
  assert.equal(offences.length, 0, `${rule}:\n  ${offences.join('\n  ')}`);
}

/** Groups of files each of which reaches the others by imports (Tarjan's strongly connected components). */
function circles(files: readonly Source[]): string[][] {
  const importsByPath = new Map(files.map(({ path, imports }) => [path.replace(/\.ts$/, ''), imports]));
  const found: string[][] = [];
  const order = new Map<string, number>();
  const open: string[] = [];
  const visit = (path: string): number => {
    const own = order.size;
    order.set(path, own);
    open.push(path);
    let lowest = own;
    for (const next of importsByPath.get(path) ?? []) {
      if (!importsByPath.has(next)) continue;
      if (!order.has(next)) lowest = Math.min(lowest, visit(next));
      else if (open.includes(next)) lowest = Math.min(lowest, order.get(next)!);
    }
    if (lowest === own) {
      const group = open.splice(open.indexOf(path));
      if (group.length > 1) found.push(group.toSorted());
    }
    return lowest;
  };
  for (const path of importsByPath.keys()) if (!order.has(path)) visit(path);
  return found;
}

const all = sources();
const under = (folder: string): Source[] => all.filter(({ path }) => path.startsWith(folder));

test('core imports nothing from modules', () => {
  const offences = under('core/').flatMap(({ path, imports }) =>
    imports.filter((name) => name.startsWith('modules/')).map((name) => `${path}: ${name}`),
  );
  assertNone(offences, 'core knows no module');
});

test('only core/di.ts imports tsyringe and reflect-metadata', () => {
  const offences = all.filter(
    ({ path, imports }) =>
      path !== 'core/di.ts' && imports.some((name) => name === 'tsyringe' || name === 'reflect-metadata'),
  );
  assertNone(
    offences.map(({ path }) => path),
    'injection goes through core/di.ts',
  );
});

/** Which packages and names belong to one room or file only. */
const ONE_DOOR: readonly [what: string, where: RegExp, found: (source: Source) => boolean][] = [
  ['imports koffi', /^modules\/libc\/library\.ts$/, ({ imports }) => imports.includes('koffi')],
  ['imports epoll', /^$/, ({ imports }) => imports.includes('epoll')],
  ['imports raw-socket', /^modules\/ifnet\/linux\//, ({ imports }) => imports.includes('raw-socket')],
  [
    'names an errno',
    /^modules\/libc\/errno\.ts$/,
    ({ text }) => /function errnoName|entries\(constants\.errno/.test(text),
  ],
  [
    'lays out a netlink address',
    /^modules\/libc\/addresses\.ts$/,
    ({ text }) => /writeUInt16LE\(AF_NETLINK/.test(text),
  ],
  [
    'forces a buffer',
    /^modules\/libc\/(constants|libc)\.ts$/,
    ({ text }) => /SO_(RCV|SND)BUFFORCE/.test(text),
  ],
];

for (const [what, where, found] of ONE_DOOR) {
  test(`only ${String(where)} ${what}`, () => {
    const offences = all.filter((source) => !where.test(source.path) && found(source));
    assertNone(
      offences.map(({ path }) => path),
      'said once',
    );
  });
}

/** Folders that will run in a web page too. */
const portable = all.filter(
  ({ path }) =>
    /^(core|modules\/acd|modules\/carp|modules\/vip|modules\/vrrp|modules\/notify-peers|modules\/ifnet\/lan)\//.test(
      path,
    ) || /^modules\/ifnet\/[^/]+\.ts$/.test(path),
);

test('core, vip, carp, vrrp, notify-peers and the virtual LAN need nothing from node:', () => {
  const offences = portable.flatMap(({ path, text, imports }) => [
    ...imports.filter((name) => name.startsWith('node:')).map((name) => `${path}: ${name}`),
    ...(/\bBuffer\b|\bprocess\.|\brequire\(/.test(text) ? [`${path}: Buffer, process or require`] : []),
  ]);
  assertNone(offences, 'portable code');
});

test('time and randomness come from the kernel', () => {
  const direct =
    /Date\.now\(|new Date\(\)|Math\.random\(|setTimeout\(|setInterval\(|performance\.now\(|hrtime/;
  const offences = all
    .filter(
      ({ path }) =>
        !/^core\/time\/|^modules\/cli\/|\/linux\/|^modules\/(control|metrics\/listen)\/server\/|^modules\/softlockup\/watcher\//.test(
          path,
        ),
    )
    .filter(({ text }) => direct.test(text));
  assertNone(
    offences.map(({ path }) => path),
    'injected time',
  );
});

test('a module reaches another only through its index', () => {
  const offences = under('modules/').flatMap(({ path, imports }) =>
    imports
      .filter((name) => name.startsWith('modules/') && moduleOf(name) !== moduleOf(path))
      .filter((name) => !name.endsWith('/index'))
      .map((name) => `${path}: ${name}`),
  );
  assertNone(offences, 'through the front door');
});

/** `modules/ifnet/linux/…` is the module ifnet/linux, a driver with a door of its own. */
function moduleOf(path: string): string {
  const [, top, sub] = path.split('/');
  return top === 'ifnet' && (sub === 'linux' || sub === 'lan') ? `${top}/${sub}` : String(top);
}

test('no circle of imports, type imports included', () => {
  const offences = circles(all).map((paths) => paths.join(' '));
  assertNone(offences, 'files that reach each other');
});

/**
 * The rooms of carp from the ground up: a file may import from its own line and from those above it. The first pattern
 * that matches counts.
 */
const CARP_FLOORS: readonly RegExp[] = [
  /^(errors|dialect|state|seal\/mode|handover\/schema)$/,
  /^wire\//,
  /^(settings|digest-input|statistics|tunables|status)$/,
  /^(vhid|events)$/,
  /^election\//,
  /^demotion\//,
  /^context$/,
  /^((link|seal|explain)\/|credentials$)/,
  /^(evaluate|readiness|softc-owner)$/,
  /^elector$/,
  /^handover\/vhid$/,
  /^softc$/,
  /^(configure\/|maintenance\/|why\/|handover\/module$|demotion-verbs$)/,
  /^verbs$/,
  /^module$/,
  /^index$/,
];

/** The rooms of vip from the ground up, as those of carp. */
const VIP_FLOORS: readonly RegExp[] = [
  /^(errors|state|vip|events|tunables|takeover-timer|advert-grid|answer-limit|last-word|explain\/(mastership|seen)|settings\/values|service\/(mark|trouble)|handover\/(schema|times|module|heirs|tunables|standby-queue)|wire\/protocol-112)$/,
  /^route\/settings$/,
  /^settings\//,
  /^demotion\//,
  /^(group|peer)\//,
  /^provider\/(provider|registry)$/,
  /^(place\/(adopted-promotions|virtual-table)|service\/(tenancy|leases|lifetime|owner))$/,
  /^(route\/(entry|holders)$|context$)/,
  /^(place|provider|route|claim)\//,
  /^service\//,
  /^handover\/going-on$/,
  /^(maintenance|why)\//,
  /^module$/,
  /^index$/,
];

/** The rooms of vrrp from the ground up, as those of carp. */
const VRRP_FLOORS: readonly RegExp[] = [
  /^(errors|state|handover\/schema)$/,
  /^wire\//,
  /^settings\/values$/,
  /^(settings\/router|statistics|tunables|status)$/,
  /^(router|events)$/,
  /^election\//,
  /^context$/,
  /^(why\/view$|explain\/)/,
  /^link\/(group|source|sequence-guard)$/,
  /^(link\/|readiness$|priority$)/,
  /^elector$/,
  /^handover\/router$/,
  /^softc$/,
  /^(configure\/|why\/|handover\/module$|verbs$)/,
  /^module$/,
  /^index$/,
];

for (const [name, floors] of [
  ['carp', CARP_FLOORS],
  ['vrrp', VRRP_FLOORS],
  ['vip', VIP_FLOORS],
] as const) {
  test(`imports in ${name} run downwards`, () => {
    const room = `modules/${name}/`;
    const inside = (path: string): string => path.slice(room.length).replace(/\.ts$/, '');
    const floorOf = (path: string): number => floors.findIndex((floor) => floor.test(inside(path)));
    const files = under(room);
    const nowhere = files
      .filter(({ path }) => floorOf(path) === -1)
      .map(({ path }) => `${path}: on no floor`);
    const upwards = files.flatMap(({ path, imports }) =>
      imports
        .filter((each) => each.startsWith(room) && floorOf(each) > floorOf(path))
        .map((each) => `${path}: ${each}`),
    );
    assertNone([...nowhere, ...upwards], `no part of ${name} knows what is made of it`);
  });
}

test('vip knows no protocol', () => {
  const offences = under('modules/vip/').flatMap(({ path, imports }) =>
    imports.filter((name) => /^modules\/(carp|vrrp)\//.test(name)).map((name) => `${path}: ${name}`),
  );
  assertNone(offences, 'what protocols share imports none of them');
});

test("carp's wire format and election know nothing of sockets, service and softc", () => {
  const pure = all.filter(({ path }) => /^modules\/carp\/(wire|election)\//.test(path));
  const offences = pure.flatMap(({ path, imports }) =>
    imports
      .filter((name) => /^modules\/carp\/(link\/|elector$|softc$|module$)/.test(name))
      .map((name) => `${path}: ${name}`),
  );
  assertNone(offences, 'pure protocol');
});

test('what all vhids share is no way back into the module', () => {
  const offences = under('modules/carp/').flatMap(({ path, text }) =>
    [...text.matchAll(/context\s*\.(announce|stateChanged|reasserted)\b/g)].map(
      ([found]) => `${path}: ${found}`,
    ),
  );
  assertNone(offences, 'a part is given what it calls');
});

/** What a user's compiler reads of carp: the declarations that its index reaches, and nothing internal in them. */
test('nothing marked @internal is in the public types of carp', () => {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    if (!path.startsWith('modules/carp/') || reached.has(path)) return;
    reached.add(path);
    const declarations = readFileSync(join(root, 'dist', `${path}.d.ts`), 'utf8');
    for (const name of importsOf(path, declarations)) visit(name);
  };
  visit('modules/carp/index');
  assert.ok(reached.has('modules/carp/vhid') && !reached.has('modules/carp/softc'), [...reached].join(' '));
  const internal = [...reached].filter((path) =>
    readFileSync(join(root, `${path}.ts`), 'utf8').includes('@internal'),
  );
  assertNone(internal, 'public types');
});

test('a number in milliseconds says so in its name, and a limit is MAX_ or MIN_', () => {
  const constant = /(\/\*\*(?:(?!\*\/)[^])*\*\/\n)?(?:export )?const ([A-Z][A-Z\d_]*) = [\d(].*/g;
  const offences = all.flatMap(({ path }) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(constant)]
      .filter(([text, , name]) => {
        const unnamed = /\b(ms|milliseconds)\b/.test(text) && !name!.endsWith('_MS');
        return unnamed || /^(MOST|LONGEST|SHORTEST|LEAST|FEWEST)_|_(MAX|MIN)$/.test(name!);
      })
      .map(([, , name]) => `${path}: ${name}`),
  );
  assertNone(offences, 'units and limits in names');
});

test('no file is longer than 400 lines', () => {
  const offences = all.filter(({ path }) => readFileSync(join(root, path), 'utf8').split('\n').length > 401);
  assertNone(
    offences.map(({ path }) => path),
    'one file, one idea',
  );
});

test('a class keeps its state: no mutable variables at the top of a file', () => {
  const offences = all.flatMap(({ path, text }) =>
    [...text.matchAll(/^(?:export )?let \w+/gm)].map((match) => `${path}: ${match[0]}`),
  );
  assertNone(offences, 'no global state');
});

test('a synchronous stat asks for bigint', () => {
  // Node 20 resolves symbolic links of imports by the values of the last other stat: after one of a socket or a pipe it
  // follows none, and a module of the user's gets a second copy of carpet.
  const offences = under('modules/').flatMap(({ path, text }) =>
    [...text.matchAll(/\b[lf]?statSync\((?![^;]*bigint: true)[^;]*;/g)].map(
      (match) => `${path}: ${match[0]}`,
    ),
  );
  assertNone(offences, 'stat with { bigint: true }');
});

test('a module declares its lists in carpet-kernel, as a user does', () => {
  // Declared under two names they hide each other in a program that declares a list before it imports the module.
  const offences = under('modules/').flatMap(({ path, text }) =>
    [...text.matchAll(/^declare module '(?!carpet-kernel')[^']*'/gm)].map((match) => `${path}: ${match[0]}`),
  );
  assertNone(offences, "declare module 'carpet-kernel'");
});

test('cli holds commands, not modules; a command imports no other command', () => {
  const cli = under('modules/cli/');
  const decorated = cli.filter(({ text }) => text.includes('@Module('));
  const offences = cli.flatMap(({ path, imports }) => {
    const own = commandOf(path);
    const others = imports.map(commandOf).filter((name) => name !== undefined && name !== own);
    return own === undefined ? [] : others.map((name) => [path, own, name] as const);
  });
  assertNone(
    [
      ...decorated.map(({ path }) => `${path}: @Module`),
      // Its --carp runs vhids beside the rules.
      ...offences.filter(([, own, name]) => own !== 'devd' || name !== 'carp').map(([path]) => path),
    ],
    'commands are independent',
  );
});

/** The command in whose folder the file is: a folder with a command.ts. */
function commandOf(path: string): string | undefined {
  const [, name] = /^modules\/cli\/([^/]+)\//.exec(path) ?? [];
  return name !== undefined && existsSync(join(root, 'modules/cli', name, 'command.ts')) ? name : undefined;
}

test('docs/architecture.md lists every module, with what it depends on', () => {
  const modules = under('modules/').flatMap(({ text }) => {
    const [, name, depends = '', cls] =
      /@Module\(\{\s*name: '([^']+)'(?:,\s*depends: \[([^\]]*)\])?[\s\S]*?\}\)\s*export class (\w+)/.exec(
        text,
      ) ?? [];
    return name === undefined ? [] : [{ name, cls, depends: depends.split(/,\s*/).filter(Boolean) }];
  });
  const names = new Map(modules.map(({ name, cls }) => [cls, name]));
  const expected = modules.map(({ name, depends }) => {
    const required = depends.filter((cls) => !cls.startsWith('optional('));
    const needed = required.map((cls) => names.get(cls) ?? `unknown ${cls}`);
    return `${name}: ${needed.toSorted().join(' ')}`;
  });
  assert.deepEqual(documentedModules().toSorted(), expected.toSorted());
});

/** The rows of "Who may call whom": `NAME: DEPENDENCIES`. */
function documentedModules(): string[] {
  const page = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');
  const section = page.split('## Who may call whom')[1]!.split('\n## ')[0]!;
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const words = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
  return rows.flatMap((row) => {
    const [, name, depends] = row.split('|');
    return words(name).map((each) => `${each}: ${words(depends).toSorted().join(' ')}`);
  });
}
