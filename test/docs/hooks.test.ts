/** docs/hooks.md: its settings are valid, and it has every setting and the message that hooks are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFiles } from '../../modules/boot/index.js';
import { BUILTINS } from '../../modules/builtin/index.js';
import { problemLines } from '../../modules/cli/settings-file.js';
import { messageOf } from '../../modules/hooks/message.js';
import { Folder } from '../modules/boot/support/folder.js';
import { World } from '../modules/carp/support/world.js';
import { fences } from './walk.js';

test('the settings on the page are valid', async () => {
  const [file] = fences('hooks.md').filter(({ language }) => language === 'yaml');
  using folder = new Folder();
  folder.write('carpet.yaml', file!.text);
  folder.write('carp.pass', 'secret');
  const checked = await checkFiles(folder.main, { registry: BUILTINS });
  assert.deepEqual(problemLines(checked), []);
});

test('the message on the page has the members of one that is sent', async () => {
  await using world = new World();
  const host = await world.host();
  const news = { event: 'state', time: 0, state: 'MASTER', from: 'BACKUP', reason: '' } as const;
  const [shown] = fences('hooks.md').filter(({ language }) => language === 'json');
  assert.deepEqual(
    Object.keys(JSON.parse(shown!.text) as object).toSorted(),
    Object.keys(messageOf(host.create(), news)).toSorted(),
  );
});
