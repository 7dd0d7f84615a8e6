import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { NO_CONTRACT_TOOLS, REPOSITORY, runTool } from './contract-tools.ts';

describe("Redocly's recommended rules", { skip: NO_CONTRACT_TOOLS }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safelight-redocly-'));
    await writeFile(join(folder, 'redocly.yaml'), 'extends: [recommended]\n');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Warnings count. */
  const lint = (path: string): Promise<void> => runTool('redocly', ['lint', path, '--max-problems=1000'], folder);

  it('pass on openapi.json', () => lint(join(REPOSITORY, 'openapi.json')));

  it('fail on a contract without security', async () => {
    const contract = await readFile(join(REPOSITORY, 'openapi.json'), 'utf8');
    const path = join(folder, 'openapi.json');
    await writeFile(path, contract.replaceAll('"security":', '"x-security":'));
    await assert.rejects(lint(path), /security-defined/);
  });
});
