// Runs its arguments with Node 24: this very Node, or the one among the optional dependencies. npm 11 puts that first
// in the path of its scripts; npm 10, which comes with Node 20, loses the link because several packages bring a `node`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { whenNpmIsGone } from '../packages/server/src/run/process/npm-parent.js';

const OLDEST_NODE = 24;

if (!existsSync(new URL('../node_modules', import.meta.url))) {
  console.error("Safelight's packages aren't installed. Run `npm ci` first.");
  process.exit(1);
}
const [first = '', ...rest] = process.argv.slice(2);
const isNew = Number(process.versions.node.split('.')[0]) >= OLDEST_NODE;

if (isNew && !first.startsWith('-')) {
  process.argv = [process.execPath, resolve(first), ...rest];
  await import(pathToFileURL(resolve(first)).href);
} else {
  const args = [...process.execArgv, first, ...rest];
  const child = spawn(isNew ? process.execPath : bundledNode(), args, { stdio: 'inherit' });
  let isStopping = false;
  const stop = (signal) => {
    isStopping = true;
    child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
  whenNpmIsGone(() => isStopping || stop('SIGTERM')); // a second signal would end the child at once
  child.on('exit', (code) => process.exit(code ?? 1));
}

function bundledNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const path = fileURLToPath(new URL(`../node_modules/node-${platform}-${process.arch}/bin/${file}`, import.meta.url));
  if (existsSync(path)) return path;
  console.error(
    `Safelight needs Node ${OLDEST_NODE} or later; this is ${process.version}, and npm brings none for this machine.`,
  );
  process.exit(1);
}
