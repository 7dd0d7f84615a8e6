import { readFileSync } from 'node:fs';
import { type Agent, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { lookup } from '../../outbound/process-names.ts';

/**
 * The agent of an exporter. An agent of ours takes the place of the packages' own one, which has these certificates and
 * no `lookup`; they warn of a file that can't be read.
 */
export const receiverAgent =
  (signal: 'METRICS' | 'TRACES') =>
  (protocol: string): Agent =>
    protocol === 'http:'
      ? new HttpAgent({ keepAlive: true, lookup })
      : new HttpsAgent({
          keepAlive: true,
          lookup,
          ca: fileOf(signal, 'CERTIFICATE'),
          cert: fileOf(signal, 'CLIENT_CERTIFICATE'),
          key: fileOf(signal, 'CLIENT_KEY'),
        });

function fileOf(signal: 'METRICS' | 'TRACES', name: string): Buffer | undefined {
  const pathIn = (variable: string) => process.env[variable]?.trim();
  const path = pathIn(`OTEL_EXPORTER_OTLP_${signal}_${name}`) || pathIn(`OTEL_EXPORTER_OTLP_${name}`);
  try {
    return path ? readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}
