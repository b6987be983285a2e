import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretPaths, toJson } from '../../core/json.js';

class Socket {
  readonly fd = 7;
  get address(): string {
    throw new Error('must not be asked');
  }
  toJSON(): string {
    throw new Error('must not be asked');
  }
}

test('data comes out as it is, and whatever is not data by its name', () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const value = {
    text: 'a',
    number: 1.5,
    flag: false,
    nothing: null,
    absent: undefined,
    endless: Number.POSITIVE_INFINITY,
    big: 12n,
    list: [1, [2]],
    set: new Set(['x']),
    map: new Map([['k', 1]]),
    date: new Date(0),
    socket: new Socket(),
    fn: function send() {},
    symbol: Symbol('s'),
    bare: Object.create(null),
    cycle,
  };
  const json = toJson(value);
  assert.deepEqual(json, {
    text: 'a',
    number: 1.5,
    flag: false,
    nothing: null,
    endless: 'Infinity',
    big: '12',
    list: [1, [2]],
    set: ['x'],
    map: { k: 1 },
    date: '1970-01-01T00:00:00.000Z',
    socket: '[Socket]',
    fn: '[function send]',
    symbol: 'Symbol(s)',
    bare: {},
    cycle: { self: '[circular Object]' },
  });
  assert.deepEqual(JSON.parse(JSON.stringify(json)), json);
});

test('what stands twice is no circle, and what is too deep ends', () => {
  const shared = { a: 1 };
  assert.deepEqual(toJson([shared, shared]), [shared, shared]);
  let deep: unknown = 'bottom';
  for (let i = 0; i < 100; i++) deep = [deep];
  assert.match(JSON.stringify(toJson(deep)), /^\[{16}"\[Array\]"\]{16}$/);
});

test('secrets are hidden by their names, at any depth, and in URLs', () => {
  const settings = {
    peers: [{ password: 'a', passphrase: 'b', preSharedKey: 'c', apiToken: { deep: 'd' } }],
    vhids: new Map([['clientSecret', 'e']]),
    doors: [{ pin: 'f' }, { pin: 'h' }],
    pin: 'shown',
    keyboard: 'qwerty',
    hook: 'https://user:g@example.net/x',
  };
  const text = JSON.stringify(toJson(settings, secretPaths(['doors.*.pin'])));
  assert.equal(
    text,
    '{"peers":[{"password":"(hidden)","passphrase":"(hidden)","preSharedKey":"(hidden)","apiToken":"(hidden)"}],' +
      '"vhids":{"clientSecret":"(hidden)"},"doors":[{"pin":"(hidden)"},{"pin":"(hidden)"}],"pin":"shown","keyboard":"qwerty",' +
      '"hook":"https://(hidden)@example.net/x"}',
  );
});
