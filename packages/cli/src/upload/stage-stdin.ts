import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SafelightError } from '@safelight/client';

/** Standard input as a temporary file, since the service needs to know its size. Errors: `upload-too-large`. */
export async function stageStdin(
  maxBytes: number,
  signal: AbortSignal,
): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'safelight-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, 'stdin');
  try {
    await pipeline(process.stdin, atMost(maxBytes), createWriteStream(path, { mode: 0o600 }), { signal });
    return { path, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

const atMost = (maxBytes: number) =>
  async function* (chunks: AsyncIterable<Buffer>) {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes)
        throw new SafelightError('upload-too-large', `expected at most ${maxBytes} bytes on stdin; got more`, {
          params: { limit_bytes: maxBytes },
        });
      yield chunk;
    }
  };
