import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describedCommands } from './commands.js';
import { commandSection, type Edition, manualPage } from './page.js';
import { fileName, PAGES } from './pages.js';

/** Every manual page by its file's name. @param docs the folder with the pages that they are made of */
export async function manualPages(docs: string, edition: Edition): Promise<ReadonlyMap<string, string>> {
  const { commands, common } = await describedCommands();
  const pages = new Map<string, string>();
  for (const page of PAGES) {
    const command = commands.find(({ name }) => name === page.command);
    const all = page.name === 'carpet' ? commandSection(commands, common) : [];
    const markdown = readFileSync(join(docs, page.source), 'utf8');
    pages.set(fileName(page), manualPage(page, markdown, edition, command, all));
  }
  return pages;
}
