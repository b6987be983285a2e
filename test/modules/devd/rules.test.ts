/** Records, variables and which rule fires: reference behaviour of the genuine engine, and the finder's shortcut. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  fillTemplate,
  type MediaType,
  parseConfig,
  parseTemplate,
  type ReadOptions,
  Ruleset,
  readRecord,
} from '../../../modules/devd/index.js';

function fires(
  config: string,
  record: string,
  media?: (ifname: string) => MediaType | undefined,
): string | undefined {
  const parsed = parseConfig(config);
  assert.equal(parsed.error, undefined, parsed.error?.message);
  const { kind, variables } = readRecord(record);
  return (
    kind &&
    new Ruleset([parsed])
      .match(kind, variables, media)
      ?.actions.map(({ source }) => source)
      .join(';')
  );
}

function expand(source: string, variables: Record<string, string>): string {
  return fillTemplate(parseTemplate(source), (name) => variables[name] ?? '');
}

function read(line: string, options?: ReadOptions): Record<string, string> {
  const { variables } = readRecord(line, options);
  return Object.fromEntries([...variables].filter(([name]) => !['*', '_', 'timestamp'].includes(name)));
}

describe('a record', () => {
  it('of a notification is a list of pairs', () => {
    assert.deepEqual(read('!system=IFNET subsystem=em0 type=LINK_UP\n'), {
      system: 'IFNET',
      subsystem: 'em0',
      type: 'LINK_UP',
    });
  });

  it('of a device has a name and a bus', () => {
    assert.deepEqual(read('+umass0 at bus=0 sernum="" mode=host on uhub0'), {
      'device-name': 'umass0',
      bus: 'uhub0',
      sernum: '',
      mode: 'host',
    });
    assert.deepEqual(read('? at pins=?  on gpiobus0'), { pins: '?', bus: 'gpiobus0' });
    assert.deepEqual(read('+nvram2env0 at   on nexus0', { faithful: true }), {
      'device-name': 'nvram2env0',
      bus: 'nexus0',
    });
  });

  it('has the record itself and the time', () => {
    const { variables } = readRecord('-a0 at  on b\n\n', { time: 1_234_567.5 });
    assert.equal(variables.get('*'), '-a0 at  on b');
    assert.equal(variables.get('_'), 'a0 at  on b');
    assert.equal(variables.get('timestamp'), '1234.567500');
  });

  it('stops at what is no pair', () => {
    assert.deepEqual(read('!a=1 bad.key=2 b=3'), { a: '1' });
    assert.deepEqual(read('!a=1 junk b=3'), { a: '1' });
    assert.deepEqual(read('!a=1 b="never closed'), { a: '1' });
    assert.deepEqual(read('!=empty a=1 a=2'), { '': 'empty', a: '2' });
  });

  it('has no rules when it is of no kind', () => {
    for (const text of ['', 'x=1', '*a', '+nameonly', 'constructor'])
      assert.equal(readRecord(text).kind, undefined);
  });

  it('is read as quoted, or with the faults of FreeBSD', () => {
    const line = '!a="x\\\\" b="say \\"hi\\"" c="1\\\\2"';
    assert.deepEqual(read(line), { a: 'x\\', b: 'say "hi"', c: '1\\2' });
    assert.deepEqual(read(line, { faithful: true }), { a: 'x\\" b=' });
    assert.deepEqual(read('!c="1\\\\2" d=1', { faithful: true }), { c: '1\\\\2', d: '1' });
    assert.deepEqual(read('+a0 at  v=1 on b'), { 'device-name': 'a0', v: '1', bus: 'b' });
    assert.deepEqual(read('+a0 at  v=1 on b', { faithful: true }), { 'device-name': 'a0' });
  });
});

describe('$', () => {
  const cases: [string, string][] = [
    ['$a$$b', '1$b'],
    ['$(echo $a ($b)) $a', '$(echo $a ($b)) 1'],
    ['$(never closed $a', '$(never closed $a'],
    ['${a} $1 $? $((1+1)) $', '${a} $1 $? $((1+1)) $'],
    ['$sub-x.$_x', '2.3'],
    ['$*|$*a', 'all|'],
    ['\\$a `$a`', '\\1 `1`'],
  ];
  for (const [source, expected] of cases) {
    it(source, () => assert.equal(expand(source, { a: '1', 'sub-x': '2', _x: '3', '*': 'all' }), expected));
  }
});

describe('the rule that fires', () => {
  it('is the first of the highest priority', () => {
    const config =
      'notify 1 { action "a"; }; notify 5 { match "t" "x"; action "b"; }; notify 5 { action "c"; action "d"; };';
    assert.equal(fires(config, '!t=x'), 'b');
    assert.equal(fires(config, '!t=y'), 'c;d');
    assert.equal(fires(config, '+t at  on x'), undefined);
  });

  it('tests an absent variable as the empty string', () => {
    assert.equal(fires('notify 1 { match "no" ".*"; action "a"; };', '!t=x'), 'a');
    assert.equal(fires('notify 1 { match "no" "!x"; action "a"; };', '!t=x'), 'a');
    assert.equal(fires('notify 1 { match "no" ".+"; action "a"; };', '!t=x'), undefined);
  });

  it('knows no case, and anchors without parentheses', () => {
    const config = 'notify 1 { match "t" "CREATE|MEDIACHANGE"; action "a"; };';
    assert.equal(fires(config, '!t=created'), 'a');
    assert.equal(fires(config, '!t=xmediachange'), 'a');
    assert.equal(fires(config, '!t=xcreate'), undefined);
  });

  it('negates only by a written mark', () => {
    assert.equal(
      fires('options { set n "!x"; }; notify 1 { match "t" "$n"; action "a"; };', '!t=y'),
      undefined,
    );
    assert.equal(fires('options { set n "!x"; }; notify 1 { match "t" "$n"; action "a"; };', '!t=!x'), 'a');
  });

  it('expands a pattern with what is set before it, and tests what is set at last', () => {
    assert.equal(fires('notify 1 { match "t" "a$v"; action "a"; }; options { set v "b"; };', '!t=a'), 'a');
    assert.equal(fires('notify 1 { match "v" "b"; action "a"; }; options { set v "b"; };', '!t=a'), 'a');
  });

  it('never holds by a bad expression, and always by its negation', () => {
    assert.equal(fires('notify 1 { match "t" "("; action "a"; };', '!t=('), undefined);
    assert.equal(fires('notify 1 { match "t" "!("; action "a"; };', '!t=('), 'a');
  });

  it('asks for the media type of the device, or else of the subsystem', () => {
    const probe = (ifname: string): MediaType | undefined => (ifname === 'wlan0' ? '802.11' : undefined);
    const config = (type: string): string => `notify 1 { media-type "${type}"; action "a"; };`;
    assert.equal(fires(config('802.11'), '!subsystem=wlan0', probe), 'a');
    assert.equal(fires(config('Ethernet'), '!subsystem=wlan0', probe), undefined);
    assert.equal(fires(config('unknown'), '!subsystem=lo0', probe), 'a');
    assert.equal(fires(config('carp'), '!subsystem=lo0', probe), 'a');
    assert.equal(fires(config('802.11'), '!subsystem=em0 device-name=wlan0', probe), 'a');
  });

  it('is found by a value exactly as by trying all', () => {
    const rules: string[] = [];
    for (let i = 0; i < 300; i++) {
      const lines = [
        `match "v" "${i % 7}"`,
        `match "p" "${i % 3 === 0 ? '!' : ''}(${i}|x${i % 11})"`,
        `match "s" "a*${i % 5}"`,
      ];
      rules.push(`notify ${i % 4} { ${lines.slice(i % 3).join('; ')}; action "${i}"; };`);
    }
    const ruleset = new Ruleset([parseConfig(rules.join('\n'))]);
    const test = (value: string, pattern: string): boolean =>
      pattern.startsWith('!') ? !test(value, pattern.slice(1)) : new RegExp(`^${pattern}$`, 'i').test(value);
    for (let i = 0; i < 500; i++) {
      const { variables } = readRecord(`!v=${i % 8} p=${i % 2 ? `X${i % 12}` : i % 310} s=aa${i % 6}`);
      const slow = ruleset.rules.notify.find(({ conditions }) =>
        conditions.every(({ variable, written }) => test(variables.get(variable) ?? '', written)),
      );
      assert.equal(ruleset.match('notify', variables), slow);
    }
  });
});
