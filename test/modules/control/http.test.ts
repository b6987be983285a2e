/** The control socket as its clients see it: routes, methods, inputs, problems, streams, and what a module adds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { inject, Module, Scope } from '../../../core/index.js';
import { needs } from '../../support/needs.js';
import { ControlledKernel } from './support/server.js';

@Module({ name: 'greeter' })
class Greeter {
  constructor(@inject(Scope) scope: Scope) {
    scope.verb({
      name: 'greeter.greet',
      summary: 'greet people',
      access: 'read',
      input: v.strictObject({ names: v.array(v.string()), times: v.optional(v.number(), 1) }),
      positional: ['names...'],
      run: ({ names, times }) => ({ names, times }),
      text: ({ names }: { names: string[] }) => `hello ${names.join(' and ')}`,
    });
    scope.verb({
      name: 'greeter.count',
      summary: 'count to a number',
      access: 'read',
      stream: true,
      input: v.strictObject({ to: v.number() }),
      async *run({ to }) {
        for (let i = 1; i <= to; i++) yield { i };
      },
      text: ({ i }: { i: number }) => `number ${i}`,
    });
    scope.verb({
      name: 'greeter.card',
      summary: 'greet in a format of its own',
      access: 'read',
      contentType: 'text/vcard',
      run: () => 'BEGIN:VCARD',
      text: (card: string) => card,
    });
    scope.verb({
      name: 'greeter.fail',
      summary: 'fail',
      access: 'write',
      run: () => Promise.reject(new Error('out of greetings')),
    });
  }
}

describe('the control socket', { skip: needs('native') }, () => {
  it('answers what only looks to a GET, as JSON or as text', async () => {
    await using kernel = await ControlledKernel.start();
    const json = await kernel.ask('/v1/kldstat');
    assert.equal(json.status, 200);
    assert.deepEqual(
      (json.json as { name: string }[]).map(({ name }) => name),
      ['control'],
    );
    const text = await kernel.ask('/v1/kldstat', { headers: { accept: 'text/plain' } });
    assert.match(text.headers['content-type']!, /^text\/plain/);
    assert.match(text.body, /^NAME +REFS +STATE +USES\ncontrol +1 +loaded\n$/);
  });

  it('answers a verb whose text has a media type of its own in that, unless JSON is asked for', async () => {
    await using kernel = await ControlledKernel.start();
    await kernel.kernel.load(Greeter);
    for (const headers of [{}, { accept: 'text/plain' }, { accept: 'text/vcard;q=0.5,*/*;q=0.1' }]) {
      const card = await kernel.ask('/v1/greeter/card', { headers });
      assert.deepEqual([card.headers['content-type'], card.body], ['text/vcard', 'BEGIN:VCARD\n']);
    }
    const json = await kernel.ask('/v1/greeter/card', { headers: { accept: 'application/json' } });
    assert.equal(json.json, 'BEGIN:VCARD');
    const { paths } = (await kernel.ask('/v1/openapi.json')).json as {
      paths: Record<string, { get: { responses: { 200: { content: object } } } }>;
    };
    assert.deepEqual(Object.keys(paths['/v1/greeter/card']!.get.responses[200].content), [
      'application/json',
      'text/vcard',
    ]);
  });

  it('changes something by a POST only', async () => {
    await using kernel = await ControlledKernel.start();
    const node = kernel.kernel.sysctl.int('kern.test', { description: 'a test', value: 1, max: 9 });
    assert.equal((await kernel.ask('/v1/sysctl/set?name=kern.test&value=5')).status, 405);
    assert.equal(node.value, 1);
    const changed = await kernel.ask('/v1/sysctl/set', { body: { name: 'kern.test', value: 5 } });
    assert.deepEqual(changed.json, { name: 'kern.test', old: 1, value: 5 });
    assert.equal(node.value, 5);
    const refused = await kernel.ask('/v1/sysctl/set', { body: { name: 'kern.test', value: 50 } });
    assert.equal(refused.status, 400);
    assert.equal(refused.headers['content-type'], 'application/problem+json');
    assert.equal((refused.json as { code: string }).code, 'ERANGE');
    assert.equal((await kernel.ask('/v1/kldstat', { method: 'DELETE' })).status, 405);
    assert.equal((await kernel.ask('/v1/kldstat', { body: {} })).status, 405);
  });

  it("offers a module's verbs while it is loaded", async () => {
    await using kernel = await ControlledKernel.start();
    assert.equal((await kernel.ask('/v1/greeter/greet?names=ann')).status, 404);
    await kernel.kernel.load(Greeter);
    const greeted = await kernel.ask('/v1/greeter/greet?names=ann&names=bob&times=2');
    assert.deepEqual(greeted.json, { names: ['ann', 'bob'], times: 2 });
    const one = await kernel.ask('/v1/greeter/greet?names=ann', { headers: { accept: 'text/plain' } });
    assert.equal(one.body, 'hello ann\n');
    const bad = await kernel.ask('/v1/greeter/greet?names=ann&times=often&loud=1');
    assert.equal(bad.status, 400);
    assert.match((bad.json as { detail: string }).detail, /^greeter\.greet: times: .*loud/);
    const failed = await kernel.ask('/v1/greeter/fail', { body: '' });
    assert.deepEqual(failed.json, { status: 500, title: 'Internal error', detail: 'out of greetings' });
    await kernel.kernel.unload('greeter');
    assert.equal((await kernel.ask('/v1/greeter/greet?names=ann')).status, 404);
  });

  it('streams items as server-sent events or as lines, to the end', async () => {
    await using kernel = await ControlledKernel.start();
    await kernel.kernel.load(Greeter);
    const events = await kernel.ask('/v1/greeter/count?to=2');
    assert.equal(events.headers['content-type'], 'text/event-stream');
    assert.equal(events.body, 'id: 1\ndata: {"i":1}\n\nid: 2\ndata: {"i":2}\n\n');
    const lines = await kernel.ask('/v1/greeter/count?to=500', { headers: { accept: 'text/plain' } });
    assert.deepEqual(lines.body.split('\n').length, 501);
    assert.match(lines.body, /number 499\nnumber 500\n$/);
  });

  it('describes itself: an index, and OpenAPI', async () => {
    await using kernel = await ControlledKernel.start({ name: 'alpha' });
    await kernel.kernel.load(Greeter);
    const index = (await kernel.ask('/v1')).json as { name: string; verbs: { name: string; path: string }[] };
    assert.equal(index.name, 'alpha');
    const document = (await kernel.ask('/v1/openapi.json')).json as {
      openapi: string;
      paths: Record<string, object>;
    };
    assert.equal(document.openapi, '3.1.0');
    assert.deepEqual(Object.keys(document.paths).toSorted(), index.verbs.map(({ path }) => path).toSorted());
    assert.deepEqual(Object.keys(document.paths['/v1/sysctl/set']!), ['post']);
    assert.deepEqual(Object.keys(document.paths['/v1/greeter/greet']!), ['get']);
  });

  it('tells a client what went wrong: no kernel, an unknown verb, a refusal', async () => {
    const kernel = await ControlledKernel.start();
    const { verbs } = await kernel.client.index();
    const load = verbs.find(({ name }) => name === 'kldunload')!;
    await assert.rejects(kernel.client.call(load, { module: 'none' }, 'json'), { code: 'ENOENT' });
    await kernel[Symbol.asyncDispose]();
    await assert.rejects(kernel.client.index(), { code: 'ENOKERNEL', message: /start one with carpet up/ });
  });
});
