/** Differences between two tables of mounts, in the lines of a real one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventHandlerRegistry } from '../../../../core/index.js';
import { MountWatch } from '../../../../modules/host/mounts/mount-watch.js';
import { parseMountinfo } from '../../../../modules/host/mounts/mountinfo.js';

const ROOT = '21 1 254:0 / / rw,relatime - ext4 /dev/root rw';
const TMP = '40 21 0:35 / /tmp rw,nosuid shared:7 master:2 - tmpfs tmpfs rw,size=1024k';
const ODD = '41 40 0:36 / /tmp/a\\040b\\134c\\011d\\012e rw - tmpfs my\\040source rw';

function watching(...lines: string[]) {
  const table = { lines };
  const eventhandler = new EventHandlerRegistry();
  const events: string[] = [];
  const watch = new MountWatch({
    read: () => table.lines.map((line) => `${line}\n`).join(''),
    mounted: eventhandler.defineList('vfs_mounted'),
    unmounted: eventhandler.defineList('vfs_unmounted'),
    rootMounted: eventhandler.defineList('mountroot'),
  });
  eventhandler.register('vfs_mounted', ({ from, on }) => void events.push(`+${from} ${on}`));
  eventhandler.register('vfs_unmounted', ({ from, on }) => void events.push(`-${from} ${on}`));
  eventhandler.register('mountroot', () => void events.push('root'));
  return (...next: string[]): string[] => {
    table.lines = next;
    watch.check();
    return events.splice(0);
  };
}

test('a line has its mount, with the escapes of the kernel undone', () => {
  const { from, on, fstype } = parseMountinfo(ODD)[0]!;
  assert.deepEqual([from, on, fstype], ['my source', '/tmp/a b\\c\td\ne', 'tmpfs']);
  assert.deepEqual(parseMountinfo('\n21 1 254:0 / / rw\nnothing - x\n'), []);
});

test('outer mounts come first, and go last', () => {
  const check = watching(ROOT);
  assert.deepEqual(check(ROOT, TMP, ODD.replaceAll('\\', '_')), [
    '+tmpfs /tmp',
    '+my_040source /tmp/a_040b_134c_011d_012e',
  ]);
  assert.deepEqual(check(ROOT), ['-my_040source /tmp/a_040b_134c_011d_012e', '-tmpfs /tmp']);
});

test('a number that is used again is another mount; options and places are not', () => {
  const check = watching(ROOT, TMP);
  assert.deepEqual(check(ROOT, TMP.replace('0:35', '0:99')), ['-tmpfs /tmp', '+tmpfs /tmp']);
  const remounted = TMP.replace('0:35', '0:99').replace('nosuid shared:7', 'ro');
  assert.deepEqual(check(ROOT, remounted), []);
  assert.deepEqual(check(ROOT, remounted.replace('/tmp', '/var/tmp')), []);
});

test('a bind mount whose source is renamed or removed is still mounted; its number used again is another mount', () => {
  const bind = '42 21 254:0 /srv /mnt rw - ext4 /dev/root rw';
  const check = watching(ROOT, bind);
  assert.deepEqual(check(ROOT, bind.replace('/srv', '/srv2')), []);
  assert.deepEqual(check(ROOT, bind.replace('/srv', '/srv2//deleted'), TMP), ['+tmpfs /tmp']);
  assert.deepEqual(check(ROOT, bind.replace('/srv /mnt', '/usr /opt'), TMP), [
    '-/dev/root /mnt',
    '+/dev/root /opt',
  ]);
});

test('what comes to be the root is reported once', () => {
  const check = watching(ROOT, TMP);
  const moved = TMP.replace('/tmp', '/');
  assert.deepEqual(check(ROOT.replace(' / / ', ' / /old '), moved), ['root']);
  assert.deepEqual(check(ROOT.replace(' / / ', ' / /old '), moved), []);
  assert.deepEqual(check(moved, '50 40 0:50 / / rw - tmpfs over rw').slice(1), ['+over /', 'root']);
});
