/** What the verbs of kldload(8) and its kin leave behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Module } from '../../../core/index.js';
import { needs } from '../../support/needs.js';
import { ControlledKernel } from './support/server.js';

@Module({ name: 'worker' })
class Spaces {}

test('a module that does not load leaves no address space behind', { skip: needs('native') }, async () => {
  const load = async (name: string): Promise<object> => {
    if (name === 'worker') return { default: Spaces };
    throw new Error(`no ${name}`);
  };
  await using host = await ControlledKernel.start({ import: load });
  const { kernel } = host;
  const names = (): string[] => kernel.modules().map(({ name }) => name);
  const body = { module: 'pager', isolate: 'worker' };
  assert.notEqual((await host.ask('/v1/kldload', { body })).status, 200);
  assert.deepEqual(names(), ['control']);
  await kernel.load('worker');
  assert.notEqual((await host.ask('/v1/kldload', { body })).status, 200);
  assert.deepEqual(names(), ['control', 'worker'], 'one that was there stays');
});
