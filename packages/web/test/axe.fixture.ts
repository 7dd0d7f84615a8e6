import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const AXE = readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

interface Finding {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe-core finds on the page as it is now, in words. */
export async function barriersOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(await AXE);
  // What fades in has too little contrast until it's there.
  await page.evaluate('Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => {})');
  const findings = await page.evaluate<readonly Finding[]>('axe.run().then(({ violations }) => violations)');
  return findings.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html }) => html).join('\n')}`);
}
