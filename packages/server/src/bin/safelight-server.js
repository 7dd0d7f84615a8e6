#!/usr/bin/env node
// The program of the package @safelight/server: the commands that npm's scripts are in the repository. Plain JavaScript
// that old Node versions can read too, so that they get a sentence.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 24;
const WRONG_USAGE = 2;

/** As the repository's npm scripts start them (package.json). */
const FLAGS = ['--max-semi-space-size=8'];
const COMMANDS = { start: 'start.js', work: 'work.js', admin: 'admin.js' };

const USAGE = `Usage: safelight-server [${Object.keys(COMMANDS).join(' | ')}] [OPTIONS]   COMMAND --help explains each; none: start`;

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  console.error(`Safelight's server needs Node ${OLDEST_NODE} or later; this is ${process.version}.`);
  process.exit(1);
}
const given = process.argv.slice(2);
const isOption = given.length === 0 || given[0].startsWith('-');
const [name, ...args] = isOption ? ['start', ...given] : given;
if (!Object.hasOwn(COMMANDS, name)) {
  console.error(`expected ${Object.keys(COMMANDS).join(', ')} or nothing; got ${JSON.stringify(name)}\n${USAGE}`);
  process.exit(WRONG_USAGE);
}
const command = [...FLAGS, fileURLToPath(new URL(COMMANDS[name], import.meta.url)), ...args];
if (process.execve && process.platform !== 'win32') {
  process.removeAllListeners('warning'); // Node's about execve, which is new
  process.execve(process.execPath, [process.execPath, ...command], process.env);
} else {
  spawn(process.execPath, command, { stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1));
}
