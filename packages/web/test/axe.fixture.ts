import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const AXE = readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

interface Finding {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe-core finds on the page as it is now, in words. `ignored`: rules that can't be judged by a script. */
export async function barriersOf(page: Page, ignored: readonly string[] = []): Promise<readonly string[]> {
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(await AXE);
  // What fades in has too little contrast until it's there.
  await page.evaluate('Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => {})');
  const rules = JSON.stringify(Object.fromEntries(ignored.map((rule) => [rule, { enabled: false }])));
  const findings = await page.evaluate<readonly Finding[]>(
    `axe.run({ rules: ${rules}, resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  );
  return findings.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html }) => html).join('\n')}`);
}
