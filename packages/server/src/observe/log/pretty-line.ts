type Fields = Readonly<Record<string, unknown>>;

/** The fields of lines that aren't requests, of which the human-readable line has those that are set. */
const BRIEF = [
  ...['operation', 'outcome', 'image_id', 'user_id', 'key_id', 'caller', 'route', 'limit'],
  ...['bytes_in', 'bytes_out', 'trace_id', 'repeated', 'cause'],
];

/** The fields that `prettyLine` shows or leaves out. */
export const PRETTY_FIELDS = [
  ...['request_id', 'method', 'path', 'status', 'ms', 'client_address', 'code', 'detail'],
  ...BRIEF,
];

/** A line for people, on one row. `message`: of an event that is no request. */
export function prettyLine(line: Fields, message: string): string {
  const what = line['method'] === undefined ? ofEvent(line, message) : ofRequest(line);
  const { code, detail } = line;
  return joined([what, code === undefined || detail === undefined ? code : `${code}: ${detail}`]);
}

const ofEvent = (line: Fields, message: string): string =>
  joined([message, ...BRIEF.map((name) => line[name] !== undefined && `${name}=${line[name]}`)]);

/** An image is named if the path doesn't name it: the answer to an upload. */
function ofRequest({ status, method, path, ms, client_address: client = '-', request_id, ...line }: Fields): string {
  const { operation, bytes_in: bytesIn, bytes_out: bytesOut, user_id, key_id, image_id, outcome } = line;
  return joined([
    `${status} ${method} ${path} ${ms} ms ${client} ${request_id}`,
    operation,
    named('in', bytesIn || undefined),
    named('out', bytesOut || undefined),
    named('user', user_id),
    named('key', key_id),
    named('image', String(path).includes(String(image_id)) ? undefined : image_id),
    outcome === 'aborted' && outcome,
  ]);
}

/** Percent-encoded like the path: a client may put anything into the name of a user. */
const named = (name: string, value: unknown) =>
  value !== undefined && `${name}=${encodeURIComponent(String(value).toWellFormed())}`;

const joined = (parts: readonly unknown[]): string =>
  parts.filter((part) => part !== undefined && part !== false).join(' ');
