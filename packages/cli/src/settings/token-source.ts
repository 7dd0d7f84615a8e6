import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { EXIT } from '../exit-code.ts';
import { failure, wrongUsage } from '../failure.ts';

/** A service reads at most this much (docs/authentication.md). */
const LONGEST_TOKEN = 8_192;
/** API keys, upload tokens, view tokens and JWTs. */
const LOOKS_LIKE_TOKEN = /^(?:safelight_|sl[uv]_|eyJ)/;

/**
 * The token in a file, or on stdin for `-`. Errors: a token instead of a file, since it would stand in the shell's
 * history.
 */
export async function tokenFrom(source: string): Promise<string> {
  if (LOOKS_LIKE_TOKEN.test(source))
    throw wrongUsage(
      '--token takes a file that has the token, or - for stdin: a token on the command line would stand in the history of your shell. SAFELIGHT_TOKEN takes the token itself.',
    );
  return tokenIn(source === '-' ? await text(process.stdin) : await readFile(source, 'utf8'));
}

/** Asks on the terminal, without echo; an empty answer is no token. */
export async function askForToken(question: string): Promise<string | undefined> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(question); // after the echo is off
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      terminal.once('line', resolve);
      const stop = (): void =>
        reject(failure('interrupted', 'Stopped; nothing was saved.', { exitCode: EXIT.interrupted }));
      terminal.once('SIGINT', stop);
      terminal.once('close', stop); // Ctrl-D
    });
    return answer.trim() === '' ? undefined : tokenIn(answer);
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

function tokenIn(given: string): string {
  const token = given.trim();
  if (token.length > 0 && token.length <= LONGEST_TOKEN && /^[\x21-\x7e]+$/.test(token)) return token;
  throw wrongUsage(
    `Expected one line with a token of at most ${LONGEST_TOKEN} characters; got ${token.length === 0 ? 'nothing' : 'something else'}.`,
  );
}
