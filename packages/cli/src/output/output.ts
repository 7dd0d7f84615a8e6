import wrapAnsi from 'wrap-ansi';
import type { Failure } from '../failure.ts';
import type { ProgressLine } from './progress-line.ts';
import { DEFAULT_COLUMNS, type Sink } from './sink.ts';
import { jsonShown, linesShown, shown } from './terminal-text.ts';

/**
 * Where a command says things: one way for people, one for programs. No character that a terminal obeys gets through
 * either.
 */
export interface Output {
  readonly isJson: boolean;
  /** The width of the terminal on stdout; undefined: stdout is no terminal. */
  readonly columns: number | undefined;
  /**
   * A result: with --json its JSON, otherwise its text on stdout, or nothing without one. In a text of several lines
   * `shown` keeps each part on its own.
   */
  answer(value: object, text?: string): void;
  /** One line for people only, on stderr. */
  say(text: string): void;
  /** One error, on one line: `about` is the file or image, and further fields go into the JSON. */
  fail(failure: Failure, about?: string, fields?: object): void;
}

export interface OutputOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly isJson: boolean;
  readonly progress: ProgressLine;
}

export function createOutput({ stdout, stderr, isJson, progress }: OutputOptions): Output {
  const say = (text: string): void => {
    if (isJson) return;
    progress.aside(() => stderr.write(`${wrapped(shown(text), stderr)}\n`));
  };
  return {
    isJson,
    columns: stdout.isTTY ? stdout.columns || DEFAULT_COLUMNS : undefined,
    answer(value, text) {
      if (isJson) stdout.write(`${jsonShown(value)}\n`);
      else if (text !== undefined) progress.aside(() => stdout.write(`${linesShown(text)}\n`));
    },
    say,
    fail(failure, about, fields = {}) {
      const { code, message, requestId } = failure;
      const error = { code, message, ...(requestId !== undefined && { request_id: requestId }) };
      if (isJson) stdout.write(`${jsonShown({ event: 'failed', ...fields, error })}\n`);
      else say(`${about ?? failure.path ?? 'safelight'}: ${message}`);
    },
  };
}

/** Between words on a terminal, which would break within them; elsewhere as it is. */
const wrapped = (text: string, { isTTY, columns }: Sink): string =>
  isTTY ? wrapAnsi(text, (columns || DEFAULT_COLUMNS) - 1) : text;
