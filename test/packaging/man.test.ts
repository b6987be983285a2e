/** The manual pages that are made of the pages in docs/: whole, readable, and clean by the formatters' own judgement. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { DescribedCommand } from '../../.ci/packaging/man/commands.js';
import { manualPages } from '../../.ci/packaging/man/manual.js';
import { manualPage } from '../../.ci/packaging/man/page.js';
import { PAGES } from '../../.ci/packaging/man/pages.js';
import { COMMANDS } from '../../modules/cli/commands.js';
import { needs } from '../support/needs.js';
import { root } from '../support/npm.js';

const EDITION = { version: '1.2.3', date: '2026-11-28' };
const PAGE = { name: 'sample', section: 8, source: 'sample.md', summary: 'a sample' } as const;

/** The text of a page as a terminal of 78 columns shows it, without bold and underlines. */
function rendered(file: string): string {
  const { stdout, stderr, status } = spawnSync('mandoc', ['-Tutf8', '-Owidth=78', file], {
    encoding: 'utf8',
  });
  assert.deepEqual([status, stderr], [0, '']);
  const printed = stdout.split('\b');
  return printed.map((text, i) => (i < printed.length - 1 ? text.slice(0, -1) : text)).join('');
}

describe('the manual pages', { skip: needs('native') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-man-'));
  let pages: ReadonlyMap<string, string>;
  before(async () => {
    pages = await manualPages(join(root, 'docs'), EDITION);
    for (const [name, text] of pages) writeFileSync(join(folder, name), text);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are those that the package promises to man(1)', async () => {
    const { default: manifest } = (await import(join(root, 'package.json'), { with: { type: 'json' } })) as {
      default: { man: string[] };
    };
    assert.deepEqual(
      [...pages.keys()].map((name) => `dist/man/${name}`),
      manifest.man,
    );
  });

  it('each have a title, a summary and a way on', () => {
    for (const { name, section } of PAGES) {
      const text = pages.get(`${name}.${section}`)!;
      assert.match(text, new RegExp(`^\\.TH "\\S+" ${section} "2026-11-28" "carpet 1\\.2\\.3"`, 'm'), name);
      assert.match(text, /^\.SH "NAME"\n\S+ \\- \S/m, name);
      assert.match(text, /^\.SH "SEE ALSO"$/m, name);
    }
  });

  it('carpet(1) has every command, and the verbs and options of a kernel', {
    skip: needs('program:mandoc'),
  }, () => {
    const text = rendered(join(folder, 'carpet.1'));
    for (const { name } of COMMANDS) assert.match(text, new RegExp(`^ +${name}( |$)`, 'm'), name);
    assert.match(text, /^ +carp demote \[options\] delta$/m);
    assert.match(text, /^ +config apply \[options\]$/m);
    assert.match(text, /^ +--settings settings$/m);
  });

  it('are without a warning of mandoc', { skip: needs('program:mandoc') }, () => {
    for (const name of pages.keys()) {
      const { stdout } = spawnSync('mandoc', ['-Tlint', '-Wwarning', join(folder, name)], {
        encoding: 'utf8',
      });
      assert.equal(stdout, '', name);
    }
  });

  it('are without a warning of man and groff', { skip: needs('program:man', 'program:groff') }, () => {
    const env = { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80' };
    for (const name of pages.keys()) {
      const { stderr } = spawnSync('man', ['--warnings', '-l', join(folder, name)], {
        env,
        encoding: 'utf8',
      });
      assert.equal(stderr, '', name);
    }
  });

  it('name each other by section, and other pages by their file', () => {
    assert.match(pages.get('carpet-devd.8')!, /\\fBcarpet\\-devd\.conf\\fR\(5\)/);
    const stray = [...pages].filter(([, text]) =>
      /\.md(\W|$)/.test(text.replaceAll(/\\fIdocs\/[^\\]*/g, '')),
    );
    assert.deepEqual(
      stray.map(([name]) => name),
      ['carpet-carp.8'],
    ); // its option --file says where to read on
  });
});

describe('a page', () => {
  const made = (markdown: string, command?: DescribedCommand): string =>
    manualPage(PAGE, markdown, EDITION, command);

  it('keeps text from being read as a request, and code as it is', () => {
    const text = made("# x\n\n.profile is a file; `'a'` and `-b`, C:\\\\d.\n\n```sh\n.SH\n'x' ~ \\n\n```\n");
    assert.match(text, /^\\&\.profile is a file; \\fB\\\(aqa\\\(aq\\fR and \\fB\\-b\\fR, C:\\ed\.$/m);
    assert.match(text, /^\.EX\n\\&\.SH\n\\\(aqx\\\(aq \\\(ti \\en\n\.EE$/m);
  });

  it('shows a narrow table as a table, and a wide one or one of two columns as terms', () => {
    assert.match(
      made('# x\n\n| a | b | c |\n|---|---|---|\n| 1 | 2 | three |\n'),
      /^1\t2\tT\{\nthree\nT\}$/m,
    );
    const long = 'long '.repeat(12);
    assert.match(
      made(`# x\n\n| a | b | c |\n|---|---|---|\n| 1 | ${long} | 3 |\n`),
      /^\.TP\n1\n\\fIb\\fR: long/m,
    );
    assert.match(made('# x\n\n| a | b |\n|---|---|\n| .x | 2 |\n'), /^\.TP\n\\&\.x\n2$/m);
  });

  it('refuses what it cannot show', () => {
    assert.throws(() => made('# x\n\n![picture](x.png)\n'), /a manual page has no image/);
    assert.throws(
      () => manualPage({ ...PAGE, without: ['Gone'] }, '# x\n', EDITION, undefined),
      /no such section: Gone/,
    );
  });
});
