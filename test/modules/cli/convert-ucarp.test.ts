/** A command line of ucarp means the same as settings, or is refused. */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { convertUcarp } from '../../../modules/cli/config/convert-ucarp.js';

const BASE = ['-i', 'eth0', '-s', '10.0.0.1', '-v', '1', '-o', '/p', '-a', '10.0.0.9'];

function settingsOf(...args: string[]): Record<string, unknown> {
  const { settings } = convertUcarp([...BASE, ...args]);
  return (settings as { modules: { ucarp: Record<string, unknown> } }).modules.ucarp;
}

test('scripts are those of the folder in which ucarp was started', () => {
  const { upscript, downscript } = settingsOf('-u', 'vip-up.sh', '-d', '/etc/vip-down.sh');
  assert.deepEqual([upscript, downscript], [resolve('vip-up.sh'), '/etc/vip-down.sh']);
  assert.equal(settingsOf('-u', '')['upscript'], '', 'the check of the settings refuses it');
});

test('a number that ucarp reads as octal is refused, and one that is none', () => {
  for (const [option, text] of [
    ['-v', '010'],
    ['-k', '0100'],
    ['-b', '07'],
    ['-r', '3x'],
    ['-k', '256'],
    ['-v', ''],
  ] as const)
    assert.throws(() => settingsOf(option, text), {
      code: 'EUSAGE',
      message: /must be a whole number from \d to 255, not "/,
    });
  assert.equal(settingsOf('-k', '0x10')['advskew'], 16);
});

test('a line that ucarp would not start with is refused', () => {
  for (const [option, words] of [
    ['vhid', ['-s', '10.0.0.1', '-a', '10.0.0.9']],
    ['srcip', ['-v', '1', '-a', '10.0.0.9']],
    ['addr', ['-v', '1', '-s', '10.0.0.1']],
  ] as const)
    assert.throws(() => convertUcarp(words), {
      code: 'EUSAGE',
      message: `--${option} is required: write ucarp's options behind --`,
    });
});
