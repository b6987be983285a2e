/** The language as the genuine parser takes it: each line of the accept/reject table, and the scanner's oddities. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dumpStatements, parseConfig, printConfig } from '../../../modules/devd/index.js';

function dump(text: string): unknown {
  const parsed = parseConfig(text);
  assert.equal(parsed.error, undefined, parsed.error?.message);
  return dumpStatements(parsed.statements);
}

function action(text: string): string {
  const statement = parseConfig(`notify 1 { action ${text}; };\n`).statements[0];
  assert.ok(statement !== undefined && statement.kind === 'notify', `rejected: ${text}`);
  return statement.subs[0]!.first;
}

function error(text: string): string | undefined {
  const found = parseConfig(text).error;
  return found && `${found.line}:${found.column}: ${found.message}`;
}

function oddities(text: string): string[] {
  return parseConfig(text).oddities.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

describe('the grammar of devd.conf', () => {
  const accepted = [
    '',
    'notify 10 {};',
    'notify 10{action"b";};',
    'notify 0010 { action "x"; };',
    'options { set Class "x"; };',
    'notify 1 { match "a" = "b",; };',
    'notify -5 { action "x"; };',
    'options { directory "/a"; pid-file "/b"; set c "d"; };\n# end\n',
    '/* a */ /**/ /* ** */ notify 1 { action "x"; };',
    'notify 1 { action "x"; }; // comment\n',
  ];
  for (const text of accepted)
    it(`accepts ${JSON.stringify(text)}`, () => assert.equal(error(text), undefined));

  const rejected: [string, string][] = [
    ['options {};', '1:10: expected "directory", "pid-file", "set" or "}", found "}"'],
    ['notify 1 { action "x"; }', '1:25: expected ";" after the "}" of the rule, found the end of the file'],
    ['Notify 10 {', '1:1: expected "options", "attach", "detach", "nomatch" or "notify", found "Notify"'],
    [
      'options { set class "x"; };',
      '1:15: expected the name of a variable after "set", found the keyword "class"',
    ],
    ['options { directory "/a" };', '1:26: expected ";" after the string, found "}"'],
    ['notify 0x10 { };', '1:9: expected "{" after the priority, found "x10"'],
    [';', '1:1: expected "options", "attach", "detach", "nomatch" or "notify", found ";"'],
    ['notify 1 { match "a"; };', '1:21: expected the expression to match, as a string, found ";"'],
    ['notify 1 {\n\taction x;\n};', '2:9: expected a string after "action", found "x"'],
    ['notify {', '1:8: expected a priority, 0 or more, after "notify", found "{"'],
  ];
  for (const [text, message] of rejected) {
    it(`rejects ${JSON.stringify(text)}`, () => assert.equal(error(text), message));
  }

  it('keeps what was complete before the error', () => {
    const { statements } = parseConfig('options { set a "1"; set b 2; }; notify 1 { action "x"; };');
    assert.deepEqual(dumpStatements(statements), [{ option: 'set', a: 'a', b: '1' }]);
  });

  it('gives the form of the genuine parser', () => {
    assert.deepEqual(
      dump('nomatch 32 { device-name "$x"; match "a" "!b"; media-type "ethernet"; action "c"; };'),
      [
        {
          stmt: 'nomatch',
          priority: 32,
          subs: [
            ['match', 'device-name', '$x'],
            ['match', 'a', '!b'],
            ['media-type', 'ethernet', ''],
            ['action', 'c', ''],
          ],
        },
      ],
    );
  });

  it('wraps a priority as atoi(3) does', () => {
    assert.deepEqual(dump('notify 99999999999 { action "x"; };'), [
      { stmt: 'notify', priority: 1215752191, subs: [['action', 'x', '']] },
    ]);
    const negative = parseConfig('notify 4294967295 { action "x"; };').statements;
    assert.deepEqual(dump(printConfig(negative)), dumpStatements(negative));
  });
});

describe('the scanner', () => {
  it('takes a comment on the last line only with its newline', () => {
    assert.equal(error('# all is well\n'), undefined);
    assert.match(
      error('# all is well')!,
      /^1:3: expected "options".* found "all"; but before, in line 1: a comment on the last line needs a newline/,
    );
    assert.match(error('notify 1 { action "x; };\n')!, /in line 1: this quotation mark is never closed/);
    assert.deepEqual(oddities('# x'), [
      '1:1: a comment on the last line needs a newline after it: without one its words are read as statements',
    ]);
  });

  it('drops what means nothing, and says where', () => {
    assert.deepEqual(oddities('notify 1 { action "x"; }; \\ =\n'), [
      '1:27: "\\\\" means nothing here, and is ignored',
      '1:29: "=" means nothing here, and is ignored',
    ]);
    assert.match(oddities('notify 1 { action "x"; };\r\n')[0]!, /carriage return/);
  });

  it('knows no empty string: the second mark opens the next one', () => {
    assert.match(error('notify 1 { action ""; };')!, /expected a string after "action", found ";"/);
    assert.equal(action('"" x"'), ' x');
  });

  it('reads no marks inside strings', () => assert.equal(action('"# // /* ; {"'), '# // /* ; {'));

  it('joins continued lines', () => {
    assert.equal(action('"one \\\n\n\t two"'), 'one two');
    assert.equal(action('"one \\ \n two"'), 'one \\ \n two');
  });

  it('copies what follows a continuation unseen', () => {
    assert.equal(action('"a\\\n\\\nb"'), 'a\\\nb');
    assert.equal(action('"a\\\n"'), 'a"');
  });

  it('is not slowed down by marks that never close', { timeout: 5000 }, () => {
    for (const text of [
      '/* '.repeat(200_000),
      '"'.repeat(200_001),
      '#'.repeat(200_000),
      '//'.repeat(200_000),
    ]) {
      parseConfig(text);
    }
  });
});

describe('the printer', () => {
  it('prints what parses to the same', () => {
    const text =
      'notify 7 { match "a" "b\\\n\\\nc"; action "d\\\n"; action "\\\n"; };\noptions { set x-1 "#"; };\n';
    assert.deepEqual(dump(printConfig(parseConfig(text).statements)), dump(text));
  });
});
