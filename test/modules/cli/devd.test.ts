/** `carpet devd`'s tools for rule files, as a user calls them. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { carpet } from './carpet.js';

const folder = mkdtempSync(join(tmpdir(), 'carpet-devd-'));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const RULES = `
options { set wifi "(wlan|ath)[0-9]+"; };
notify 10 { match "system" "IFNET"; match "subsystem" "$wifi"; action "up $subsystem '$type'"; };
notify 10 { match "system" "USB"; match "sernum" ".+"; action "logger serial $sernum"; action "true"; };
notify 5 { match "system" "IFNET"; media-type "ethernet"; action "perl -e 'print $subsystem'"; };
`;
const EVENTS = `!system=IFNET subsystem=ath0 type=LINK_UP
!system=USB subsystem=DEVICE type=ATTACH sernum="it's \\"x\\""
!system=IFNET subsystem=em0 type=LINK_UP
!system=IFNET subsystem=em0;id type=LINK_UP
!system=IFNET subsystem=lo0 type=LINK_UP
`;

describe('carpet devd --replay', () => {
  const rules = write('rules.conf', RULES);
  const events = write('events.txt', EVENTS);

  it('prints what each record would run, quoted for the shell, and why a value reaches no program', () => {
    const { status, stdout, stderr } = carpet(['devd', '--replay', events, '-f', rules]);
    assert.equal(status, 0, stderr);
    const lines = EVENTS.split('\n');
    assert.deepEqual(JSON.parse(stdout), {
      'rules.conf': [
        { event: lines[0], commands: ["up 'ath0' 'LINK_UP'"] },
        { event: lines[1], commands: [`logger serial 'it'\\''s "x"'`, 'true'] },
      ],
    });
    assert.match(
      stderr,
      /rules\.conf:5: not run: the value of \$subsystem .* environment, as DEVD_SUBSYSTEM/,
    );
  });

  it('quotes as FreeBSD does when asked to', () => {
    const { stdout } = carpet(['devd', '--replay', events, '-f', rules, '--quote', 'bsd']);
    const hits = (JSON.parse(stdout) as Record<string, { commands: string[] }[]>)['rules.conf']!;
    assert.deepEqual(hits[1]!.commands[0], `logger serial $'it\\'s "x"'`);
    assert.deepEqual(hits[3]!.commands, ["perl -e 'print $'em0;id''"]);
  });

  it('names what it cannot read', () => {
    const { status, stderr } = carpet(['devd', '--replay', events, '-f', join(folder, 'none.conf')]);
    assert.equal(status, 1);
    assert.match(stderr, /^carpet: .*none\.conf cannot be read: there is no such file\n$/);
    assert.equal(carpet(['devd', '--replay', join(folder, 'none'), '-f', rules]).status, 1);
    assert.equal(carpet(['devd', '--check', rules, '--dump-ast', rules]).status, 1);
  });
});

describe('carpet devd --dump-ast', () => {
  it('prints the statements in the form of the genuine parser', () => {
    const path = write('one.conf', 'options { set a "b"; };\nnotify 1 { class "x"; action "y"; };\n');
    assert.deepEqual(JSON.parse(carpet(['devd', '--dump-ast', path]).stdout), [
      { option: 'set', a: 'a', b: 'b' },
      {
        stmt: 'notify',
        priority: 1,
        subs: [
          ['match', 'class', 'x'],
          ['action', 'y', ''],
        ],
      },
    ]);
  });

  it('prints what is complete, and the error', () => {
    const path = write('broken.conf', 'options { pid-file "/p"; };\nnotify {\n');
    const { status, stdout, stderr } = carpet(['devd', '--dump-ast', path]);
    assert.equal(status, 1);
    assert.deepEqual(JSON.parse(stdout), [{ option: 'pid-file', a: '/p', b: '' }]);
    assert.match(
      stderr,
      /^carpet: .*broken\.conf:2:8: expected a priority, 0 or more, after "notify", found "\{"\n$/,
    );
  });
});

describe('carpet devd --check', () => {
  it('reads directories as the daemon does, and tells all it finds', () => {
    const directory = join(folder, 'devd.d');
    mkdirSync(directory);
    const main = write('main.conf', `options { directory "${directory}"; directory "/nowhere/at/all"; };\n`);
    write('devd.d/b.conf', 'notify 1 { match "a" "b|c"; action "x"; };\n');
    write('devd.d/a.conf', 'notify 1 {\n');
    write('devd.d/c.conf~', '');
    mkdirSync(join(directory, 'd.conf'));
    const { status, stdout } = carpet(['devd', '--check', main]);
    assert.equal(status, 1);
    assert.deepEqual(stdout.replaceAll(directory, 'D').replaceAll(folder, 'F').trim().split('\n'), [
      'D/a.conf:2:1: error: expected "match", "action" or another line of a rule, or "}", found the end of the file',
      'error: D/d.conf is a folder, not a file',
      'D/b.conf:1:12: warning: only the first alternative is anchored at the start and only the last at the end: put them in parentheses',
      'F/main.conf:1:11: warning: D/c.conf~ is not read: its name does not end in .conf',
    ]);
  });

  it('is silent about a good file', () => {
    const path = write('good.conf', 'notify 1 { match "a" "(b|c)"; action "x"; };\n');
    assert.deepEqual(carpet(['devd', '--check', path]), { status: 0, stdout: '', stderr: '' });
  });
});

describe('carpet devd', () => {
  it('refuses limits that its sysctls would refuse, before it starts anything', () => {
    const path = write('limits.conf', '');
    const inFront = ['devd', '-d', '-f', path, '--seqpacket', '', '--stream', ''];
    for (const [option, value, range] of [
      ['--concurrency', '0', 'from 1 to 1024'],
      ['--concurrency', '1025', 'from 1 to 1024'],
      ['--debounce', '3600001', 'from 0 to 3600000'],
    ] as const) {
      const { status, stderr } = carpet([...inFront, option, value]);
      assert.equal(status, 1, stderr);
      assert.match(stderr, new RegExp(`option '${option} <\\w+>' argument '${value}' is invalid.*${range}`));
    }
  });
});
