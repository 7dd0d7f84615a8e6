// `npm run synth`: writes the templates. With --check it fails if one differs from the code.
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from './app.ts';
import { TEMPLATES, templateFile, templateText } from './templates.ts';

const isCheck = process.argv.includes('--check');
using folder = mkdtempDisposableSync(join(tmpdir(), 'safelight-cdk-'));
createApp(folder.path).synth(); // fails with a finding of cdk-nag

for (const name of TEMPLATES) {
  const made = readFileSync(join(folder.path, `${name}.template.json`), 'utf8');
  const content = `${templateText(JSON.parse(made))}\n`;
  const path = templateFile(name);
  if (!isCheck) {
    writeFileSync(path, content);
  } else if (readFileSync(path, 'utf8') !== content) {
    console.error(
      `deploy/aws/${name}.template.json differs from the code: run npm run synth and review the difference`,
    );
    process.exitCode = 1;
  }
}
