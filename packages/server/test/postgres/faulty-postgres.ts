import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type CallName, createInjection, type Injection } from '../faults/injection.ts';
import { commitOf, isWrite, nameOf, tableOf } from './statement-names.ts';

/** How a statement fails. The errors are the server's own, and leave its transaction as they do. */
export type PostgresFaultKind =
  /** The connection ends before the server gets the statement. */
  | 'cut'
  /** The statement is performed, and the connection ends instead of its answer. */
  | 'lost answer'
  /** The connection ends, and the server performs the statement after its client has noticed. */
  | 'late'
  | keyof typeof ERRORS;

/** SQLSTATEs: "PostgreSQL Error Codes", appendix A. */
const ERRORS = {
  'serialization failure': '40001',
  deadlock: '40P01',
  'disk full': '53100',
  'timed out': '57014',
  'read only': '25006',
  /** 57P01, and the server ends the connection. */
  'shut down': null,
} as const;

/** A statement, and all else that is answered with it: in pipeline mode each has a Sync of its own. */
export interface Statement {
  /** Such as `UPDATE images`, or `COMMIT events+images` with what the transaction has written. */
  readonly name: CallName;
  readonly sql: string;
  readonly place: 'alone' | 'begin' | 'within' | 'commit' | 'rollback';
  readonly isWrite: boolean;
}

/** A proxy to a server that fails as the test says. */
export interface FaultyPostgres extends AsyncDisposable, Pick<Injection<PostgresFaultKind>, 'fail' | 'repair'> {
  /** Such as `postgres://safelight@127.0.0.1:1234/images`. */
  readonly url: string;
  /** The statements so far, in order. */
  readonly calls: readonly Statement[];
  /** Resolves once the statements that are `late` were performed. */
  performLate(): Promise<void>;
}

/** A client hears of the end of its connection sooner. */
const LATE_MS = 30;

export async function startFaultyPostgres(target: string): Promise<FaultyPostgres> {
  const { hostname, port } = new URL(target);
  const injection = createInjection<PostgresFaultKind>();
  const calls: Statement[] = [];
  const late: Promise<unknown>[] = [];
  const sockets = new Set<Socket>();
  /** Prepared statements by their names, which are equal on all connections. */
  const prepared = new Map<string, string>();

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    /** What becomes of the answers up to each ReadyForQuery, in order. The first one is that of the start. */
    const expected: Expected[] = [{ passes: () => true }];
    const written = new Set<string>();
    let isWithin = false;
    let isCut = false;
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.setNoDelay();
      from.on('error', () => undefined); // as a close
      from.on('close', () => {
        sockets.delete(from);
        if (!(isCut && to === upstream)) to.end();
      });
    }

    const send = (frames: Buffer, one: Expected): void => {
      expected.push(one);
      upstream.write(frames);
    };
    const cut = (): void => {
      isCut = true;
      client.resetAndDestroy();
    };

    const statementOf = (sql: string): Statement => {
      const named = nameOf(sql);
      if (named.startsWith('BEGIN ')) {
        isWithin = true;
        written.clear();
        return { name: named as CallName, sql, place: 'begin', isWrite: false };
      }
      if (named === 'COMMIT' || named === 'ROLLBACK') {
        isWithin = false;
        const place = named === 'COMMIT' ? 'commit' : 'rollback';
        return { name: commitOf(named, [...written]), sql, place, isWrite: place === 'commit' && written.size > 0 };
      }
      if (isWrite(named)) written.add(tableOf(named));
      return { name: named as CallName, sql, place: isWithin ? 'within' : 'alone', isWrite: isWrite(named) };
    };

    const perform = (frames: Buffer, sql: string): void => {
      const call = statementOf(sql);
      calls.push(call);
      const kind = injection.faultFor(call.name);
      if (kind === undefined) send(frames, { passes: () => true });
      else if (kind === 'cut') {
        cut();
        upstream.end();
      } else if (kind === 'lost answer') {
        isCut = true; // nothing behind it is performed
        send(frames, {
          passes: () => false,
          ended() {
            cut();
            upstream.end();
          },
        });
      } else if (kind === 'late') {
        cut();
        late.push(performLater(frames));
      } else fail(kind, call);
    };

    const performLater = async (frames: Buffer): Promise<void> => {
      const closed = once(upstream, 'close');
      await delay(LATE_MS);
      send(frames, { passes: () => false });
      upstream.end();
      await closed;
    };

    const fail = (kind: keyof typeof ERRORS, { place }: Statement): void => {
      const raise = query(raising(ERRORS[kind]));
      // A commit that fails ends its transaction: its client gets the error, and then the state after the rollback.
      const isEnded = place === 'commit' && kind !== 'shut down';
      send(raise, { passes: (type) => !isEnded || type !== READY });
      if (isEnded) send(query('ROLLBACK'), { passes: (type) => type === READY });
    };

    let begun = false;
    let unit: Buffer[] = [];
    let sql: string | undefined;
    client.on(
      'data',
      framesOf((frame, type) => {
        if (isCut) return;
        if (!begun || type === TERMINATE) {
          begun = true;
          upstream.write(frame);
          return;
        }
        unit.push(frame);
        if (type === PARSE) {
          const [name, text] = textsIn(frame);
          if (name !== '') prepared.set(name, text);
          sql = text;
        }
        if (type === BIND) sql ??= prepared.get(textsIn(frame)[1]);
        if (type === QUERY) [sql] = textsIn(frame);
        if (type !== SYNC && type !== QUERY) return;
        const whole = Buffer.concat(unit);
        const text = sql ?? '';
        unit = [];
        sql = undefined;
        perform(whole, text);
      }, HAS_START),
    );
    upstream.on(
      'data',
      framesOf((frame, type) => {
        const [first] = expected;
        if (first?.passes(type) ?? true) client.write(frame);
        if (type !== READY) return;
        expected.shift();
        first?.ended?.();
      }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);

  return {
    url: url.href,
    calls,
    fail: injection.fail,
    repair: injection.repair,
    async performLate() {
      await Promise.all(late.splice(0));
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

interface Expected {
  /** Whether the client gets a message of this type. */
  passes(type: string): boolean;
  ended?(): void;
}

/** Types of messages, of both sides: "Message Formats", PostgreSQL's documentation. */
const [PARSE, BIND, SYNC, QUERY, TERMINATE, READY] = ['P', 'B', 'S', 'Q', 'X', 'Z'] as const;
const LENGTH_BYTES = 4;
/** The first message of a client has no type. */
const HAS_START = true;

/** Cuts what comes into messages. */
function framesOf(each: (frame: Buffer, type: string) => void, hasStart = false): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0);
  let isStart = hasStart;
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      const typeBytes = isStart ? 0 : 1;
      if (rest.length < typeBytes + LENGTH_BYTES) return;
      const length = typeBytes + rest.readInt32BE(typeBytes);
      if (rest.length < length) return;
      const type = isStart ? '' : String.fromCharCode(rest.readUInt8());
      isStart = false;
      const frame = rest.subarray(0, length);
      rest = rest.subarray(length);
      each(frame, type);
    }
  };
}

/** The texts at the beginning of a message, each ended by a zero byte. */
const textsIn = (frame: Buffer): [string, string] => {
  const [first = '', second = ''] = frame.toString('utf8', 1 + LENGTH_BYTES).split('\0', 2);
  return [first, second];
};

function query(sql: string): Buffer {
  const text = Buffer.from(`${sql}\0`);
  const head = Buffer.alloc(1 + LENGTH_BYTES);
  head.write(QUERY);
  head.writeInt32BE(LENGTH_BYTES + text.length, 1);
  return Buffer.concat([head, text]);
}

const raising = (code: string | null): string => {
  const statement =
    code === null
      ? 'PERFORM pg_terminate_backend(pg_backend_pid())'
      : `RAISE EXCEPTION 'as a test says' USING ERRCODE = '${code}'`;
  return `DO $$ BEGIN ${statement}; END $$`;
};
