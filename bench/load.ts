import { execFile } from 'node:child_process';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** One request of a load, sent in turn with others. */
export interface LoadRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly json?: unknown;
  /** The credential, for `Authorization: Bearer`. */
  readonly token?: string;
}

export interface LoadOptions {
  readonly origin: string;
  readonly requests: readonly LoadRequest[];
  readonly connections: number;
  readonly seconds: number;
}

export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  /** The 99th percentile of all requests; wrk counts a stall once for each request that it delayed. */
  readonly p99Ms: number;
}

interface Seen {
  readonly requests: number;
  readonly microseconds: number;
  readonly bytes: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
}

type OnceSeen = Pick<Seen, 'requests' | 'microseconds' | 'failed'>;

const SCRIPT = join(import.meta.dirname, 'requests.lua');
const ONCE_SCRIPT = join(import.meta.dirname, 'each-once.lua');
const UPLOAD_SCRIPT = join(import.meta.dirname, 'uploads.lua');

/** The limit of a finite load: longer means a fault. */
const LONGEST_SECONDS = 300;

/**
 * Each connection sends its next request after each answer. Errors: any answer but a 2xx, and answers shorter than the
 * first ones.
 */
export async function load({ origin, requests, connections, seconds }: LoadOptions): Promise<Load> {
  const shortest = await shortestAnswer(origin, requests);
  const { seen, output } = await run<Seen>(SCRIPT, { origin, lines: requests.map(line), connections, seconds });
  if (seen.failed > 0 || seen.requests === 0) {
    throw new Error(`expected every request of ${seen.requests} answered well; ${seen.failed} were not\n${output}`);
  }
  if (seen.bytes / seen.requests < shortest) {
    throw new Error(`expected answers of ${shortest} bytes or more; got ${seen.bytes / seen.requests} on average`);
  }
  return {
    requests: seen.requests,
    perSecond: (seen.requests / seen.microseconds) * 1_000_000,
    p50Ms: seen.p50 / 1000,
    p99Ms: seen.p99 / 1000,
  };
}

/**
 * Sends each request once, over connections that send the next one after each answer; in seconds. Errors: any status
 * but 200.
 */
export function askEachOnce({ requests, ...options }: Omit<LoadOptions, 'seconds'>): Promise<number> {
  return runOnce(ONCE_SCRIPT, { ...options, lines: requests.map(line) }, requests.length);
}

export type UploadForm = 'direct' | 'presigned';

export interface UploadOptions {
  readonly origin: string;
  /** With one request each, or with a grant and a PUT to its URL. */
  readonly form: UploadForm;
  /** Paths of JPEGs, sent in turn. */
  readonly files: readonly string[];
  /** In total. */
  readonly uploads: number;
  readonly connections: number;
}

/** Sends uploads over connections that start the next one after each answer; in seconds. Errors: any status but 200. */
export function sendUploads({ form, files, uploads, ...options }: UploadOptions): Promise<number> {
  return runOnce(UPLOAD_SCRIPT, { ...options, lines: files, words: [form, String(uploads)] }, uploads);
}

interface RunOptions {
  readonly origin: string;
  /** The file that the script gets. */
  readonly lines: readonly string[];
  /** The script's other arguments. */
  readonly words?: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

async function runOnce(script: string, options: Omit<RunOptions, 'seconds'>, count: number): Promise<number> {
  const { seen, output } = await run<OnceSeen>(script, { ...options, seconds: LONGEST_SECONDS });
  if (seen.failed > 0 || seen.requests !== count)
    throw new Error(`expected ${count} answers of 200; got ${seen.failed} others among ${seen.requests}\n${output}`);
  return seen.microseconds / 1_000_000;
}

/** Lets wrk run `script`, which prints a line of JSON at its end. */
async function run<Result>(script: string, { origin, lines, words = [], connections, seconds }: RunOptions) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-bench-'));
  const file = join(folder.path, 'lines');
  await writeFile(file, lines.join('\n'));
  const threads = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '20s'];
  const output = await wrk([...threads, '-s', script, origin, '--', file, ...words]);
  const start = output.lastIndexOf('\n{') + 1;
  if (start === 0) throw new Error(`expected wrk to say what it saw; it said\n${output}`);
  return { seen: JSON.parse(output.slice(start)) as Result, output };
}

async function shortestAnswer(origin: string, requests: readonly LoadRequest[]): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (const request of requests.slice(0, 20)) {
    shortest = Math.min(shortest, (await answerTo(origin, request)).length);
  }
  return shortest;
}

/** The body of a 200. */
export async function answerTo(origin: string, { method, path, json, token }: LoadRequest): Promise<Buffer> {
  const headers = new Headers();
  if (json !== undefined) headers.set('Content-Type', 'application/json');
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
  const response = await fetch(`${origin}${path}`, {
    method,
    headers,
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status === 200) return body;
  throw new Error(`expected 200 to ${method} ${path}; got ${response.status} ${body}`);
}

/** `METHOD PATH TOKEN [BODY]`; without a token `-`. */
const line = ({ method, path, json, token = '-' }: LoadRequest): string =>
  `${method} ${path} ${token}${json === undefined ? '' : ` ${JSON.stringify(json)}`}`;

async function wrk(args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)('wrk', args)).stdout;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    throw new Error(
      'expected wrk, which makes the load; install it: apt-get install wrk (Debian, Ubuntu), brew install wrk',
    );
  }
}
