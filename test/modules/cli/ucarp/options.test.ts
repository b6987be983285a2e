/** ucarp's options: the same meaning, but nothing wrong gets through. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UsageError } from '../../../../modules/cli/failure.js';
import { parseOptions, type UcarpOptions } from '../../../../modules/cli/ucarp/options.js';

const folder = mkdtempSync(join(tmpdir(), 'carpet-ucarp-'));
after(() => rmSync(folder, { recursive: true }));

const BASE = '-s 10.77.0.1 -v 1 -p love -a 10.77.0.100';

function parse(extra = '', base = BASE): UcarpOptions {
  const options = parseOptions(`${base} ${extra}`.split(' ').filter(Boolean));
  assert.notEqual(options, 'help');
  return options as UcarpOptions;
}

const password = (options: UcarpOptions): string => new TextDecoder().decode(options.settings.password);

function passwordFile(name: string, content: string | Uint8Array, mode = 0o600): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

test("the defaults are ucarp's", () => {
  const { settings, facility, warnings } = parse();
  const { advbase, advskew, deadratio, preempt, shutdown } = settings;
  assert.deepEqual(
    { advbase, advskew, deadratio, facility, preempt, shutdown, warnings },
    {
      advbase: 1,
      advskew: 0,
      deadratio: 3,
      facility: 'daemon',
      preempt: false,
      shutdown: false,
      warnings: [],
    },
  );
  for (const name of ['interface', 'mcast', 'upscript', 'xparam']) assert.ok(!(name in settings), name);
});

test('every option arrives where it belongs', () => {
  const options = parse(
    '-i eth0 --mcast 224.0.0.19 -Pn -b 2 -k 50 -u up -d down -r 5 -zBSM -f LOCAL3 -x p -D --status-dir /run/x --state-dir=/run/y',
  );
  assert.deepEqual(options, {
    settings: {
      interface: 'eth0',
      srcip: '10.77.0.1',
      mcast: '224.0.0.19',
      vhid: 1,
      password: new TextEncoder().encode('love'),
      preempt: true,
      neutral: true,
      addr: '10.77.0.100',
      advbase: 2,
      advskew: 50,
      upscript: 'up',
      downscript: 'down',
      deadratio: 5,
      shutdown: true,
      ignoreifstate: true,
      nomcast: true,
      xparam: 'p',
    },
    daemonize: true,
    facility: 'local3',
    debug: true,
    status: { folder: '/run/x' },
    stateDir: '/run/y',
    warnings: [],
  });
});

test('the last of several counts; help wins over everything', () => {
  assert.equal(parse('-v 2 -v 0x1f').settings.vhid, 31);
  assert.equal(parseOptions(['-v', 'nonsense', '-h']), 'help');
  assert.equal(parse('-f none').facility, undefined);
  assert.equal(parse('-f NONE').facility, undefined);
});

const refused: [string, RegExp][] = [
  ['-v 0', /--vhid must be a whole number from 1 to 255, not "0"/],
  ['-v 256', /--vhid/],
  ['-v 010', /--vhid .* not "010"/],
  ['-v 1.5', /--vhid/],
  ['-b 256', /--advbase must be a whole number from 0 to 255/],
  ['-b -1', /--advbase/],
  ['-b abc', /--advbase/],
  ['-b 1x', /--advbase/],
  ['-k 256', /--advskew must be a whole number from 0 to 255/],
  ['-b 255 -k 255', /is the sign of a host that leaves/],
  ['-b 0', /--advbase and --advskew must not both be 0/],
  ['--state-dir=', /--state-dir must name a folder/],
  ['-r 0', /--deadratio must be a whole number from 1/],
  ['-a 10.1', /--addr must be the IPv4 address of a host, not "10.1"/],
  ['-a 10.77.0.300', /--addr/],
  ['-a 224.0.0.1', /--addr/],
  ['-a 255.255.255.255', /--addr/],
  ['-a fe80::1', /--addr/],
  ['-a 10.77.0.1', /--addr and --srcip are both 10.77.0.1/],
  ['-s 0.0.0.0', /--srcip/],
  ['-m 10.0.0.1', /--mcast must be an IPv4 multicast address/],
  ['-f nowhere', /--facility must be none or one of kern, .*not "nowhere"/],
  ['-i a/b', /--interface/],
  ['-i abcdefghijklmnop', /--interface/],
  ['-p 12345678901234567890', /--pass: the password has 20 bytes, at most 19/],
];
for (const [extra, expected] of refused) {
  test(`refused: ${extra}`, () => {
    assert.throws(
      () => parse(extra),
      (error) => error instanceof UsageError && expected.test(error.message) && !error.message.includes('\n'),
    );
  });
}

test('empty values are refused', () => {
  const base = BASE.split(' ');
  assert.throws(() => parseOptions([...base, '--pass=']), /--pass: the password is empty/);
  assert.throws(() => parseOptions([...base, '--upscript=']), /--upscript must name a program/);
  assert.throws(() => parseOptions([...base, '--interface=']), /--interface/);
});

test('what is required is named', () => {
  assert.throws(() => parse('', '-v 1 -p x -a 10.0.0.1'), /--srcip is required/);
  assert.throws(() => parse('', '-s 10.0.0.2 -p x -a 10.0.0.1'), /--vhid is required/);
  assert.throws(() => parse('', '-s 10.0.0.2 -v 1 -a 10.0.0.1'), /--passfile or --pass is required/);
  assert.throws(() => parse('', '-s 10.0.0.2 -v 1 -p x'), /--addr is required/);
});

test('the password file: its first line, and a warning when everybody can read it', () => {
  assert.equal(password(parse(`-o ${passwordFile('plain', 'secret\nsecond line\n')}`)), 'secret');
  assert.equal(password(parse(`-o ${passwordFile('bare', 'secret')}`)), 'secret');
  assert.equal(password(parse(`-o ${passwordFile('dos', 'secret\r\n')}`)), 'secret');
  assert.equal(password(parse(`-o ${passwordFile('blank', ' s p \n')}`)), ' s p ');
  const open = passwordFile('open', 'secret\n', 0o644);
  assert.ok(
    parse(`-o ${open}`).warnings.some(
      (line) => line === `${open} can be read by every user of this host: chmod o-r ${open}`,
    ),
  );
  assert.deepEqual(
    [...parse(`-o ${passwordFile('bytes', Uint8Array.of(0xff, 0xfe, 10))}`).settings.password],
    [0xff, 0xfe],
  );
  assert.equal(password(parse(`-o ${passwordFile('first', 'one\n')} -p two`)), 'two');
});

const badFiles: [string, string | Uint8Array, RegExp][] = [
  ['empty', '', /empty: the password is empty/],
  ['newline', '\nsecret\n', /the password is empty/],
  ['long', `${'x'.repeat(20)}\n`, /has 20 bytes/],
  ['endless', 'x'.repeat(600), /the first line is too long/],
];
for (const [name, content, expected] of badFiles) {
  test(`a bad password file: ${name}`, () => {
    assert.throws(() => parse(`-o ${passwordFile(name, content)}`), expected);
  });
}

test('a password file that cannot be read', () => {
  assert.throws(
    () => parse(`-o ${folder}/none`),
    /cannot read the password file .*: no such file or directory/,
  );
  assert.throws(() => parse(`-o ${folder}`), /cannot read the password file .*directory/);
});
