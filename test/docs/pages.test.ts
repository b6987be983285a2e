/** The code in the docs compiles, runs and prints what they say. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fences, inFolder, runCommand, write } from './walk.js';

/** Commands of a step: what `inFolder` has done already, where the next ones run, and what runs. */
const INSTALL = /^npm install /;
const CHANGE_FOLDER = /^cd (.+)$/;

test('docs/tutorial.md leads where it says, step by step', () => {
  inFolder((top) => {
    let folder = top;
    let printed: string | undefined;
    let compared = 0;
    let tests = 0;
    for (const { language, file, text, line } of fences('tutorial.md')) {
      if (file !== undefined) write(folder, file, text);
      else if (language === 'sh') {
        for (const command of text.trim().split('\n')) {
          const there = CHANGE_FOLDER.exec(command)?.[1];
          if (there !== undefined) folder = join(top, there);
          else if (command === 'npm test') tests += passedTests(folder);
          else if (!INSTALL.test(command)) printed = runCommand(folder, command);
        }
      } else if (language === 'text') {
        assert.equal(printed, text, `tutorial.md:${line}`);
        compared++;
      } else assert.fail(`tutorial.md:${line}: a fence that nothing is done with`);
    }
    assert.ok(compared >= 3);
    // Those of `carpet new`, and the tutorial's own.
    assert.equal(tests, 4);
  });
});

/** Runs the folder's tests. @returns how many passed */
function passedTests(folder: string): number {
  return Number(/^. pass (\d+)$/m.exec(runCommand(folder, 'node --test'))?.[1]);
}

for (const page of [
  'eventhandler.md',
  'kld.md',
  'debugging.md',
  'tracing.md',
  'testing.md',
  'coming-from.md',
]) {
  test(`docs/${page} is one program, and each piece prints what stands under it`, () => {
    const pieces = fences(page).filter(({ language }) => language !== 'sh');
    const mark = (line: number): string => `--- ${page}:${line}`;
    const program = pieces
      .filter(({ language }) => language === 'ts')
      .flatMap(({ text, line }) => [`console.log('${mark(line)}');`, text]);
    const expected = pieces.flatMap(({ language, text, line }) =>
      language === 'ts' ? [mark(line), '\n'] : [text],
    );
    inFolder((folder) => {
      const tsconfig = fences('tutorial.md').find(({ file }) => file === 'tsconfig.json');
      write(folder, 'tsconfig.json', tsconfig!.text);
      write(folder, 'src/page.ts', program.join('\n'));
      runCommand(folder, 'npx tsc');
      assert.equal(runCommand(folder, 'node dist/page.js'), expected.join(''));
    });
  });
}
