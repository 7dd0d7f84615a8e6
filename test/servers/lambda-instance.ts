import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { recording } from '../../packages/server/test/services/recording.ts';

const BOOTSTRAP = join(import.meta.dirname, 'lambda-bootstrap.js');
const API = '/2018-06-01/runtime';

/** Lambda's limit of an answer, slightly more than 6 MB. */
const MAX_RESPONSE_BYTES = 6_291_556;

export interface InstanceOptions {
  /** The deployed folder: its `index.mjs` exports `handler`. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The time limit of one event; an instance that exceeds it is killed. */
  readonly timeoutSeconds: number;
  /** Freezes the instance between two events, as Lambda may. */
  readonly freezesAtRest: boolean;
}

export type Outcome =
  | { readonly kind: 'answered'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: FunctionError };

export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
}

/** A process with the function, and the runtime API from which it gets one event at a time. */
export interface LambdaInstance extends AsyncDisposable {
  /** From the start of the process to its first request for an event. */
  readonly initMs: number;
  readonly pid: number;
  invoke(event: unknown): Promise<Outcome>;
  /** Stops it with all its child processes. */
  freeze(): void;
  /** Sends an event, which also thaws it. */
  thaw(): void;
  /** Whether it has answered and is alive: it may not have requested the next event yet. */
  isFree(): boolean;
  /** Resolves when it waits for its next event. */
  rested(): Promise<void>;
  /** True after its kill or crash. */
  isEnding(): boolean;
  /** Its output so far. */
  output(): string;
}

interface Current {
  readonly id: string;
  readonly resolve: (outcome: Outcome) => void;
  readonly timer: NodeJS.Timeout;
}

const failed = (errorType: string, errorMessage: string): Outcome => ({
  kind: 'failed',
  error: { errorType, errorMessage },
});

/** Resolves when it is ready. Errors: the function's error during init. */
export async function startInstance(options: InstanceOptions): Promise<LambdaInstance> {
  const { folder, environment, timeoutSeconds, freezesAtRest } = options;
  const ready = Promise.withResolvers<void>();
  /** Its pending request for an event. */
  let asked = Promise.withResolvers<ServerResponse>();
  let current: Current | undefined;
  let output = '';
  let isEnding = false;

  const settle = (outcome: Outcome): void => {
    clearTimeout(current?.timer);
    current?.resolve(outcome);
    current = undefined;
  };

  const api = createServer(async (incoming, outgoing) => {
    const path = incoming.url?.slice(API.length) ?? '';
    if (path === '/invocation/next') {
      asked.resolve(outgoing);
      ready.resolve();
      if (freezesAtRest) signal('SIGSTOP');
      return;
    }
    const body = await text(incoming);
    const [, id, kind] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (path === '/init/error') {
      const { errorType, errorMessage } = JSON.parse(body) as FunctionError;
      ready.reject(new Error(`${errorType}: ${errorMessage}`));
    } else if (id === undefined || id !== current?.id) {
      return outgoing.writeHead(400).end('{"errorMessage":"no such invocation","errorType":"InvalidRequestID"}');
    } else if (kind === 'error') {
      settle({ kind: 'failed', error: JSON.parse(body) as FunctionError });
    } else if (Buffer.byteLength(body) > MAX_RESPONSE_BYTES) {
      const came = `${Buffer.byteLength(body)} bytes, expected at most ${MAX_RESPONSE_BYTES}`;
      settle(failed('Function.ResponseSizeTooLarge', `Response payload size exceeded: ${came}`));
      return outgoing.writeHead(413).end('{}');
    } else {
      settle({ kind: 'answered', result: JSON.parse(body) as unknown });
    }
    return outgoing.writeHead(202).end('{"status":"OK"}');
  });
  api.listen(0, '127.0.0.1').unref();
  await once(api, 'listening');

  const startedAt = performance.now();
  // PR_SET_PDEATHSIG: Linux kills it even if SIGKILL ends this process.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, BOOTSTRAP], {
    cwd: folder,
    detached: true, // a separate process group, which is frozen as a whole
    env: {
      ...environment,
      ...recording(),
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(api.address() as AddressInfo).port}`,
      AWS_LAMBDA_FUNCTION_NAME: 'safelight',
      LAMBDA_TASK_ROOT: folder,
      PATH: process.env['PATH'],
      TZ: ':UTC',
      _HANDLER: 'index.handler',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (printed: string) => {
      output += printed;
    });
  }
  const { pid = 0 } = child;
  const closed = once(child, 'close').then(() => {
    isEnding = true;
    api.close();
    api.closeAllConnections();
    ready.reject(new Error(`Runtime.ExitError: the instance ended before it was ready: ${output}`));
    settle(failed('Runtime.ExitError', `the instance ended: ${output.slice(-2_000)}`));
  });

  const signal = (name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, name);
  };
  const kill = (): void => {
    isEnding = true;
    signal('SIGKILL');
  };
  const end = async (): Promise<void> => {
    kill();
    await closed;
  };
  try {
    await ready.promise;
  } catch (error) {
    await end();
    throw error;
  }

  return {
    initMs: performance.now() - startedAt,
    pid,
    invoke(event) {
      if (current || isEnding) throw new Error('expected a free instance; this one is not');
      const id = randomUUID();
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      const timer = setTimeout(() => {
        settle(failed('Sandbox.Timedout', `Task timed out after ${timeoutSeconds} seconds`));
        kill();
      }, timeoutSeconds * 1000);
      current = { id, resolve, timer };
      const headers = {
        'Content-Type': 'application/json',
        'Lambda-Runtime-Aws-Request-Id': id,
        'Lambda-Runtime-Deadline-Ms': String(Date.now() + timeoutSeconds * 1000),
        'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:us-east-1:000000000000:function:safelight',
      };
      void asked.promise.then((next) => {
        asked = Promise.withResolvers();
        signal('SIGCONT');
        next.writeHead(200, headers).end(JSON.stringify(event));
      });
      return promise;
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    isFree: () => !current && !isEnding,
    rested: () => asked.promise.then(() => undefined),
    isEnding: () => isEnding,
    output: () => output,
    [Symbol.asyncDispose]: end,
  };
}
