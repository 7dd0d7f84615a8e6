/** One message of a stream (the HTML standard, 9.2). */
export interface Message {
  /** '' if the message has none. */
  readonly id: string;
  /** null: it only tells that the connection lives, and perhaps an id. */
  readonly data: string | null;
  /** How long to wait before the stream is asked for again once it has ended; null: as before. */
  readonly retryMs: number | null;
}

/** Far more than an event takes. */
const LONGEST_LINE = 65_536;
const LONGEST_RETRY_MS = 60_000;

/** The messages in a stream of text, as its chunks come. Errors: RangeError for a line without an end. */
export function createMessages(): (text: string) => readonly Message[] {
  let rest = '';
  let id = '';
  let data: string | null = null;
  let retryMs: number | null = null;
  let isEmpty = true;

  return (text) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new RangeError('expected lines of events; got a longer one');
    const messages: Message[] = [];
    for (const line of lines) {
      const [, name, value = ''] = /^([^:\r]*)(?:: ?(.*?))?\r?$/s.exec(line) ?? [];
      if (line === '' || line === '\r') {
        if (!isEmpty) messages.push({ id, data, retryMs });
        [id, data, retryMs, isEmpty] = ['', null, null, true];
        continue;
      }
      isEmpty = false;
      if (name === 'id') id = value;
      if (name === 'data') data = data === null ? value : `${data}\n${value}`;
      if (name === 'retry' && /^\d+$/.test(value)) retryMs = Math.min(Number(value), LONGEST_RETRY_MS);
    }
    return messages;
  };
}
