import { SafelightError } from '../errors.ts';

/** One message of a stream (the HTML standard, 9.2). */
export interface Message {
  /** '' if the message has none. */
  readonly id: string;
  /** null: it only tells that the connection lives, and perhaps an id. */
  readonly data: string | null;
  /** How long to wait before the stream is asked for again once it has ended; null: as before. */
  readonly retryMs: number | null;
}

/** Characters, far more than a line of an event takes. */
const LONGEST_LINE = 65_536;
/** Characters of all data lines of an event together. */
const LONGEST_DATA = 1_048_576;
const LONGEST_RETRY_MS = 60_000;

/**
 * The messages in a stream of text, as its chunks come. Errors: `unexpected-answer` for a line or an event that is too
 * long.
 */
export function createMessages(): (text: string) => readonly Message[] {
  let rest = '';
  let id = '';
  let data: string | null = null;
  let retryMs: number | null = null;
  let isEmpty = true;

  return (text) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    atMost(LONGEST_LINE, rest, 'a line');
    const messages: Message[] = [];
    for (const line of lines) {
      atMost(LONGEST_LINE, line, 'a line');
      const [, name, value = ''] = /^([^:\r]*)(?:: ?(.*?))?\r?$/s.exec(line) ?? [];
      if (line === '' || line === '\r') {
        if (!isEmpty) messages.push({ id, data, retryMs });
        [id, data, retryMs, isEmpty] = ['', null, null, true];
        continue;
      }
      isEmpty = false;
      if (name === 'id') id = value;
      if (name === 'data') data = atMost(LONGEST_DATA, data === null ? value : `${data}\n${value}`, 'data');
      if (name === 'retry' && /^\d+$/.test(value)) retryMs = Math.min(Number(value), LONGEST_RETRY_MS);
    }
    return messages;
  };
}

function atMost(most: number, text: string, what: string): string {
  if (text.length <= most) return text;
  throw new SafelightError(
    'unexpected-answer',
    `expected ${what} of an event of at most ${most} characters; got more: this may not be a Safelight service`,
  );
}
