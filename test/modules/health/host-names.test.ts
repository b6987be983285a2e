/** A name server that does not answer, as the resolver of the system meets it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as elapse } from 'node:timers/promises';
import { inject, Keepsakes, Kernel, Module } from '../../../core/index.js';
import { HealthModule } from '../../../modules/health/index.js';
import { HostNames, type Resolver } from '../../../modules/health/kinds/host-names.js';

interface Asked {
  readonly host: string;
  readonly answer: (failure?: string) => void;
}

function names(): { names: HostNames; asked: Asked[] } {
  const asked: Asked[] = [];
  const resolve: Resolver = (host, _options, answer) => {
    asked.push({
      host,
      answer: (failure) =>
        failure === undefined
          ? answer(null, [{ address: '10.0.0.1', family: 4 }])
          : answer(new Error(failure), undefined as never),
    });
  };
  return { names: new HostNames(resolve), asked };
}

function ask({ lookup }: HostNames, host: string, heard: unknown[], all = false): void {
  lookup(host, { all }, (error, address, family) => heard.push(error?.message ?? [address, family]));
}

test('the checks of a name share its lookup, and what it finds', () => {
  const { names: hosts, asked } = names();
  const heard: unknown[] = [];
  for (let i = 0; i < 100; i++) ask(hosts, 'db.example', heard);
  ask(hosts, 'db.example', heard, true);
  assert.deepEqual(asked.length, 1);
  asked[0]!.answer();
  assert.equal(heard.length, 101);
  assert.deepEqual(heard[0], ['10.0.0.1', 4]);
  assert.deepEqual(heard[100], [[{ address: '10.0.0.1', family: 4 }], undefined]);
  ask(hosts, 'db.example', heard);
  assert.equal(asked.length, 2, 'nothing is remembered');
  asked[1]!.answer('ENOTFOUND');
  assert.equal(heard.at(-1), 'ENOTFOUND');
});

test('two names are looked up at a time, the others in their order', () => {
  const { names: hosts, asked } = names();
  const heard: unknown[] = [];
  for (const host of ['a', 'b', 'c', 'd']) ask(hosts, host, heard);
  const hostsAsked = (): string[] => asked.map(({ host }) => host);
  assert.deepEqual(hostsAsked(), ['a', 'b']);
  asked[1]!.answer('EAI_AGAIN');
  assert.deepEqual(hostsAsked(), ['a', 'b', 'c']);
  asked[0]!.answer();
  assert.deepEqual(hostsAsked(), ['a', 'b', 'c', 'd']);
  asked[2]!.answer();
  asked[3]!.answer();
  assert.equal(heard.length, 4);
});

test('a name that has to wait for others goes by what was found last, until a lookup finds otherwise', async () => {
  const { names: hosts, asked } = names();
  const heard: unknown[] = [];
  ask(hosts, 'local', heard);
  asked[0]!.answer();
  for (const host of ['dead', 'too', 'local', 'local']) ask(hosts, host, heard);
  assert.equal(asked.length, 3);
  await Promise.resolve();
  assert.deepEqual(heard.slice(1), [heard[0], heard[0]]);
  asked[1]!.answer('EAI_AGAIN');
  assert.deepEqual(asked[3]?.host, 'local');
  ask(hosts, 'dead', heard);
  ask(hosts, 'local', heard);
  asked[3].answer('ENOTFOUND');
  assert.deepEqual(heard.slice(3), ['EAI_AGAIN', 'ENOTFOUND']);
  ask(hosts, 'local', heard);
  await Promise.resolve();
  assert.equal(heard.length, 5, 'it is not known any more');
});

test('what was found for a host that nobody names any more is forgotten', async () => {
  const { names: hosts, asked } = names();
  const heard: unknown[] = [];
  for (const host of ['left', 'named']) ask(hosts, host, heard);
  for (const { answer } of asked.splice(0)) answer();
  hosts.keepOnly(new Set(['named']));
  for (const host of ['dead', 'too', 'left', 'named']) ask(hosts, host, heard);
  await Promise.resolve();
  assert.deepEqual(
    [asked.map(({ host }) => host), heard.length],
    [['dead', 'too'], 3],
    'that of the named one alone is known',
  );
});

@Module({ name: 'peek' })
class Peek {
  readonly names: HostNames;

  constructor(@inject(Keepsakes) keepsakes: Keepsakes) {
    this.names = keepsakes.get(HostNames);
  }
}

test('a module that was reloaded goes on with the lookups of the former one', async () => {
  await using kernel = new Kernel();
  const { names } = await kernel.load(Peek);
  const asked: string[] = [];
  Object.assign(names, { lookup: (host: string) => void asked.push(host) });
  const db = { kind: 'tcp', host: 'db.example', port: 1, interval: 100, timeout: 50 } as const;
  await kernel.load(HealthModule, { checks: { db } });
  await elapse(50);
  const before = asked.length;
  assert.ok(before > 0);
  await kernel.reload(HealthModule);
  await elapse(50);
  assert.ok(asked.length > before, 'by the same');
});

test('the names of checks that have gone are forgotten, with the module all of them', async () => {
  await using kernel = new Kernel();
  const { names } = await kernel.load(Peek);
  const kept: string[] = [];
  Object.assign(names, {
    lookup: () => undefined,
    keepOnly: (hosts: ReadonlySet<string>) => void kept.push([...hosts].join(' ')),
  });
  const check = { interval: 100, timeout: 50 } as const;
  const db = { ...check, kind: 'tcp', host: 'db.example', port: 1 } as const;
  const web = { ...check, kind: 'http', url: 'http://web.example:8080/health' } as const;
  const load = { ...check, kind: 'pressure', resource: 'cpu', limit: 90 } as const;
  await kernel.load(HealthModule, { checks: { db, web, load } });
  await kernel.reconfigure(HealthModule, { checks: { web } });
  await kernel.reload(HealthModule);
  await kernel.unload('health');
  assert.deepEqual(kept, ['db.example web.example', 'web.example', 'web.example', '']);
});
